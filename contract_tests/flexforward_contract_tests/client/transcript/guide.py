"""The figures of the vendor's polling guide, and how exactly they are taken."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.scenarios.duration import rounded_duration
from flexforward_mockserver.scenarios.tag import TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ASKING_FOR_TIME",
    "DAY",
    "ENDURED_FAILURES",
    "FLOOR",
    "LATEST",
    "QUIET",
    "REFUSALS",
    "STAGES",
    "TERMINAL",
    "TOLD",
    "Stage",
    "at_least",
    "span_text",
]


class Stage(msgspec.Struct, frozen=True):
    """How long the guide wants a client to wait after an answer."""

    shortest: timedelta
    longest: timedelta


STAGES: Mapping[str, Stage] = MappingProxyType(
    {
        **dict.fromkeys(("Pending", "InfoReceived"), Stage(timedelta(hours=4), timedelta(hours=6))),
        "InTransit": Stage(timedelta(minutes=30), timedelta(hours=1)),
        "Exception": Stage(timedelta(minutes=15), timedelta(minutes=30)),
    }
)
"""Tag to its interval; the guide names none for Unknown."""

FLOOR = timedelta(minutes=15)
LATEST = max(stage.longest for stage in STAGES.values()) * 1.5
"""The guide's longest wait, half as much again: one fixed beat can keep this and every stage's shortest."""
DAY = timedelta(days=1)
ENDURED_FAILURES = 3
"""So many failures in a row end no client (``client.retry.survives``)."""
TERMINAL = frozenset(tag.name for tag in TAGS.values() if tag.is_terminal)
TOLD = frozenset(("InfoReceived", "InTransit", "Exception", "Delivered"))
"""Tags that the guide wants told to the customer."""
QUIET = frozenset(TAGS) - TOLD
ASKING_FOR_TIME = frozenset((429, 503))
"""Statuses whose ``Retry-After`` may ask for a wait of its own."""
REFUSALS = frozenset((401, 403, 404, 422))
"""Statuses that asking again does not mend."""

_SHARE, _SLACK = 0.05, timedelta(seconds=5)


def at_least(bound: timedelta) -> timedelta:
    """Return the shortest wait that still passes for ``bound``: 5 % and 5 s less."""
    return bound * (1 - _SHARE) - _SLACK


span_text = rounded_duration
"""Writes a span for people."""
