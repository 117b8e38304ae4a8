"""Rules on what one read says after another. Between them a shipment may move on, as on a live API."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from flexforward_contract_tests.api.evidence.finding import Findings, NotRun, no_input
from flexforward_contract_tests.api.evidence.timestamps import read_time
from flexforward_mockserver.scenarios.tag import TAGS
from flexforward_openapi import as_list, as_mapping

from .declaration import READS, api_rule

if TYPE_CHECKING:
    from flexforward_contract_tests.api.evidence.evidence import Evidence
    from flexforward_contract_tests.api.evidence.finding import Violation
    from flexforward_contract_tests.api.probing.observation import Observation

__all__ = ["events_of", "history_grows", "terminal_stays"]

_TERMINAL = tuple(tag.name for tag in TAGS.values() if tag.is_terminal)


@api_rule(
    "api.repeat.history-grows",
    "should",
    "A checkpoint that was seen once is there at the next read.",
    sources=("ours",),
    needs=("--label",),
    purposes=READS,
)
def history_grows(evidence: Evidence) -> Findings:
    """Judge whether checkpoints that were seen stay."""
    if not evidence.keys:
        return no_input("--label")
    found: list[Violation] = []
    is_judged = False
    for reads in map(evidence.reads_of, evidence.keys):
        for before, after in pairwise(reads):
            seen, still = events_of(before), events_of(after)
            is_judged = is_judged or bool(seen)
            for key, place in seen.items():
                if key not in still:
                    actual = f"{place} of the read before ({key[0]}) is gone"
                    found.append(evidence.violation(after, expected="every checkpoint that was there", actual=actual))
    return tuple(found) if is_judged else NotRun("no shipment with a checkpoint was read twice")


@api_rule(
    "api.repeat.terminal-stays",
    "should",
    "Delivered and Cancelled stay.",
    sources=("guide",),
    needs=("--delivered-label",),
    purposes=READS,
)
def terminal_stays(evidence: Evidence) -> Findings:
    """Judge whether what has ended stays so."""
    delivered = evidence.reads_of(evidence.target.delivered_label_id)
    if delivered and (tag := delivered[0].shipment.get("tag")) not in _TERMINAL:
        return NotRun(f"the label of --delivered-label is {tag}")
    found: list[Violation] = []
    is_judged = False
    for reads in map(evidence.reads_of, evidence.keys):
        for before, after in pairwise(reads):
            tag, later = before.shipment.get("tag"), after.shipment.get("tag")
            if tag in _TERMINAL:
                is_judged = True
                if later != tag:
                    found.append(evidence.violation(after, expected=f"{tag}, as before", actual=f"{later} after {tag}"))
    if is_judged:
        return tuple(found)
    if evidence.target.delivered_label_id is None:
        return no_input("--delivered-label")
    return NotRun("no shipment that was Delivered or Cancelled was read twice")


def events_of(observation: Observation) -> dict[tuple[str, str, str], str]:
    """Return the checkpoints of a 200 by what makes each one itself: words may be mended later, time and status not."""
    events: dict[tuple[str, str, str], str] = {}
    for index, entry in enumerate(as_list(observation.shipment.get("checkpoints"))):
        event = as_mapping(entry)
        at = read_time(event.get("checkpointTime"))
        when = str(event.get("checkpointTime")) if at is None else at.isoformat()
        events.setdefault((when, str(event.get("tag")), str(event.get("subtag"))), f"checkpoints[{index}]")
    return events
