"""Settings for every test."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest_plugins = ("pytester",)

# For benchmarks, whose soak is a test as well; last, so that no folder there hides a package.
sys.path.append(str(Path(__file__).parent.parent))

# Deadlines measure this machine; a test that hangs meets the timeout of pytest-timeout.
settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("default")


@pytest.fixture(autouse=True)
def _unmeasured(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let tests of mutants run at full speed: what they show is what is caught, not which lines there are tests of."""
    measuring = Coverage.current() if request.path.parent.name == "mutants" else None
    if measuring is None:
        yield
        return
    measuring.stop()
    yield
    measuring.start()
