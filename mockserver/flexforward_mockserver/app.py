"""The door to real sockets: a Starlette application around an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.applications import Starlette

from flexforward_openapi import OWN_PREFIX

from .delivery import deliver, transport_of
from .exchange import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from .engine import Engine
    from .exchange import Reply

__all__ = ["create_app"]

_TRANSPORT = "flexforward_mock.transport"


def create_app(
    engine: Engine,
    *,
    control: ASGIApp | None = None,
    on_reply: Callable[[Request, Reply], None] | None = None,
) -> Starlette:
    """Make an ASGI application that answers everything by the engine, and ``/_mock`` by the control API.

    Args:
        engine: answers.
        control: the control API's application; None to leave it out.
        on_reply: told of each request and its reply, for an access log.
    """
    app = _App()
    # No Mount: it matches neither "*" nor a path with a line break in it.
    app.router.default = _Door(engine, control, on_reply)
    app.router.redirect_slashes = False
    return app


class _App(Starlette):
    """Starlette, which keeps hold of the connection before its own middleware hides it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope[_TRANSPORT] = transport_of(send)
        await super().__call__(scope, receive, send)


class _Door:
    """Translates ASGI to the engine's terms and back, and hands control paths on."""

    def __init__(
        self, engine: Engine, control: ASGIApp | None, on_reply: Callable[[Request, Reply], None] | None
    ) -> None:
        self._handle = engine.handle
        self._control = control
        self._on_reply = on_reply

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        if self._control is not None and scope["path"].startswith(f"{OWN_PREFIX}/"):
            await self._control(scope, receive, send)
            return
        raw_path: bytes | None = scope.get("raw_path")
        request = Request(
            scope["method"],
            quote(scope["path"]) if raw_path is None else raw_path.decode("latin-1"),
            scope["query_string"].decode("latin-1"),
            scope["headers"],
        )
        reply = self._handle(request)
        await deliver(reply, receive, send, scope.get(_TRANSPORT))
        if self._on_reply is not None:
            self._on_reply(request, reply)
