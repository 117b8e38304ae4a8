"""A TrackingApi on a socket, with the say over every byte that a framework would settle by itself."""

from __future__ import annotations

import socketserver
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from mutants.api.tracking_api import Answer, Question

if TYPE_CHECKING:
    from collections.abc import Generator

    from mutants.api.tracking_api import TrackingApi

__all__ = ["Wire", "serve_api"]

LONGEST_LINE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How answers go over the connection.

    Attributes:
        closes: the connection ends after each answer, and says so.
        has_length: bodies have a Content-Length; without it they end with the connection.
        clock_s: how far the server's clock is ahead; None sends no Date.
        delay_s: wait before each answer.
        pieces: a body goes out in so many parts.
        is_silent: the connection ends after each answer, and nothing says so.
        has_interim: a 100 comes before each answer.
        extra: further header lines.
    """

    version: str = "HTTP/1.1"
    is_chunked: bool = False
    is_lower_case: bool = False
    has_reason: bool = True
    closes: bool = False
    has_length: bool = True
    clock_s: float | None = 0
    delay_s: float = 0
    pieces: int = 1
    is_silent: bool = False
    has_interim: bool = False
    extra: tuple[tuple[str, str], ...] = ()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, api: TrackingApi, wire: Wire) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.api, self.wire = api, wire

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: a connection that a client or a mutant cuts is business as usual."""


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    wbufsize = -1
    timeout = 30
    server: Any  # typeshed types it as the base class

    def handle(self) -> None:
        wire: Wire = self.server.wire
        while (question := self._question()) is not None:
            time.sleep(wire.delay_s)
            self._send(question.method, self.server.api.answer(question), wire)
            if wire.closes or wire.is_silent or question.headers.get("connection", "").lower() == "close":
                break

    def _question(self) -> Question | None:
        """Read a request, and its body if it has one; None at the end of the connection."""
        words = self.rfile.readline(LONGEST_LINE).decode("latin-1").split()
        if len(words) != 3:
            return None
        headers: dict[str, str] = {}
        while line := self.rfile.readline(LONGEST_LINE).decode("latin-1").strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        self.rfile.read(int(headers.get("content-length", "0")))
        if "chunked" in headers.get("transfer-encoding", ""):
            while size := int(self.rfile.readline(LONGEST_LINE), 16):
                self.rfile.read(size + 2)
            self.rfile.readline(LONGEST_LINE)
        return Question(method=words[0], target=words[1], headers=headers)

    def _send(self, method: str, answer: Answer, wire: Wire) -> None:
        is_empty = method == "HEAD" or answer.status in {204, 304}
        headers = [*answer.headers.items(), *wire.extra]
        if wire.clock_s is not None:
            headers.append(("Date", formatdate(time.time() + wire.clock_s, usegmt=True)))
        if wire.is_chunked and not is_empty:
            headers.append(("Transfer-Encoding", "chunked"))
        elif wire.has_length and answer.status != 204:
            headers.append(("Content-Length", str(len(answer.body))))
        if wire.closes:
            headers.append(("Connection", "close"))
        reason = HTTPStatus(answer.status).phrase if wire.has_reason else ""
        lines = [f"{wire.version} {answer.status} {reason}"]
        lines += [f"{name.lower() if wire.is_lower_case else name}: {value}" for name, value in headers]
        if wire.has_interim:
            self.wfile.write(f"{wire.version} 100 Continue\r\n\r\n".encode())
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        if not is_empty:
            size = max(1, -(-len(answer.body) // wire.pieces))
            for start in range(0, len(answer.body), size):
                piece = answer.body[start : start + size]
                self.wfile.write(b"%x\r\n%b\r\n" % (len(piece), piece) if wire.is_chunked else piece)
                if wire.pieces > 1:
                    self.wfile.flush()
                    time.sleep(0.002)
            if wire.is_chunked:
                self.wfile.write(b"0\r\n\r\n")
        self.wfile.flush()


@contextmanager
def serve_api(api: TrackingApi, wire: Wire | None = None) -> Generator[str]:
    """Serve the API in a thread, and give its base URL."""
    server = _Server(api, wire or Wire())
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
