"""The laws that a real shipment's lifecycle keeps. A scenario may break one, if it says so."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from .tag import TAGS
from .timestamp import LAST_INSTANT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .scenario import Scenario, Status

__all__ = ["INVARIANTS", "broken_invariants"]

INVARIANTS: Mapping[str, str] = MappingProxyType(
    {
        "terminal-stays": "after Delivered or Cancelled the tag stays",
        "status-advances": "the tag does not fall back on the way Pending, InfoReceived, InTransit, Delivered",
        "history-grows": "a checkpoint that was shown once is shown from then on",
        "newest-first": "checkpoints are listed newest first",
        "no-future-events": "no checkpoint lies in the future of the step that reports it",
        "top-is-newest": (
            "tag and subtag at the top are those of the newest checkpoint (Pending, Cancelled and Unknown excepted)"
        ),
        "contract-holds": "answers hold only what the contract and the vendor's prose list today",
    }
)


def broken_invariants(scenario: Scenario) -> Iterator[tuple[str, int]]:
    """Yield each law that the scenario breaks with the index of the step that breaks it."""
    if scenario.order != "newest-first":
        yield "newest-first", 0
    tag = ""
    rank = 0
    for index, step in enumerate(scenario.steps):
        if tag in TAGS and TAGS[tag].is_terminal and step.status.tag != tag:
            yield "terminal-stays", index
        tag = step.status.tag
        own_rank = TAGS[tag].rank
        if own_rank is not None:
            if own_rank < rank:
                yield "status-advances", index
            rank = own_rank
        if step.forgets:
            yield "history-grows", index
        if step.event is not None and isinstance(step.event.at, timedelta) and step.event.at > timedelta(0):
            yield "no-future-events", index
        if step.evolution is not None:
            yield "contract-holds", index
    yield from _top_and_newest(scenario)


def _top_and_newest(scenario: Scenario) -> Iterator[tuple[str, int]]:
    instants = _event_instants(scenario)
    if instants is None:
        return
    newest: tuple[timedelta | datetime, Status] | None = None
    for index, step in enumerate(scenario.steps):
        if step.forgets:
            newest = None
        if step.event is not None and (newest is None or newest[0] <= instants[index]):  # type: ignore[operator]
            newest = instants[index], step.event.status
        excepted = step.failure is not None or step.status.tag in ("Pending", "Cancelled", "Unknown")
        if newest is not None and not excepted and newest[1].subtag != step.status.subtag:
            yield "top-is-newest", index


def _event_instants(scenario: Scenario) -> list[timedelta | datetime] | None:
    """Return an instant for each step by which its event can be put in order; None where only a run could tell.

    Instants are all relative to the beginning, or all absolute.
    """
    times = [step.event.at for step in scenario.steps if step.event is not None]
    if all(isinstance(at, datetime) for at in times):
        return [step.event.at if step.event else LAST_INSTANT for step in scenario.steps]
    is_timed = all(step.polls is None and not step.manual for step in scenario.steps)
    if any(isinstance(at, datetime) for at in times) or (any(times) and not is_timed):
        return None
    instants: list[timedelta | datetime] = []
    opened = timedelta(0)
    for step in scenario.steps:
        opened += step.after or timedelta(0)
        at = step.event.at if step.event else timedelta(0)
        instants.append(opened + at if isinstance(at, timedelta) else at)
    return instants
