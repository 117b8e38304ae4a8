"""The tables of the page on pytest, made from what they tell of."""

from __future__ import annotations

import ast
import inspect
import re
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import flexforward_fixtures
from flexforward_fixtures import AccountHandle, ClockHandle, FlexForward, JournalHandle, LabelHandle, plugin
from flexforward_mockserver.state.journal import Exchange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    import pytest

Rows = list[tuple[str, ...]]

OVERRIDDEN = (
    "flexforward_contract",
    "flexforward_scenarios",
    "flexforward_allow_hosts",
    "flexforward_hosts",
    "flexforward_start",
    "flexforward_env_names",
)
"""Fixtures that a project writes anew; tests use the others."""

DOORS = ("flexforward", "flexforward_respx", "flexforward_responses", "flexforward_env", "flexforward_server")
"""Those that the README names."""

MEMBERS: Mapping[str, type] = {
    "": FlexForward,
    "label": LabelHandle,
    "clock": ClockHandle,
    "journal": JournalHandle,
    "other": AccountHandle,
}
"""What a member of the page's tables begins with, to the class that has it."""


class _Recorder:
    """Takes what the plugin tells pytest of itself."""

    def __init__(self) -> None:
        self.options: Rows = []
        self.settings: Rows = []
        self.marker = ""

    def getgroup(self, *_: str) -> _Recorder:
        return self

    def addoption(self, name: str, **more: Any) -> None:
        shown = f"{name} {more['metavar']}" if "metavar" in more else name
        self.options.append((f"`{shown}`", more["help"]))

    def addini(self, name: str, help: str, **more: Any) -> None:  # noqa: A002  # pytest's name
        self.settings.append((f"`{name}`", str(more.get("type", "string")), help))

    def addinivalue_line(self, _: str, line: str) -> None:
        self.marker = line


def fixtures(*, only: Sequence[str] = ()) -> Iterator[tuple[str, ...]]:
    """Yield name, scope and summary of the plugin's fixtures, those of tests first."""
    tree = ast.parse(Path(plugin.__file__).read_text())
    nodes = (node for node in tree.body if isinstance(node, ast.FunctionDef) and _fixture(node))
    found = {node.name: node for node in nodes if not node.name.startswith("_")}
    assert found.keys() == set(plugin.__all__)
    for name in only or (*DOORS, *(name for name in found if name not in (*DOORS, *OVERRIDDEN))):
        yield (
            f"`{name}`",
            "session" if "session" in ast.unparse(_fixture(found[name])[0]) else "test",
            _summary(ast.get_docstring(found[name])),
        )


def _fixture(node: ast.FunctionDef) -> list[ast.expr]:
    return [decorator for decorator in node.decorator_list if "pytest.fixture" in ast.unparse(decorator)]


def told_to_pytest() -> _Recorder:
    recorder = _Recorder()
    plugin.pytest_addoption(cast("pytest.Parser", recorder))
    plugin.pytest_configure(cast("pytest.Config", recorder))
    return recorder


def members(kind: type) -> dict[str, tuple[str, str]]:
    """Return a class's public members: name to how it is written and what it is."""
    found = {name: (name, text) for name, text in attributes(kind).items()}
    for name, value in vars(kind).items():
        if name.startswith("_") or name in found:
            continue
        if isinstance(value, property):
            found[name] = (name, _summary(value.__doc__))
        elif inspect.isfunction(value):
            found[name] = (f"{name}({_arguments(value)})", _summary(value.__doc__))
    return found


def attributes(kind: type) -> dict[str, str]:
    """Return what a class's docstring says of its attributes."""
    told = re.search(r"^Attributes:\n(.*?)(?=^\S|\Z)", inspect.getdoc(kind) or "", re.MULTILINE | re.DOTALL)
    if told is None:
        return {}
    lines = re.sub(r"\n {8}", " ", told[1])
    return {name: _sentence(text) for name, text in re.findall(r"^ {4}(\w+): (.+)$", lines, re.MULTILINE)}


def _arguments(function: Callable[..., object]) -> str:
    parameters = list(inspect.signature(function).parameters.values())[1:]
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in parameters]
    return str(inspect.Signature(bare))[1:-1]


def _summary(docstring: str | None) -> str:
    return _cell(inspect.cleandoc(docstring or "").split("\n\n")[0])


def _sentence(text: str) -> str:
    return _cell(f"{text[0].upper()}{text[1:].rstrip('.')}.")


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("``", "`").replace("|", "\\|")


def handle_rows(prefix: str) -> Rows:
    dotted = f"{prefix}." if prefix else "."
    return [(f"`{dotted}{written}`", text) for written, text in members(MEMBERS[prefix]).values()]


def context_managers() -> Rows:
    rows: Rows = []
    for name in ("live", "in_respx", "in_responses"):
        function = getattr(flexforward_fixtures, name)
        rows.append((f"`{name}()`", _summary(function.__doc__).partition("; arguments")[0].rstrip(".") + "."))
    return rows


def pytest_parts(table: Callable[[tuple[str, ...], Sequence[tuple[str, ...]]], str]) -> dict[str, Callable[[], str]]:
    """Return the generated parts, by name."""

    def handle() -> str:
        return table(("on the handle", "what"), handle_rows(""))

    def parts() -> str:
        rows = chain.from_iterable(handle_rows(prefix) for prefix in MEMBERS if prefix)
        return table(("on its parts", "what"), list(rows))

    return {
        "fixtures": lambda: table(("fixture", "scope", "what"), list(fixtures())),
        "fixtures-short": lambda: table(("fixture", "what"), [(row[0], row[2]) for row in fixtures(only=DOORS)]),
        "fixtures-overridden": lambda: table(
            ("fixture", "what"), [(row[0], row[2]) for row in fixtures(only=OVERRIDDEN)]
        ),
        "handle": handle,
        "handle-parts": parts,
        "exchange": lambda: table(
            ("field", "what"), [(f"`{name}`", text) for name, text in attributes(Exchange).items()]
        ),
        "contexts": lambda: table(("context manager", "what"), context_managers()),
        "pytest-options": lambda: table(("option", "what"), told_to_pytest().options),
        "pytest-settings": lambda: table(("setting", "type", "what"), told_to_pytest().settings),
    }
