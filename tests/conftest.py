"""Settings for every test."""

from __future__ import annotations

import os
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
# What is drawn is the same in every run, so that a change is judged by itself and not by luck; `make drawn` draws anew,
# and what it finds becomes an example of its test.
settings.register_profile(
    "default", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True, derandomize=True
)
settings.register_profile("drawn", settings.get_profile("default"), derandomize=False, max_examples=500)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))


UNMEASURED = {"mutants", "repository"}
"""Tests of what is caught, and of pages and examples, show no lines that others do not; they run at full speed."""


@pytest.fixture(autouse=True)
def _unmeasured(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    measuring = Coverage.current() if UNMEASURED & set(request.path.relative_to(Path(__file__).parent).parts) else None
    if measuring is None:
        yield
        return
    for name in [name for name in os.environ if name.startswith("COVERAGE")]:
        monkeypatch.delenv(name)  # it would measure the processes that a test starts
    measuring.stop()
    yield
    measuring.start()
