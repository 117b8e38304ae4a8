"""Statuses that the guide wants told: which there were, which were not told, and which rule that concerns."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from flexforward_mockserver.scenarios.tag import TAGS

from .ending import ending_of
from .guide import ENDURED_FAILURES, TOLD

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .client_profile import ClientProfile
    from .track import StatusSpan, Track

__all__ = ["Missed", "MissedBecause", "due_notifications", "missed_notifications"]

MissedBecause: TypeAlias = Literal["evolution", "body", "failures", "plain"]

_GRACE = timedelta(minutes=1)
"""A client that is ended so soon after an answer may not have come to telling of it."""


class Missed(msgspec.Struct, frozen=True):
    """A status that was served and not told.

    Attributes:
        span: its index.
        cause: what kept the client from telling it, as far as its other runs show.
    """

    span: int
    cause: MissedBecause


def due_notifications(track: Track) -> Iterator[tuple[int, bool]]:
    """Yield the index of each span that the guide wants told, and whether it was.

    A status that only returns after Unknown is no news for sure, and neither is one that falls back on the way from
    order to door: a client may tell these or not.
    """
    told = {match.span for match in track.matches}
    last_told: str | None = None
    rank = 0
    for index, span in enumerate(track.spans):
        known = TAGS.get(span.tag)
        own_rank = None if known is None else known.rank
        if index in told and span.tag in TOLD:
            last_told = span.tag
            yield index, True
        elif _has_to_be_told(track, span) and span.tag != last_told and (own_rank is None or own_rank >= rank):
            yield index, False
        rank = max(rank, own_rank or 0)


def _has_to_be_told(track: Track, span: StatusSpan) -> bool:
    if span.tag not in TOLD or not span.is_certain:
        return False
    if span.readings[-1] is not track.readings[-1]:
        return True
    # What ended the client at the last answer is a matter of other rules, and so is who ended it.
    is_cut_off = track.run.ended_by != "client" and track.run.ended_at - span.began_at < _GRACE
    return not is_cut_off and ending_of(track) is None


def missed_notifications(track: Track, profile: ClientProfile) -> Iterator[Missed]:
    """Yield what was not told."""
    if track.told is not None:
        for index, is_told in due_notifications(track):
            if not is_told:
                yield Missed(index, _cause(track, index, profile))


def _cause(track: Track, index: int, profile: ClientProfile) -> MissedBecause:
    span = track.spans[index]
    is_told_here = any(track.spans[before].tag == span.tag for before in range(index))
    if span.tag not in profile.told or is_told_here:
        return "plain"
    certain = [reading for reading in span.readings if reading.kind == "good"]
    if all(reading.evolutions for reading in certain):
        return "evolution"
    if track.run.has_crashed and span.readings[-1] is track.readings[-1]:
        return "body"
    if _failures_before(track, span) >= ENDURED_FAILURES:
        return "failures"
    news = certain[0].traits - profile.told_traits
    return "body" if any(all(trait in entry.traits for entry in certain) for trait in news) else "plain"


def _failures_before(track: Track, span: StatusSpan) -> int:
    """Count the failures in a row that came right before a span."""
    first = span.readings[0]
    for run in track.failing_runs:
        following = track.readings.index(run[-1]) + 1
        if following < len(track.readings) and track.readings[following] is first:
            return sum(reading.kind == "failure" for reading in run)
    return 0
