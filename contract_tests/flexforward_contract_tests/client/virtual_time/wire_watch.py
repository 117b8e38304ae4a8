"""Knows what is in flight between a client and the live server: byte for byte, on each connection.

Nothing is in flight on a connection when the server has taken in every byte that the client sent, has answered, or is
holding its answer back on purpose, and the client has read every byte that the server sent.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, cast

from flexforward_mockserver.web.connection import Connection

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from .preload.flexforward_virtual_time import Traffic

__all__ = ["WireWatch", "port_of"]


class WireWatch:
    """The connections of one server, by the port of the client's end.

    Attributes:
        on_request: told of the port when the first bytes of a request come in;
        on_end: when its connection ends.
    """

    def __init__(self) -> None:
        self.on_request: Callable[[int], None] | None = None
        self.on_end: Callable[[int], None] | None = None
        self._connections: dict[int, _ConnectionState] = {}
        self._lock = threading.Lock()

    def is_quiet(self, traffic: Traffic) -> bool:
        """Tell whether nothing is in flight on the client's connections, as it has counted their bytes."""
        with self._lock:
            return all(self._is_still(port, sent, received) for port, (sent, received) in traffic.items())

    def _is_still(self, port: int, sent: int, received: int) -> bool:
        connection = self._connections.get(port)
        if connection is None:  # not taken yet, or over, which the client has not seen yet
            return False
        return (
            connection.received == sent
            and connection.sent == received
            and (connection.is_held or connection.has_answered)
        )

    def has_answered(self, port: int) -> bool:
        """Tell whether the newest request of a connection has its answer; of one that has ended none is to come."""
        with self._lock:
            connection = self._connections.get(port)
        return connection is None or (connection.has_begun_answer and connection.has_answered)

    def is_answering(self, port: int) -> bool:
        """Tell whether an answer or an end is just going out: the client may see it before the server has noted it."""
        with self._lock:
            connection = self._connections.get(port)
        return connection is not None and connection.is_answering

    def hold(self, transport: asyncio.Transport | None, *, is_held: bool) -> None:
        """Take down that the server holds back its answer on a connection, or no longer does."""
        if isinstance(transport, _CountingTransport):
            transport.connection.is_held = is_held

    def protocol(self) -> type[asyncio.Protocol]:
        """Return uvicorn's protocol, watched."""
        watch = self

        class WatchedConnection(Connection):
            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's
                connection = _ConnectionState(self)
                with watch._lock:
                    watch._connections[port_of(transport)] = connection
                super().connection_made(cast("Any", _CountingTransport(transport, connection)))

            def connection_lost(self, exc: Exception | None) -> None:
                port = port_of(self.transport)
                with watch._lock:
                    watch._connections.pop(port, None)
                if watch.on_end is not None:
                    watch.on_end(port)
                super().connection_lost(exc)

            def data_received(self, data: bytes) -> None:
                count = cast("_CountingTransport", self.transport).connection
                if count.is_ready:
                    count.sent_before = count.sent
                    if watch.on_request is not None:
                        watch.on_request(port_of(self.transport))
                super().data_received(data)
                # Counted when the request is known: from then on it is seen to be unanswered.
                count.received += len(data)

        return WatchedConnection


class _ConnectionState:
    def __init__(self, protocol: Connection) -> None:
        self._protocol = protocol
        self.received = 0
        self.sent = 0
        self.sent_before = 0
        self.is_held = False

    @property
    def has_answered(self) -> bool:
        return self._protocol.is_answered

    @property
    def has_begun_answer(self) -> bool:
        return self.sent > self.sent_before

    @property
    def is_ready(self) -> bool:
        """Whether bytes that come in now begin a request, and are not the rest of a head."""
        return self.has_answered and (self.received == 0 or self.has_begun_answer)

    @property
    def is_answering(self) -> bool:
        is_half_out = self.has_begun_answer and not self.is_held and not self.has_answered
        return is_half_out or bool(self._protocol.transport.is_closing())


class _CountingTransport:
    """A transport that counts what is written to it."""

    def __init__(self, transport: asyncio.Transport, connection: _ConnectionState) -> None:
        self._transport = transport
        self.connection = connection

    def write(self, data: bytes) -> None:
        self.connection.sent += len(data)
        self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def port_of(transport: asyncio.BaseTransport | None) -> int:
    """Return the port of the client's end; -1 if there is none."""
    peer = None if transport is None else transport.get_extra_info("peername")
    return int(peer[1]) if peer else -1
