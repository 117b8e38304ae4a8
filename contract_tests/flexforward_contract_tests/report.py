"""A result as people read it on a terminal, and as JSON."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import click
import msgspec

from .sources import SOURCES, source_lines

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from flexforward_openapi import Json

    from .result import Outcome, Result

__all__ = ["failure_lines", "report_json", "report_lines"]

_SHOWN_OTHERS = 3


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


def report_lines(result: Result, exit_code: int, *, is_strict: bool = False) -> Iterator[str]:
    """Yield the lines for a terminal, coloured; ``click.echo`` takes the colours out where there is none.

    Args:
        result: what a run found.
        exit_code: what the command ends with.
        is_strict: a broken ``should`` fails as well.
    """
    shown: set[str] = set()
    for outcome in result.outcomes:
        if outcome.failure is not None:
            word = "accepted" if outcome.is_accepted else "FAILED"
            head = click.style(f"{word}  {outcome.rule.id}", fg=None if outcome.is_accepted else "red", bold=True)
            yield f"{head}  ({outcome.rule.level}, {outcome.rule.source})"
            if not outcome.is_accepted:
                yield from failure_lines(outcome, shown)
                shown.add(outcome.failure.scenario or "")
    failed = [outcome.rule for outcome in result.outcomes if outcome.failure is not None and not outcome.is_accepted]
    if sources := list(source_lines(source for rule in failed for source in rule.sources)):
        yield "Where these rules come from"
        yield from sources
    yield from _not_run_lines(result)
    yield from result.remarks
    if result.unjudged is not None:
        yield click.style(f"Could not be judged: {result.unjudged}", fg="red", bold=True)
    summary = ", ".join(click.style(text, fg=colour) for text, colour in _counts(result, is_strict=is_strict))
    yield f"{result.target}: {summary or 'no rules'} (exit {exit_code})"


def _not_run_lines(result: Result) -> Iterator[str]:
    """Yield a line for each reason why rules were not run; where none was, the one sentence on the run says it."""
    reasons: dict[str | None, list[str]] = {}
    for outcome in result.outcomes:
        if outcome.verdict == "not-run":
            reasons.setdefault(outcome.reason, []).append(outcome.rule.id)
    if result.unjudged is not None and sum(map(len, reasons.values())) == len(result.outcomes):
        return
    for reason, ids in reasons.items():
        yield f"not run: {', '.join(ids)}: {reason}"


def _counts(result: Result, *, is_strict: bool) -> Iterator[tuple[str, str]]:
    """Yield the counts with their colours; what fails nothing says why."""
    outcomes = result.outcomes
    broken = sum(outcome.is_broken for outcome in outcomes)
    failing = sum(outcome.is_failing(is_strict=is_strict) for outcome in outcomes)
    counts = (
        (sum(outcome.verdict == "passed" for outcome in outcomes), "passed", "green"),
        (failing, "failed", "red"),
        (broken - failing, "failed (should; --strict fails them)", "yellow"),
        (sum(outcome.verdict == "not-run" for outcome in outcomes), "not-run", "yellow"),
        (sum(outcome.is_accepted for outcome in outcomes), "accepted", "yellow"),
    )
    yield from ((f"{count} {words}", colour) for count, words, colour in counts if count)


def failure_lines(outcome: Outcome, shown: Collection[str] = ()) -> Iterator[str]:
    """Yield what a person needs to know of a broken rule; nothing of another one.

    Args:
        outcome: of the rule.
        shown: scenarios that stand above it already, as text.
    """
    failure = outcome.failure
    if failure is None:
        return
    yield f"  rule      {outcome.rule.sentence}"
    yield f"  expected  {failure.expected}"
    yield f"  actual    {failure.actual}"
    if failure.curl is not None:
        yield f"  try       {failure.curl}"
    if failure.others:
        first = "; ".join(failure.others[:_SHOWN_OTHERS]) + (" …" if failure.others[_SHOWN_OTHERS:] else "")
        yield f"  also      {len(failure.others)} more: {first}"
    if failure.timeline is not None:
        yield failure.timeline
    if failure.scenario is not None and failure.scenario in shown:
        yield f"  scenario  {_name_of(failure.scenario)}, which stands above"
    elif failure.scenario is not None:
        yield "  scenario"
        yield from (f"    {line}" for line in failure.scenario.splitlines())


def _name_of(scenario: str) -> str:
    """Return the name that stands in a scenario file."""
    named = (line.partition("name: ")[2] for line in scenario.splitlines() if line.startswith("name: "))
    return next(named, scenario)
