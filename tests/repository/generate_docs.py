"""Writes the generated parts of the docs.

They stand between ``<!-- generated: NAME -->`` or ``<!-- file: PATH -->``, which shows a file of the repository, and
``<!-- end -->``.
"""

from __future__ import annotations

import json
import re
import textwrap
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import grimp
from click.testing import CliRunner

from flexforward_contract_tests.api.command import verify_api
from flexforward_contract_tests.api.rules.registry import API_RULES
from flexforward_contract_tests.client.command import verify_client
from flexforward_contract_tests.client.rules.registry import CLIENT_RULES
from flexforward_contract_tests.client.runner.trial import shipped_trials
from flexforward_contract_tests.sources import SOURCES
from flexforward_fixtures.strategies import ODDITIES
from flexforward_mockserver.commands import cli
from flexforward_mockserver.commands.scenarios_command import scenarios as scenarios_command
from flexforward_mockserver.commands.serve import serve
from flexforward_mockserver.control.control_document import DOCUMENT_FILE, ControlDocument
from flexforward_mockserver.scenarios.catalogue import Catalogue
from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS, STEP_FAULT_KINDS
from flexforward_mockserver.scenarios.invariants import INVARIANTS
from flexforward_mockserver.scenarios.scenario_reader import SCHEMA_FILE
from flexforward_mockserver.scenarios.tag import SUBTAG_MESSAGES
from flexforward_openapi.reading.document_check import FORMATS
from flexforward_openapi.reading.walk import subset
from pytest_tables import pytest_parts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from flexforward_contract_tests.rule import Rule

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"

VENDORS = ("InTransit_001", "InfoReceived_001")
OURS = ("Cancelled_001", "Unknown_001")


def laws() -> str:
    return table(("law", "says"), [(f"`{law}`", text) for law, text in INVARIANTS.items()])


def scenarios() -> str:
    catalogue = Catalogue()
    return table(("name", "for"), [(f"`{name}`", catalogue[name].summary) for name in catalogue.names])


def subtags() -> str:
    def source(subtag: str) -> str:
        return "vendor" if subtag in VENDORS else "ours" if subtag in OURS else "AfterShip's catalogue"

    rows = [(f"`{subtag}`", message, source(subtag)) for subtag, message in SUBTAG_MESSAGES.items()]
    return table(("subtag", "message", "source"), rows)


def keywords() -> str:
    kinds = {name: kind["properties"] for name, kind in subset()["$defs"].items() if "properties" in kind}
    honoured = {
        kind: sorted(name for name, shape in names.items() if shape is not False) for kind, names in kinds.items()
    }
    rows = [(kind.replace("-", " "), ", ".join(f"`{name}`" for name in names)) for kind, names in honoured.items()]
    formats = ", ".join(f"`{name}`" for name in sorted(FORMATS))
    return table(("in", "keywords"), rows) + f"\n\nFormats: {formats}."


def serve_options() -> str:
    rows = [(f"`{option.opts[0]}`", f"{option.help}{default}") for option, default in options(serve)]
    return table(("option", "meaning"), rows)


def verify_api_options() -> str:
    rows = [
        (f"`{option.opts[0]}`", f"`{option.envvar}`" if option.envvar else "", f"{option.help}{default}")
        for option, default in options(verify_api)
    ]
    return table(("option", "variable", "meaning"), rows)


def verify_client_options() -> str:
    rows = [(f"`{option.opts[0]}`", str(option.help)) for option, _ in options(verify_client)]
    return table(("option", "meaning"), rows)


def trials() -> str:
    rows = [(f"`{trial.name}`", str(trial.scenario.summary)) for trial in shipped_trials()]
    return table(("trial", "what it tries"), rows)


def options(command: click.Command) -> Iterator[tuple[click.Option, str]]:
    for option in command.params:
        if isinstance(option, click.Option):
            yield option, f" Default: `{option.default}`." if option.show_default else ""


def rules(rules: Sequence[Rule]) -> str:
    rows = [
        (
            f"`{rule.id}`",
            rule.level + (", *drift*" if rule.is_drift else ""),
            rule.sentence,
            rule.source,
            ", ".join(f"`{need}`" if need.startswith("-") else need for need in rule.needs),
        )
        for rule in rules
    ]
    return table(("id", "level", "rule", "source", "needs"), rows)


def sources() -> str:
    rows = [
        (f"`{source}`", f"[{page.title}]({page.url})", page.says, page.read or "no date", page.extent or "a standard")
        for source, entry in SOURCES.items()
        for page in entry.pages
    ]
    return table(("source", "page", "what is taken from it", "read on", "how much of it"), rows)


def source_meanings() -> str:
    rows = [
        (
            f"`{source}`",
            entry.meaning,
            ", ".join(f"[{page.title}]({page.url})" for page in entry.pages),
        )
        for source, entry in SOURCES.items()
    ]
    return table(("source", "meaning", "where"), rows)


def commands() -> str:
    calls = [["--help"], *([name, "--help"] for name in cli.COMMANDS)]
    calls += [["scenarios", name, "--help"] for name in scenarios_command.commands]
    parts: list[str] = []
    for call in calls:
        result = CliRunner().invoke(cli.group, call, prog_name="flexforward-mock", terminal_width=100)
        parts.append(f"```text\n$ flexforward-mock {' '.join(call)}\n{result.output.rstrip()}\n```")
    return "\n\n".join(parts)


def faults() -> str:
    return table(("kind", "the client gets"), [(f"`{name}`", kind.summary) for name, kind in FAULT_KINDS.items()])


def control() -> str:
    rows = [
        (f"`{method.upper()} {path}`", operation["summary"])
        for path, item in ControlDocument().json["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]
    return table(("call", "what"), rows)


def oddities() -> str:
    return table(("name", "what is odd"), [(f"`{name}`", words) for name, words in ODDITIES.items()])


def rooms() -> str:
    """Return a drawing of the rooms, each package's from the top down, with what each imports."""
    graph = grimp.build_graph(*PACKAGES)
    lines: list[str] = []
    for package in PACKAGES:
        within = sorted(f"{package}.{entry}" for entry in _order(package, graph))
        lines.append(package)
        for room in sorted(within, key=lambda name: _height(name, within, graph), reverse=True):
            used = [entry.rpartition(".")[2] for entry in within if entry != room and _imports(room, entry, graph)]
            others = [entry for entry in PACKAGES if entry != package and _imports(room, entry, graph)]
            arrow = ", ".join((*used, *others))
            lines.append(f"    {room.rpartition('.')[2]:<14}" + (f" -> {arrow}" if arrow else ""))
    return "```text\n" + "\n".join(lines) + "\n```"


PACKAGES = ("flexforward_contract_tests", "flexforward_fixtures", "flexforward_mockserver", "flexforward_openapi")


def _order(package: str, graph: grimp.ImportGraph) -> list[str]:
    children = (child.rpartition(".")[2] for child in graph.find_children(package))
    return [child for child in children if not child.startswith("_")]


def _imports(importer: str, imported: str, graph: grimp.ImportGraph) -> bool:
    return graph.direct_import_exists(importer=importer, imported=imported, as_packages=True)


def _height(room: str, rooms: Sequence[str], graph: grimp.ImportGraph) -> int:
    """Return how many rooms stand beneath one another under this one; there are no circles."""
    beneath = [entry for entry in rooms if entry != room and _imports(room, entry, graph)]
    return 1 + max((_height(entry, rooms, graph) for entry in beneath), default=0)


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [" | ".join(line) for line in (head, *rows)]
    lines.insert(1, "|".join("---" for _ in head))
    return "\n".join(f"|{line}|" if index == 1 else f"| {line} |" for index, line in enumerate(lines))


PARTS: Mapping[str, Callable[[], str]] = {
    "laws": laws,
    "scenarios": scenarios,
    "subtags": subtags,
    "keywords": keywords,
    "serve": serve_options,
    "verify-api": verify_api_options,
    "verify-client": verify_client_options,
    "trials": trials,
    "api-rules": partial(rules, API_RULES),
    "client-rules": partial(rules, CLIENT_RULES),
    "sources": sources,
    "source-meanings": source_meanings,
    "commands": commands,
    "control": control,
    "faults": faults,
    "oddities": oddities,
    "rooms": rooms,
    **pytest_parts(table),
}


LANGUAGES = {".mjs": "js", ".yml": "yaml"}
"""What a file's suffix is called after the fence, where it is not the suffix itself."""


def shown_file(path: str) -> str:
    suffix = Path(path).suffix
    return f"```{LANGUAGES.get(suffix, suffix[1:])}\n{(ROOT / path).read_text().rstrip()}\n```"


def filled(text: str) -> str:
    """Return a page with its generated parts made anew."""

    def part(match: re.Match[str]) -> str:
        made = PARTS[match[2]]() if match[1] == "generated" else shown_file(match[2])
        return f"<!-- {match[1]}: {match[2]} -->\n{made}\n<!-- end -->"

    return re.sub(r"<!-- (generated|file): (\S+) -->\n.*?<!-- end -->", part, text, flags=re.DOTALL)


def named(names: Iterable[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}"


def control_with_kinds(text: str) -> str:
    """Return the control document with the kinds of fault as they are."""
    title = textwrap.fill(named(FAULT_KINDS), 108)
    kinds = textwrap.indent(f"title: >-\n{textwrap.indent(title, '  ')}\nenum:\n", " " * 10)
    kinds += "".join(f"            - {name}\n" for name in FAULT_KINDS)
    return re.sub(
        r"(?<=    NewFault:\n)(.*?        kind:\n).*?(?=        status:)",
        lambda found: found[1] + kinds,
        text,
        flags=re.DOTALL,
    )


def schema_with_kinds(text: str) -> str:
    """Return the schema of scenario files with the kinds of fault that a step can have."""
    names = json.dumps(list(STEP_FAULT_KINDS))
    kind = f'"title": {json.dumps(named(STEP_FAULT_KINDS))},\n              "enum": {names}\n            '
    pattern = r'("fault": \{.*?"kind": \{\s+).*?(?=\},\s+"status")'
    return re.sub(pattern, lambda found: found[1] + kind, text, flags=re.DOTALL)


SCHEMAS: Mapping[Path, Callable[[str], str]] = {
    DOCUMENT_FILE: control_with_kinds,
    SCHEMA_FILE: schema_with_kinds,
}
"""Files that are not pages, and what writes their generated part anew."""


if __name__ == "__main__":
    for file, renew in SCHEMAS.items():
        file.write_text(renew(file.read_text()))
    for page in (ROOT / "README.md", *sorted(DOCS.glob("*.md"))):
        page.write_text(filled(page.read_text()))
