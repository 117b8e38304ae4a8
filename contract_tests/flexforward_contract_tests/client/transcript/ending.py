"""How a client came to ask no more of a label that had not reached its end."""

from __future__ import annotations

from http import HTTPStatus
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from .guide import ASKING_FOR_TIME, DAY, STAGES, TERMINAL, span_text

if TYPE_CHECKING:
    from datetime import timedelta

    from .reading import Reading
    from .track import Track

__all__ = ["Ending", "ending_of"]

_PATIENCE = 4
"""Waits of so many times the guide's longest are no silence yet: longer is fine."""


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """A client stopped asking too early.

    Attributes:
        last: what it saw last.
        failures: the failures in a row that it saw last.
        silence: how long it was silent when it was ended; None if it ended by itself.
        is_crash: it ended by an error of its own.
        is_another_labels: what happened last in the run was about another label.
        rest: of one that waits for what never comes: where each of its tasks stands.
    """

    last: Reading
    failures: tuple[Reading, ...]
    silence: timedelta | None
    is_crash: bool = False
    rest: str | None = None
    is_another_labels: bool = False

    @property
    def text(self) -> str:
        """What it did, as a sentence without its end."""
        if self.silence is None:
            return "it ended"
        return f"it asked no more for {span_text(self.silence)}"


def ending_of(track: Track) -> Ending | None:
    """Return how the client stopped asking too early; None if it did not, or was refused, or never asked."""
    readings = track.readings
    if not readings or any(reading.tag in TERMINAL for reading in readings):
        return None
    trailing = _trailing(readings)
    if any(reading.may_be_refused for reading in trailing):
        return None
    last = readings[-1]
    if len(track.run.labels) > 1 and any(
        exchange.status == HTTPStatus.UNAUTHORIZED and exchange.at >= last.exchange.at
        for exchange in track.run.exchanges
    ):
        return None  # the account is refused, and with it all of its labels
    failures = tuple(reading for reading in trailing if reading.is_failing)
    if track.run.ended_by == "client":
        is_other = track.run.exchanges[-1].label not in (None, track.label.id)
        crash = track.run.has_crashed
        return Ending(last=last, failures=failures, silence=None, is_crash=crash, is_another_labels=is_other)
    # A library that keeps a Retry-After in seconds knows of no other time's pace.
    if track.run.ended_by == "cut" or (track.run.is_accelerated and last.exchange.status in ASKING_FOR_TIME):
        return None
    silence = track.run.ended_at - last.exchange.at
    if track.run.rest is not None:  # it is known to be for ever
        crash, rest = track.run.has_crashed, track.run.rest
        return Ending(last=last, failures=failures, silence=silence, is_crash=crash, rest=rest)
    if not track.run.is_timing_trusted or silence < _longest_wait(track):
        return None
    return Ending(last=last, failures=failures, silence=silence)


def _trailing(readings: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """Return what came since the last good answer."""
    count = next((index for index, reading in enumerate(reversed(readings)) if reading.kind == "good"), len(readings))
    return readings[len(readings) - count :]


def _longest_wait(track: Track) -> timedelta:
    """Return how long this client may be silent before it is taken to have stopped.

    The guide's waits have no upper bound that a rule holds, so it is the client's own longest wait that counts beside
    them; of one that has shown none, a day is awaited.
    """
    waits = [after.exchange.at - before.exchange.at for before, after in pairwise(track.readings)]
    if not waits:
        return DAY
    stage = STAGES.get(track.spans[-1].tag) if track.spans else None
    return max(DAY if stage is None else stage.longest * _PATIENCE, 2 * max(waits))
