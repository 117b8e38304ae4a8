"""Which label a path asks for, and what became of an identifier that came through wrongly."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote, unquote_plus

if TYPE_CHECKING:
    from .run import RunLabel

__all__ = ["asks_by_order_number", "asks_by_uuid", "mangling", "needs_escape"]

_BARE = re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@-]*")
"""What a segment of a path may hold unencoded (RFC 3986, section 3.3)."""


def needs_escape(order_number: str) -> bool:
    """Tell whether an order number cannot stand in a path as it is."""
    return _BARE.fullmatch(order_number) is None


def asks_by_uuid(path: str, label: RunLabel) -> bool:
    """Tell whether a path, as a journal keeps it, ends with the label's UUID."""
    return unquote(_last(path)).lower() == label.id


def asks_by_order_number(path: str, label: RunLabel) -> bool:
    """Tell whether a path ends with the label's order number, percent-encoded once."""
    return unquote(_last(path)) == label.order_number


def mangling(path: str, label: RunLabel) -> str | None:
    """Say in which of the usual ways a path asks wrongly for a label's order number; None if in none of them."""
    wanted = label.order_number
    if not needs_escape(wanted) or asks_by_order_number(path, label):
        return None
    key = _last(path)
    if unquote(unquote(key)) == wanted:
        return "it is encoded twice"
    if unquote_plus(key) == wanted:
        return "a space is written as a plus, which means a space in a query only"
    # What an HTTP client makes of such text: a fragment is never sent, and a query is split off.
    sent = wanted.partition("#")[0].partition("?")[0]
    decoded = unquote(path.partition("?")[0])
    if decoded.endswith((f"/{sent}", f"/{unquote(sent)}")):
        return "it stands there as it is" if sent == wanted else f"it is cut at {wanted[len(sent)]!r}"
    return None


def _last(path: str) -> str:
    return path.partition("?")[0].rpartition("/")[2]
