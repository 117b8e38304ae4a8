"""Order numbers that carry their own lifecycle, such as ``PITD-6h-1001``.

Any client in any language gets a scripted shipment by asking for one; nothing has to be set up. docs/script-ids.md
has the grammar in words.
"""

from __future__ import annotations

import re
from datetime import timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from .scenario import ErrorStep, Event, Scenario, Status, Step
from .tag import TAGS

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["parse_script_id"]

GRAMMAR = re.compile(r"((?:[PITED](?:[0-9]{3})?|[CUGFNXA])+)-([1-9][0-9]*)([smhdx])-(.+)", re.DOTALL)
MOST_STEPS = 1000
MOST_DIGITS = 9

_LETTER = re.compile(r"([A-Z])([0-9]{3})?")
_UNITS: Mapping[str, timedelta] = MappingProxyType(
    {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
)
_FAILURES: Mapping[str, int] = MappingProxyType({"G": 502, "F": 422, "N": 404, "X": 403, "A": 401})
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


def parse_script_id(order_number: str) -> Scenario | None:
    """Read an order number as a script; None if it is not one, or asks for more than a script may hold."""
    match = GRAMMAR.fullmatch(order_number)
    if match is None:
        return None
    letters, count, unit, _ = match.groups()
    return _scenario(letters, count, unit) if len(count) <= MOST_DIGITS else None


@lru_cache(maxsize=256)
def _scenario(letters: str, count: str, unit: str) -> Scenario | None:
    after = None if unit == "x" else min(int(count), 10**8) * _UNITS[unit]
    polls = int(count) if unit == "x" else None
    symbols = _LETTER.findall(letters)
    if len(symbols) > MOST_STEPS or (after is not None and after > timedelta(days=3660)):
        return None
    steps: list[Step] = []
    status = Status.plain("Pending", _COURIER)
    events = 0
    numbered_from: int | None = None
    for index, (letter, number) in enumerate(symbols):
        event: Event | None = None
        if letter not in _FAILURES:
            tag = TAGS[_TAGS[letter]]
            status = Status.plain(tag.name, _COURIER, f"{tag.name}_{number or '001'}")
            if tag.is_event:
                event = _event(status, events)
                events += 1
            if tag.is_with_courier and numbered_from is None:
                numbered_from = index
        steps.append(
            Step(
                after=after if index else None,
                polls=polls if index else None,
                status=status,
                failure=ErrorStep(status=_FAILURES[letter]) if letter in _FAILURES else None,
                event=event,
            )
        )
    pace = f"{count} {'poll' if count == '1' else 'polls'}" if unit == "x" else f"{count}{unit}"
    return Scenario(
        name=f"{letters}-{count}{unit}",
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
