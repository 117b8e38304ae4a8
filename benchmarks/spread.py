"""Many labels, and the order in which they are asked for."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd
from typing import Final

from .exchange import request_for

__all__ = ["Spread"]

_SCRIPT: Final = "ITT-1h"
"""Once two hours have passed: three checkpoints, as many as the guide's sample has, and nothing more to come."""

_STRIDE: Final = 61_803


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Requests for all of so many labels, each as often as the others.

    The first request for a label makes it: its order number is a script id. Neighbours in time were made far from each
    other, so that no cache of the machine has the next one because of the last one.

    Attributes:
        labels: how many.
        first: which of the endless row of requests is the first.
    """

    labels: int
    first: int = 0

    def key(self, number: int) -> str:
        """Return the order number that the n-th request asks for; all are equally long."""
        stride = _STRIDE if gcd(_STRIDE, self.labels) == 1 else 1
        return f"{_SCRIPT}-{number * stride % self.labels:06}"

    def requests(self, count: int) -> list[bytes]:
        """Return the next ``count`` requests."""
        return [request_for(self.key(self.first + number)) for number in range(count)]
