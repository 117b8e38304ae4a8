from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path


from changing_kit import Changing


@pytest.fixture
def changing(tmp_path: Path) -> Changing:
    return Changing(tmp_path / "c.yaml")
