"""Rules on which label an answer is of."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from flexforward_contract_tests.api.evidence.finding import Findings, NotRun, no_input
from flexforward_contract_tests.api.probing.label_key import as_uuid, is_same_key

from .declaration import READS, api_rule

if TYPE_CHECKING:
    from flexforward_contract_tests.api.evidence.evidence import Evidence
    from flexforward_contract_tests.api.evidence.finding import Violation
    from flexforward_contract_tests.api.probing.observation import Observation

__all__ = ["id_is_label", "order_number", "stable"]


@api_rule(
    "api.identity.id-is-label",
    "must",
    "The id in the answer is the label's UUID: the one that was asked for.",
    sources=("op",),
    needs=("--label",),
    purposes=READS,
)
def id_is_label(evidence: Evidence) -> Findings:
    """Judge whether the id in an answer is the one that was asked for."""
    # An order number may look like a UUID, and is not the label's all the same.
    ids = [key for key in evidence.keys if as_uuid(key) is not None and key != evidence.target.order_number]
    if not ids:
        return no_input("--label")
    judged = [
        observation
        for observation, _ in evidence.shipments
        if any(is_same_key(observation.probe.asks_for, key) for key in ids) and observation.probe.purpose != "elsewhere"
    ]
    if not judged:
        return NotRun(_never_shown(evidence))
    return tuple(
        evidence.violation(
            observation,
            expected="the id that was asked for",
            actual=f"id {observation.shipment.get('id')!r} for {observation.probe.asks_for}",
        )
        for observation in judged
        if not is_same_key(observation.shipment.get("id"), observation.probe.asks_for)
    )


@api_rule(
    "api.identity.order-number",
    "must",
    "The order number, percent-encoded once, finds the same label.",
    sources=("op",),
    needs=("--order-number",),
    purposes=READS,
)
def order_number(evidence: Evidence) -> Findings:
    """Judge whether the order number leads to the same label as its id."""
    target = evidence.target
    if target.order_number is None:
        return no_input("--order-number")
    asked = [observation for observation in evidence.of("order") if observation.status not in (401, 502)]
    if not asked:
        return NotRun("no answer for the order number came but 401 or 502")
    shown = [observation for observation in asked if observation.status == 200]
    by_id = evidence.reads_of(target.label_id)
    if target.label_id is not None and not by_id and not shown:
        return NotRun(_never_shown(evidence))
    found: list[Violation] = []
    for observation in asked:
        if observation.status != 200:
            expected = "200 for the order number, percent-encoded once"
            found.append(evidence.violation(observation, expected=expected, actual=observation.said))
            continue
        found_id = observation.shipment.get("id") if observation.shipment is not None else None
        if target.label_id is not None:
            if not is_same_key(found_id, target.label_id):
                actual = f"id {found_id!r} for the order number, {target.label_id} is the label's"
                found.append(evidence.violation(observation, expected="the id of the label", actual=actual))
        elif as_uuid(found_id) is None:
            found.append(evidence.violation(observation, expected="the id of a label", actual=f"id {found_id!r}"))
    return tuple(found)


@api_rule(
    "api.identity.stable",
    "must",
    "The id is the same at every read.",
    sources=("ours",),
    needs=("--label",),
    purposes=READS,
)
def stable(evidence: Evidence) -> Findings:
    """Judge whether the id stays from read to read."""
    if not evidence.keys:
        return no_input("--label")
    series = [reads for key in evidence.keys if len(reads := evidence.reads_of(key)) > 1]
    if not series:
        return NotRun(_never_shown(evidence))
    return tuple(
        evidence.violation(
            after,
            expected="the id that the read before had",
            actual=f"id {_id(after)!r}, and {_id(before)!r} before",
        )
        for reads in series
        for before, after in pairwise(reads)
        if not is_same_key(_id(before), _id(after))
    )


def _id(observation: Observation) -> object:
    return observation.shipment.get("id")


def _never_shown(evidence: Evidence) -> str:
    said = next((observation.status for observation in evidence.of("read", "order") if observation.status != 200), None)
    return f"no label was shown: the answer was {said}" if said else "no label was shown often enough"
