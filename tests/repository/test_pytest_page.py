"""The page on pytest is complete, and its examples do what it says."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest
import requests

from example_kit import ROOT, example
from flexforward_fixtures import Mock, in_responses, in_respx, plugin
from pytest_tables import MEMBERS, told_to_pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from flexforward_fixtures import FlexForward

PAGE = (ROOT / "docs" / "pytest.md").read_text()
README = (ROOT / "README.md").read_text()
EXAMPLES = re.findall(r"<!-- example: (\S+) -->\n```python\n", PAGE)
FAILING = [name for name in EXAMPLES if name.startswith("fails-")]
PASSING = [name for name in EXAMPLES if name not in FAILING]
PLUGINS = [
    option
    for name in ("flexforward", "anyio", "pytest_asyncio.plugin", "time_machine", "randomly", "xdist")
    for option in ("-p", name)
]


def run(folder: Path, *names: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    """Run examples as test files of a project that has the page's settings."""
    (folder / "pytest.ini").write_text(example("pytest.md", "settings"))
    for name in names:
        (folder / f"test_{name.replace('-', '_')}.py").write_text(example("pytest.md", name))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    strictly = (
        "--strict-markers",
        "--strict-config",
        "-W",
        "error",
        "-o",
        "asyncio_default_fixture_loop_scope=function",
    )
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *strictly, *PLUGINS, *options],
        cwd=folder,
        env={**kept, "NO_PROXY": "*", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=100,
    )


def test_every_block_of_python_in_the_page_is_an_example_with_a_name() -> None:
    assert PAGE.count("```python\n") == len(EXAMPLES) == len(set(EXAMPLES))


@pytest.mark.parametrize("options", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_the_examples_of_the_page_pass(options: tuple[str, ...], tmp_path: Path) -> None:
    count = sum(
        len(re.findall(r"^ *(?:async )?def test_", example("pytest.md", name), re.MULTILINE)) for name in PASSING
    )
    ran = run(tmp_path, *PASSING, options=options)
    assert (ran.returncode, f" {count} passed in " in ran.stdout) == (0, True), ran.stdout + ran.stderr


@pytest.mark.parametrize("name", FAILING)
def test_an_example_fails_with_the_text_that_stands_below_it(name: str, tmp_path: Path) -> None:
    shown = re.search(
        rf"<!-- example: {name} -->\n```python\n.*?^```\n\n```text\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE
    )
    assert shown is not None
    ran = run(tmp_path, name)
    assert (ran.returncode, shown[1].splitlines()) == (
        1,
        [line for line in shown[1].splitlines() if line in ran.stdout.splitlines()],
    )


def test_the_example_for_unittest_runs_without_pytest(tmp_path: Path) -> None:
    (tmp_path / "test_tracking.py").write_text(example("pytest.md", "unittest"))
    ran = subprocess.run(
        [sys.executable, "-m", "unittest"], cwd=tmp_path, check=False, capture_output=True, encoding="utf-8", timeout=60
    )
    assert (ran.returncode, "Ran 1 test in" in ran.stderr) == (0, True), ran.stderr


def test_the_settings_of_the_page_name_the_variables_of_a_project(tmp_path: Path) -> None:
    (tmp_path / "test_env.py").write_text(
        "import os\n"
        "def test_env(flexforward_respx, flexforward_env):\n"
        "    assert os.environ['SHOP_TRACKING_URL'] == 'https://flexforward-mock.invalid'\n"
        "    assert os.environ['SHOP_TRACKING_TOKEN'] == flexforward_respx.token\n"
    )
    assert run(tmp_path).returncode == 0


def test_the_readmes_example_is_the_pages_first() -> None:
    assert f"```python\n{example('pytest.md', 'first')}```" in README


@pytest.mark.parametrize("member", MEMBERS.values(), ids=lambda kind: kind.__name__)
def test_every_public_member_of_a_handle_is_in_the_page(member: type) -> None:
    with in_respx(allow_unused=True) as mock:
        shipped = mock.ship("delivered")
        found = next(entry for entry in (mock, shipped, mock.clock, mock.journal, mock.other) if type(entry) is member)
        names = [name for name in {*dir(found), *vars_of(found)} if not name.startswith("_")]
    inherited = {"count", "index"} if member.__name__ == "JournalHandle" else set[str]()  # those of every sequence
    prefix = next(prefix for prefix, kind in MEMBERS.items() if kind is member)
    assert [name for name in names if name not in inherited and not re.search(rf"`{prefix}\.{name}[`(]", PAGE)] == []


def vars_of(found: object) -> list[str]:
    return list(getattr(found, "__dict__", ()))


def test_every_fixture_option_setting_and_allowance_is_in_the_page() -> None:
    told = told_to_pytest()
    written = [f"`{name}`" for name in plugin.__all__]
    written += [row[0] for row in (*told.options, *told.settings)]
    written += [f"`{name}`" for name in re.findall(r"allow_\w+", told.marker)]
    assert [name for name in written if name not in PAGE] == []


ROWS = re.findall(r"^\| (`no-answer`.*|`close.*|`reset.*|`truncated.*) \| `(\S+)` \| `(\S+)` \|$", PAGE, re.MULTILINE)
MOCK = Mock()


@pytest.mark.parametrize(
    ("kind", "name"),
    [(kind, names[door]) for kinds, *names in ROWS for kind in re.findall(r"`([a-z-]+)`", kinds) for door in (0, 1)],
)
def test_a_fault_comes_as_the_exception_that_the_page_names(kind: str, name: str) -> None:
    module, _, kind_of_error = name.rpartition(".")
    expected: type[Exception] = getattr(importlib.import_module(module), kind_of_error)
    is_httpx = "httpx" in name or module == "json"
    door: Callable[[Mock], AbstractContextManager[FlexForward]] = in_respx if is_httpx else in_responses
    get = httpx.get if is_httpx else requests.get
    with door(MOCK) as mock:
        parcel = mock.ship("delivered")
        mock.fault(kind, delay_s=60 if kind == "latency" else None)
        with pytest.raises(expected) as caught:
            get(f"{mock.base_url}/tracking/{parcel.id}", headers=mock.headers, timeout=10).json()
    assert type(caught.value) is expected


def test_the_page_names_every_fault_that_is_an_exception() -> None:
    named = {kind for kinds, *_ in ROWS for kind in re.findall(r"`([a-z-]+)`", kinds)}
    assert named == {"no-answer", "latency", "close", "reset", "close-mid-body", "truncated", "not-json", "empty-body"}
