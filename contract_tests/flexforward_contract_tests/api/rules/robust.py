"""The rule on odd input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_contract_tests.api.evidence.finding import Findings, NotRun
from flexforward_contract_tests.api.probing.label_key import as_uuid, is_same_key

from .declaration import api_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_contract_tests.api.evidence.evidence import Evidence
    from flexforward_contract_tests.api.evidence.finding import Violation
    from flexforward_contract_tests.api.probing.observation import Observation

__all__ = ["no_5xx"]

_TOO_LONG_FOR_CHANCE = 3


@api_rule(
    "api.robust.no-5xx",
    "must",
    "No id, header or query gives a 5xx other than the documented one, or another label's 200.",
    sources=("ours",),
    purposes={"odd", "elsewhere", "generated"},
)
def no_5xx(evidence: Evidence) -> Findings:
    """Judge whether odd input shakes the API, or brings up a label that was not asked for."""
    odd = [
        observation for observation in evidence.observations if observation.probe.is_odd and not observation.is_repeated
    ]
    if not odd:
        return NotRun("no odd input was tried")
    return tuple(violation for observation in odd for violation in _shaken(evidence, observation))


def _shaken(evidence: Evidence, observation: Observation) -> Iterator[Violation]:
    name = observation.probe.name
    if observation.status is None:
        yield evidence.violation(observation, expected=f"an answer ({name})", actual=observation.said)
    elif observation.status >= 500 and observation.status != 502:
        # Whoever breaks on it, a client sees the same: this stays a must on every host.
        violation = evidence.violation(observation, expected=f"no 5xx ({name})", actual=observation.said, level="must")
        yield violation
    elif observation.shipment is not None and observation.probe.purpose != "elsewhere":
        shown = observation.shipment.get("id")
        if _is_anothers(evidence, observation, shown):
            actual = f"200 for the label {shown}, asked for {observation.probe.asks_for!r}"
            yield evidence.violation(observation, expected=f"no other label's 200 ({name})", actual=actual)


def _is_anothers(evidence: Evidence, observation: Observation, shown: object) -> bool:
    asked = observation.probe.asks_for or ""
    for key in evidence.keys:
        ids = {str(read.shipment.get("id")).lower() for read in evidence.reads_of(key)}
        if key.lower() in asked.lower():  # spelled oddly, but there
            return bool(ids) and str(shown).lower() not in ids
    if observation.probe.purpose == "odd" and len(asked) >= _TOO_LONG_FOR_CHANCE:
        return True
    # This may by chance be an order number of the account's, but not that of a label that is known by another one.
    known = {str(read.shipment.get("id")).lower() for key in evidence.keys for read in evidence.reads_of(key)}
    return as_uuid(asked) is None and str(shown).lower() in known and not is_same_key(asked, shown)
