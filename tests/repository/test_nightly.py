"""Each night what is drawn is drawn anew, and what fails is kept, with what is to be done about it."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from example_kit import ROOT

if TYPE_CHECKING:
    from pathlib import Path

NIGHTLY = (ROOT / ".ci" / "nightly").read_text()

DRAWING = """
from hypothesis import given
from hypothesis.strategies import integers

@given(integers())
def test_it(number):
    assert number < 1000
"""


@pytest.mark.parametrize(("status", "code"), [(0, 0), (1, 1), (2, 1)])
def test_what_fails_is_kept_and_comes_with_advice(tmp_path: Path, status: int, code: int) -> None:
    (tmp_path / ".ci").mkdir()
    (tmp_path / ".ci" / "nightly").write_text(NIGHTLY)
    make = tmp_path / "make"
    make.write_text(f'#!/bin/sh\necho "Failing test case: test_it"; echo "$@ $ARGS" >&2; exit {status}\n')
    make.chmod(0o755)
    ran = subprocess.run(
        ["bash", tmp_path / ".ci" / "nightly"],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "ARGS": "tests/openapi"},
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    assert ran.returncode == code
    assert sorted((tmp_path / "drawn.txt").read_text().splitlines()) == [
        "--no-print-directory drawn tests/openapi",
        "Failing test case: test_it",
    ]
    assert ("as @example(...)" in ran.stderr) == (code != 0)


def test_what_make_draws_is_drawn_by_the_profile_of_that_name() -> None:
    ran = subprocess.run(["make", "-n", "drawn"], cwd=ROOT, check=True, capture_output=True, encoding="utf-8")
    (line,) = (line for line in ran.stdout.splitlines() if "pytest" in line)
    assert line.startswith("HYPOTHESIS_PROFILE=drawn ")
    assert " -m hypothesis " in line


def test_a_nightly_run_draws_anew_and_tells_how_to_draw_it_again(tmp_path: Path) -> None:
    (tmp_path / "test_drawing.py").write_text(DRAWING)
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "_hypothesis_pytestplugin", tmp_path],
        cwd=tmp_path,
        env={**os.environ, "HYPOTHESIS_PROFILE": "drawn", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    assert "Failing test case: test_it(" in ran.stdout
    assert "@reproduce_failure(" in ran.stdout


def test_what_is_drawn_by_day_is_fixed_and_less() -> None:
    drawn, fixed = settings.get_profile("drawn"), settings.get_profile("default")
    assert (drawn.derandomize, fixed.derandomize) == (False, True)
    assert drawn.max_examples > fixed.max_examples
