"""A request and a response as the engine knows them: no sockets, no framework."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flexforward_mockserver.state.journal import Exchange

    from .delivery import Delivery

__all__ = ["BODY_LIMIT", "Request", "Response"]

BODY_LIMIT = 1_000_000
"""Bytes that the body of a request may have."""


class Request(msgspec.Struct, frozen=True):
    """A request of a client.

    Attributes:
        method: in capitals.
        path: raw, still percent-encoded, without the query; ASCII.
        query: raw, without the question mark; ASCII.
        headers: names in lower case; values as they came.
        body: raw; empty where none was sent. Of one that is longer than ``BODY_LIMIT`` at least a byte more than that.
        scheme: by which it was asked.
    """

    method: str
    path: str
    query: str
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes = b""
    scheme: Literal["http", "https"] = "http"


class Response(msgspec.Struct, frozen=True):
    """The response that the client gets.

    Attributes:
        headers: names in lower case, ready for ASGI. ``date`` is the sandbox's time.
        delivery: how it reaches the client, where that is not at once and whole.
        exchange: what the journal says of it.
    """

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes
    delivery: Delivery | None = None
    exchange: Exchange | None = None
