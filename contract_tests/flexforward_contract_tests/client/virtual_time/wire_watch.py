"""Knows what is in flight between a client and the live server: byte for byte, on each connection.

Theory of operation. The client counts the bytes that it has sent and read on each of its connections, by its own port
(``Traffic``); the server counts those that it has taken in and sent, and knows in which state the connection is:

- ``new``: no whole head of a request has come in since the connection was made, or since the newest bytes;
- ``asked``: a request has come in, and no byte of its answer has gone out;
- ``held``: the server holds back the answer, or the rest of it, on purpose, until virtual time lets it go;
- ``answering``: a part of the answer has gone out, and the rest follows at once;
- ``answered``: the whole answer has gone out; the next bytes that come in begin another request.

Nothing is in flight on a connection if both sides have the same counts and the server owes nothing that it could send
now: it is ``new``, ``held`` or ``answered``. Only then may virtual time move, so that no client ever waits for bytes
that are on their way. A connection that the client knows and the server does not is about to be taken, or has ended
without the client's having seen that; both are in flight.

A supervised program counts no bytes. For it the server is *settled* when it has taken every connection that the program
has opened, has read every byte that the kernel has for it, and is at rest on each connection with nothing left to hand
to the kernel. What it handed over is with the program at once, on one machine: whoever waits for it is awake from then
on, which the supervisor sees. ``activity`` tells whether anything has happened since it looked.
"""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from flexforward_mockserver.web.connection import Connection

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from .preload.flexforward_virtual_time import Traffic

__all__ = ["WireWatch", "port_of"]

_TCP_INFO = struct.Struct("=B127xQ")
"""Where Linux tells in ``tcp_info`` a connection's state, and how many bytes have come in on it, read or not."""
_ESTABLISHED = 1


class WireWatch:
    """The connections of one server, by the port of the client's end.

    Attributes:
        on_request: told of the port when the first bytes of a request come in;
        on_end: when its connection ends.
        made: connections that were ever taken.
        activity: grows with everything that happens on a connection.
    """

    def __init__(self) -> None:
        self.made = 0
        self.activity = 0
        self.on_request: Callable[[int], None] | None = None
        self.on_end: Callable[[int], None] | None = None
        self._connections: dict[int, _ConnectionState] = {}
        self._lock = threading.Lock()

    def is_quiet(self, traffic: Traffic) -> bool:
        """Tell whether nothing is in flight on the client's connections, as it has counted their bytes."""
        with self._lock:
            return all(self._is_still(port, sent, received) for port, (sent, received) in traffic.items())

    def is_settled(self, opened: int) -> bool:
        """Tell whether the server has nothing left to do for a program that has opened so many connections in all."""
        with self._lock:
            return self.made >= opened and all(connection.is_settled for connection in self._connections.values())

    def _is_still(self, port: int, sent: int, received: int) -> bool:
        connection = self._connections.get(port)
        if connection is None:  # not taken yet, or over, which the client has not seen yet
            return False
        return connection.received == sent and connection.sent == received and connection.state in _AT_REST

    def has_answered(self, port: int) -> bool:
        """Tell whether the newest request of a connection has its answer; of one that has ended none is to come."""
        with self._lock:
            connection = self._connections.get(port)
        return connection is None or connection.state == "answered"

    def is_answering(self, port: int) -> bool:
        """Tell whether an answer or an end is just going out: the client may see it before the server has noted it."""
        with self._lock:
            connection = self._connections.get(port)
        return connection is not None and connection.is_going_out

    def end_all(self) -> bool:
        """End all connections from the server's side, in its own thread; tell whether there is none any more."""
        with self._lock:
            connections = tuple(self._connections.values())
        for connection in connections:
            connection.end()
        return not connections

    def hold(self, transport: asyncio.Transport | None, *, is_held: bool) -> None:
        """Take down that the server holds back its answer on a connection, or no longer does."""
        if isinstance(transport, _CountingTransport):
            self.activity += 1
            transport.connection.is_held = is_held

    def protocol(self) -> type[asyncio.Protocol]:
        """Return uvicorn's protocol, watched."""
        watch = self

        class WatchedConnection(Connection):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
                connection = _ConnectionState(self, transport)
                watch.activity += 1
                with watch._lock:
                    watch.made += 1
                    watch._connections[port_of(transport)] = connection
                super().connection_made(cast("Any", _CountingTransport(watch, transport, connection)))

            def connection_lost(self, exc: Exception | None) -> None:
                port = port_of(self.transport)
                watch.activity += 1
                if watch.on_end is not None:
                    watch.on_end(port)  # while time stands still: it may go on as soon as there is no connection
                with watch._lock:
                    watch._connections.pop(port, None)
                super().connection_lost(exc)

            def data_received(self, data: bytes) -> None:
                count = cast("_CountingTransport", self.transport).connection
                if count.begins_request:
                    count.sent_before = count.sent
                    if watch.on_request is not None:
                        watch.on_request(port_of(self.transport))
                super().data_received(data)
                # Counted when the request is known: from then on it is seen to be unanswered.
                count.received += len(data)
                watch.activity += 1

        return WatchedConnection


WireState: TypeAlias = Literal["new", "asked", "held", "answering", "answered"]
_AT_REST = ("new", "held", "answered")


class _ConnectionState:
    """One connection, as the server sees it.

    Attributes:
        received: bytes that came in and are part of a request that is known.
        sent: bytes that went out.
        sent_before: those of them that went out before the newest request.
        is_held: the server holds back what is still to be sent.
    """

    def __init__(self, protocol: Connection, transport: asyncio.Transport) -> None:
        self._protocol = protocol
        self._transport = transport
        self.received = 0
        self.sent = 0
        self.sent_before = 0
        self.is_held = False

    @property
    def state(self) -> WireState:
        """Where the newest request is; the module's docstring says what each state means."""
        if self.is_held:
            return "held"
        has_begun = self.sent > self.sent_before
        if self._protocol.is_answered:
            return "answered" if has_begun else "new"
        return "answering" if has_begun else "asked"

    def end(self) -> None:
        """End it at once."""
        with suppress(RuntimeError):  # the server's loop has ended, and it with it
            self._protocol.loop.call_soon_threadsafe(self._protocol.transport.abort)

    @property
    def is_settled(self) -> bool:
        """Whether it is at rest, with nothing unread in the kernel and nothing unsent here."""
        if self.state not in _AT_REST or self._transport.is_closing():
            return False
        return self.received == _received_by_kernel(self._transport) and not self._transport.get_write_buffer_size()

    @property
    def begins_request(self) -> bool:
        """Whether bytes that come in now begin a request, and are not the rest of a head."""
        return self.state == "answered" or (self.state == "new" and self.received == 0)

    @property
    def is_going_out(self) -> bool:
        """Whether an answer or an end is just going out: the client may see it before it is noted here."""
        return self.state == "answering" or bool(self._protocol.transport.is_closing())


class _CountingTransport:
    """A transport that counts what is written to it."""

    def __init__(self, watch: WireWatch, transport: asyncio.Transport, connection: _ConnectionState) -> None:
        self._watch = watch
        self._transport = transport
        self.connection = connection

    def write(self, data: bytes) -> None:
        self._watch.activity += 1
        self.connection.sent += len(data)
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def port_of(transport: asyncio.BaseTransport | None) -> int:
    """Return the port of the client's end; -1 if there is none."""
    peer = None if transport is None else transport.get_extra_info("peername")
    return int(peer[1]) if peer else -1


def _received_by_kernel(transport: asyncio.Transport) -> int:
    """Return how many bytes have come in, read or not; -1 for a connection that the client has ended, read or not."""
    try:
        told = transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size)
        state, received = _TCP_INFO.unpack(told)
    except (OSError, struct.error, AttributeError):
        return -1
    return int(received) if state == _ESTABLISHED else -1
