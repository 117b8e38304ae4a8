"""A run as lines that a person reads: polls and notifications in one order, and what broke a rule among them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from flexforward_fixtures.handle.timeline import draw_exchange
from flexforward_mockserver.scenarios.timestamp import write_timestamp

from .guide import span_text
from .run import Notification

if TYPE_CHECKING:
    from datetime import datetime

    from flexforward_contract_tests.result import Outcome
    from flexforward_mockserver.state.journal import Exchange

    from .finding import Breach
    from .run import ClientRun

__all__ = ["draw_story", "failure_text"]

_StoryEvent: TypeAlias = "Exchange | Notification | None"


def draw_story(run: ClientRun, breach: Breach, *, before: int = 8, after: int = 3) -> str:
    """Draw what happened around a breach, one exchange or notification (→) on a line; ``>`` marks the breach.

    Args:
        run: in which it happened.
        breach: without a culprit, the end of the run is marked.
        before: lines before the marked one.
        after: lines after it.
    """
    events = _events(run)
    marked = next(index for index, event in enumerate(events) if event is breach.culprit)
    first, last = max(0, marked - before), min(len(events), marked + after + 1)
    zone = "" if run.zone is None else f", on a machine in {run.zone}"
    lines = [f"  from {write_timestamp(run.began_at)}{zone}:"]
    if first:
        lines.append(f"  … {first} earlier")
    for event in events[first:last]:
        line = _draw(event, run)
        lines.append(f"> {line[2:]}" if event is breach.culprit else line)
    if last < len(events):
        lines.append(f"  … {len(events) - last} later")
    return "\n".join(lines)


def failure_text(outcome: Outcome) -> str:
    """Write a broken rule for a failing test; empty if it was not broken."""
    failure = outcome.failure
    if failure is None:
        return ""
    lines = [
        f"{outcome.rule.id} ({outcome.rule.level}, {outcome.rule.source}): {outcome.rule.sentence}",
        f"  expected  {failure.expected}",
        f"  actual    {failure.actual}",
        *filter(None, (failure.timeline,)),
    ]
    return "\n".join(lines)


def _events(run: ClientRun) -> list[_StoryEvent]:
    """Return all that happened in the order of time, and the end; what is told at an answer's instant follows it."""
    happened: list[Exchange | Notification] = [*run.all_exchanges, *(run.notifications or ())]
    return [*sorted(happened, key=_instant), None]


def _instant(event: Exchange | Notification) -> datetime:
    return event.at


def _draw(event: _StoryEvent, run: ClientRun) -> str:
    if event is None:
        words = (run.last_words or "").replace("\n", "\n" + " " * 16)
        text = "the client ended" + (f": it {words}" if words else "")
        how = "the client was ended" if run.cut is None else f"the run was cut {run.cut}"
        at, text = run.ended_at, text if run.ended_by == "client" else how
    elif isinstance(event, Notification):
        of = f" ({event.label})" if event.label is not None and len(run.labels) > 1 else ""
        at, text = event.at, f"→ told {event.tag}{of}"
    else:
        return draw_exchange(event, run.began_at)
    return f"  {'+' + span_text(at - run.began_at):>12}  {text}"
