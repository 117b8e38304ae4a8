"""The rule on methods that the document does not have."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from flexforward_contract_tests.api.evidence.finding import Findings, NotRun
from flexforward_contract_tests.api.probing.label_key import is_same_key

from .declaration import TRIED, api_rule
from .repeat import events_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_contract_tests.api.evidence.evidence import Evidence
    from flexforward_contract_tests.api.evidence.finding import Violation
    from flexforward_contract_tests.api.probing.observation import Observation

__all__ = ["unsupported"]


@api_rule(
    "api.method.unsupported",
    "must",
    "POST, PUT, PATCH and DELETE are refused with 405 and Allow, or with 404, and change nothing.",
    sources=("page",),
    purposes=TRIED,
)
def unsupported(evidence: Evidence) -> Findings:
    """Judge whether other methods are refused, and whether the label is there after them as before."""
    tried = list(evidence.of("method"))
    if not tried:
        reason = "methods that may change something are not tried on another host without --allow-unsafe-methods"
        return NotRun("no answer came" if evidence.target.is_loopback else reason)
    found = [violation for observation in tried for violation in _unrefused(evidence, observation)]
    return (*found, *_changed(evidence, tried))


def _unrefused(evidence: Evidence, observation: Observation) -> Iterator[Violation]:
    method = observation.probe.method
    if observation.status == 405:
        allowed = {name.strip().upper() for name in (observation.header("allow") or "").split(",")}
        if "GET" not in allowed or method in allowed:
            actual = f"405 with Allow: {observation.header('allow')}" if allowed != {""} else "405 without Allow"
            yield evidence.violation(
                observation, expected=f"an Allow header with GET and without {method} in its 405", actual=actual
            )
    elif observation.status != 404:
        yield evidence.violation(observation, expected=f"405 with Allow, or 404, for {method}", actual=observation.said)


def _changed(evidence: Evidence, tried: list[Observation]) -> Iterator[Violation]:
    key = tried[0].probe.asks_for
    order = {id(observation): index for index, observation in enumerate(evidence.observations)}
    last = order[id(tried[-1])]
    before = [observation for observation in evidence.reads_of(key) if order[id(observation)] < last]
    after = [
        observation
        for observation in evidence.of("read", "order")
        if order[id(observation)] > last and is_same_key(observation.probe.asks_for, key)
    ]
    if not before or not after:
        return
    names = ", ".join(observation.probe.method for observation in tried)
    is_gone = after[-1].status in (403, 404, 422)
    # A history that loses something by itself is another rule's affair.
    is_forgetful = any(events_of(one).keys() - events_of(other).keys() for one, other in pairwise(before))
    shown = after[-1].shipment is not None
    lost = () if is_forgetful or not shown else events_of(before[-1]).keys() - events_of(after[-1]).keys()
    # A shipment that moves on says by which event; one whose status never stands still is another rule's affair.
    is_fickle = any(_is_other_status(one, other) for one, other in pairwise(before))
    is_other = shown and not is_fickle and _is_other_status(before[-1], after[-1])
    if is_gone or lost or is_other:
        yield evidence.violation(
            tried[-1], expected="the label as it was before", actual=f"after {names} it is {after[-1].said}"
        )


def _is_other_status(before: Observation, after: Observation) -> bool:
    """Tell whether the status is another one though nothing happened."""
    statuses = [(read.shipment.get("tag"), read.shipment.get("subtag")) for read in (before, after)]
    return statuses[0] != statuses[1] and events_of(before).keys() == events_of(after).keys()
