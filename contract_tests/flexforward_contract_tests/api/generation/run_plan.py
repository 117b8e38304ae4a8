"""Which runs schemathesis makes, told before the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from flexforward_contract_tests.api.probing.probe import API_KEY, API_TOKEN
from flexforward_contract_tests.api.probing.probe_plan import AUTH_HEADERS, UNKNOWN_ID

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from flexforward_contract_tests.api.probing.probe import AuthMethod, Headers, Purpose
    from flexforward_contract_tests.api.probing.target import Target

__all__ = ["Run", "plan_runs", "request_bound"]

_HALF_EXAMPLES: Final = 5
_COVERAGE_BOUND: Final = 40
"""More requests than the coverage phase makes beside the ids: boundary values and headers that should not be there."""

_CREDENTIALS: Mapping[AuthMethod, dict[str, str]] = {
    "bearer": {"bearerAuth": AUTH_HEADERS["bearer"][0][1].removeprefix("Bearer ")},
    "pair": {"apiKey": API_KEY, "apiToken": API_TOKEN},
}


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of schemathesis.

    Attributes:
        name: for people.
        auth_method: how it authenticates; None with half of the pair.
        half: the header with the half, if it is one.
        bound: how many requests it makes at the most, those that are made again left aside.
    """

    name: str
    purpose: Purpose
    auth_method: AuthMethod | None = None
    half: tuple[str, str] | None = None
    ids: tuple[str, ...]
    max_examples: int
    bound: int

    @property
    def credentials(self) -> Mapping[str, str]:
        """Security scheme name to the variable of its secret."""
        return {} if self.auth_method is None else _CREDENTIALS[self.auth_method]

    @property
    def sent(self) -> Headers:
        """The credentials that it shows where it makes nothing up, with variables in the place of secrets."""
        if self.auth_method is not None:
            return AUTH_HEADERS[self.auth_method]
        return () if self.half is None else (self.half,)


def request_bound(ids: int, max_examples: int) -> int:
    """Return how many requests a run makes at the most, each id of ``ids`` being an example."""
    return 2 * ids + _COVERAGE_BOUND + 2 * max_examples


def plan_runs(target: Target, purposes: Collection[Purpose], max_examples: int) -> tuple[Run, ...]:
    """Plan the runs: one for each way of authenticating, and one for each half of the pair."""
    if max_examples == 0:
        return ()
    return tuple(run for run in _runs(target, max_examples) if run.purpose in purposes)


def _runs(target: Target, max_examples: int) -> Iterator[Run]:
    known = (
        target.label_id,
        target.order_number,
        target.foreign_label_id,
        target.failed_label_id,
        target.delivered_label_id,
        target.pending_label_id,
        UNKNOWN_ID,
    )
    ids = tuple(dict.fromkeys(key for key in known if key is not None))
    few = min(max_examples, _HALF_EXAMPLES)

    def run(
        name: str,
        purpose: Purpose,
        examples: int,
        *,
        auth_method: AuthMethod | None = None,
        half: tuple[str, str] | None = None,
    ) -> Run:
        return Run(
            name=name,
            purpose=purpose,
            auth_method=auth_method,
            half=half,
            ids=ids,
            max_examples=examples,
            bound=request_bound(len(ids), examples),
        )

    if target.token is not None:
        yield run("with the bearer token", "generated", max_examples, auth_method="bearer")
    if target.has_pair:
        yield run("with the pair", "generated", max_examples, auth_method="pair")
        yield run("with the key alone", "key-alone", few, half=("x-rr-apikey", API_KEY))
        yield run("with the token of the pair alone", "token-alone", few, half=("x-rr-apitoken", API_TOKEN))
