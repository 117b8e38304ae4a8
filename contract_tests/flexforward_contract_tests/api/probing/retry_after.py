"""``Retry-After`` in both of its forms."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["retry_after_s"]


def retry_after_s(wanted: str | None, date: str | None) -> float | None:
    """Return how many seconds an answer asks to wait; None if it does not say so in a way that can be read.

    Args:
        wanted: value of ``Retry-After``: seconds, or an HTTP-date.
        date: value of ``Date``, the clock that an HTTP-date goes by.

    Source: RFC 9110, section 10.2.3.
    """
    text = (wanted or "").strip()
    if text.isascii() and text.isdigit():
        return float(text) if len(text) <= 9 else float("inf")
    until, now = _read(text), _read(date)
    return None if until is None or now is None else max(0.0, (until - now).total_seconds())


def _read(text: str | None) -> datetime | None:
    try:
        at = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo is not None else None
