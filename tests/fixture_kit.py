"""The HTTP clients that the doors are for, each asked in the same way, and what they get told in the same words."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import httpx
import httpx2
import requests

from flexforward_fixtures.transports.requests_transport import open_requests_transport
from flexforward_fixtures.transports.respx_transport import open_respx_transport

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Generator, Mapping

    from flexforward_fixtures import FlexForward, Mock

_OF_THE_CONNECTION = ("connection", "keep-alive", "transfer-encoding")
PATIENCE_S = 20.0
TLS = ssl.create_default_context()
"""Made once: it takes longer than everything else about a client."""


@dataclass(frozen=True)
class Outcome:
    """What a client was told: an answer, or the class of an error."""

    status: int | None = None
    reason: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    error: type[BaseException] | None = None

    def __getitem__(self, header: str) -> str:
        return dict(self.headers)[header]


Timeout: TypeAlias = float | tuple[float | None, float | None] | None
"""Seconds, or those for connecting and those for reading."""


@dataclass(frozen=True)
class Asked:
    """What a client is to ask for: a raw target, how long it waits, and a body, whole or in pieces."""

    base_url: str
    target: str
    headers: Mapping[str, str]
    method: str = "GET"
    timeout: Timeout = PATIENCE_S
    is_streamed: bool = False
    content: bytes = b""
    pieces: tuple[bytes, ...] = ()


class Client:
    """Asks, and tells an answer or the class of an error."""

    def __init__(self, send: Callable[[Asked], Outcome]) -> None:
        self._send = send

    def __call__(self, base_url: str, target: str, headers: Mapping[str, str], **more: Any) -> Outcome:
        try:
            return self._send(Asked(base_url, target, headers, **more))
        except Exception as error:  # noqa: BLE001  # which one it is, is compared
            return Outcome(error=type(error))


def _outcome(status: int, reason: str, headers: list[tuple[str, str]], body: bytes) -> Outcome:
    kept = tuple((name.lower(), value) for name, value in headers if name.lower() not in _OF_THE_CONNECTION)
    return Outcome(status, reason, kept, body)


def _request(library: Any, client: Any, asked: Asked, pieces: object) -> Any:
    url = library.URL(asked.base_url).copy_with(raw_path=asked.target.encode())
    content = pieces if asked.pieces else asked.content or None
    return client.build_request(asked.method, url, headers=dict(asked.headers), content=content)


def _pair(library: Any, timeout: Timeout) -> Any:
    return library.Timeout(None, connect=timeout[0], read=timeout[1]) if isinstance(timeout, tuple) else timeout


def _sync(library: Any) -> Client:
    def send(asked: Asked) -> Outcome:
        with library.Client(verify=TLS, timeout=_pair(library, asked.timeout)) as client:
            request = _request(library, client, asked, iter(asked.pieces))
            answer = client.send(request, stream=asked.is_streamed)
            body = answer.read()
            return _outcome(answer.status_code, answer.reason_phrase, answer.headers.multi_items(), body)

    return Client(send)


def _async(library: Any) -> Client:
    async def send(asked: Asked) -> Outcome:
        async with library.AsyncClient(verify=TLS, timeout=_pair(library, asked.timeout)) as client:
            request = _request(library, client, asked, _one_by_one(asked.pieces))
            answer = await client.send(request, stream=asked.is_streamed)
            body = await answer.aread()
            return _outcome(answer.status_code, answer.reason_phrase, answer.headers.multi_items(), body)

    return Client(lambda asked: asyncio.run(send(asked)))


async def _one_by_one(pieces: tuple[bytes, ...]) -> AsyncIterator[bytes]:
    for piece in pieces:
        yield piece


def _requests(asked: Asked) -> Outcome:
    with requests.Session() as session:
        data = iter(asked.pieces) if asked.pieces else asked.content or None
        wanted = requests.Request(asked.method, asked.base_url, headers=dict(asked.headers), data=data)
        request = session.prepare_request(wanted)
        request.url = f"{asked.base_url}{asked.target}"
        answer = session.send(request, timeout=asked.timeout, stream=asked.is_streamed, verify=False)
        return _outcome(answer.status_code, answer.reason, list(answer.headers.items()), answer.content)


CLIENTS: dict[str, Client] = {
    "httpx": _sync(httpx),
    "httpx-async": _async(httpx),
    "httpx2": _sync(httpx2),
    "httpx2-async": _async(httpx2),
    "requests": Client(_requests),
}


@contextmanager
def both_doors(mock: Mock) -> Generator[None]:
    """Open both doors to ``mock``."""
    with ExitStack() as stack:
        stack.enter_context(open_respx_transport(mock))
        stack.enter_context(open_requests_transport(mock))
        yield


def shown(handle: FlexForward, who: str) -> dict[str, str]:
    """Return headers that show credentials: whose, and in which way."""
    own, other = handle, handle.other
    return {
        "own": own.headers,
        "own pair": {"x-rr-apikey": own.api_key, "x-rr-apitoken": own.api_token},
        "other": other.headers,
        "other pair": {"x-rr-apikey": other.api_key, "x-rr-apitoken": other.api_token},
        "bad": {"Authorization": f"Bearer {own.bad_token}"},
        "nobody": {"Authorization": "Bearer nobody-s"},
        "nothing": {},
        "half a pair": {"x-rr-apikey": own.api_key},
        "a mixed pair": {"x-rr-apikey": own.api_key, "x-rr-apitoken": handle.other.api_token},
        "bearer in small letters": {"authorization": f"bearer {own.token}"},
        "basic": {"Authorization": f"Basic {own.token}"},
        "no scheme": {"Authorization": own.token},
        "an empty bearer": {"Authorization": "Bearer"},
        "wrong bearer, right pair": {
            "Authorization": "Bearer nobody-s",
            "x-rr-apikey": own.api_key,
            "x-rr-apitoken": own.api_token,
        },
        "own bearer, other pair": {
            **own.headers,
            "x-rr-apikey": own.other.api_key,
            "x-rr-apitoken": own.other.api_token,
        },
    }[who]
