"""The exchange that servers are asked for, as bytes: the one that all know, or one of many labels."""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from typing import Final, Self

__all__ = ["REQUEST", "Answer", "BenchmarkError", "ask", "request_for", "take_answer"]


def request_for(key: str) -> bytes:
    """Return the request for the label with that order number or UUID."""
    return (
        f"GET /tracking/{key} HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n"
        "Authorization: Bearer YOUR_API_TOKEN\r\n"
        "Accept: */*\r\n"
        "\r\n"
    ).encode()


REQUEST: Final = request_for("f47ac10b-58cc-4372-a567-0e02b2c3d479")

_CONTENT_LENGTH: Final = re.compile(rb"\r\ncontent-length: *([0-9]+)\r\n", re.IGNORECASE)


class BenchmarkError(RuntimeError):
    """A measurement failed: no figure may be taken from it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer, as far as the measurements look at it."""

    status: int
    body: bytes

    def __str__(self) -> str:
        return f"{self.status} with {len(self.body)} bytes: {self.body[:200]!r}"

    @classmethod
    def of(cls, data: bytes | bytearray, body_bytes: int) -> Self:
        """Read an answer of which ``take_answer`` told the length of the body."""
        return cls(status=int(data[9:12]), body=bytes(data[len(data) - body_bytes :]))


def take_answer(data: bytes | bytearray) -> tuple[int, int] | None:
    """Return the lengths of the first answer in ``data``, whole and of its body; None while it is not all there.

    Raises:
        BenchmarkError: the head has no Content-Length.
    """
    head_bytes = data.find(b"\r\n\r\n") + 4
    if head_bytes < 4:
        return None
    length = _CONTENT_LENGTH.search(data, 0, head_bytes)
    if length is None:
        raise BenchmarkError(f"an answer without Content-Length: {bytes(data[:head_bytes])!r}")
    body_bytes = int(length[1])
    return (head_bytes + body_bytes, body_bytes) if len(data) >= head_bytes + body_bytes else None


def ask(port: int, request: bytes = REQUEST, *, timeout_s: float = 5.0) -> Answer:
    """Send a request over a connection of its own.

    Raises:
        OSError: nobody listens, or the answer did not come in time or not whole.
    """
    with socket.create_connection(("127.0.0.1", port), timeout=timeout_s) as connection:
        connection.sendall(request)
        data = bytearray()
        while True:
            chunk = connection.recv(65536)
            if not chunk:
                raise ConnectionError(f"the connection was closed after {len(data)} bytes of the answer")
            data += chunk
            lengths = take_answer(data)
            if lengths is not None:
                return Answer.of(data[: lengths[0]], lengths[1])
