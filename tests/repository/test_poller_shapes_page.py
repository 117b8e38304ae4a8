"""The page on shapes of pollers: each of them keeps every rule, as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from example_kit import ROOT, example

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs" / "poller-shapes.md").read_text()
SHAPES = [name for name in re.findall(r"<!-- example: (\S+) -->\n```python\n", PAGE) if name != "shipment"]


def test_there_are_eight_and_every_block_has_a_name() -> None:
    assert len(SHAPES) == len(set(SHAPES)) == PAGE.count("```python\n") - 1 == 8


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_keeps_every_rule(name: str, tmp_path: Path) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    (tmp_path / "shipment.py").write_text(example("poller-shapes.md", "shipment"))
    (tmp_path / "test_shape.py").write_text(example("poller-shapes.md", name))
    kept = {key: value for key, value in os.environ.items() if not key.startswith("COVERAGE")}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "flexforward", "-p", "no:cacheprovider", "-W", "error"],
        cwd=tmp_path,
        env={**kept, "NO_PROXY": "*", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    summary = " 23 passed in " if name == "gather" else " 22 passed, 1 skipped in "
    assert (ran.returncode, summary in ran.stdout) == (0, True), ran.stdout + ran.stderr
