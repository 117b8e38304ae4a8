"""Order numbers that carry their own lifecycle, such as ``PITD-6h-1001`` or ``P-7d.GG-1x.D-1h-1001``.

Any client in any language gets a scripted shipment by asking for one; nothing has to be set up. docs/script-ids.md
has the grammar in words.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from .scenario import ErrorStep, Event, Scenario, Status, Step
from .tag import TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "FAILURE_LETTERS",
    "GRAMMAR",
    "LONGEST_PACE",
    "MOST_DIGITS",
    "MOST_STEPS",
    "NUMBERED_LETTERS",
    "UNITS",
    "parse_script_id",
]

NUMBERED_LETTERS = "PITED"
"""Letters that may have the number of a subtag behind them."""

_PART = r"(?:[PITED](?:[0-9]{3})?|[CUGFNXA])+-[1-9][0-9]*[smhdx]"
GRAMMAR = re.compile(rf"({_PART}(?:\.{_PART})*)-(.+)", re.DOTALL)
MOST_STEPS = 1000
MOST_DIGITS = 9
LONGEST_PACE = timedelta(days=3660)

_LETTER = re.compile(r"([A-Z])([0-9]{3})?")
_GROUPS = re.compile(r"([A-Z][A-Z0-9]*)-([0-9]+)([a-z])")
_UNITS: Mapping[str, timedelta] = MappingProxyType(
    {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
)
UNITS = (*_UNITS, "x")
"""Of a pace; ``x`` stands for requests."""

FAILURE_LETTERS: Mapping[str, int] = MappingProxyType({"G": 502, "F": 422, "N": 404, "X": 403, "A": 401})
_TAGS: Mapping[str, str] = MappingProxyType({tag.letter: tag.name for tag in TAGS.values()})
_COURIER = "yunexpress"
# Where the parcel is at its first event, its second, and so on; it stays at the last place but one until delivered.
_ROUTE = (
    ("Shenzhen", "Guangdong", "CN", None),
    ("Shenzhen", "Guangdong", "CN", "Shenzhen Sorting Center"),
    ("Hong Kong", None, "HK", "HKG Airport"),
    ("Los Angeles", "CA", "US", "LAX Distribution Center"),
    ("Los Angeles", "CA", "US", None),
)


class _Part(NamedTuple):
    """Steps of one pace: each lasts ``number`` of the unit, of which ``x`` stands for requests."""

    letters: str
    number: str
    unit: str

    @property
    def is_in_bounds(self) -> bool:
        return len(self.number) <= MOST_DIGITS and (self.unit == "x" or self.after <= LONGEST_PACE)

    @property
    def after(self) -> timedelta:
        return min(int(self.number), 10**8) * _UNITS[self.unit]

    @property
    def words(self) -> str:
        if self.unit == "x":
            return f"{self.number} {'poll' if self.number == '1' else 'polls'}"
        return f"{self.number}{self.unit}"


def parse_script_id(order_number: str) -> Scenario | None:
    """Read an order number as a script id; None if it is not one, or exceeds the bounds of a script."""
    match = GRAMMAR.fullmatch(order_number)
    return None if match is None else _scenario(match[1])


def _parts(script: str) -> list[_Part]:
    return [_Part(*found) for found in _GROUPS.findall(script)]


@lru_cache(maxsize=256)
def _scenario(script: str) -> Scenario | None:
    parts = _parts(script)
    paced = [(symbol, part) for part in parts for symbol in _LETTER.findall(part.letters)]
    if len(paced) > MOST_STEPS or not all(part.is_in_bounds for part in parts):
        return None
    steps: list[Step] = []
    status = Status.plain("Pending", _COURIER)
    events = 0
    numbered_from: int | None = None
    before: _Part | None = None
    for index, ((letter, number), part) in enumerate(paced):
        event: Event | None = None
        if letter not in FAILURE_LETTERS:
            tag = TAGS[_TAGS[letter]]
            status = Status.plain(tag.name, _COURIER, f"{tag.name}_{number or '001'}")
            if tag.is_event:
                event = _event(status, events)
                events += 1
            if tag.is_with_courier and numbered_from is None:
                numbered_from = index
        steps.append(
            Step(
                after=before.after if before and before.unit != "x" else None,
                polls=int(before.number) if before and before.unit == "x" else None,
                status=status,
                failure=ErrorStep(status=FAILURE_LETTERS[letter]) if letter in FAILURE_LETTERS else None,
                event=event,
            )
        )
        before = part
    pace = parts[0].words if len(parts) == 1 else ", ".join(f"{part.words} in {part.letters}" for part in parts)
    return Scenario(
        name=script,
        summary=f"The lifecycle that its order number spells, {pace} to a step.",
        steps=tuple(steps),
        numbered_from=numbered_from,
    )


def _event(status: Status, index: int) -> Event:
    place = _ROUTE[-1] if status.tag == "Delivered" else _ROUTE[min(index, len(_ROUTE) - 2)]
    city, state, country, location = place
    return Event(
        status=status,
        message=status.subtag_message,
        city=city,
        state=state,
        country=country,
        location=location,
    )
