"""What the engine decides about one request: an answer, what the journal says of it, and how it is delivered."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.state.fault import (
    DEFAULT_DRIBBLE_S,
    DRIBBLE_PIECES,
    NO_ANSWER_S,
    Delivery,
    manner_of,
    spoil,
)

if TYPE_CHECKING:
    from flexforward_mockserver.state.clock import Clock
    from flexforward_mockserver.state.journal import Unmatched

    from .response_body import Answer

__all__ = ["Verdict", "deliver_in_process", "deliver_live", "spoiled"]


class Verdict(msgspec.Struct, frozen=True):
    """An answer and what the journal says of it.

    Attributes:
        delay_s: virtual seconds that the answer is held back.
    """

    answer: Answer
    label: str | None = None
    poll: int | None = None
    step: int | None = None
    note: str | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()
    fault: str | None = None
    delay_s: float = 0.0
    unmatched: Unmatched | None = None


def spoiled(verdict: Verdict, kind: str, delay_s: float) -> Verdict:
    """Return a verdict under a fault; one that the fault does not fit stays as it is."""
    answer = spoil(kind, verdict.answer)
    if answer is verdict.answer:
        return verdict
    return msgspec.structs.replace(verdict, answer=answer, fault=kind, delay_s=delay_s)


def deliver_live(verdict: Verdict, clock: Clock) -> Delivery:
    """Say how an answer is delivered, in real seconds; a clock that stands still is moved by the delay.

    Virtual seconds pass as fast as the clock runs, and nobody is kept waiting longer than the clock allows.
    """
    if clock.rate == 0:
        clock.advance(timedelta(seconds=verdict.delay_s))
    manner = manner_of(verdict.fault) if verdict.fault else "whole"
    seconds = min(verdict.delay_s / (clock.rate or 1.0), clock.longest_wait_s)
    if manner == "dribble":
        return Delivery(manner=manner, over_s=seconds or DEFAULT_DRIBBLE_S)
    return Delivery(manner=manner, delay_s=seconds)


def deliver_in_process(verdict: Verdict, clock: Clock, patience_s: float) -> Delivery:
    """Say what a client without a socket meets, and move the clock by as long as it would have waited.

    Nobody waits in real time. The manners mean what they mean on a socket, but for two, of a client that gives up:
    ``no-answer`` before the first byte came, ``dribble`` when the head was there and the body was not.

    Args:
        verdict: what is to be delivered.
        clock: the sandbox's; moved.
        patience_s: virtual seconds after which the client gives up waiting for the next byte; may be infinite.
    """
    manner = manner_of(verdict.fault) if verdict.fault else "whole"
    waited_s = verdict.delay_s
    if manner == "dribble":
        waited_s = waited_s or DEFAULT_DRIBBLE_S
        manner = "whole"
        if _dribble_gap_s(waited_s, len(verdict.answer.body)) > patience_s:
            waited_s, manner = patience_s, "dribble"
    else:
        if manner == "no-answer":
            waited_s += NO_ANSWER_S
            manner = "close"
        if waited_s > patience_s:
            waited_s, manner = patience_s, "no-answer"
    clock.lapse(timedelta(seconds=waited_s))
    return Delivery(manner=manner, delay_s=waited_s)


def _dribble_gap_s(over_s: float, length: int) -> float:
    """Return the seconds between two pieces of a body of so many bytes, which is sent over ``over_s`` seconds."""
    size = -(-length // DRIBBLE_PIECES)
    return over_s / -(-length // size) if size else 0.0
