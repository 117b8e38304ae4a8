"""The ``Prefer`` header (RFC 7240), by which one request asks for one particular answer."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import msgspec

from flexforward_mockserver.scenarios.duration import DURATION_ALLOWED, parse_duration
from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Preference", "PreferenceError", "parse_prefer"]

_PART = re.compile(r'(?:[^,"]|"[^"]*"?)+')
"""One preference: a comma in a quoted text does not end it."""


class PreferenceError(ValueError):
    """A preference of ours that cannot be met; the text says why and what can."""


class Preference(msgspec.Struct, frozen=True, kw_only=True):
    """What the request asks for; None for what it leaves alone.

    Attributes:
        code: HTTP status to answer with.
        delay_s: virtual seconds to wait before the answer.
        fault: kind of fault to answer with, a name of ``FAULT_KINDS`` but ``status`` and ``quota``.
        example: name of one of the document's examples.
    """

    code: int | None = None
    delay_s: float | None = None
    fault: str | None = None
    example: str | None = None

    def __str__(self) -> str:
        wishes = {
            "code": self.code,
            "delay": self.delay_s and f"{self.delay_s:g}s",
            "fault": self.fault,
            "example": self.example,
        }
        return ", ".join(f"{name}={wish}" for name, wish in wishes.items() if wish is not None)


def parse_prefer(value: str) -> Preference:
    """Read a ``Prefer`` header; preferences that are not ours are left alone, as the RFC wants.

    Raises:
        PreferenceError: one of ours has a value that it cannot have.
    """
    wishes: dict[str, Any] = {}
    seen: set[str] = set()
    for part in _PART.findall(value):
        name, _, text = (piece.strip() for piece in part.partition(";")[0].partition("="))
        name = name.lower()
        if name in _READERS and name not in seen:  # RFC 7240: the first one counts
            field, read = _READERS[name]
            wishes[field] = read(text.strip('"'))
        seen.add(name)
    preference = Preference(**wishes)
    for name in ("code", "example"):
        wish = getattr(preference, name)
        if wish is not None and preference.fault is not None:
            raise PreferenceError(
                f"Prefer: {name}={wish} and fault={preference.fault} exclude each other; allowed: one of them"
            )
    return preference


def _code(text: str) -> int:
    if not re.fullmatch(r"[2-5][0-9][0-9]", text):
        raise PreferenceError(f"Prefer: code={text} is not a status; allowed: 200 to 599")
    return int(text)


def _delay(text: str) -> float:
    span = parse_duration(text)
    if span is None:
        raise PreferenceError(f"Prefer: delay={text} is not a duration; allowed: {DURATION_ALLOWED}")
    return span.total_seconds()


def _fault(text: str) -> str:
    kinds = [name for name, kind in FAULT_KINDS.items() if name != "status" and not kind.is_metered]
    if text not in kinds:
        raise PreferenceError(f"Prefer: fault={text} is not a fault; allowed: {', '.join(kinds)}")
    return text


_READERS: Mapping[str, tuple[str, Callable[[str], Any]]] = MappingProxyType(
    {"code": ("code", _code), "delay": ("delay_s", _delay), "fault": ("fault", _fault), "example": ("example", str)}
)
"""Preferences of ours, with the field that each of them is, and how its text is read."""
