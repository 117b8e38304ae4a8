"""Promises about the repository itself."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from itertools import pairwise
from pathlib import Path

import pytest

import flexforward_contract_tests
import flexforward_fixtures
import flexforward_mockserver
import flexforward_openapi

ROOT = Path(__file__).parents[2]
PACKAGES = (flexforward_openapi, flexforward_mockserver, flexforward_fixtures, flexforward_contract_tests)
MODULES = [
    module.name
    for package in PACKAGES
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    if not module.ispkg and not module.name.endswith(("__main__", ".test_rules")) and ".preload." not in module.name
]
SOURCES = [
    path for folder in ("openapi", "mockserver", "fixtures", "contract_tests") for path in (ROOT / folder).rglob("*.py")
]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    return [name for name in listed if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("folder", ["openapi", "mockserver", "fixtures", "contract_tests"])
def test_an_import_root_holds_one_package_and_nothing_loose(folder: str) -> None:
    entries = {entry.name for entry in (ROOT / folder).iterdir() if entry.name != "__pycache__"}
    assert entries == {f"flexforward_{folder}"}
    assert (ROOT / folder / f"flexforward_{folder}" / "py.typed").exists()


@pytest.mark.parametrize("name", MODULES)
def test_a_modules_all_is_sorted_and_true(name: str) -> None:
    module = importlib.import_module(name)
    public = list(module.__all__)
    assert public == sorted(public, key=lambda entry: (not entry.isupper(), not entry[0].isupper(), entry))
    assert all(hasattr(module, entry) for entry in public)
    assert module.__doc__


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_no_two_parts_of_a_message_are_glued_without_a_space(path: Path) -> None:
    text = path.read_text()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant | ast.JoinedStr) and node.lineno != node.end_lineno:
            lines = text.splitlines()[node.lineno - 1 : node.end_lineno]
            for before, after in pairwise(lines):
                ends = re.search(r'(\S)"\s*$', before)
                begins = re.match(r'\s*f?"(\S)', after)
                if ends and begins:
                    assert ends[1] in "({[/" or begins[1] in " ,;:.)" or not ends[1].isalnum(), before.strip()


ROOMS = sorted(
    {
        path.parent
        for path in (*SOURCES, *(ROOT / "benchmarks").rglob("*.py"))
        if (path.parent / "__init__.py").exists()
    },
)


@pytest.mark.parametrize("room", ROOMS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_room_has_a_face_and_not_more_than_sixteen_modules(room: Path) -> None:
    assert len(list(room.glob("*.py"))) <= 16
    assert ast.get_docstring(ast.parse((room / "__init__.py").read_text()))


def test_the_benchmarks_import_in_no_circle() -> None:
    """Checked here, as import-linter looks at packages that are installed."""
    uses: dict[str, set[str]] = {}
    for path in (ROOT / "benchmarks").rglob("[a-z]*.py"):
        if ".cache" in path.parts:  # where a run of them keeps Prism
            continue
        nodes = (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ImportFrom))
        room = ".".join(path.relative_to(ROOT).parent.parts)
        named = {f"{room}.{node.module}" if node.level else str(node.module) for node in nodes}
        uses[f"{room}.{path.stem}"] = {name for name in named if name.startswith("benchmarks.")}
    TopologicalSorter(uses).prepare()
    assert {name for used in uses.values() for name in used} <= uses.keys()


def test_the_core_loads_no_framework() -> None:
    code = (
        "import sys, flexforward_mockserver.engine.engine, flexforward_mockserver.state.demo;"
        "sys.exit(', '.join({'starlette', 'uvicorn', 'click', 'asyncio'} & set(sys.modules)) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stderr == ""


def test_importing_the_fixtures_loads_nothing_else() -> None:
    code = (
        "import sys, flexforward_fixtures;"
        "sys.exit(', '.join({'flexforward_mockserver', 'starlette', 'yaml', 'msgspec'} & set(sys.modules)) or 0)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False).stderr == ""


def test_the_changelogs_newest_version_is_the_projects() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    versions = re.findall(r"^## \[?(\d+\.\d+\.\d+)", changelog, re.MULTILINE)
    assert "## Unreleased" in changelog
    assert not versions or versions[0] == PROJECT["project"]["version"]


def test_constraints_are_names_and_versions_and_pin_every_dependency() -> None:
    lines = (ROOT / "constraints.txt").read_text().split()
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+==[0-9][0-9a-zA-Z.]*", line) for line in lines)
    pinned = {line.partition("==")[0].lower().replace("_", "-") for line in lines}
    wanted = [
        *PROJECT["project"]["dependencies"],
        *(entry for extra in PROJECT["project"]["optional-dependencies"].values() for entry in extra),
        *PROJECT["dependency-groups"]["dev"],
    ]
    names = {re.split(r"[<>=;\[ ]", entry)[0].lower() for entry in wanted}
    assert names - {PROJECT["project"]["name"]} <= pinned  # its extras build on each other


def test_every_dependency_says_why_it_was_chosen() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text()
    for entry in PROJECT["project"]["dependencies"]:
        assert f"`{re.split(r'[<>=;]', entry)[0]}`" in text


def test_nothing_that_is_kept_names_a_package_index_or_a_path_of_one_machine() -> None:
    pattern = re.compile(r"https?://[^\s\"']*(?:pypi|/simple/|/npm)|(?<![\w.])/(?:root|home)/", re.IGNORECASE)
    mine = Path(__file__).relative_to(ROOT).as_posix()
    found = [
        name
        for name in tracked()
        if name != mine and pattern.search((ROOT / name).read_text(encoding="utf-8", errors="replace"))
    ]
    assert found == []
