"""How fast requests may follow each other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DEFAULT_RATE", "Limiter", "Rate", "RateError", "read_rate"]

_SECONDS = {"s": 1, "m": 60, "h": 3600}


class RateError(ValueError):
    """A text that is no rate."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text

    def __str__(self) -> str:
        return f"{self.text!r} is no rate; allowed: 1/s to 1000/s, or a number for m or h, such as 100/m"


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
    """

    def __init__(self, rate: Rate | None, *, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._interval_s = 0.0 if rate is None else rate.interval_s
        self._clock, self._sleep = clock, sleep
        self._next_at = float("-inf")

    def wait(self) -> None:
        """Wait until the next request may be sent."""
        now = self._clock()
        if self._next_at > now:
            self._sleep(self._next_at - now)
        self._next_at = max(now, self._next_at) + self._interval_s
