"""Statuses that the guide wants told: which there were, which were not told, and which rule that concerns."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from flexforward_mockserver.scenarios.tag import TAGS

from .ending import ending_of
from .guide import TOLD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .client_profile import Habits
    from .track import Stretch, Track

__all__ = ["Missed", "MissedBecause", "missed_news", "news_of"]

MissedBecause: TypeAlias = Literal["evolution", "body", "failures", "plain"]

_GRACE = timedelta(minutes=1)
"""A client that is ended so soon after an answer may not have come to telling of it."""
_STUBBORN = 3


class Missed(msgspec.Struct, frozen=True):
    """A status that was served and not told.

    Attributes:
        stretch: its index.
        cause: what kept the client from telling it, as far as its other runs show.
    """

    stretch: int
    cause: MissedBecause


def news_of(track: Track) -> Iterator[tuple[int, bool]]:
    """Yield the index of each stretch that the guide wants told, and whether it was.

    A status that only returns after Unknown is no news for sure, and neither is one that falls back on the way from
    order to door: a client may tell these or not.
    """
    told = {match.stretch for match in track.matches}
    last_told: str | None = None
    rank = 0
    for index, stretch in enumerate(track.stretches):
        known = TAGS.get(stretch.tag)
        own_rank = None if known is None else known.rank
        if index in told and stretch.tag in TOLD:
            last_told = stretch.tag
            yield index, True
        elif _has_to_be_told(track, stretch) and stretch.tag != last_told and (own_rank is None or own_rank >= rank):
            yield index, False
        rank = max(rank, own_rank or 0)


def _has_to_be_told(track: Track, stretch: Stretch) -> bool:
    if stretch.tag not in TOLD or not stretch.is_certain:
        return False
    if stretch.readings[-1] is not track.readings[-1]:
        return True
    # What ended the client at the last answer is a matter of other rules, and so is who ended it.
    is_cut_off = track.run.ended_by != "client" and track.run.ended_at - stretch.began_at < _GRACE
    return not is_cut_off and ending_of(track) is None


def missed_news(track: Track, habits: Habits) -> Iterator[Missed]:
    """Yield what was not told."""
    if track.told is not None:
        for index, is_told in news_of(track):
            if not is_told:
                yield Missed(index, _cause(track, index, habits))


def _cause(track: Track, index: int, habits: Habits) -> MissedBecause:
    stretch = track.stretches[index]
    is_told_here = any(track.stretches[before].tag == stretch.tag for before in range(index))
    if stretch.tag not in habits.told or is_told_here:
        return "plain"
    certain = [reading for reading in stretch.readings if reading.kind == "good"]
    if all(reading.evolutions for reading in certain):
        return "evolution"
    if track.run.has_crashed and stretch.readings[-1] is track.readings[-1]:
        return "body"
    if _failures_before(track, stretch) >= _STUBBORN:
        return "failures"
    news = certain[0].traits - habits.told_traits
    return "body" if any(all(trait in entry.traits for entry in certain) for trait in news) else "plain"


def _failures_before(track: Track, stretch: Stretch) -> int:
    """Count the failures in a row that came right before a stretch."""
    first = stretch.readings[0]
    for run in track.failing_runs:
        following = track.readings.index(run[-1]) + 1
        if following < len(track.readings) and track.readings[following] is first:
            return sum(reading.kind == "failure" for reading in run)
    return 0
