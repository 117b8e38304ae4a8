"""The identifier in the path."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from flexforward_contract_tests.client.transcript.finding import KEPT, Breach, Finding, NotExercised, combine
from flexforward_contract_tests.client.transcript.identifier import (
    asks_by_order_number,
    asks_by_uuid,
    mangling,
    needs_escape,
)
from flexforward_mockserver.state.mask import MASK

from .declaration import client_rule

if TYPE_CHECKING:
    from flexforward_contract_tests.client.transcript.case import Case
    from flexforward_contract_tests.client.transcript.run import ClientRun, RunLabel

__all__ = ["escaped"]

_OCCASION = "a client that asks by order number, and one with characters such as / ? # % or a space"


@client_rule(
    "client.id.escaped",
    "must",
    "It percent-encodes the identifier, whatever characters it has.",
    sources=("http",),
)
def escaped(case: Case) -> Finding:
    """Judge ``client.id.escaped``."""
    labels = (label for label in case.run.labels if needs_escape(label.order_number))
    return combine((_of_label(case.run, label) for label in labels), _OCCASION)


def _of_label(run: ClientRun, label: RunLabel) -> Finding:
    is_right = False
    for exchange in run.exchanges:
        if asks_by_order_number(exchange.path, label):
            is_right = True
        problem = mangling(exchange.path, label)
        if problem is not None:
            return _breach(run, label, exchange.path, problem)
    if is_right:
        return KEPT
    return _unrecognised(run, label)


def _unrecognised(run: ClientRun, label: RunLabel) -> Finding:
    """Judge requests that are wrong in no usual way; only one label's own can be told apart from somebody else's."""
    if len(run.labels) == 1 and not any(asks_by_uuid(exchange.path, label) for exchange in run.exchanges):
        for exchange in run.exchanges:
            if exchange.label != label.id and MASK not in exchange.path:
                return _breach(run, label, exchange.path, "it is not there")
    return NotExercised(_OCCASION)


def _breach(run: ClientRun, label: RunLabel, path: str, problem: str) -> Breach:
    exchange = next(exchange for exchange in run.exchanges if exchange.path == path)
    return Breach(
        expected=f"{quote(label.order_number, safe='')} for the order number {label.order_number!r}",
        actual=f"{path}: {problem}",
        at=exchange.at,
        culprit=exchange,
        label=label,
    )
