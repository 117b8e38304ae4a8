"""What a client bears and tells in any of its runs, so that what goes wrong in one is armed to the right cause."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from .ending import ending_of
from .guide import FLOOR, at_least

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .reading import Reading
    from .track import Track

__all__ = ["ClientProfile", "profile_of"]


class ClientProfile(msgspec.Struct, frozen=True, kw_only=True):
    """What a client does over all its runs.

    Attributes:
        told: tags that it has told.
        told_traits: traits of the bodies whose tags it has told.
        borne_tags: tags after which it has asked on.
        borne_traits: traits of bodies after which it has asked on.
        borne_evolutions: evolutions after which it has asked on.
        fatal_tags: tags that ended it with nothing special about the body.
        is_unhurried: it never asks again sooner than ``FLOOR`` after a good answer with nothing new in it.
        longest_wait: after a good answer, after which it has asked again.
    """

    told: frozenset[str] = frozenset()
    told_traits: frozenset[str] = frozenset()
    borne_tags: frozenset[str] = frozenset()
    borne_traits: frozenset[str] = frozenset()
    borne_evolutions: frozenset[str] = frozenset()
    fatal_tags: frozenset[str] = frozenset()
    is_unhurried: bool = False
    longest_wait: timedelta = timedelta(0)

    @property
    def has_waited(self) -> bool:
        """Whether it has asked again ``FLOOR`` or more after a good answer: the clock that it waits by moves."""
        return self.longest_wait >= FLOOR


def profile_of(tracks: Sequence[Track]) -> ClientProfile:
    """Return what a client does over all these."""
    borne = [reading for track in tracks for reading in track.readings[:-1]]
    good = [reading for reading in borne if reading.kind == "good"]
    told = [
        reading
        for track in tracks
        for match in track.matches
        if match.span is not None
        for reading in track.spans[match.span].readings
    ]
    traits = _union(reading.traits for reading in good)
    borne_tags = frozenset(reading.tag for reading in good if reading.tag is not None)
    return ClientProfile(
        told=frozenset(reading.tag for reading in told if reading.tag is not None),
        told_traits=_union(reading.traits for reading in told),
        borne_tags=borne_tags,
        borne_traits=traits,
        borne_evolutions=_union(reading.evolutions for reading in borne),
        fatal_tags=frozenset(
            reading.tag
            for reading in _last_readings(tracks, borne_tags)
            if reading.tag is not None and reading.traits <= traits
        ),
        longest_wait=max(
            (
                after.exchange.at - before.exchange.at
                for track in tracks
                for before, after in pairwise(track.readings)
                if before.kind == "good"
            ),
            default=timedelta(0),
        ),
        is_unhurried=all(
            after.exchange.at - before.exchange.at >= at_least(FLOOR)
            for track in tracks
            for before, after in pairwise(track.readings)
            if before.kind == "good" and not before.evolutions
        ),
    )


def _last_readings(tracks: Iterable[Track], borne_tags: frozenset[str]) -> Iterable[Reading]:
    """Yield what was good and nothing new, and yet the last that was asked for, and for no error in reading it."""
    for ending in map(ending_of, tracks):
        if ending is None or ending.failures or ending.last.evolutions:
            continue
        if not (ending.is_crash and ending.last.tag in borne_tags):
            yield ending.last


def _union(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset(name for names in sets for name in names)
