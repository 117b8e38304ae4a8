"""One keep-alive connection that takes answers and broken connections alike, and says which of them it met."""

from __future__ import annotations

import json
import re
import socket
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Self

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PATIENCE_S", "Client", "Outcome", "request"]

PATIENCE_S: Final = 30.0
"""How long an answer is waited for. What takes longer counts as unanswered."""

_IDLE_S: Final = 2.0  # the server closes a connection that is idle for five seconds, and a request may cross that
_CONTENT_LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one request.

    Attributes:
        kind: a whole answer, one that ended in mid-body, a connection closed or reset before any answer, or silence.
        head: of the answer, down to its empty line.
        sent: the request, for a report.
    """

    kind: Literal["answer", "part", "closed", "reset", "silence"]
    head: bytes = b""
    body: bytes = b""
    sent: bytes = field(default=b"", repr=False)

    @property
    def status(self) -> int:
        """Status of the answer; 0 if there was none."""
        return int(self.head[9:12] or 0)

    @property
    def fault(self) -> str:
        """What ``X-Flexforward-Mock`` names; empty if that is not there."""
        match = re.search(rb"\r\nx-flexforward-mock: ([^\r]*)\r\n", self.head, re.IGNORECASE)
        return match[1].decode() if match else ""

    @property
    def json(self) -> Any:
        """The body, decoded; None if it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None

    @property
    def fields(self) -> dict[str, Any]:
        """The JSON object in the body; empty if there is none."""
        decoded: dict[str, Any] | None = self.json
        return decoded or {}

    def __str__(self) -> str:
        asked = self.sent.partition(b"\r\n")[0][:120]
        return f"{asked!r} got {self.kind} {self.status} {self.fault} {self.body[:120]!r}"


def request(method: str, path: str, headers: Mapping[str, str] | None = None, body: object = None) -> bytes:
    """Return a request as bytes; ``body`` goes as JSON, None for none."""
    sent = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None:
        lines.append(f"Content-Length: {len(sent)}")
    return "\r\n".join((*lines, "", "")).encode() + sent


class Client:
    """Sends one request at a time, over one connection for as long as that lasts.

    Args:
        port: of a server on loopback; no other address is ever asked.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._connection: socket.socket | None = None
        self._used_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; the next request opens another one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def send(self, sent: bytes, *, read_timeout_s: float = PATIENCE_S) -> Outcome:
        """Send a request and wait for what becomes of it."""
        data = bytearray()
        try:
            connection = self._open(read_timeout_s)
            connection.sendall(sent)
            while (lengths := _lengths(data)) is None or len(data) < sum(lengths):
                chunk = connection.recv(262_144)
                if not chunk:
                    self.close()
                    return _outcome("part" if lengths else "closed", data, lengths, sent)
                data += chunk
        except ConnectionError:
            self.close()
            return _outcome("reset", data, None, sent)
        except TimeoutError:
            self.close()
            return _outcome("silence", data, None, sent)
        self._used_at = time.monotonic()
        return _outcome("answer", data, lengths, sent)

    def _open(self, read_timeout_s: float) -> socket.socket:
        if self._connection is not None and time.monotonic() - self._used_at > _IDLE_S:
            self.close()
        if self._connection is None:
            self._connection = socket.create_connection(("127.0.0.1", self._port), timeout=read_timeout_s)
            self._connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection.settimeout(read_timeout_s)
        return self._connection


def _lengths(data: bytearray) -> tuple[int, int] | None:
    """Return how long head and body are to be; None while the head is not all there."""
    head_bytes = data.find(b"\r\n\r\n") + 4
    if head_bytes < 4:
        return None
    length = _CONTENT_LENGTH.search(data, 0, head_bytes)
    return head_bytes, int(length[1]) if length else 0


def _outcome(
    kind: Literal["answer", "part", "closed", "reset", "silence"],
    data: bytearray,
    lengths: tuple[int, int] | None,
    sent: bytes,
) -> Outcome:
    head_bytes = lengths[0] if lengths else 0
    return Outcome(kind=kind, head=bytes(data[:head_bytes]), body=bytes(data[head_bytes:]), sent=sent)
