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

    @property
    def rate(self) -> float:
        """Virtual seconds for each real one."""
        return self._rate

    def now(self) -> datetime:
        """Return the present virtual instant, aware, in UTC."""
        elapsed = self._wall() - self._anchor_wall
        if self._rate == 0 or elapsed <= 0:
            return self._anchor
        seconds = elapsed * self._rate
        if seconds >= (LAST_INSTANT - self._anchor).total_seconds():
            return LAST_INSTANT
        return self._anchor + timedelta(seconds=seconds)

    def run(self, rate: float) -> None:
        """Go on from now at another rate; 0 freezes."""
        self._move(self.now())
        self._rate = rate

    def advance(self, span: timedelta) -> datetime:
        """Move forward by ``span`` at once, and return the new instant."""
        if span < timedelta(0):
            raise ValueError("a clock moves forward only")
        now = self.now()
        self._move(LAST_INSTANT if span > LAST_INSTANT - now else now + span)
        return self._anchor

    def on_client_wait(self, span: timedelta) -> None:
        """Take down that somebody has waited for ``span`` while nobody let the time pass."""
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
