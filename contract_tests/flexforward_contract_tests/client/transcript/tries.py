"""What of a run of failures is one try: many a library asks several times within one call of its user's."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from .track import wait_before

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .reading import Reading

__all__ = ["tries_of"]

_SIZES = range(2, 6)
"""Requests of a burst."""
_LONGEST = timedelta(seconds=30)
_TIMES = 3
"""Bursts in a row from which on they are no accident."""
_SAME_SHARE, _SAME = 0.2, timedelta(milliseconds=250)
"""Libraries draw a little of each wait."""


def tries_of(run: tuple[Reading, ...]) -> tuple[tuple[Reading, ...], ...]:
    """Part a run of failures into tries.

    Two to five requests within 30 s are one try where their number and the waits between them recur in three bursts in
    a row; what follows the last whole burst in the same rhythm belongs to one more. Every other request is a try.
    """
    waits = [timedelta(0), *(wait_before(run, index) for index in range(1, len(run)))]
    tries: list[tuple[Reading, ...]] = []
    first = 0
    while first < len(run):
        size, times = max(((size, _recurrences(waits, first, size)) for size in _SIZES), key=_requests)
        if not times:
            alone = max(1, _even(waits, first) - _TIMES * _SIZES[-1])
            tries += ((reading,) for reading in run[first : first + alone])
            first += alone
            continue
        inner = waits[first + 1 : first + size]
        for _ in range(times):
            tries.append(run[first : first + size])
            first += size
        rest = next((count for count in range(size - 1, 1, -1) if _begins(waits, first, inner, count)), 0)
        if rest:
            tries.append(run[first : first + rest])
            first += rest
    return tuple(tries)


def _even(waits: Sequence[timedelta], first: int) -> int:
    """Count the requests from ``first`` on whose waits are all alike: bursts begin at its end at the earliest.

    Without it, a run of thousands would be looked through from each of its requests on.
    """
    least = most = waits[min(first + 1, len(waits) - 1)]
    for index in range(first + 1, len(waits)):
        least, most = min(least, waits[index]), max(most, waits[index])
        if not _are_same(least, most):
            return index - first
    return len(waits) - first


def _requests(found: tuple[int, int]) -> tuple[int, int]:
    """Order sizes by how many requests they explain, the smaller one first among equals."""
    size, times = found
    return size * times, -size


def _recurrences(waits: Sequence[timedelta], first: int, size: int) -> int:
    """Count the bursts of a size that follow each other from a request on; 0 for too few, or an even rhythm."""
    inner = waits[first + 1 : first + size]
    if len(inner) < size - 1 or sum(inner, timedelta(0)) > _LONGEST:
        return 0
    times = 1
    while _begins(waits, first + times * size, inner, size):
        times += 1
    between = waits[first + size : first + times * size : size]
    if times < _TIMES:
        return 0
    is_apart = max(between) > max(inner) * (1 + _SAME_SHARE) + _SAME
    is_growing = max(between) > min(between) * 1.5 + _SAME
    return times if is_apart or is_growing else 0


def _begins(waits: Sequence[timedelta], first: int, inner: Sequence[timedelta], count: int) -> bool:
    """Tell whether so many requests from ``first`` on have the waits of a burst between them."""
    found = waits[first + 1 : first + count]
    return len(found) == count - 1 and all(map(_are_same, found, inner))


def _are_same(one: timedelta, other: timedelta) -> bool:
    return abs(one - other) <= max(max(one, other) * _SAME_SHARE, _SAME)
