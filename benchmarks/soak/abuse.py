"""Clients that nobody wants: slow, mute, vanished, boundless. All of them in one thread that never waits for long."""

from __future__ import annotations

import socket
import struct
import threading
from collections import Counter
from contextlib import suppress
from typing import Final, Self

from benchmarks.control_client import Client, request
from benchmarks.exchange import REQUEST

__all__ = ["OVERSIZED", "Abusers"]

_TICK_S: Final = 0.1
_OF_EACH: Final = 10
_AT_ONCE: Final = 100  # answers of some 100 kB: more than the kernel's buffers of a connection hold
_YEAR_S: Final = 365 * 86_400
_LINE: Final = b"GET /tracking/DEMO-long-history HTTP/1.1\r\n"
_FIELDS: Final = b"Host: 127.0.0.1\r\nAuthorization: Bearer YOUR_API_TOKEN\r\n"
_LONG: Final = _LINE + _FIELDS + b"\r\n"
_RST: Final = struct.pack("ii", 1, 0)  # closed without lingering: an RST instead of a FIN
OVERSIZED: Final = {
    "path": b"GET /tracking/%s HTTP/1.1\r\n%s\r\n" % (b"x" * 1_000_000, _FIELDS),
    "field": _LINE + _FIELDS + b"X-Big: %s\r\n\r\n" % (b"x" * 1_000_000),
    "fields": _LINE + _FIELDS + b"".join(b"X-%06d: x\r\n" % number for number in range(80_000)) + b"\r\n",
}
"""Requests with a head of about a megabyte, by what of it is too large."""


class Abusers:
    """Ten of each of these at a time, from ``with`` to its end.

    - mute: a connection on which nothing is ever sent;
    - slow: a head of which a byte comes now and then, and which has no end;
    - deaf: a hundred requests for a long body at once, and a byte read of it now and then;
    - half: as many connections a second that send half a head and then close, reset or only close their side;
    - oversized: one of ``OVERSIZED`` after the other.

    Attributes:
        met: how they fared, to be read after the end.
    """

    def __init__(self, port: int) -> None:
        self.met: Counter[str] = Counter()
        self._port = port
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="abusers", daemon=True)
        self._mute: list[socket.socket] = []
        self._slow: list[socket.socket] = []
        self._deaf: list[socket.socket] = []
        self._turn = 0

    def __enter__(self) -> Self:
        with Client(self._port) as client:  # for the long history to be long
            client.send(request("POST", "/_mock/sandboxes/default/clock/advance", body={"seconds": _YEAR_S}))
        self._mute = [self._connect() for _ in range(_OF_EACH)]
        self._slow = [self._connect(_LONG[:-2] + b"X-Slow: ") for _ in range(_OF_EACH)]
        self._deaf = [self._connect(_LONG * _AT_ONCE, buffer_bytes=4096) for _ in range(_OF_EACH)]
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()
        for connection in (*self._mute, *self._slow, *self._deaf):
            with suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
            connection.close()

    def open_count(self) -> int:
        """Tell how many mute, slow and deaf ones still hang on the server: nothing has come, or not all."""
        silent = sum(_is_open(connection) for connection in (*self._mute, *self._slow))
        return silent + sum(_is_open(connection, has_begun=True) for connection in self._deaf)

    def _run(self) -> None:
        while not self._ended.wait(_TICK_S):
            self._turn += 1
            for number in range(_OF_EACH):
                self._go_on(self._slow, number, _LONG[:-2] + b"X-Slow: ", b"x")
                self._read_a_byte(number)
                if not _is_open(self._mute[number]):
                    self.met["mute closed"] += 1
                    self._mute[number] = self._connect()
            self._send_half()
            if self._turn % 5 == 0:
                self._send_oversized()

    def _connect(self, sent: bytes = b"", *, buffer_bytes: int | None = None) -> socket.socket:
        connection = socket.socket()
        if buffer_bytes is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        connection.settimeout(5.0)
        connection.connect(("127.0.0.1", self._port))
        connection.sendall(sent)
        connection.settimeout(0.0)
        self.met["connections"] += 1
        return connection

    def _go_on(self, connections: list[socket.socket], number: int, first: bytes, more: bytes) -> None:
        try:
            connections[number].sendall(more)
            self.met["slow bytes sent"] += 1
        except OSError:
            self.met["slow closed"] += 1
            connections[number].close()
            connections[number] = self._connect(first)

    def _read_a_byte(self, number: int) -> None:
        try:
            is_open = self._deaf[number].recv(1) != b""
        except BlockingIOError:
            return
        except OSError:
            is_open = False
        if is_open:
            self.met["slow bytes read"] += 1
        else:
            self.met["deaf closed"] += 1
            self._deaf[number].close()
            self._deaf[number] = self._connect(_LONG * _AT_ONCE, buffer_bytes=4096)

    def _send_half(self) -> None:
        connection = self._connect(REQUEST[: len(REQUEST) // 2])
        match self._turn % 3:
            case 0:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
            case 1:
                connection.shutdown(socket.SHUT_WR)
            case _:
                pass
        connection.close()
        self.met["halves of a head"] += 1

    def _send_oversized(self) -> None:
        name = tuple(OVERSIZED)[self._turn // 5 % len(OVERSIZED)]
        with Client(self._port) as client:
            outcome = client.send(OVERSIZED[name])
        is_refused = outcome.kind in ("closed", "reset") or 400 <= outcome.status < 500
        met = "refused" if is_refused else "silence" if outcome.kind == "silence" else "taken"
        self.met[f"oversized {name} {met}"] += 1


def _is_open(connection: socket.socket, *, has_begun: bool = False) -> bool:
    try:
        return connection.recv(1, socket.MSG_PEEK) != b"" and has_begun
    except BlockingIOError:
        return True
    except OSError:
        return False
