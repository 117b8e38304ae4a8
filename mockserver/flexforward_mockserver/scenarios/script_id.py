"""Order numbers that carry their own lifecycle, such as ``PITD-6h-1001`` or ``P-7d.GG-1x.D-1h-1001``.

Any client in any language gets a scripted shipment by asking for one; nothing has to be set up. docs/script-ids.md
has the grammar in words.
"""

from __future__ import annotations

import re
import string
from datetime import timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from .scenario import ErrorStep, Event, Scenario, Status, Step
from .tag import TAGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["FAILURE_LETTERS", "MOST_STEPS", "NUMBERED_LETTERS", "UNITS", "explain_script_id", "parse_script_id"]

NUMBERED_LETTERS = "PITED"
"""Letters that may have the number of a subtag behind them."""

_PART = r"(?:[PITED](?:[0-9]{3})?|[CUGFNXA])+-[1-9][0-9]*[smhdx]"
GRAMMAR = re.compile(rf"({_PART}(?:\.{_PART})*)-(.+)", re.DOTALL)
MOST_STEPS = 1000
MOST_DIGITS = 9
_LONGEST_PACE = timedelta(days=3660)
_LONGEST_MENDED = 300

_LETTER = re.compile(r"([A-Z])([0-9]{3})?")
_KNOWN = re.compile(r"[PITED](?:[0-9]{3})?|[CUGFNXA]")
_GROUPS = re.compile(r"([A-Z][A-Z0-9]*)-([0-9]+)([a-z])")
_STEP = re.compile(r"[A-Za-z][0-9]*")
_LOOSE_PACE = r"[0-9][A-Za-z0-9]*(?:[.,][0-9][A-Za-z0-9]*)?"
_LOOSE_PART = rf"[A-Za-z][A-Za-z0-9]*-{_LOOSE_PACE}"
_LOOSE_GROUPS = re.compile(rf"([A-Za-z][A-Za-z0-9]*)-({_LOOSE_PACE})")
_LOOSE = re.compile(rf"({_LOOSE_PART}(?:\.{_LOOSE_PART})*)(-.*)?", re.DOTALL)
_GLUED = re.compile(r"(?:^|(?<=\.))([A-Z][A-Z0-9]*?)([1-9][0-9]*[smhdx])(?=[.-]|$)")
_UNPACED = re.compile(r"(?:^|(?<=\.))((?:[PITED](?:[0-9]{3})?|[CUGFNXA]){2,})(?=\.|-[^0-9])")
_UNITS: Mapping[str, timedelta] = MappingProxyType(
    {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
)
UNITS = (*_UNITS, "x")
"""Of a pace; ``x`` stands for requests."""

_UNITS_ALLOWED = "s, m, h, d, or x for requests"
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
        return len(self.number) <= MOST_DIGITS and (self.unit == "x" or self.after <= _LONGEST_PACE)

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


def explain_script_id(order_number: str) -> str | None:
    """Say in a sentence what keeps an order number from being a script id.

    Returns:
        None if it is a script id, or does not look like one. A sentence that begins with "as a script id it would"
        is about what may as well be an ordinary order number.
    """
    if GRAMMAR.fullmatch(order_number):
        is_script = parse_script_id(order_number) is not None
        bounds = f"{MOST_STEPS:,} steps, {MOST_DIGITS} digits and {_LONGEST_PACE.days:,} days a step"
        return None if is_script else f"a script id has at most {bounds}"
    for slip, meant in _mended(order_number):
        if parse_script_id(meant) is not None:
            return f"{slip}: {meant!r}"
    match = _LOOSE.fullmatch(order_number)
    parts = [] if match is None else _LOOSE_GROUPS.findall(match[1])
    return next((told for letters, pace in parts if (told := _explain_part(letters, pace, order_number))), None)


def _mended(order_number: str) -> Iterator[tuple[str, str]]:
    """Yield slips, each with what was meant if that is the only one; none of what nobody would type."""
    if len(order_number) > _LONGEST_MENDED:
        return
    loose = _LOOSE.fullmatch(order_number)
    if loose is not None:
        meant = _LOOSE_GROUPS.sub(lambda part: f"{part[1].upper()}-{part[2].lower()}", loose[1]) + (loose[2] or "")
        yield "a script id has its letters in capitals and its unit in small ones", meant
    yield "a script id needs a name after its pace", f"{order_number.removesuffix('-')}-1"
    hyphens = "a script id has hyphens before its pace and its name, and dots between its parts"
    yield hyphens, order_number.replace("_", "-").replace(",", ".")
    yield "a script id has a hyphen before its pace", _GLUED.sub(r"\1-\2", order_number)
    yield "as a script id it would need a pace after its steps", _UNPACED.sub(r"\1-1h", order_number)


def _explain_part(letters: str, pace: str, order_number: str) -> str | None:
    """Say what is wrong with one part, if the rest of it shows that a script id was meant."""
    unknown = next((step for step in _STEP.findall(letters) if not _KNOWN.fullmatch(step)), None)
    number = pace.rstrip(string.ascii_letters)
    unit = pace.removeprefix(number)
    is_whole = number.isdigit()
    if unknown is None and is_whole and not unit:
        as_hours = order_number.replace(f"{letters}-{pace}", f"{letters}-{pace}h", 1)
        return f"as a script id it would need a unit after {pace} ({_UNITS_ALLOWED}): {as_hours!r}"
    if unknown is None and not is_whole:
        return f"the pace {pace!r} of a script id is one whole number with one unit ({_UNITS_ALLOWED})"
    if unknown is None and unit not in UNITS:
        return f"a script id has no unit {unit!r}; allowed: {_UNITS_ALLOWED}"
    if unknown is None and number.startswith("0"):
        return f"the pace {number!r} of a script id is a whole number from 1, without a leading 0"
    if unknown is not None and is_whole and letters.isupper() and unit in UNITS:
        allowed = "P I T E D, with or without three digits, and C U G F N X A"
        return f"a script id has no step {unknown!r}; allowed: {allowed}"
    return None


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
