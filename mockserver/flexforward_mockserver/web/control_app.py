"""The control API over HTTP: a Starlette application that knows the paths of the control document."""

from __future__ import annotations

from functools import partial
from hmac import compare_digest
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import msgspec
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from flexforward_mockserver.control.context import Drawing
from flexforward_mockserver.control.control_document import Call, ControlError
from flexforward_mockserver.control.sandbox_events import SandboxEvents

from .delivery import TRANSPORT_KEY
from .event_stream import stream_events
from .page_files import PageFiles

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.datastructures import Headers
    from starlette.types import ASGIApp, Receive, Scope, Send

    from flexforward_mockserver.control.control import Control

__all__ = ["HostGuard", "create_control_app"]

OPEN_OPERATION = "getHealth"
MAX_BODY_BYTES = 1024 * 1024
LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


class HostGuard(msgspec.Struct, frozen=True, kw_only=True):
    """Who may use the control API.

    Attributes:
        token: bearer token that every call but the one for health has to show; None for none.
        hosts: names under which the server may be called, without port. A page in a browser that reaches the server
            under another name (DNS rebinding) is refused.
    """

    token: str | None = None
    hosts: tuple[str, ...] = LOOPBACK_NAMES

    def refuse(self, headers: Mapping[str, str]) -> ControlError | None:
        """Return why a call is refused; None if it is not."""
        return self.refuse_place(headers) or self._refuse_secret(headers)

    def refuse_place(self, headers: Mapping[str, str]) -> ControlError | None:
        """Return why a request is refused for where it comes from or goes to, whatever it shows; None if it is not."""
        host = headers.get("host", "")
        name = host.rpartition(":")[0] if host[-1:].isdigit() and ":" in host and not host.endswith("]") else host
        if self.token is None and name.lower() not in self.hosts:
            return ControlError(403, f"the server is not called {name!r}", field="host", allowed=", ".join(self.hosts))
        origin = headers.get("origin")
        if origin is not None and origin.partition("://")[2] != host:
            return ControlError(403, f"a page of {origin} asks", field="origin", allowed="programs, not foreign pages")
        return None

    def _refuse_secret(self, headers: Mapping[str, str]) -> ControlError | None:
        if self.token is None:
            return None
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and compare_digest(shown.strip().encode(), self.token.encode()):
            return None
        return ControlError(
            401, "the control token is missing or wrong", field="authorization", allowed="Bearer and the token"
        )


def create_control_app(
    control: Control, guard: HostGuard, *, is_ending: Callable[[], bool] = lambda: False
) -> Starlette:
    """Make the application that is mounted at ``/_mock``: the control API, and the page that uses it.

    Args:
        control: carries out the calls.
        guard: who may make them.
        is_ending: tells whether the server is to end, for the streams that are open.
    """
    app = Starlette()
    # No routes: Starlette matches decoded paths, in which an order number with a slash is two segments.
    app.router.default = _ControlEndpoint(control, guard, is_ending)
    app.router.redirect_slashes = False
    return app


class _ControlEndpoint:
    """Finds the operation of a call and carries it out."""

    def __init__(self, control: Control, guard: HostGuard, is_ending: Callable[[], bool]) -> None:
        self._control = control
        self._is_ending = is_ending
        self._page = PageFiles()
        self._guard = guard
        self._operations: dict[str, dict[str, str]] = {}
        for method, path, operation in control.document.routes:
            self._operations.setdefault(path, {})[method] = operation
        self._templates = {path: path.split("/") for path in self._operations}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
            return
        try:
            response = await self._respond(Request(scope, receive))
        except ClientDisconnect:
            return
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> ASGIApp:
        path = _raw_path(request.scope)
        try:
            if path in self._page:
                if (refusal := self._guard.refuse_place(request.headers)) is not None:
                    raise refusal
                return self._page.respond(path, request.method)
            status, body = self._control.handle(await self._call(request, path))
        except ControlError as error:
            return _json(error.status, error.body, _headers(error))
        except OSError as error:  # a shipped file, where the process can open no more of them
            return _json(503, {"error": f"a file cannot be read: {error}", "allowed": "to ask again"})
        if isinstance(body, Drawing):
            return Response(body.text, status, {"x-content-type-options": "nosniff"}, "image/svg+xml")
        if isinstance(body, SandboxEvents):
            return partial(self._stream, body)
        return _json(status, body)

    async def _stream(self, events: SandboxEvents, scope: Scope, receive: Receive, send: Send) -> None:
        await stream_events(events, receive, send, is_ending=self._is_ending, transport=scope.get(TRANSPORT_KEY))

    async def _call(self, request: Request, path: str) -> Call:
        template, values = self._find(path)
        operations = self._operations.get(template, {})
        # HTTP wants HEAD wherever GET is (RFC 9110, section 9.1); the server sends it without the body.
        operation = operations.get("GET" if request.method == "HEAD" else request.method)
        # Health tells nothing, and whoever watches over a container knows neither name nor secret.
        refusal = None if operation == OPEN_OPERATION else self._guard.refuse(request.headers)
        if refusal is not None:
            raise refusal
        if not operations:
            allowed = ", ".join(self._operations)
            raise ControlError(404, f"no control path {path}", field="path", allowed=allowed)
        if operation is None:
            allowed = ", ".join(sorted((*operations, *(("HEAD",) if "GET" in operations else ()))))
            raise ControlError(405, f"{template} has no {request.method}", field="method", allowed=allowed)
        return Call(
            operation=operation,
            path=values,
            query=dict(request.query_params),
            body=await _body(request),
            base_url=f"{request.url.scheme}://{request.headers.get('host', '')}",
        )

    def _find(self, path: str) -> tuple[str, dict[str, str]]:
        """Return the template that a raw path fits, with the values of its parameters; an empty one if there is none.

        A name stands before a parameter where both fit; the document has no such two.
        """
        segments = [unquote(segment) for segment in path.split("/")]
        for template, parts in self._templates.items():
            if len(parts) == len(segments) and all(map(_fits, parts, segments)):
                return template, {
                    part[1:-1]: segment for part, segment in zip(parts, segments, strict=True) if part[:1] == "{"
                }
        return "", {}


def _fits(part: str, segment: str) -> bool:
    return segment != "" if part[:1] == "{" else part == segment


def _raw_path(scope: Scope) -> str:
    raw_path: bytes | None = scope.get("raw_path")
    return quote(scope["path"]) if raw_path is None else raw_path.decode("latin-1")


def _headers(error: ControlError) -> dict[str, str]:
    if error.status == 405:
        return {"allow": error.allowed or ""}
    return {"www-authenticate": 'Bearer realm="flexforward-mock control"'} if error.status == 401 else {}


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise ControlError(413, f"the body is longer than {MAX_BODY_BYTES} bytes", field="body", allowed="less")
    if not body and "upgrade" in request.headers and _announces_body(request.headers):
        # uvicorn loses the body where httptools sees an offer to change the protocol (its issue 2722).
        raise ControlError(
            400,
            f"the request offers to change to {request.headers['upgrade']}, so its body was not read",
            field="upgrade",
            allowed="the same request without it: plain HTTP/1.1",
        )
    return bytes(body)


def _announces_body(headers: Headers) -> bool:
    return headers.get("content-length", "0") != "0" or "transfer-encoding" in headers


def _json(status: int, body: object, headers: Mapping[str, str] | None = None) -> Response:
    if body is None:
        return Response(status_code=status, headers=headers)
    return Response(msgspec.json.encode(body), status, headers, "application/json")
