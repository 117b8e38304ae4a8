"""Keeping credentials out of whatever is kept of a request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["LONGEST_KEPT", "MASK", "bounded", "masked_path"]

MASK = "***"
"""Stands where a credential stood."""

LONGEST_KEPT = 2_000
"""Characters of a path with its query that are kept; the rest is only counted."""

_PARTS = re.compile(r"([/?&=])")
_SECRET_PARAMETER = re.compile(r"([?&][^=&]*(?:token|key|secret|auth|password)[^=&]*=)[^&]*", re.IGNORECASE)


def masked_path(path: str, query: str, *, shown: Iterable[str], is_secret: Callable[[str], bool]) -> str:
    """Return path and query as they may be kept: without credentials, and not too long.

    Args:
        path: raw.
        query: raw, without the question mark.
        shown: what the request shows as its credentials; masked wherever it stands.
        is_secret: tells whether a decoded part of the path or the query is somebody's credential. A parameter whose
            name says that it holds one is masked in any case.
    """
    whole = f"{path}?{query}" if query else path
    for secret in shown:
        whole = whole.replace(quote(secret, safe=""), MASK).replace(secret, MASK)
    parts = (MASK if is_secret(unquote(part)) else part for part in _PARTS.split(whole))
    kept = _SECRET_PARAMETER.sub(rf"\1{MASK}", "".join(parts))
    return bounded(kept)


def bounded(path: str) -> str:
    """Return as much of a path as is kept."""
    more = len(path) - LONGEST_KEPT
    return path if more <= 0 else f"{path[:LONGEST_KEPT]}… ({more} more)"
