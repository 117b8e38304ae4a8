"""Credentials: shown as the contract says, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_contract_tests.client.transcript.finding import KEPT, Breach, Finding, NotExercised
from flexforward_mockserver.state.mask import MASK

from .declaration import client_rule

if TYPE_CHECKING:
    from flexforward_contract_tests.client.transcript.case import Case

__all__ = ["accepted", "not_in_url"]


@client_rule(
    "client.auth.accepted",
    "must",
    "It shows the bearer token, or both of the pair.",
    sources=("op",),
    needs_polls=False,
)
def accepted(case: Case) -> Finding:
    """Judge ``client.auth.accepted``. Revoked credentials are still somebody's, so they break nothing here."""
    for exchange in case.run.all_exchanges:
        if exchange.status == 401 and exchange.account is None:
            return Breach(
                expected="the bearer token, or the header pair with both halves",
                actual=f"401: {exchange.note or 'the credentials are not known'}",
                at=exchange.at,
                culprit=exchange,
            )
    if any(exchange.account is not None for exchange in case.run.all_exchanges):
        return KEPT
    return NotExercised("a request that gets as far as the credentials")


@client_rule(
    "client.auth.not-in-url",
    "must",
    "It puts no credential into the path or the query.",
    sources=("ours",),
    needs_polls=False,
)
def not_in_url(case: Case) -> Finding:
    """Judge ``client.auth.not-in-url``."""
    for exchange in case.run.all_exchanges:
        if MASK in exchange.path:
            return Breach(
                expected="credentials in headers only",
                actual=f"a credential stands in {exchange.path}",
                at=exchange.at,
                culprit=exchange,
            )
    return KEPT if case.run.all_exchanges else NotExercised("a request")
