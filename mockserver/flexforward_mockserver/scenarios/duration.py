"""Spans of time as people write them: ``90s``, ``30m``, ``6h``, ``1d12h``."""

from __future__ import annotations

import re
from datetime import timedelta

__all__ = ["DURATION_ALLOWED", "LONGEST", "format_duration", "parse_duration", "rounded_duration"]

LONGEST = timedelta(days=3660)

DURATION_ALLOWED = "a duration such as 90s, 30m, 6h or 1d12h, at most 3660d"

_PART = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)(ms|s|m|h|d)")
_UNITS = {"d": 86_400_000_000, "h": 3_600_000_000, "m": 60_000_000, "s": 1_000_000, "ms": 1_000}


def parse_duration(text: str) -> timedelta | None:
    """Read a duration of zero or more; None if it is none, or longer than ``LONGEST``.

    >>> parse_duration("1d12h")
    datetime.timedelta(days=1, seconds=43200)
    """
    if not re.fullmatch(f"(?:{_PART.pattern})+", text):
        return None
    microseconds = sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
    span = timedelta(microseconds=min(round(microseconds), 2**60))
    return span if span <= LONGEST else None


def format_duration(span: timedelta) -> str:
    """Write a duration so that ``parse_duration`` reads it back.

    >>> format_duration(timedelta(days=1, hours=12))
    '1d12h'
    """
    rest = abs(span) // timedelta(microseconds=1)
    text = ""
    for unit in ("d", "h", "m"):
        count, rest = divmod(rest, _UNITS[unit])
        text += f"{count}{unit}" if count else ""
    if rest or not text:
        text += f"{rest / 1_000_000:f}".rstrip("0").rstrip(".") + "s"
    return text if span >= timedelta(0) else f"-{text}"


def rounded_duration(span: timedelta) -> str:
    """Write a duration for people: whole seconds from a minute on, else milliseconds; no unit in between is left out.

    >>> rounded_duration(timedelta(hours=2, seconds=30.48))
    '2h0m30s'
    """
    unit = timedelta(seconds=1) if abs(span) >= timedelta(minutes=1) else timedelta(milliseconds=1)
    rest = abs(round(span / unit) * unit) // timedelta(microseconds=1)
    parts: list[str] = []
    for name in ("d", "h", "m"):
        count, rest = divmod(rest, _UNITS[name])
        if not rest and count:
            parts.append(f"{count}{name}")
            break
        parts += [f"{count}{name}"] if count or parts else []
    if rest or not parts:
        parts.append(f"{rest / 1_000_000:f}".rstrip("0").rstrip(".") + "s")
    return ("-" if span < timedelta(0) else "") + "".join(parts)
