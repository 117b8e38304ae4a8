"""Why an id is nobody's, and which known one comes nearest: for the journal, where typing errors are looked for."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from flexforward_mockserver.scenarios.script_id import parse_script_id
from flexforward_mockserver.state.label import is_uuid
from flexforward_openapi import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["explain_unknown"]

_LIKENESS = 0.75
_LONGEST = 100
"""Characters beyond which an id is no longer compared letter by letter."""


def explain_unknown(key: str, keys: Iterable[str]) -> str:
    """Say that no label has the id or order number ``key``, and what comes nearest.

    Args:
        key: what was asked for, decoded.
        keys: ids and order numbers that are there, the newest first; as many as are worth comparing.
    """
    return "no label of this sandbox has this id or order number" + _hint(key, tuple(keys))


def _hint(key: str, keys: tuple[str, ...]) -> str:
    folded = key.strip().casefold()
    for known in keys:
        if known.strip().casefold() == folded:
            return f"; nearest: {known!r}, which differs in the case of its letters or in spaces"
        if known in (unquote(key), unquote(unquote(key))):
            return f"; nearest: {known!r}, so the id was percent-encoded twice"
    letters, _, rest = key.partition("-")
    pace, dash, name = rest.partition("-")
    script = f"{letters.upper()}-{pace.lower()}{dash}{name}"
    if parse_script_id(script) is not None:
        return f"; a script id has its letters in capitals and its unit in small ones: {script!r}"
    if parse_script_id(f"{key}-1") is not None:
        return f"; a script id needs a name after its pace: {key + '-1'!r}"
    if len(key) > _LONGEST:
        return ""
    alike = [known for known in keys if is_uuid(known) == is_uuid(key) and len(known) <= _LONGEST]
    near = nearest(key, alike, likeness=_LIKENESS)
    return f"; nearest: {near!r}" if near else ""
