"""Rules on what one read says after another. Between them a shipment may move on, as on a live API."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from flexforward_contract_tests.api.evidence.finding import NotRun, Verdict, no_input
from flexforward_contract_tests.api.evidence.timestamps import read_time
from flexforward_mockserver.scenarios.tag import TAGS
from flexforward_openapi import as_list, as_mapping

if TYPE_CHECKING:
    from flexforward_contract_tests.api.evidence.evidence import Evidence
    from flexforward_contract_tests.api.evidence.finding import Breach
    from flexforward_contract_tests.api.evidence.observation import Exchange

__all__ = ["events_of", "history_grows", "terminal_stays"]

_TERMINAL = tuple(tag.name for tag in TAGS.values() if tag.is_terminal)


def history_grows(evidence: Evidence) -> Verdict:
    """Judge whether checkpoints that were seen stay."""
    if not evidence.keys:
        return no_input("--label")
    found: list[Breach] = []
    is_judged = False
    for reads in map(evidence.reads_of, evidence.keys):
        for before, after in pairwise(reads):
            seen, still = events_of(before), events_of(after)
            is_judged = is_judged or bool(seen)
            for key, place in seen.items():
                if key not in still:
                    actual = f"{place} of the read before ({key[0]}) is gone"
                    found.append(evidence.breach(after, expected="every checkpoint that was there", actual=actual))
    return tuple(found) if is_judged else NotRun("no shipment with a checkpoint was read twice")


def terminal_stays(evidence: Evidence) -> Verdict:
    """Judge whether what has ended stays so."""
    found: list[Breach] = []
    is_judged = False
    for reads in map(evidence.reads_of, evidence.keys):
        for before, after in pairwise(reads):
            tag, later = before.shipment.get("tag"), after.shipment.get("tag")
            if tag in _TERMINAL:
                is_judged = True
                if later != tag:
                    found.append(evidence.breach(after, expected=f"{tag}, as before", actual=f"{later} after {tag}"))
    if is_judged:
        return tuple(found)
    if evidence.target.delivered_label_id is None:
        return no_input("--delivered-label")
    return NotRun("no shipment that was Delivered or Cancelled was read twice")


def events_of(exchange: Exchange) -> dict[tuple[str, str, str], str]:
    """Return the checkpoints of a 200 by what makes each one itself: words may be mended later, time and status not."""
    events: dict[tuple[str, str, str], str] = {}
    for index, entry in enumerate(as_list(exchange.shipment.get("checkpoints"))):
        event = as_mapping(entry)
        at = read_time(event.get("checkpointTime"))
        when = str(event.get("checkpointTime")) if at is None else at.isoformat()
        events.setdefault((when, str(event.get("tag")), str(event.get("subtag"))), f"checkpoints[{index}]")
    return events
