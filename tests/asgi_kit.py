"""An ASGI application, called without a server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from kit import OWN, Got

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from starlette.applications import Starlette


def call(app: Starlette, **scope: object) -> list[MutableMapping[str, Any]]:
    """Call an application as an ASGI server would, and return what it sent."""
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app({"type": "http", "asgi": {"version": "3.0"}, "headers": [], **scope}, receive, send))
    return sent


def ask(app: Starlette, path: str, headers: Mapping[str, str] = OWN, **scope: object) -> Got:
    pairs = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    defaults = {"method": "GET", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": pairs}
    start, body = call(app, **{**defaults, **scope})
    assert (start["type"], body["type"]) == ("http.response.start", "http.response.body")
    assert not body.get("more_body", False)
    names = {name.decode(): value.decode() for name, value in start["headers"]}
    return Got(start["status"], names, body["body"])
