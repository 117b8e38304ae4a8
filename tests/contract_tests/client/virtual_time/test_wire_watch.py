"""What is in flight between a client and the live server, byte for byte."""

from __future__ import annotations

import asyncio
import socket
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import uvicorn
from uvicorn.server import ServerState

from flexforward_contract_tests.client.virtual_time.live_transport import LiveTransport, open_live_transport
from flexforward_contract_tests.client.virtual_time.run_clock import RunClock, SandboxClock
from flexforward_contract_tests.client.virtual_time.wire_watch import WireWatch, port_of
from flexforward_fixtures.mock import Mock
from virtual_kit import START, trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.types import Receive, Scope, Send


class Wire:
    """A connection, and what its client has counted on it."""

    def __init__(self, door: LiveTransport, request: bytes) -> None:
        self.socket = socket.create_connection(door.address, timeout=5)
        self.port = self.socket.getsockname()[1]
        self.watch = door.watch
        self.request = request
        self.sent = self.received = 0

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)
        self.sent += len(data)

    def read(self, size: int = 65536) -> bytes:
        data = self.socket.recv(size)
        self.received += len(data)
        return data

    @property
    def is_quiet(self) -> bool:
        return self.watch.is_quiet({self.port: (self.sent, self.received)})


def soon(is_so: Callable[[], bool]) -> bool:
    until = time.monotonic() + 5
    while not is_so() and time.monotonic() < until:
        time.sleep(0.001)
    return is_so()


def opened(steps: str) -> Iterator[Wire]:
    mock = Mock()
    with open_live_transport(mock.engine) as door:
        pace = RunClock(START, limit=timedelta(days=1), watch=door.watch)
        door.begin(pace)
        handle = mock.open(base_url=door.base_url, clock=SandboxClock(pace))
        label = handle.ship(trial(steps).scenario)
        head = f"GET /tracking/{label.id} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {handle.token}\r\n\r\n"
        wire = Wire(door, head.encode())
        yield wire
        wire.socket.close()
        door.begin(None)
        handle.close()


@pytest.fixture
def wire() -> Iterator[Wire]:
    yield from opened("tag: Pending")


@pytest.fixture
def silent() -> Iterator[Wire]:
    yield from opened("{tag: Pending, fault: {kind: no-answer}}")


def test_a_connection_that_the_server_does_not_know_is_in_flight(wire: Wire) -> None:
    assert not wire.watch.is_quiet({1: (0, 0)})
    assert wire.watch.is_quiet({})


def test_an_idle_connection_is_quiet(wire: Wire) -> None:
    assert soon(lambda: wire.is_quiet)


def test_bytes_on_their_way_to_the_server_are_in_flight(wire: Wire) -> None:
    wire.send(wire.request[:20])
    assert soon(lambda: wire.is_quiet), "half a request came in: nobody but the client can go on"
    assert not wire.watch.is_quiet({wire.port: (wire.sent + 1, 0)})


def test_an_answer_is_in_flight_until_its_last_byte_is_read(wire: Wire) -> None:
    wire.send(wire.request)
    body_size = len(wire.socket.recv(65536, socket.MSG_PEEK))
    assert not wire.is_quiet
    wire.read(body_size - 1)
    assert not wire.is_quiet
    wire.read(1)
    assert soon(lambda: wire.is_quiet)
    wire.send(wire.request)
    wire.read()
    assert soon(lambda: wire.is_quiet), "also the second time"


def test_an_answer_that_is_held_back_is_not_in_flight(silent: Wire) -> None:
    silent.send(silent.request)
    assert soon(lambda: silent.is_quiet)
    assert not silent.watch.has_answered(silent.port)
    assert not silent.watch.is_answering(silent.port)


def test_a_connection_that_has_ended_is_in_flight_until_the_client_knows(silent: Wire) -> None:
    silent.send(silent.request)
    assert soon(lambda: silent.is_quiet)
    silent.socket.shutdown(socket.SHUT_WR)
    assert soon(lambda: not silent.is_quiet)
    assert silent.watch.has_answered(silent.port), "there is none to come"
    assert not silent.watch.is_answering(silent.port)


def test_a_transport_of_somebody_elses_is_left_alone() -> None:
    WireWatch().hold(None, is_held=True)
    assert port_of(None) == -1


class Gone(asyncio.Transport):
    """A connection whose socket was closed while somebody else was asking for it."""

    def __init__(self) -> None:
        self.ends = socket.socketpair()
        super().__init__({"peername": ("127.0.0.1", 5), "socket": self.ends[0]})

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise AssertionError  # nobody asks it


def test_a_connection_of_which_the_kernel_tells_nothing_is_not_settled() -> None:
    async def connect() -> WireWatch:
        watch = WireWatch()
        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none")
        config.load()
        gone = Gone()
        watch.protocol()(config, ServerState(), {}).connection_made(gone)  # type: ignore[call-arg]  # as uvicorn does
        for end in gone.ends:
            end.close()
        return watch

    watch = asyncio.run(connect())
    assert not watch.is_settled(1)
    assert not watch.is_settled(0), "it is not forgotten either"
