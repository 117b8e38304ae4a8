"""Rules on authentication."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_contract_tests.api.evidence.finding import NotRun, Verdict, no_input

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flexforward_contract_tests.api.evidence.evidence import Evidence
    from flexforward_contract_tests.api.evidence.finding import Breach
    from flexforward_contract_tests.api.evidence.observation import Exchange
    from flexforward_contract_tests.api.probing.probe import Way

__all__ = [
    "bearer_works",
    "key_alone",
    "missing",
    "other_scheme",
    "pair_works",
    "token_alone",
    "wrong_bearer",
    "wrong_pair",
]

_LET_IN = frozenset({200, 403, 404, 422})
"""What whoever is let in gets to hear; a 502 comes from further behind, but also from further in front."""


def missing(evidence: Evidence) -> Verdict:
    """Judge requests without credentials."""
    return _refused(evidence, evidence.of("missing"), "401, for nobody's credentials were shown")


def wrong_bearer(evidence: Evidence) -> Verdict:
    """Judge bearer tokens that nobody has."""
    verdict = _refused(evidence, evidence.of("wrong-bearer"), "401, for nobody has this bearer token")
    if isinstance(verdict, NotRun):
        return verdict
    return verdict + tuple(_odd_but_let_in(evidence))


def other_scheme(evidence: Evidence) -> Verdict:
    """Judge the token under other schemes than Bearer."""
    if evidence.target.token is None:
        return no_input("--token")
    return _refused(evidence, evidence.of("other-scheme"), "401, for the token counts only behind Bearer")


def key_alone(evidence: Evidence) -> Verdict:
    """Judge the key of the pair by itself."""
    return _pair(evidence, evidence.of("key-alone"), "401, for the key counts only beside its token")


def token_alone(evidence: Evidence) -> Verdict:
    """Judge the token of the pair by itself."""
    return _pair(evidence, evidence.of("token-alone"), "401, for the token counts only beside its key")


def wrong_pair(evidence: Evidence) -> Verdict:
    """Judge pairs of which one half is wrong."""
    return _pair(evidence, evidence.of("wrong-pair"), "401, for key and token do not belong together")


def bearer_works(evidence: Evidence) -> Verdict:
    """Judge whether the bearer token lets in."""
    return no_input("--token") if evidence.target.token is None else _works(evidence, "bearer", "the bearer token")


def pair_works(evidence: Evidence) -> Verdict:
    """Judge whether the pair lets in."""
    if not evidence.target.has_pair:
        return no_input("--api-key", "--api-token")
    return _works(evidence, "pair", "the pair of key and token")


def _pair(evidence: Evidence, exchanges: Iterable[Exchange], expected: str) -> Verdict:
    if not evidence.target.has_pair:
        return no_input("--api-key", "--api-token")
    return _refused(evidence, exchanges, expected)


def _refused(evidence: Evidence, exchanges: Iterable[Exchange], expected: str) -> Verdict:
    judged = [exchange for exchange in exchanges if not exchange.probe.is_odd or exchange.status == 200]
    if not any(not exchange.probe.is_odd for exchange in judged):
        return NotRun("no answer came")
    if not evidence.is_ever_let_in and all(exchange.status == 502 for exchange in judged):
        return NotRun("every answer was 502")
    return tuple(
        evidence.breach(
            exchange, expected=f"{expected} ({exchange.probe.name})", actual=f"{exchange.said} ({exchange.probe.name})"
        )
        for exchange in judged
        if exchange.status != 401
    )


def _odd_but_let_in(evidence: Evidence) -> Iterator[Breach]:
    for exchange in evidence.of("odd"):
        shown = dict(exchange.probe.headers).get("Authorization", "$")
        if exchange.status == 200 and "$" not in shown:
            yield evidence.breach(
                exchange,
                expected=f"no 200, for these are nobody's credentials ({exchange.probe.name})",
                actual=exchange.said,
            )


def _works(evidence: Evidence, way: Way, name: str) -> Verdict:
    reads = [
        exchange
        for exchange in evidence.of("read", "order", "unknown")
        if exchange.probe.way == way and not exchange.probe.is_odd
    ]
    judged = [exchange for exchange in reads if exchange.status != 502]
    if not judged:
        return NotRun("every answer was 502" if reads else "no answer came")
    shown = {exchange.probe.asks_for for exchange in evidence.of("read", "order") if exchange.status == 200}
    found: list[Breach] = []
    for exchange in judged:
        if exchange.status not in _LET_IN:
            expected = f"{name} lets in ({exchange.probe.name})"
            found.append(evidence.breach(exchange, expected=expected, actual=exchange.said))
        elif exchange.status != 200 and exchange.probe.asks_for in shown:
            expected = f"200, as with the other way of authenticating ({exchange.probe.name})"
            found.append(evidence.breach(exchange, expected=expected, actual=exchange.said))
    return tuple(found)
