from __future__ import annotations

import asyncio
import signal
import socket
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from control_kit import ControlKit
from flexforward_fixtures.transports.live_server import run_in_thread
from flexforward_mockserver.web.app import create_app
from flexforward_mockserver.web.control_app import HostGuard, create_control_app
from flexforward_mockserver.web.event_stream import stream_events
from server_process import running

if TYPE_CHECKING:
    from collections.abc import Iterator, MutableMapping

Message = "MutableMapping[str, Any]"


class Told:
    """Events that were written before, one look at a time."""

    def __init__(self, *looks: str) -> None:
        self.looks = list(looks)

    @property
    def is_over(self) -> bool:
        return len(self.looks) <= 1

    def news(self) -> Iterator[str]:
        yield self.looks.pop(0)


class Transport:
    """A connection that takes down whether it was broken off."""

    def __init__(self) -> None:
        self.is_aborted = False

    def abort(self) -> None:
        self.is_aborted = True


def stream(
    events: Told, *, leaves: bool = False, ends_after: int = 10_000, sticks: bool = False
) -> tuple[list[MutableMapping[str, Any]], Transport]:
    sent: list[MutableMapping[str, Any]] = []
    transport = Transport()

    async def receive() -> MutableMapping[str, Any]:
        if leaves:
            return {"type": "http.disconnect"}
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: MutableMapping[str, Any]) -> None:
        if sticks and message["type"] == "http.response.body":
            await asyncio.Event().wait()
        sent.append(message)

    async def go() -> None:
        looks = iter(range(ends_after))
        await stream_events(
            events,
            receive,
            send,
            is_ending=lambda: next(looks, None) is None,
            transport=transport,  # type: ignore[arg-type]
            tick_s=0.0001,
            patience_s=0.01 if sticks else 30.0,
        )

    asyncio.run(asyncio.wait_for(go(), 60))
    return sent, transport


def bodies(sent: list[MutableMapping[str, Any]]) -> list[bytes]:
    return [message["body"] for message in sent[1:]]


def test_what_happened_is_sent_as_it_happens_and_the_stream_ends_with_what_is_watched() -> None:
    sent, transport = stream(Told("one", "", "two"))
    assert (b"content-type", b"text/event-stream") in sent[0]["headers"]
    assert bodies(sent) == [b"one", b"two", b""]
    assert not transport.is_aborted


def test_a_stream_ends_with_the_server() -> None:
    sent, _ = stream(Told(*["x"] * 100), ends_after=3)
    assert bodies(sent) == [b"x", b"x", b"x", b""]


def test_a_stream_ends_with_its_reader() -> None:
    sent, _ = stream(Told(*["x"] * 100), leaves=True)
    assert len(sent) < 100


def test_a_request_with_a_body_is_no_reader_who_leaves() -> None:
    messages = iter([{"type": "http.request", "body": b"{}", "more_body": False}])
    sent: list[MutableMapping[str, Any]] = []

    async def receive() -> MutableMapping[str, Any]:
        message = next(messages, None)
        if message is None:
            await asyncio.Event().wait()
            raise AssertionError
        return message

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    told = Told("one", "two", "three")
    asyncio.run(
        asyncio.wait_for(stream_events(told, receive, send, is_ending=lambda: False, transport=None, tick_s=0.0001), 60)
    )
    assert bodies(sent) == [b"one", b"two", b"three", b""]


def test_a_stream_without_news_shows_now_and_then_that_it_is_alive() -> None:
    sent, _ = stream(Told(*[""] * 120))
    assert bodies(sent) == [b": still here\n\n", b": still here\n\n", b""]


def test_a_reader_who_takes_nothing_is_dropped() -> None:
    sent, transport = stream(Told("one", "two"), sticks=True)
    assert bodies(sent) == []
    assert transport.is_aborted


def test_a_server_that_shows_no_connection_lets_a_slow_reader_go_as_well() -> None:
    async def never(_message: MutableMapping[str, Any]) -> None:
        if _message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    asyncio.run(
        asyncio.wait_for(
            stream_events(Told("one", "two"), receive, never, is_ending=lambda: False, transport=None, patience_s=0.01),
            60,
        )
    )


def opened(address: tuple[str, int]) -> socket.socket:
    connection = socket.create_connection(address, 30)
    connection.sendall(b"GET /_mock/sandboxes/default/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    got = b""
    while b"event: state" not in got:
        got += connection.recv(4096)
    return connection


def test_events_over_a_socket() -> None:
    desk = ControlKit()
    is_ending = asyncio.Event()
    control = create_control_app(desk.control, HostGuard(), is_ending=is_ending.is_set)
    with run_in_thread(create_app(desk.kit.engine, control=control)) as url:
        name, _, port = url.partition("//")[2].partition(":")
        with closing(opened((name, int(port)))) as connection:
            desk.kit.track("A")
            got = b""
            while b"\n\n" not in got:
                got += connection.recv(4096)
            assert b"event: exchange\ndata: {" in got
            is_ending.set()
            while connection.recv(4096):
                pass


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_open_stream_does_not_keep_the_server(number: int) -> None:
    with running() as process, closing(opened(process.address)) as connection:
        _, out, err = process.stop(number)
        assert (out.strip(), err) == ("Stopped.", "")
        rest = b""
        while piece := connection.recv(4096):
            rest += piece
        assert rest.endswith(b"0\r\n\r\n")  # it was ended as a stream is, not cut off when patience was at an end
