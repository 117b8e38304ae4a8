"""The page on Python pollers: its tests are run, and fail where and how it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from example_kit import ROOT, example
from flexforward_contract_tests import ClientContract, ClientEnv
from flexforward_contract_tests.client.runner.trial import shipped_trials

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs" / "python-poller.md").read_text()
EXAMPLES = re.findall(r"<!-- example: (\S+) -->\n```python\n", PAGE)


def run(folder: Path, name: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text("[pytest]\npythonpath = .\n")
    (folder / "test_poller.py").write_text(example("python-poller.md", name))
    shutil.copy(ROOT / "examples" / "poller_sync" / "sync_poller.py", folder)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "flexforward", "-p", "no:cacheprovider", "-W", "error", *options],
        cwd=folder,
        env={**kept, "NO_PROXY": "*", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=False,
        capture_output=True,
        encoding="utf-8",
    )


def test_every_block_of_python_in_the_page_is_an_example_with_a_name() -> None:
    assert PAGE.count("```python\n") == len(EXAMPLES) == len(set(EXAMPLES))


@pytest.mark.parametrize("name", ["first", "settings"])
def test_an_example_passes(name: str, tmp_path: Path) -> None:
    ran = run(tmp_path, name)
    assert (ran.returncode, " 22 passed, 1 skipped in " in ran.stdout) == (0, True), ran.stdout + ran.stderr
    assert "TestPoller: The client met 30 of 30 listed things (100 %)" in ran.stdout


def test_many_shipments_are_followed(tmp_path: Path) -> None:
    ran = run(tmp_path, "labels")
    assert (ran.returncode, " 23 passed in " in ran.stdout) == (0, True), ran.stdout + ran.stderr


def test_the_loop_fails_with_the_text_that_stands_below_it(tmp_path: Path) -> None:
    shown = re.search(r"<!-- output: fails-loop -->\n```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
    assert shown is not None
    ran = run(tmp_path, "fails-loop", "-k", "terminal")
    assert ran.returncode == 1
    assert shown[1] in ran.stdout
    kept = re.search(r"serve --scenario (\S+) --time-scale", PAGE)
    assert kept is not None
    assert (tmp_path / kept[1]).is_file()


def test_every_setting_is_in_the_page() -> None:
    told = re.findall(r"^\| `(\w+)` \|.*\| (.*) \|$", PAGE, re.MULTILINE)
    settings = {name: getattr(ClientContract, name) for name in ClientContract.__annotations__}
    written = {"in-process": '"in-process"'}
    expected = {
        name: written.get(value, f"{value:g}" if value == 0.0 and not isinstance(value, bool) else str(value))
        for name, value in settings.items()
    }
    assert {name: default.strip("`") for name, default in told} == {
        name: value.replace("'", '"') for name, value in expected.items()
    }


def test_every_part_of_the_surroundings_is_in_the_page() -> None:
    table = PAGE[PAGE.index("| `env.`") : PAGE.index("An `async def run_client`")]
    assert set(re.findall(r"`(\w+)`", table)) >= {*ClientEnv.__struct_fields__, "variables"}


def test_the_page_counts_the_trials_that_ship() -> None:
    assert PAGE.count(f"{len(shipped_trials())} that ship") == 2
