"""The zone of the machine that a client runs on: on one in UTC, a local time that is taken for UTC is no mistake."""

from __future__ import annotations

import os
import time
import zlib
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["ZONES", "in_zone", "zone_of"]

ZONES = ("America/New_York", "Asia/Kolkata")
"""West and east of UTC, one of them by half an hour."""


def zone_of(name: str) -> str:
    """Return the zone that a trial of this name always has."""
    return ZONES[zlib.crc32(name.encode()) % len(ZONES)]


@contextmanager
def in_zone(zone: str) -> Generator[None]:
    """Let this process live in a zone for the length of the ``with`` block, where the system can do that."""
    before = os.environ.get("TZ")
    _set(zone)
    try:
        yield
    finally:
        _set(before)


def _set(zone: str | None) -> None:
    if zone is None:
        os.environ.pop("TZ", None)
    else:
        os.environ["TZ"] = zone
    if hasattr(time, "tzset"):  # pragma: no branch  # Windows has none
        time.tzset()
