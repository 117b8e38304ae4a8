"""Rules on authentication."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_contract_tests.api.evidence.finding import Findings, NotRun, no_input

from .declaration import ADMITTED, api_rule

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from flexforward_contract_tests.api.evidence.evidence import Evidence
    from flexforward_contract_tests.api.evidence.finding import Violation
    from flexforward_contract_tests.api.probing.observation import Observation
    from flexforward_contract_tests.api.probing.probe import AuthMethod

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


@api_rule(
    "api.auth.missing",
    "must",
    "A request without credentials gets 401.",
    sources=("op",),
    purposes={"missing"},
)
def missing(evidence: Evidence) -> Findings:
    """Judge requests without credentials."""
    return _refused(evidence, evidence.of("missing"), "401, for nobody's credentials were shown")


@api_rule(
    "api.auth.wrong-bearer",
    "must",
    "A bearer token that nobody has gets 401.",
    sources=("op",),
    purposes={"wrong-bearer", "odd"},
)
def wrong_bearer(evidence: Evidence) -> Findings:
    """Judge bearer tokens that nobody has."""
    findings = _refused(evidence, evidence.of("wrong-bearer"), "401, for nobody has this bearer token")
    if isinstance(findings, NotRun):
        return findings
    return findings + tuple(_odd_but_let_in(evidence))


@api_rule(
    "api.auth.other-scheme",
    "must",
    "The right token under another scheme than Bearer gets 401.",
    sources=("op",),
    needs=("--token",),
    purposes={"other-scheme"},
)
def other_scheme(evidence: Evidence) -> Findings:
    """Judge the token under other schemes than Bearer."""
    if evidence.target.token is None:
        return no_input("--token")
    return _refused(evidence, evidence.of("other-scheme"), "401, for the token counts only behind Bearer")


@api_rule(
    "api.auth.key-alone",
    "must",
    "The key of the pair without its token gets 401.",
    sources=("op",),
    needs=("--api-key", "--api-token"),
    purposes={"key-alone"},
)
def key_alone(evidence: Evidence) -> Findings:
    """Judge the key of the pair by itself."""
    return _pair(evidence, evidence.of("key-alone"), "401, for the key counts only beside its token")


@api_rule(
    "api.auth.token-alone",
    "must",
    "The token of the pair without its key gets 401.",
    sources=("op",),
    needs=("--api-key", "--api-token"),
    purposes={"token-alone"},
)
def token_alone(evidence: Evidence) -> Findings:
    """Judge the token of the pair by itself."""
    return _pair(evidence, evidence.of("token-alone"), "401, for the token counts only beside its key")


@api_rule(
    "api.auth.wrong-pair",
    "must",
    "A right key with a wrong token, and a wrong key with a right token, get 401.",
    sources=("op",),
    needs=("--api-key", "--api-token"),
    purposes={"wrong-pair"},
)
def wrong_pair(evidence: Evidence) -> Findings:
    """Judge pairs of which one half is wrong."""
    return _pair(evidence, evidence.of("wrong-pair"), "401, for key and token do not belong together")


@api_rule(
    "api.auth.bearer-works",
    "must",
    "The bearer token by itself lets in.",
    sources=("op",),
    needs=("--token",),
    purposes=ADMITTED,
)
def bearer_works(evidence: Evidence) -> Findings:
    """Judge whether the bearer token lets in."""
    return no_input("--token") if evidence.target.token is None else _works(evidence, "bearer", "the bearer token")


@api_rule(
    "api.auth.pair-works",
    "must",
    "The pair of key and token by itself lets in.",
    sources=("op",),
    needs=("--api-key", "--api-token"),
    purposes=ADMITTED,
)
def pair_works(evidence: Evidence) -> Findings:
    """Judge whether the pair lets in."""
    if not evidence.target.has_pair:
        return no_input("--api-key", "--api-token")
    return _works(evidence, "pair", "the pair of key and token")


def _pair(evidence: Evidence, observations: Iterable[Observation], expected: str) -> Findings:
    if not evidence.target.has_pair:
        return no_input("--api-key", "--api-token")
    return _refused(evidence, observations, expected)


def _refused(evidence: Evidence, observations: Iterable[Observation], expected: str) -> Findings:
    judged = [observation for observation in observations if not observation.probe.is_odd or observation.status == 200]
    if not any(not observation.probe.is_odd for observation in judged):
        return NotRun("no answer came")
    if not evidence.is_ever_let_in and all(observation.status == 502 for observation in judged):
        return NotRun("every answer was 502")
    return tuple(
        evidence.violation(
            observation,
            expected=f"{expected} ({observation.probe.name})",
            actual=f"{observation.said} ({observation.probe.name})",
        )
        for observation in judged
        if observation.status != 401
    )


def _odd_but_let_in(evidence: Evidence) -> Iterator[Violation]:
    for observation in evidence.of("odd"):
        shown = dict(observation.probe.headers).get("Authorization", "$")
        if observation.status == 200 and "$" not in shown:
            yield evidence.violation(
                observation,
                expected=f"no 200, for these are nobody's credentials ({observation.probe.name})",
                actual=observation.said,
            )


def _works(evidence: Evidence, auth_method: AuthMethod, name: str) -> Findings:
    reads = [
        observation
        for observation in evidence.of("read", "order", "unknown")
        if observation.probe.auth_method == auth_method and not observation.probe.is_odd
    ]
    judged = [observation for observation in reads if observation.status != 502]
    if not judged:
        return NotRun("every answer was 502" if reads else "no answer came")
    shown = {observation.probe.asks_for for observation in evidence.of("read", "order") if observation.status == 200}
    found: list[Violation] = []
    for observation in judged:
        if observation.status not in _LET_IN:
            expected = f"{name} lets in ({observation.probe.name})"
            found.append(evidence.violation(observation, expected=expected, actual=observation.said))
        elif observation.status != 200 and observation.probe.asks_for in shown:
            expected = f"200, as with the other way of authenticating ({observation.probe.name})"
            found.append(evidence.violation(observation, expected=expected, actual=observation.said))
    return tuple(found)
