"""Why no label has an id, and which known id comes nearest: notes for the journal and the access log."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

from flexforward_mockserver.scenarios.script_id_slip import explain_script_id
from flexforward_mockserver.state.label import is_uuid
from flexforward_openapi import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["explain_unknown"]

_LIKENESS = 0.75
_LONGEST = 100
"""Characters beyond which an id is no longer compared letter by letter."""

_CURE = "; give a label that order number, or start the server with --unknown-ids delivered"


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
    told = None if is_uuid(key) else explain_script_id(key)
    if told is not None and len(told) <= 3 * _LONGEST:
        # What real order numbers look like too: whoever has such ones needs the other cure.
        return f"; {told}{_CURE if told.startswith('as a script id') else ''}"
    if len(key) > _LONGEST:
        return _CURE
    alike = [known for known in keys if is_uuid(known) == is_uuid(key) and len(known) <= _LONGEST]
    near = nearest(key, alike, likeness=_LIKENESS)
    return f"; nearest: {near!r}" if near else _CURE
