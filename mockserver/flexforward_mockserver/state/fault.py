"""Faults: misbehaviour that somebody ordered, and what becomes of an answer under it.

A fault either answers itself (a status), or takes the answer that was due and spoils it. What it does to the connection
is only said here (``Delivery``); whoever holds the connection does it.
"""

from __future__ import annotations

import random
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from .label import is_uuid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flexforward_mockserver.engine.response_body import Answer
    from flexforward_mockserver.scenarios.scenario import AccountName
    from flexforward_openapi import Json

__all__ = ["KINDS", "Delay", "Delivery", "Fault", "Laid", "Manner", "Match", "spoil"]

Manner: TypeAlias = Literal["whole", "dribble", "no-answer", "close", "reset", "close-mid-body"]
"""How an answer reaches the client: as it should, byte by byte, never, or by a connection that breaks."""

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "status": "a status that the contract lists, with a legal body",
        "undocumented-status": "a status that the contract does not list: 429 (with Retry-After), 500, 503, 504, ...",
        "latency": "the answer that was due, later",
        "dribble": "the answer that was due, a few bytes at a time",
        "no-answer": "nothing, on an open connection",
        "close": "the connection is closed before the answer",
        "reset": "the connection is reset before the answer",
        "close-mid-body": "the connection is closed after half of the body",
        "truncated": "JSON that ends half-way, in an answer that is otherwise complete",
        "not-json": "HTML under the media type application/json",
        "wrong-media-type": "the body that was due under the media type text/html",
        "empty-body": "no body where one was due",
        "new-field": "a field that the contract does not list (the versioning policy permits it)",
        "new-tag": "a tag that does not exist yet (permitted as well)",
        "new-subtag": "a subtag that does not exist yet (permitted as well)",
        "unlisted-status": "a status for an edge case that does not exist yet, such as 423 (permitted as well)",
    }
)
"""Kind to what the client gets; each but ``status`` is named in the header ``X-Flexforward-Mock``."""

_MANNERS: Mapping[str, Manner] = MappingProxyType(
    {
        "dribble": "dribble",
        "no-answer": "no-answer",
        "close": "close",
        "reset": "reset",
        "close-mid-body": "close-mid-body",
    }
)
_EVOLUTIONS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "new-field": {"estimatedDelivery": "2026-04-09"},
        "new-tag": {
            "tag": "OutForDelivery",
            "subtag": "OutForDelivery_001",
            "subtagMessage": "Out for Delivery",
        },
        "new-subtag": {"subtag": "InTransit_HELD", "subtagMessage": "Held at a pick-up point"},
    }
)
DEFAULT_STATUSES: Mapping[str, int] = MappingProxyType({"undocumented-status": 429, "unlisted-status": 423})
DEFAULT_DRIBBLE_S = 5.0
DRIBBLE_PIECES = 20
"""In how many pieces a dribbled body is sent."""
NO_ANSWER_S = 300.0
"""Seconds after which a connection without an answer is closed."""
LONGEST_DELAY_S = 86_400.0
"""Virtual seconds; the log-normal distribution has no end of its own."""


class Delay(msgspec.Struct, frozen=True, kw_only=True):
    """How long an answer takes, in virtual seconds: fixed, uniform between two bounds, or log-normal.

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


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """Which exchanges a fault is meant for.

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
    """Misbehaviour to order.

    Attributes:
        kind: one of ``KINDS``.
        status: for ``status``, ``undocumented-status`` and ``unlisted-status``.
        delay: the answer comes so late; of any kind.
        body: for ``status``: its JSON body; None for the usual one.
        times: how often it strikes; None for as long as it stands.
        probability: of striking, at each exchange that it could strike.
        seed: makes the same exchanges strike again.
    """

    kind: str
    status: int | None = None
    delay: Delay | None = None
    body: Json = None
    match: Match = Match()
    times: int | None = 1
    probability: float = 1.0
    seed: int = 0


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """How an answer is to be delivered, where that is not at once and whole.

    Attributes:
        delay_s: real seconds to wait before anything is sent.
        over_s: for ``dribble``: real seconds from the first byte of the body to the last.
    """

    manner: Manner = "whole"
    delay_s: float = 0.0
    over_s: float = 0.0


class Laid:
    """A fault that lies in wait in a sandbox, with what it has met so far.

    Attributes:
        seen: exchanges that matched.
        fired: exchanges that it struck.
    """

    __slots__ = ("_dice", "fault", "fired", "id", "seen")

    def __init__(self, fault_id: str, fault: Fault) -> None:
        self.id = fault_id
        self.fault = fault
        self.seen = 0
        self.fired = 0
        self._dice = random.Random(fault.seed)  # noqa: S311  # it has to repeat, not to be secret

    @property
    def is_spent(self) -> bool:
        """Whether it will not strike again."""
        fault = self.fault
        is_past = fault.match.nth is not None and self.seen >= fault.match.nth
        return (fault.times is not None and self.fired >= fault.times) or is_past

    def strike(self, account: AccountName, keys: tuple[str, ...], *, is_taken: bool = False) -> bool:
        """Tell whether it strikes an exchange by ``account`` for the label that goes by ``keys``; count it.

        One that another fault has struck already (``is_taken``) is seen, so that ``nth`` and ``after`` count the
        exchanges that a client makes, and left alone.
        """
        match = self.fault.match
        if self.is_spent or match.account not in (None, account):
            return False
        if not _names(match.label, keys):
            return False
        self.seen += 1
        if self.seen <= match.after or match.nth not in (None, self.seen):
            return False
        if self.fault.probability < 1 and self._dice.random() >= self.fault.probability:
            return False
        self.fired += not is_taken
        return not is_taken

    def delay_s(self) -> float:
        """Draw how long, in virtual seconds, the answer is held back."""
        return 0.0 if self.fault.delay is None else self.fault.delay.draw(self._dice)


def _names(label: str | None, keys: tuple[str, ...]) -> bool:
    return label is None or label in keys or (is_uuid(label) and label.lower() in keys)


def spoil(kind: str, answer: Answer) -> Answer:
    """Return what becomes of the answer that was due; what only concerns its delivery leaves it as it is.

    An evolution of a body that it does not fit (an error's) leaves the answer as it is, kinds and all.
    """
    body, media_type = answer.body, answer.media_type
    if kind in _EVOLUTIONS:
        if answer.status >= 300:  # successes end there
            return answer
        body = _evolve(kind, body)
    elif kind == "truncated":
        body = body[: len(body) // 2]
    elif kind == "not-json":
        body = b"<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>"
    elif kind == "wrong-media-type":
        media_type = b"text/html; charset=utf-8"
    elif kind == "empty-body":
        body = b""
    return msgspec.structs.replace(answer, body=body, media_type=media_type, kinds=(*answer.kinds, kind))


def manner_of(kind: str) -> Manner:
    """Return how answers under a fault of that kind are delivered."""
    return _MANNERS.get(kind, "whole")


def _evolve(kind: str, body: bytes) -> bytes:
    decoded: Json = msgspec.json.decode(body)
    known = {name: text for name, text in _EVOLUTIONS[kind].items() if kind == "new-field" or name in decoded}
    if kind == "new-subtag":
        known["subtag"] = f"{decoded.get('tag', 'InTransit')}_HELD"
    return msgspec.json.encode({**decoded, **known})
