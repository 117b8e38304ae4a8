"""How fast requests may follow each other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DEFAULT_RATE", "Limiter", "Rate", "RateError", "read_rate"]

_SECONDS = {"s": 1, "m": 60, "h": 3600}
_LONGEST_INTERVAL_S = 2.0


class RateError(ValueError):
    """A text that is no rate."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f"--rate: {self.text!r} is no rate; allowed: 1/s to 1000/s, or a number for m or h, such as 100/m"


class Rate(msgspec.Struct, frozen=True):
    """So many requests in so many seconds."""

    count: int
    seconds: int

    @property
    def interval_s(self) -> float:
        """Seconds from one request to the next."""
        return self.seconds / self.count

    def __str__(self) -> str:
        return f"{self.count}/{next(unit for unit, seconds in _SECONDS.items() if seconds == self.seconds)}"


DEFAULT_RATE = Rate(5, 1)
"""Half of what the vendor asks its clients to stay below."""


def read_rate(text: str) -> Rate:
    """Read a rate such as ``5/s``.

    Raises:
        RateError: it is none.
    """
    match = re.fullmatch(r"([1-9][0-9]{0,5})/([smh])", text)
    if match is None:
        raise RateError(text)
    rate = Rate(int(match[1]), _SECONDS[match[2]])
    if rate.interval_s < 0.001:
        raise RateError(text)
    return rate


class Limiter:
    """Makes whoever calls it wait for his turn.

    Args:
        rate: None lets everybody pass at once.
        clock: seconds, never going back.
        sleep: waits so many seconds.

    Attributes:
        slowed: how often it was slowed down.
    """

    def __init__(self, rate: Rate | None, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._interval_s = 0.0 if rate is None else rate.interval_s
        self._clock, self._sleep = clock, sleep
        self._next_at = float("-inf")
        self.slowed = 0

    @property
    def pace(self) -> Rate | None:
        """The rate that is kept now, rounded down to whole requests; None if there is none."""
        if not self._interval_s:
            return None
        return Rate(int(1 / self._interval_s), 1) if self._interval_s <= 1 else Rate(int(60 / self._interval_s), 60)

    def wait(self) -> None:
        """Wait until the next request may be sent."""
        now = self._clock()
        if self._next_at > now:
            self._sleep(self._next_at - now)
        self._next_at = max(now, self._next_at) + self._interval_s

    def slow_down(self) -> None:
        """Halve the rate; where there was none, the default one is kept from now on. One every two seconds stays."""
        self.slowed += 1
        slower = min(max(2 * self._interval_s, DEFAULT_RATE.interval_s), _LONGEST_INTERVAL_S)
        self._interval_s = max(self._interval_s, slower)
        self._next_at = max(self._next_at, self._clock() + self._interval_s)
