"""Points in time as text: RFC 3339 (read by msgspec), written in UTC with Z."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

__all__ = ["LAST_INSTANT", "read_timestamp", "write_timestamp"]

LAST_INSTANT = datetime(9000, 1, 1, tzinfo=UTC)
"""Where time ends; a clock that gets here stays, with room left for every duration that a scenario can hold."""


def read_timestamp(text: str) -> datetime | None:
    """Read an instant with its zone; None if it is none."""
    try:
        at = msgspec.convert(text, datetime)
        return at.astimezone(UTC) if at.tzinfo is not None else None
    except (msgspec.ValidationError, OverflowError):
        return None


def write_timestamp(at: datetime) -> str:
    """Write an aware instant with as many decimals as it has, none, three or six."""
    timespec = "seconds" if not at.microsecond else "milliseconds" if at.microsecond % 1000 == 0 else "microseconds"
    return at.astimezone(UTC).isoformat(timespec=timespec)[:-6] + "Z"
