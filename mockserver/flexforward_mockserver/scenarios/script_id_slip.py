"""What keeps an order number that looks like a script id from being one, and what was meant."""

from __future__ import annotations

import re
import string
from typing import TYPE_CHECKING

from .script_id import GRAMMAR, LONGEST_PACE, MOST_DIGITS, MOST_STEPS, UNITS, parse_script_id

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["explain_script_id"]

_LOOSE_PACE = r"[0-9][A-Za-z0-9]*(?:[.,][0-9][A-Za-z0-9]*)?"
_LOOSE_PART = rf"[A-Za-z][A-Za-z0-9]*-{_LOOSE_PACE}"
_LOOSE_GROUPS = re.compile(rf"([A-Za-z][A-Za-z0-9]*)-({_LOOSE_PACE})")
_LOOSE = re.compile(rf"({_LOOSE_PART}(?:\.{_LOOSE_PART})*)(-.*)?", re.DOTALL)
_GLUED = re.compile(r"(?:^|(?<=\.))([A-Z][A-Z0-9]*?)([1-9][0-9]*[smhdx])(?=[.-]|$)")
_UNPACED = re.compile(r"(?:^|(?<=\.))((?:[PITED](?:[0-9]{3})?|[CUGFNXA]){2,})(?=\.|-[^0-9])")
_KNOWN = re.compile(r"[PITED](?:[0-9]{3})?|[CUGFNXA]")
_STEP = re.compile(r"[A-Za-z][0-9]*")
_LONGEST_MENDED = 300
_UNITS_ALLOWED = "s, m, h, d, or x for requests"


def explain_script_id(order_number: str) -> str | None:
    """Say in a sentence what keeps an order number from being a script id.

    Returns:
        None if it is a script id, or does not look like one. A sentence that begins with "as a script id it would"
        is about what may as well be an ordinary order number.
    """
    if GRAMMAR.fullmatch(order_number):
        is_script = parse_script_id(order_number) is not None
        bounds = f"{MOST_STEPS:,} steps, {MOST_DIGITS} digits and {LONGEST_PACE.days:,} days a step"
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
