"""The virtual time of a sandbox: frozen, running at any rate, moved by hand, and never backwards."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flexforward_mockserver.scenarios.timestamp import LAST_INSTANT

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

__all__ = ["Clock"]


class Clock:
    """Virtual time, driven by a real time that the caller gives.

    Args:
        wall: returns seconds that only grow, such as ``time.monotonic``.
        start: aware instant at which virtual time begins.
        rate: virtual seconds for each real one; 0 for a frozen clock.

    Attributes:
        longest_wait_s: real seconds for which a live server keeps anybody waiting before an answer.
    """

    longest_wait_s = 30.0

    def __init__(self, wall: Callable[[], float], *, start: datetime, rate: float = 1.0) -> None:
        self._wall = wall
        self._anchor_wall = wall()
        self._anchor = min(start, LAST_INSTANT)
        self._rate = rate
        self._running_rate = rate or 1.0

    @property
    def rate(self) -> float:
        """Virtual seconds for each real one; 0 while the clock is frozen."""
        return self._rate

    @property
    def running_rate(self) -> float:
        """The rate at which the clock runs, or, while it is frozen, at which it will go on."""
        return self._running_rate

    def now(self) -> datetime:
        """Return the present virtual instant, aware, in UTC."""
        elapsed = self._wall() - self._anchor_wall
        if self._rate == 0 or elapsed <= 0:
            return self._anchor
        seconds = elapsed * self._rate
        if seconds >= (LAST_INSTANT - self._anchor).total_seconds():
            return LAST_INSTANT
        return self._anchor + timedelta(seconds=seconds)

    def run(self, rate: float | None = None) -> None:
        """Go on from now at another rate; 0 freezes, None goes on as before it was frozen."""
        self._move(self.now())
        self._rate = self._running_rate if rate is None else rate
        self._running_rate = self._rate or self._running_rate

    def freeze(self, *, running_rate: float | None = None) -> None:
        """Stand still from now on, and keep the rate to go on at: the present one, or ``running_rate``."""
        self.run(0.0)
        self._running_rate = running_rate or self._running_rate

    def advance(self, span: timedelta) -> datetime:
        """Move forward by ``span`` at once, and return the new instant."""
        if span < timedelta(0):
            raise ValueError("a clock moves forward only")
        now = self.now()
        self._move(LAST_INSTANT if span > LAST_INSTANT - now else now + span)
        return self._anchor

    def on_client_wait(self, span: timedelta) -> None:
        """Record that a client has waited for ``span``, which no real time stands for."""
        self.advance(span)

    def set(self, at: datetime) -> datetime:
        """Move forward to the aware instant ``at``, and return the new instant."""
        now = self.now()
        if at < now:
            raise ValueError(f"a clock moves forward only; it stands at {now.isoformat()}")
        return self.advance(at - now)

    def _move(self, to: datetime) -> None:
        self._anchor_wall = self._wall()
        self._anchor = to
