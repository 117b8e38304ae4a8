"""The rule on odd input."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_contract_tests.api.evidence.finding import NotRun, Verdict
from flexforward_contract_tests.api.probing.label_key import as_uuid, is_same_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_contract_tests.api.evidence.evidence import Evidence
    from flexforward_contract_tests.api.evidence.finding import Breach
    from flexforward_contract_tests.api.evidence.observation import Exchange

__all__ = ["no_5xx"]

_TOO_LONG_FOR_CHANCE = 3


def no_5xx(evidence: Evidence) -> Verdict:
    """Judge whether odd input shakes the API, or brings up a label that was not asked for."""
    odd = [exchange for exchange in evidence.exchanges if exchange.probe.is_odd and not exchange.is_repeated]
    if not odd:
        return NotRun("no odd input was tried")
    return tuple(breach for exchange in odd for breach in _shaken(evidence, exchange))


def _shaken(evidence: Evidence, exchange: Exchange) -> Iterator[Breach]:
    name = exchange.probe.name
    if exchange.status is None:
        yield evidence.breach(exchange, expected=f"an answer ({name})", actual=exchange.said)
    elif exchange.status >= 500 and exchange.status != 502:
        # Whoever breaks on it, a client sees the same: this stays a must on every host.
        breach = evidence.breach(exchange, expected=f"no 5xx ({name})", actual=exchange.said, level="must")
        yield breach
    elif exchange.shipment is not None and exchange.probe.purpose != "elsewhere":
        shown = exchange.shipment.get("id")
        if _is_anothers(evidence, exchange, shown):
            actual = f"200 for the label {shown}, asked for {exchange.probe.asks_for!r}"
            yield evidence.breach(exchange, expected=f"no other label's 200 ({name})", actual=actual)


def _is_anothers(evidence: Evidence, exchange: Exchange, shown: object) -> bool:
    asked = exchange.probe.asks_for or ""
    for key in evidence.keys:
        ids = {str(read.shipment.get("id")).lower() for read in evidence.reads_of(key)}
        if key.lower() in asked.lower():  # spelled oddly, but there
            return bool(ids) and str(shown).lower() not in ids
    if exchange.probe.purpose == "odd" and len(asked) >= _TOO_LONG_FOR_CHANCE:
        return True
    # This may by chance be an order number of the account's, but not that of a label that is known by another one.
    known = {str(read.shipment.get("id")).lower() for key in evidence.keys for read in evidence.reads_of(key)}
    return as_uuid(asked) is None and str(shown).lower() in known and not is_same_key(asked, shown)
