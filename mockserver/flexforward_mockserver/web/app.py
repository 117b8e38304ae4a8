"""The way to real sockets: a Starlette application around an engine."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, unquote

from starlette.applications import Starlette
from starlette.responses import RedirectResponse

from flexforward_mockserver.engine.labels.names import DOCUMENTS_PATH
from flexforward_mockserver.engine.messages import BODY_LIMIT, Request
from flexforward_openapi import OWN_PREFIX

from .delivery import DECIDED_KEY, TRANSPORT_KEY, WRITE_KEY, deliver, transport_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import ASGIApp, Receive, Scope, Send

    from flexforward_mockserver.engine.messages import Response

    from .connection import FastPath
    from .delivery import Hold

__all__ = ["PAGE_PATH", "Answering", "create_app"]

PAGE_PATH = f"{OWN_PREFIX}/"
"""Where the page is."""
_WITHOUT_BODY = ("GET", "HEAD")
"""Methods whose bodies mean nothing (RFC 9110, section 9.3)."""


class Answering(Protocol):
    """What answers requests: an engine, or what stands before one."""

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        ...


def create_app(
    engine: Answering,
    *,
    control: ASGIApp | None = None,
    on_reply: Callable[[Request, Response], None] | None = None,
    hold: Callable[[asyncio.Transport | None], Hold] | None = None,
    cors: str | None = None,
    leads_to_page: bool = False,
) -> Starlette:
    """Make an ASGI application: the API of the engine, and the control API under ``/_mock``.

    Args:
        engine: answers.
        control: the control API's application; None to leave it out.
        on_reply: told of each request and its reply, for an access log.
        hold: gives, for a connection, what waits while an answer on it is held back; None to wait in real time.
        cors: origin of the pages that may ask, or ``*``; None for none.
        leads_to_page: send a browser that asks for ``/`` to the page.
    """
    endpoint = _TrackingEndpoint(engine, control, on_reply, hold, leads_to_page=leads_to_page)
    if cors is None:
        return _App(endpoint, endpoint if hold is None else None)
    from .cors import Cors  # few servers need it

    return _App(Cors(endpoint, cors))


class _App(Starlette):
    """Starlette, with a door in front of its layers: all requests lead to one endpoint, past no middleware.

    The layers would catch errors and look up a route, for a sixth of the cost of a request; the server does the first
    itself, and there is one route. A Mount would not do: it matches neither ``*`` nor a path with a line break in it.

    Args:
        endpoint: to which they lead.
        fast_path: answers without ASGI, in a server that asks for that.
    """

    def __init__(self, endpoint: ASGIApp, fast_path: FastPath | None = None) -> None:
        super().__init__()
        self.fast_path = fast_path
        self.router.default = endpoint
        self.router.redirect_slashes = False
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope[TRANSPORT_KEY] = transport_of(send)
            await self._endpoint(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class _TrackingEndpoint:
    """Translates ASGI to the engine's terms and back, and hands control paths on."""

    def __init__(
        self,
        engine: Answering,
        control: ASGIApp | None,
        on_reply: Callable[[Request, Response], None] | None,
        hold: Callable[[asyncio.Transport | None], Hold] | None,
        *,
        leads_to_page: bool,
    ) -> None:
        self._handle = engine.handle
        self._control = control
        self._on_reply = on_reply
        self._hold = hold
        self._leads_to_page = leads_to_page

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        path: str = scope["path"]
        if self._control is not None and path.startswith(PAGE_PATH) and not path.startswith(DOCUMENTS_PATH):
            await self._control(scope, receive, send)
            return
        if self._leads_to_page and path == "/" and _wants_page(scope):
            await RedirectResponse(PAGE_PATH, 302)(scope, receive, send)
            return
        decided = scope.get(DECIDED_KEY)
        if decided is None:
            decided = self._decide(scope, b"" if scope["method"] in _WITHOUT_BODY else await _body(receive))
        request, reply = decided
        transport = scope.get(TRANSPORT_KEY)
        hold = asyncio.sleep if self._hold is None else self._hold(transport)
        await deliver(reply, receive, send, transport, hold, scope.get(WRITE_KEY))
        self.tell(request, reply)

    def decide(self, request: Request) -> Response | None:
        """Return the response to a GET of the API; None for what is not the API's."""
        path = unquote(request.path) if "%" in request.path else request.path
        return None if path == "/" or path.startswith(PAGE_PATH) else self._handle(request)

    def tell(self, request: Request, response: Response) -> None:
        """Take down that a response was written."""
        if self._on_reply is not None:
            self._on_reply(request, response)

    def _decide(self, scope: Scope, body: bytes = b"") -> tuple[Request, Response]:
        raw_path: bytes | None = scope.get("raw_path")
        request = Request(
            scope["method"],
            quote(scope["path"]) if raw_path is None else raw_path.decode("latin-1"),
            scope["query_string"].decode("latin-1"),
            scope["headers"],
            body,
            "https" if scope.get("scheme") == "https" else "http",
        )
        return request, self._handle(request)


def _wants_page(scope: Scope) -> bool:
    """Tell whether a request is a GET that names HTML, as a browser's for a page does and a program's does not."""
    if scope["method"] != "GET":
        return False
    accept = b",".join(value for name, value in scope["headers"] if name == b"accept").decode("latin-1")
    for entry in accept.lower().split(","):
        media_type, *parameters = (part.strip() for part in entry.split(";"))
        if media_type == "text/html":
            return not any(re.fullmatch(r"q\s*=\s*0(\.0*)?", parameter) for parameter in parameters)
    return False


async def _body(receive: Receive) -> bytes:
    """Return the body of a request; of one that is too long, the beginning that shows it."""
    body = b""
    while len(body) <= BODY_LIMIT:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body", False):  # also where the client is gone: nobody hears the answer
            break
    return body
