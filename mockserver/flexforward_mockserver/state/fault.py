"""A fault to inject: what it is, which exchanges it is for, and whether it makes sense."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from flexforward_mockserver.scenarios.scenario import AccountName
    from flexforward_openapi import Json

__all__ = ["LONGEST_DELAY_S", "Delay", "Fault", "FaultError", "FaultFilter", "check_fault"]

LONGEST_DELAY_S = 86_400.0
"""Virtual seconds; the log-normal distribution has no end of its own."""
_WIDEST_SIGMA = 3
_DELAYS = (
    f"seconds from 0 to {LONGEST_DELAY_S:g}, two bounds low and high of such, or a median of such with a sigma of 0 "
    f"to {_WIDEST_SIGMA}"
)


class FaultError(ValueError):
    """A fault that is not possible, or that the contract forbids.

    Attributes:
        field: which of its fields, dotted.
        found: what is wrong, in a sentence.
        allowed: what may stand there, or what to do.
    """

    def __init__(self, field: str, found: str, allowed: str) -> None:
        super().__init__(field, found, allowed)
        self.field, self.found, self.allowed = field, found, allowed

    def __str__(self) -> str:
        return f"{self.field}: {self.found}; allowed: {self.allowed}"


class Delay(msgspec.Struct, frozen=True, kw_only=True):
    """How long a response takes, in virtual seconds: fixed, uniform between two bounds, or log-normal.

    Attributes:
        fixed: exactly so long.
        low: with ``high``, the bounds of a uniform distribution.
        median: with ``sigma``, those of a log-normal one.
    """

    fixed: float | None = None
    low: float | None = None
    high: float | None = None
    median: float | None = None
    sigma: float = 0.5

    def draw(self, dice: random.Random) -> float:
        """Return seconds, from zero to ``LONGEST_DELAY_S``."""
        if self.fixed is not None:
            return self.fixed
        if self.low is not None and self.high is not None:
            return dice.uniform(self.low, self.high)
        return min((self.median or 0.0) * dice.lognormvariate(0.0, self.sigma), LONGEST_DELAY_S)

    @property
    def is_sound(self) -> bool:
        """Whether it has exactly one of the three forms, within bounds."""
        forms = ((self.fixed,), (self.low, self.high), (self.median,))
        given = [form for form in forms if any(seconds is not None for seconds in form)]
        if len(given) != 1 or not 0 <= self.sigma <= _WIDEST_SIGMA:
            return False
        seconds = [entry for entry in given[0] if entry is not None and 0 <= entry <= LONGEST_DELAY_S]
        return len(seconds) == len(given[0]) and seconds == sorted(seconds)


class FaultFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which requests a fault applies to.

    Attributes:
        label: UUID or order number; None for any.
        account: whose credentials are shown; None for any.
        nth: only the n-th exchange that matches, from 1.
        after: leave so many matching exchanges alone first.
    """

    label: str | None = None
    account: AccountName | None = None
    nth: int | None = None
    after: int = 0


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault to inject.

    Attributes:
        kind: a name of ``FAULT_KINDS``.
        status: for the kinds that supply the response; None for the kind's own.
        delay: the response comes so late; of any kind.
        body: for ``status``: its JSON body; None for the usual one.
        times: how many exchanges it is applied to; None for as long as it stands.
        probability: of being applied, at each exchange that it is for.
        seed: makes the same exchanges be chosen again.
        requests: for ``quota``: how many an account has in a span.
        per_s: for ``quota``: seconds of a span, by the sandbox's clock.
    """

    kind: str
    status: int | None = None
    delay: Delay | None = None
    body: Json = None
    match: FaultFilter = FaultFilter()
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0
    requests: int | None = None
    per_s: float | None = None


def check_fault(fault: Fault, statuses: tuple[int, ...]) -> None:
    """Check a fault, whoever ordered it.

    Args:
        fault: the order.
        statuses: that the contract lists.

    Raises:
        FaultError: it makes no sense, or the contract forbids it; with the first of the reasons.
    """
    if fault.kind not in FAULT_KINDS:
        raise FaultError("kind", "there is no such kind", ", ".join(FAULT_KINDS))
    for field, found, allowed in _broken_bounds(fault):
        raise FaultError(field, found, allowed)
    _check_status(fault, statuses)
    if fault.body is not None and fault.kind != "status":
        raise FaultError("body", f"a fault of kind {fault.kind} has no body", "leave it out")
    _check_quota(fault)
    if fault.kind == "latency" and fault.delay is None:
        raise FaultError("delay_s", "a fault of kind latency needs a delay", _DELAYS)


def _check_quota(fault: Fault) -> None:
    is_metered = FAULT_KINDS[fault.kind].is_metered
    for field, value, allowed in (
        ("requests", fault.requests, "a whole number of 0 or more"),
        ("per_s", fault.per_s, f"seconds above 0, to {LONGEST_DELAY_S:g}"),
    ):
        if not is_metered and value is not None:
            raise FaultError(field, f"a fault of kind {fault.kind} has no {field}", "leave it out")
        if is_metered and value is None:
            raise FaultError(field, f"a fault of kind {fault.kind} needs {field}", allowed)
    if fault.requests is not None and fault.requests < 0:
        raise FaultError("requests", f"requests of {fault.requests}", "a whole number of 0 or more")
    if fault.per_s is not None and not 0 < fault.per_s <= LONGEST_DELAY_S:
        raise FaultError("per_s", f"per_s of {fault.per_s:g}", f"seconds above 0, to {LONGEST_DELAY_S:g}")


def _broken_bounds(fault: Fault) -> Iterator[tuple[str, str, str]]:
    match = fault.match
    if fault.times is not None and fault.times < 1:
        yield "times", f"times of {fault.times}", "times of 1 or more, or None for ever"
    if match.nth is not None and match.nth < 1:
        yield "match.nth", f"nth of {match.nth}", "nth of 1 or more"
    if match.after < 0:
        yield "match.after", f"after of {match.after}", "after of 0 or more"
    if not 0 <= fault.probability <= 1:
        yield "probability", f"probability of {fault.probability:g}", "probability of 0 to 1"
    if fault.status is not None and not 200 <= fault.status <= 599:
        yield "status", f"status of {fault.status}", "status of 200 to 599"
    delay = fault.delay
    if delay is not None and not delay.is_sound:
        if delay.low is not None and delay.high is not None and delay.low > delay.high:
            yield "delay_s.low", f"low {delay.low:g} is above high {delay.high:g}", "at most high"
        yield "delay_s", "no such delay", _DELAYS


def _check_status(fault: Fault, statuses: tuple[int, ...]) -> None:
    kind, status = FAULT_KINDS[fault.kind], fault.status
    if not kind.supplies_response:
        if status is not None:
            raise FaultError("status", f"a fault of kind {fault.kind} has no status", "leave it out")
    elif kind.listing == "listed":
        listed = [entry for entry in statuses if entry >= 300]
        if status not in listed:
            found = f"a fault of kind {fault.kind} needs one" if status is None else f"the contract lists no {status}"
            allowed = f"{', '.join(map(str, listed))}; others by kind undocumented-status"
            raise FaultError("status", found, allowed)
    elif kind.listing == "unlisted" and status in statuses:
        allowed = "a status that it does not list; those that it does by kind status"
        raise FaultError("status", f"the contract lists {status}", allowed)
    elif kind.statuses and status is not None and status not in kind.statuses:
        found = f"a fault of kind {fault.kind} with {status}"
        raise FaultError("status", found, ", ".join(map(str, kind.statuses)))
