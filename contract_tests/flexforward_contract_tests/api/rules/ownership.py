"""Rules on whose label is whose, and on labels that failed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from flexforward_contract_tests.api.evidence.document import shipment_fields
from flexforward_contract_tests.api.evidence.finding import Findings, NotRun, no_input
from flexforward_openapi import as_list, as_mapping

from .declaration import REFUSALS, api_rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flexforward_contract_tests.api.evidence.evidence import Evidence
    from flexforward_contract_tests.api.evidence.finding import Violation
    from flexforward_contract_tests.api.probing.observation import Observation
    from flexforward_openapi import Json

__all__ = ["failed_label", "foreign", "no_leak", "unknown"]

_TRACKING_NUMBER = re.compile(r"\b(?:[A-Z]{2}[0-9]{9,18}[A-Z]{0,2}|1Z[0-9A-Z]{16})\b")
"""Numbers as couriers make them, such as YT2503010001CN or RR123456789CN."""

_REFUSALS = (401, 403, 404)
"""Those of whoever may not see the shipment; a failed label's owner may."""


@api_rule(
    "api.ownership.unknown",
    "must",
    "An id that nobody has gets 404.",
    sources=("guide",),
    needs=("--token",),
    purposes={"unknown"},
)
def unknown(evidence: Evidence) -> Findings:
    """Judge ids and order numbers that nobody has."""
    if evidence.target.token is None and not evidence.target.has_pair:
        return no_input("--token")
    return _answered(evidence, evidence.of("unknown"), 404, "404, for nobody has this id")


@api_rule(
    "api.ownership.foreign",
    "must",
    "A label of another account gets 403.",
    sources=("guide",),
    needs=("--foreign-label",),
    purposes={"foreign"},
)
def foreign(evidence: Evidence) -> Findings:
    """Judge another account's label."""
    if evidence.target.foreign_label_id is None:
        return no_input("--foreign-label")
    return _answered(evidence, evidence.of("foreign"), 403, "403, for the label is another account's")


@api_rule(
    "api.ownership.no-leak",
    "must",
    "A refusal carries no field of a shipment and no order or tracking number that is known.",
    sources=("ours",),
    purposes=REFUSALS,
)
def no_leak(evidence: Evidence) -> Findings:
    """Judge what refusals let out."""
    refusals = [observation for observation in evidence.answers if observation.status in _REFUSALS]
    if not refusals:
        return NotRun("nothing was refused")
    secrets = dict(_known(evidence))
    return tuple(violation for observation in refusals for violation in _leaks(evidence, observation, secrets))


@api_rule(
    "api.failed-label",
    "must",
    "A label that the courier refused gets 422.",
    sources=("op",),
    needs=("--failed-label",),
    purposes={"failed"},
)
def failed_label(evidence: Evidence) -> Findings:
    """Judge a label that the courier refused."""
    if evidence.target.failed_label_id is None:
        return no_input("--failed-label")
    return _answered(evidence, evidence.of("failed"), 422, "422, for the courier refused the label")


def _answered(evidence: Evidence, observations: Iterable[Observation], status: int, expected: str) -> Findings:
    judged = list(observations)
    if not judged:
        return NotRun("no answer came, or nobody could be let in")
    # A way of authenticating that never works is another rule's affair.
    working = {
        observation.probe.auth_method
        for observation in evidence.of("read", "order", "unknown")
        if observation.status != 401
    }
    judged = [observation for observation in judged if observation.probe.auth_method in working]
    if not judged:
        return NotRun("every answer was 401")
    if not evidence.is_ever_let_in and all(observation.status == 502 for observation in judged):
        return NotRun("every answer was 502")
    return tuple(
        evidence.violation(observation, expected=f"{expected} ({observation.probe.name})", actual=observation.said)
        for observation in judged
        if observation.status != status
    )


def _known(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Yield what is known of the labels, with its name; what is too short would be found by chance."""
    if evidence.target.order_number is not None and len(evidence.target.order_number) >= 4:
        yield evidence.target.order_number, "the order number"
    for _, body in evidence.shipments:
        number = body.get("trackingNumber")
        if isinstance(number, str) and len(number) >= 6:
            yield number, "the tracking number"


def _leaks(evidence: Evidence, observation: Observation, secrets: dict[str, str]) -> Iterator[Violation]:
    asked = unquote(observation.probe.target) + (observation.probe.asks_for or "")
    text = observation.body.decode("utf-8", "replace")
    everything = "\n".join((text, *(value for _, value in observation.headers)))
    fields = sorted(shipment_fields() & set(_field_names(observation.json)))
    expected = "a refusal without "
    if fields:
        yield evidence.violation(
            observation,
            expected=expected + "fields of a shipment",
            actual=f"it has {', '.join(fields)}: {observation.said}",
        )
    for secret, name in secrets.items():
        if secret in everything and secret not in asked:
            yield evidence.violation(
                observation, expected=expected + name, actual=f"it holds {secret}: {observation.said}"
            )
    for match in _TRACKING_NUMBER.finditer(text):
        if match[0] not in secrets and match[0] not in asked:
            yield evidence.violation(
                observation,
                expected=expected + "anything that looks like a tracking number",
                actual=f"it holds {match[0]}: {observation.said}",
                level="should",
            )


def _field_names(value: Json) -> Iterator[str]:
    mapping = as_mapping(value)
    yield from mapping
    for entry in (*mapping.values(), *as_list(value)):
        yield from _field_names(entry)
