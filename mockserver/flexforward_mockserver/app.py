"""The door to real sockets: a Starlette application around an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Mount, Route

from .exchange import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request as StarletteRequest
    from starlette.types import Receive, Scope, Send

    from .engine import Engine
    from .exchange import Reply

__all__ = ["create_app"]


def create_app(engine: Engine, *, on_reply: Callable[[Request, Reply], None] | None = None) -> Starlette:
    """Make an ASGI application that answers everything outside ``/_mock`` by the engine.

    Args:
        engine: answers.
        on_reply: told of each request and its reply, for an access log.
    """
    control = [Route("/health", _health), Mount("/", app=_no_such_control_path)]
    app = Starlette(routes=[Mount("/_mock", routes=control)])
    # No Mount("/"): that matches neither "*" nor an id with a line break in it.
    app.router.default = _Door(engine, on_reply)
    app.router.redirect_slashes = False
    return app


class _Door:
    """Translates ASGI to the engine's terms and back."""

    def __init__(self, engine: Engine, on_reply: Callable[[Request, Reply], None] | None) -> None:
        self._handle = engine.handle
        self._on_reply = on_reply

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        raw_path: bytes | None = scope.get("raw_path")
        request = Request(
            scope["method"],
            quote(scope["path"]) if raw_path is None else raw_path.decode("latin-1"),
            scope["query_string"].decode("latin-1"),
            scope["headers"],
        )
        reply = self._handle(request)
        await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
        await send({"type": "http.response.body", "body": reply.body})
        if self._on_reply is not None:
            self._on_reply(request, reply)


def _health(_: StarletteRequest) -> JSONResponse:
    from importlib.metadata import version  # costs as much as a tenth of the start

    return JSONResponse({"status": "ok", "version": version("flexforward-mock")})


async def _no_such_control_path(scope: Scope, receive: Receive, send: Send) -> None:
    error = {"error": f"no control path {scope['path']}", "allowed": ["GET /_mock/health"]}
    await JSONResponse(error, status_code=404)(scope, receive, send)
