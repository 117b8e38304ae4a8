"""Values for places where a document shows none: made of type, format and bounds, always the same ones."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from .place import Place
    from .yaml_text import Json

__all__ = ["made_values"]

_BY_FORMAT: Mapping[str, str] = {
    "date": "2026-04-01",
    "date-time": "2026-04-01T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "P1D",
    "email": "user@example.com",
    "idn-email": "user@example.com",
    "idn-hostname": "example.com",
    "relative-json-pointer": "0",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uuid": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "uri": "https://example.com/",
    "uri-reference": "/example",
    "uri-template": "/example/{id}",
    "iri": "https://example.com/",
    "iri-reference": "/example",
    "json-pointer": "/example",
    "regex": "^example$",
    "byte": "c3RyaW5n",
}
"""A value of each format; addresses are those that RFC 2606, 5737 and 3849 keep for examples."""

_TEXTS = (
    "string",
    "String",
    "STRING",
    "a",
    "A",
    "1",
    "0",
    "en",
    "US",
    "EUR",
    "en-US",
    "abc123",
    "ABC123",
    "a-b",
    "1.0.0",
)
"""What patterns most often ask for."""

_LONGEST = 10_000


def made_values(place: Place, kind: str) -> Iterator[Json]:
    """Yield values of a type, the most fitting first, that the schemas of a place may take; each has to be tried.

    Args:
        place: where they are to stand.
        kind: ``boolean``, ``string``, ``integer`` or ``number``.
    """
    if kind == "boolean":
        yield True
        yield False
    elif kind == "string":
        yield from _texts(place)
    else:
        yield from _numbers(place, kind)


def _texts(place: Place) -> Iterator[str]:
    least = max((int(bound) for bound in place.values("minLength")), default=0)
    most = min((int(bound) for bound in place.values("maxLength")), default=_LONGEST)
    if least > _LONGEST:
        return
    formats = [_BY_FORMAT[name] for name in place.values("format") if name in _BY_FORMAT]
    for text in (*formats, *_TEXTS):
        yield (text + text * least)[:least] if len(text) < least else text[:most]
    digits = "0123456789" * (_LONGEST // 10)
    for length in {least, min(most, 64)} if most < _LONGEST else range(least, least + 40):
        yield digits[:length]
        yield ("a" * _LONGEST)[:length]
        yield ("A" * _LONGEST)[:length]


def _numbers(place: Place, kind: str) -> Iterator[int | float]:
    """Yield the bounds and what lies beside them, at multiples where the schemas want some, and nought before all."""
    steps = [Fraction(str(value)) for value in place.values("multipleOf")]
    unit = Fraction(1) if not steps else _common(steps)
    if kind == "integer" and unit.denominator != 1:
        unit *= unit.denominator
    lows = [Fraction(str(value)) for keyword in ("minimum", "exclusiveMinimum") for value in place.values(keyword)]
    highs = [Fraction(str(value)) for keyword in ("maximum", "exclusiveMaximum") for value in place.values(keyword)]
    starts = [
        Fraction(0),
        *(math.ceil(low / unit) * unit for low in lows),
        *(math.floor(high / unit) * unit for high in highs),
    ]
    for start in starts:
        for offset in (0, 1, -1):
            yield _plain(start + offset * unit)
    if lows and highs and kind == "number":
        yield _plain((max(lows) + min(highs)) / 2)


def _common(steps: list[Fraction]) -> Fraction:
    """Return the smallest number that is a multiple of all steps."""
    numerator, denominator = steps[0].numerator, steps[0].denominator
    for step in steps[1:]:
        numerator, denominator = math.lcm(numerator, step.numerator), math.gcd(denominator, step.denominator)
    return Fraction(numerator, denominator)


def _plain(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)
