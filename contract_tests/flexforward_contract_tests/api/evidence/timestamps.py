"""Times as an API may write them: RFC 3339, every legal kind of it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["read_date_header", "read_time"]

_TIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt]([01]\d|2[0-3]):([0-5]\d):([0-5]\d|60)(?:\.(\d+))?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)


def read_time(text: object) -> datetime | None:
    """Read an RFC 3339 time with its zone; None if it is none. A leap second is the second before it."""
    match = _TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        return None
    day, hour, minute, second, fraction, zone = match.groups()
    second = "59" if second == "60" else second
    fraction = (fraction or "")[:6].ljust(6, "0")
    zone = "+00:00" if zone in "Zz" else zone
    try:
        return datetime.fromisoformat(f"{day}T{hour}:{minute}:{second}.{fraction}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):  # no such day, or one at the end of all time
        return None


def read_date_header(text: str | None) -> datetime | None:
    """Read the ``Date`` of an answer; None if there is none that can be read."""
    try:
        at = parsedate_to_datetime(text or "")
        return at.replace(tzinfo=at.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
