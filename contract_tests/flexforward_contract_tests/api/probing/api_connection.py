"""One request over one connection: within one deadline, with a body that has a bound, to one host and no other."""

from __future__ import annotations

import ssl
import zlib
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpcore
import msgspec

from .trust import trusted_certificates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .target import Target

__all__ = ["MAX_BODY_BYTES", "Answer", "ApiConnection"]

MAX_BODY_BYTES: Final = 5_000_000
"""Of a body as it comes, and of what it unpacks to."""

_PATIENCE: Final = 3
"""How many times longer than one wait a whole exchange may take."""

_USER_AGENT: Final = b"flexforward-mock"
_TOO_LONG: Final = f"it had not ended after {MAX_BODY_BYTES} bytes"
_LATE: Final = "it had not ended in time"
_WINDOWS: Final = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""What zlib calls the encodings that are asked for."""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came.

    Attributes:
        status: None if no answer came.
        headers: names in small letters.
        body: decoded from its transfer and content encoding, as much as came.
        problem: why there is no answer, or not all of it.
    """

    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    problem: str | None = None


class ApiConnection:
    """Sends requests to a target, one after the other.

    Loopback addresses are asked without a proxy; others as the environment says. Certificates are checked against what
    ``trusted_certificates`` gives, wherever the API runs.

    Args:
        target: whom it asks.
        timeout_s: for connecting, and for each wait for a part of an answer; the whole exchange, head and body, may
            take three times that.
        clock: seconds, never going back.

    Raises:
        TrustError: the environment names certificates that cannot be read.
    """

    def __init__(self, target: Target, *, timeout_s: float, clock: Callable[[], float]) -> None:
        self._origin = httpcore.URL(target.origin)
        self._timeout_s = timeout_s
        self._deadline = _Deadline(clock)
        self._pool: httpcore.ConnectionPool | None = None
        proxy, self._hindrance = _proxy(target)
        if self._hindrance is None:
            self._pool = httpcore.ConnectionPool(
                ssl_context=trusted_certificates() if target.origin.startswith("https:") else None,
                proxy=proxy,
                max_connections=1,
                network_backend=_Network(self._deadline),
            )

    def close(self) -> None:
        """Close the connection."""
        if self._pool is not None:
            self._pool.close()

    def exchange(self, method: str, target: str, headers: Iterable[tuple[bytes, bytes]], body: bytes = b"") -> Answer:
        """Send a request and read its answer; what goes wrong becomes the answer's ``problem``.

        Args:
            method: in capitals.
            target: path and query as they go over the wire.
            headers: beside ``Host``, ``User-Agent`` and what says which encodings are understood.
            body: sent if it is not empty.
        """
        if self._pool is None:
            return Answer(status=None, problem=self._hindrance)
        self._deadline.begin(_PATIENCE * self._timeout_s)
        sent = list(headers)
        names = {name.lower() for name, _ in sent}
        for name, value in ((b"User-Agent", _USER_AGENT), (b"Accept", b"*/*"), (b"Accept-Encoding", b"gzip, deflate")):
            if name.lower() not in names:
                sent.append((name, value))
        waits = dict.fromkeys(("connect", "read", "write", "pool"), self._timeout_s)
        answer = Answer(status=None)
        parts: list[bytes] = []
        problem: str | None = None
        try:
            with self._pool.stream(
                method,
                httpcore.URL(
                    scheme=self._origin.scheme,
                    host=self._origin.host,
                    port=self._origin.port,
                    target=target.encode("ascii"),
                ),
                headers=sent,
                content=body or None,
                extensions={"timeout": waits},
            ) as response:
                named = tuple(
                    (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers
                )
                answer = Answer(status=response.status, headers=named)
                size = 0
                for part in response.iter_stream():
                    parts.append(part)
                    size += len(part)
                    if size > MAX_BODY_BYTES:
                        problem = _TOO_LONG
                        break
        except httpcore.TimeoutException:
            problem = _LATE if self._deadline.is_over else f"nothing came for {self._timeout_s:g} s"
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError, ssl.SSLError) as error:
            problem = str(error) or type(error).__name__
        unpacked, misfit = _unpacked(b"".join(parts), answer.headers)
        return msgspec.structs.replace(answer, body=unpacked, problem=problem or misfit)


class _Deadline:
    """When an exchange has to be over."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._at = float("inf")

    def begin(self, seconds: float) -> None:
        self._at = self._clock() + seconds

    @property
    def is_over(self) -> bool:
        return self._clock() >= self._at

    def cut(self, timeout_s: float | None) -> float:
        """Return how long a step may take that would take ``timeout_s`` by itself."""
        left = self._at - self._clock()
        if left <= 0:
            raise httpcore.ReadTimeout(_LATE)
        return left if timeout_s is None else min(timeout_s, left)


class _Network(httpcore.NetworkBackend):
    """The network with a deadline: a head that drips would otherwise have time for each of its bytes."""

    def __init__(self, deadline: _Deadline) -> None:
        self._network = httpcore.SyncBackend()
        self._deadline = deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        stream = self._network.connect_tcp(host, port, self._deadline.cut(timeout), local_address, socket_options)
        return _Stream(stream, self._deadline)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: _Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.cut(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.cut(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        stream = self._stream.start_tls(ssl_context, server_hostname, self._deadline.cut(timeout))
        return _Stream(stream, self._deadline)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _proxy(target: Target) -> tuple[httpcore.Proxy | None, str | None]:
    """Return the proxy that the environment names for a target, or why it cannot be used."""
    parts = urlsplit(target.base_url)
    if target.is_loopback or proxy_bypass(parts.netloc):
        return None, None
    proxies = getproxies()
    url = proxies.get(parts.scheme) or proxies.get("all")
    if not url:
        return None, None
    at = urlsplit(url if "://" in url else f"http://{url}")
    if at.scheme not in ("http", "https") or not at.hostname:
        return None, f"the proxy that the environment names is no HTTP proxy, but {at.scheme or 'nothing'}"
    login = (unquote(at.username), unquote(at.password or "")) if at.username else None
    port = f":{at.port}" if at.port else ""
    context = trusted_certificates() if at.scheme == "https" else None
    return httpcore.Proxy(f"{at.scheme}://{at.hostname}{port}", auth=login, ssl_context=context), None


def _unpacked(body: bytes, headers: Iterable[tuple[str, str]]) -> tuple[bytes, str | None]:
    """Undo the content encodings, the last one first, each within the bound; say what does not fit."""
    named = ",".join(value for name, value in headers if name == "content-encoding")
    encodings = [name.strip().lower() for name in named.split(",") if name.strip()]
    for encoding in reversed(encodings if body else ()):
        if encoding == "identity":
            continue
        if encoding not in _WINDOWS:
            return body, f"its encoding is {encoding!r}, which was not asked for"
        try:
            unpacker = zlib.decompressobj(_WINDOWS[encoding])
            body = unpacker.decompress(body, MAX_BODY_BYTES + 1)
        except zlib.error:
            return body, f"it is no {encoding}, though Content-Encoding says so"
        if len(body) > MAX_BODY_BYTES:
            return body[:MAX_BODY_BYTES], _TOO_LONG
        if not unpacker.eof:
            return body, f"its {encoding} breaks off"
    return body, None
