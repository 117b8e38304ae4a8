"""A result as people and machines read it: terminal, JSON, JUnit."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import click
import msgspec

from .sources import SOURCES, source_lines

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flexforward_openapi import Json

    from .result import Outcome, Result

__all__ = ["ReportError", "failure_lines", "report_json", "report_lines", "write_json", "write_junit"]

_COLOURS = {"passed": "green", "failed": "red", "not-run": "yellow"}
_SHOWN_OTHERS = 3


class ReportError(click.ClickException):
    """A report cannot be written."""

    exit_code = 2


def report_json(result: Result, exit_code: int) -> Json:
    """Return the JSON report, as its consumers rely on it."""
    return {
        "schema": 1,
        "tool": "flexforward-mock",
        "version": version("flexforward-mock"),
        "target": result.target,
        "exit_code": exit_code,
        "rules": [_rule_json(outcome) for outcome in result.outcomes],
        "sources": {source: [page.url for page in entry.pages] for source, entry in SOURCES.items()},
    }


def _rule_json(outcome: Outcome) -> Json:
    rule = outcome.rule
    parts: dict[str, Json] = {
        "id": rule.id,
        "level": rule.level,
        "source": rule.source,
        "outcome": outcome.verdict,
    }
    if outcome.reason is not None:
        parts["reason"] = outcome.reason
    if outcome.failure is not None:
        parts["failure"] = msgspec.to_builtins(outcome.failure)
    if outcome.is_accepted:
        parts["accepted"] = True
    return parts


def write_json(result: Result, exit_code: int, path: Path) -> None:
    """Write the JSON report.

    Raises:
        ReportError: it cannot be written there.
    """
    _write(path, msgspec.json.format(msgspec.json.encode(report_json(result, exit_code)), indent=2) + b"\n")


def write_junit(result: Result, path: Path, *, suite: str, is_strict: bool = False) -> None:
    """Write a JUnit report: a test for each rule, skipped if it was not run, or was broken in a way that fails nothing.

    Args:
        result: what a run found.
        path: where to.
        suite: name of the tests' suite.
        is_strict: a broken ``should`` fails as well.

    Raises:
        ReportError: it cannot be written there.
    """
    failing = [outcome for outcome in result.outcomes if outcome.is_failing(is_strict=is_strict)]
    passed = [outcome for outcome in result.outcomes if outcome.verdict == "passed"]
    root = ET.Element(
        "testsuite",
        name=suite,
        tests=str(len(result.outcomes)),
        failures=str(len(failing)),
        skipped=str(len(result.outcomes) - len(failing) - len(passed)),
        errors="0" if result.unjudged is None else "1",
    )
    for outcome in result.outcomes:
        case = ET.SubElement(root, "testcase", classname=suite, name=outcome.rule.id)
        if outcome.verdict == "not-run":
            ET.SubElement(case, "skipped", message=_printable(outcome.reason or ""))
        elif outcome.failure is not None:
            lines = [line.strip("\n") for line in failure_lines(outcome)]
            kind = "failure" if outcome in failing else "skipped"
            ET.SubElement(case, kind, message=_printable(outcome.failure.actual)).text = _printable("\n".join(lines))
    if result.unjudged is not None:
        case = ET.SubElement(root, "testcase", classname=suite, name="anything")
        ET.SubElement(case, "error", message=_printable(result.unjudged))
    _write(path, ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def report_lines(result: Result, exit_code: int) -> Iterator[str]:
    """Yield the lines for a terminal, coloured; ``click.echo`` takes the colours out where there is none."""
    for outcome in result.outcomes:
        if outcome.failure is not None:
            word = "accepted" if outcome.is_accepted else "FAILED"
            head = click.style(f"{word}  {outcome.rule.id}", fg=None if outcome.is_accepted else "red", bold=True)
            yield f"{head}  ({outcome.rule.level}, {outcome.rule.source})"
            if not outcome.is_accepted:
                yield from failure_lines(outcome)
    failed = [outcome.rule for outcome in result.outcomes if outcome.failure is not None and not outcome.is_accepted]
    if sources := list(source_lines(source for rule in failed for source in rule.sources)):
        yield "Where these rules come from"
        yield from sources
    yield from result.remarks
    if result.unjudged is not None:
        yield click.style(f"Could not be judged: {result.unjudged}", fg="red", bold=True)
    accepted = sum(outcome.is_accepted for outcome in result.outcomes)
    counts = [
        (sum(outcome.verdict == verdict and not outcome.is_accepted for outcome in result.outcomes), verdict, colour)
        for verdict, colour in _COLOURS.items()
    ]
    counts.append((accepted, "accepted", "yellow"))
    summary = ", ".join(click.style(f"{count} {verdict}", fg=colour) for count, verdict, colour in counts if count)
    yield f"{result.target}: {summary or 'no rules'} (exit {exit_code})"


def failure_lines(outcome: Outcome) -> Iterator[str]:
    """Yield what a person needs to know of a broken rule; nothing of another one."""
    failure = outcome.failure
    if failure is None:
        return
    yield f"  rule      {outcome.rule.sentence}"
    yield f"  expected  {failure.expected}"
    yield f"  actual    {failure.actual}"
    if failure.curl is not None:
        yield f"  try       {failure.curl}"
    if failure.others:
        shown = "; ".join(failure.others[:_SHOWN_OTHERS]) + (" …" if failure.others[_SHOWN_OTHERS:] else "")
        yield f"  also      {len(failure.others)} more: {shown}"
    if failure.timeline is not None:
        yield failure.timeline
    if failure.scenario is not None:
        yield "  scenario"
        yield from (f"    {line}" for line in failure.scenario.splitlines())


def _printable(text: str) -> str:
    """Return text as XML may hold it."""
    return "".join(character if character.isprintable() or character in "\n\t" else "�" for character in text)


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ReportError(f"cannot write the report {path} ({error.strerror}); choose another place") from error
