"""Letting pages in browsers ask (CORS): what the API answers, never the control API."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from flexforward_openapi import OWN_PREFIX

from .delivery import WRITE_KEY

if TYPE_CHECKING:
    from starlette.datastructures import Headers
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["EXPOSED", "Cors"]

EXPOSED = (
    "Retry-After",
    "X-Flexforward-Mock",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
)
"""Headers that a page may read, beside those that every page may."""


class Cors(CORSMiddleware):
    """Starlette's middleware, whose preflights get a 204, and which leaves the control API alone.

    No credentials of the browser's are let in: those of the API stand in headers that the page sets itself.

    Args:
        app: what answers; a preflight never reaches it.
        origin: of the pages that may ask, such as ``http://localhost:3000``; ``*`` for all.
    """

    def __init__(self, app: ASGIApp, origin: str) -> None:
        super().__init__(app, allow_origins=[origin], allow_methods=["*"], allow_headers=["*"], expose_headers=EXPOSED)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: D102  # ASGI's
        if scope["type"] == "http" and f"{scope['path']}/".startswith(f"{OWN_PREFIX}/"):
            await self.app(scope, receive, send)
        else:
            scope.pop(WRITE_KEY, None)  # what is written past this has none of its headers
            await super().__call__(scope, receive, send)

    def preflight_response(self, request_headers: Headers) -> Response:
        """Answer a preflight: 204 where it is granted, as RFC 9110 has it for an answer without a body."""
        response = super().preflight_response(request_headers)
        if response.status_code != 200:
            return response
        headers = {name: value for name, value in response.headers.items() if not name.startswith("content-")}
        return Response(status_code=204, headers=headers)
