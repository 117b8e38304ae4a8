"""How a response is to be delivered: said here, done by whoever holds the connection."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS, Manner

if TYPE_CHECKING:
    from flexforward_mockserver.state.clock import Clock

    from .decision import Decision

__all__ = ["DRIBBLE_PIECES", "NO_ANSWER_S", "Delivery", "deliver_in_process", "deliver_live"]

DEFAULT_DRIBBLE_S = 5.0
DRIBBLE_PIECES = 20
"""In how many pieces a dribbled body is sent."""
NO_ANSWER_S = 300.0
"""Seconds after which a connection without a response is closed."""


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """How a response is to be delivered, where that is not at once and whole.

    Attributes:
        delay_s: real seconds to wait before anything is sent.
        over_s: for ``dribble``: real seconds from the first byte of the body to the last.
    """

    manner: Manner = "whole"
    delay_s: float = 0.0
    over_s: float = 0.0


def deliver_live(decision: Decision, clock: Clock) -> Delivery:
    """Say how a response is delivered, in real seconds; a frozen clock is moved by the delay.

    Virtual seconds pass as fast as the clock runs; a delayed response takes at most ``clock.longest_wait_s`` of them.
    """
    if clock.rate == 0:
        clock.advance(timedelta(seconds=decision.delay_s))
    manner = _manner(decision)
    seconds = min(decision.delay_s / (clock.rate or 1.0), clock.longest_wait_s)
    if manner == "dribble":
        return Delivery(manner=manner, over_s=seconds or DEFAULT_DRIBBLE_S)
    return Delivery(manner=manner, delay_s=seconds)


def deliver_in_process(decision: Decision, clock: Clock, read_timeout_s: float) -> Delivery:
    """Say what a client without a socket meets, and move the clock by as long as it would have waited.

    Nobody waits in real time. The manners mean what they mean on a socket, but for two, of a client that gives up:
    ``no-answer`` before the first byte came, ``dribble`` when the head was there and the body was not.

    Args:
        decision: what is to be delivered.
        clock: the sandbox's; moved.
        read_timeout_s: virtual seconds after which the client gives up waiting for the next byte; may be infinite.
    """
    manner = _manner(decision)
    waited_s = decision.delay_s
    if manner == "dribble":
        waited_s = waited_s or DEFAULT_DRIBBLE_S
        manner = "whole"
        if _dribble_gap_s(waited_s, len(decision.body.content)) > read_timeout_s:
            waited_s, manner = read_timeout_s, "dribble"
    else:
        if manner == "no-answer":
            waited_s += NO_ANSWER_S
            manner = "close"
        if waited_s > read_timeout_s:
            waited_s, manner = read_timeout_s, "no-answer"
    clock.on_client_wait(timedelta(seconds=waited_s))
    return Delivery(manner=manner, delay_s=waited_s)


def _manner(decision: Decision) -> Manner:
    return FAULT_KINDS[decision.fault].manner if decision.fault else "whole"


def _dribble_gap_s(over_s: float, length: int) -> float:
    """Return the seconds between two pieces of a body of so many bytes, which is sent over ``over_s`` seconds."""
    size = -(-length // DRIBBLE_PIECES)
    return over_s / -(-length // size) if size else 0.0
