"""uvicorn's connection as this project bounds it, without a socket."""

from __future__ import annotations

import asyncio
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

import pytest
import uvicorn
from uvicorn.server import ServerState

from flexforward_mockserver.engine.messages import Response
from flexforward_mockserver.web.app import create_app
from flexforward_mockserver.web.connection import LONGEST_HEAD, MOST_WAITING, Connection

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from starlette.types import Receive, Scope, Send

    from flexforward_mockserver.engine.messages import Request

REQUESTS = 300


class Pipe(asyncio.Transport):
    """Takes what is written and knows whether it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.pieces.append(bytes(data))

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        self.is_closed = True

    def pause_reading(self) -> None:
        """The connection's flow control keeps the state."""

    def resume_reading(self) -> None:
        """The connection's flow control keeps the state."""


async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})


def test_a_client_that_pipelines_is_read_only_as_fast_as_it_is_answered() -> None:
    async def run() -> bytes:
        config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none")
        config.load()
        connection = Connection(config, ServerState(), {})
        pipe = Pipe()
        connection.connection_made(pipe)
        connection.data_received(b"GET /a HTTP/1.1\r\nHost: mock\r\n\r\n" * REQUESTS)
        assert len(connection.pipeline) == REQUESTS - 1, "they came in one piece"
        while connection.pipeline:
            assert connection.flow.read_paused or len(connection.pipeline) <= MOST_WAITING
            await asyncio.sleep(0)
        assert not connection.flow.read_paused
        while not connection.is_answered:
            await asyncio.sleep(0)
        connection.connection_lost(None)
        return b"".join(pipe.pieces)

    assert asyncio.run(run()).count(b"HTTP/1.1 200 OK") == REQUESTS


class Asked:
    """Answers each request by the next of some responses, the last of them for ever."""

    def __init__(self, *responses: Response | Exception) -> None:
        self.requests: list[Request] = []
        self._responses = list(responses)

    def handle(self, request: Request) -> Response:
        self.requests.append(request)
        response = self._responses.pop(0) if len(self._responses) > 1 else self._responses[0]
        if isinstance(response, Exception):
            raise response
        return response


GET = b"GET /a HTTP/1.1\r\n\r\n"
FINE = Response(200, [(b"content-length", b"2")], b"{}")
SENT = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"
LAST = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}"


class Timers:
    """An event loop, as far as it has a time and timers; both are moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.due: list[tuple[float, Callable[[], object]]] = []

    def time(self) -> float:
        return self.now

    def call_later(self, delay: float, callback: Callable[[], object]) -> Timers:
        self.due.append((self.now + delay, callback))
        return self

    def cancel(self) -> None:
        self.due.clear()

    def move_to(self, now: float) -> None:
        self.now = now
        due, self.due = [entry for entry in self.due if entry[0] <= now], [one for one in self.due if one[0] > now]
        for _, callback in due:
            callback()


@contextmanager
def connected(asked: Asked, timers: Timers | None = None) -> Generator[tuple[Connection, Pipe]]:
    config = uvicorn.Config(create_app(asked), log_config=None, lifespan="off", ws="none", proxy_headers=False)
    config.load()
    connection, pipe = Connection(config, ServerState(), {}, cast("Any", timers)), Pipe()
    connection.connection_made(pipe)
    yield connection, pipe
    connection.connection_lost(None)


async def ended(connection: Connection) -> None:
    while not connection.is_answered:
        await asyncio.sleep(0)


def test_what_nothing_is_waited_for_is_answered_as_it_comes_in_by_one_write() -> None:
    async def run() -> None:
        asked = Asked(FINE)
        with connected(asked) as (connection, pipe):
            connection.data_received(b"GET /a?b=c HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}GET /d HTTP/1.1\r\n\r\n")
            assert pipe.pieces == [SENT, SENT]
            assert connection.is_answered
        assert [(request.path, request.query) for request in asked.requests] == [("/a", "b=c"), ("/d", "")]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("request_", "response", "sent"),
    [
        (
            b"GET /a HTTP/1.1\r\nConnection: close\r\n\r\n",
            FINE,
            LAST,
        ),
        (b"GET /a HTTP/1.0\r\n\r\n", FINE, LAST),
        (b"HEAD /a HTTP/1.1\r\n\r\n", Response(200, FINE.headers, b""), SENT.removesuffix(b"{}")),
        (GET, Response(204, [], b""), b"HTTP/1.1 204 No Content\r\n\r\n"),
    ],
    ids=["close", "HTTP/1.0", "HEAD", "no body"],
)
def test_the_longer_way_sends_the_same(request_: bytes, response: Response, sent: bytes) -> None:
    async def run() -> None:
        asked = Asked(response)
        with connected(asked) as (connection, pipe):
            connection.data_received(request_)
            assert pipe.pieces == []
            await ended(connection)
            assert b"".join(pipe.pieces) == sent
        assert len(asked.requests) == 1, "what was decided once is not decided again"

    asyncio.run(run())


def test_a_client_that_reads_nothing_is_answered_when_it_reads() -> None:
    async def run() -> None:
        with connected(Asked(FINE)) as (connection, pipe):
            connection.pause_writing()
            connection.data_received(GET)
            await asyncio.sleep(0)
            assert pipe.pieces == []
            connection.resume_writing()
            await ended(connection)
            assert b"".join(pipe.pieces) == SENT

    asyncio.run(run())


def test_thousands_that_wait_for_one_are_answered_in_their_order_and_not_within_each_other() -> None:
    async def run() -> None:
        numbered = (Response(200, [(b"content-length", b"6")], b"%06d" % number) for number in range(3000))
        with connected(Asked(*numbered)) as (connection, pipe):
            connection.data_received(b"POST /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n" + GET * 2999)
            await ended(connection)
            bodies = re.findall(rb"\r\n\r\n([0-9]{6})", b"".join(pipe.pieces))
            assert [int(body) for body in bodies] == list(range(3000))

    asyncio.run(run())


def test_a_mistake_of_the_mock_is_a_500_that_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        with connected(Asked(ValueError("a mistake of ours"))) as (connection, pipe):
            connection.data_received(GET)
            await ended(connection)
            assert pipe.pieces[0].startswith(b"HTTP/1.1 500 Internal Server Error\r\n")

    asyncio.run(run())
    assert "a mistake of ours" in caplog.text


def test_a_field_with_a_line_break_is_not_sent(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        with connected(Asked(Response(200, [*FINE.headers, (b"x", b"a\r\nb: c")], b"{}"))) as (connection, pipe):
            connection.data_received(GET)
            while not pipe.is_closed:
                await asyncio.sleep(0)
            assert pipe.pieces == []

    asyncio.run(run())
    assert "Invalid HTTP header value" in caplog.text


@pytest.mark.parametrize(
    "target", [b"//a", b"/a#b", b"/a?" + b"b" * LONGEST_HEAD, b"/_mock/health", b"/_mock/%2e", b"/"]
)
def test_a_target_that_has_to_be_taken_apart_goes_by_asgi(target: bytes) -> None:
    async def run() -> None:
        with connected(Asked(FINE)) as (connection, pipe):
            connection.data_received(b"GET %b HTTP/1.1\r\n\r\n" % target)
            assert SENT not in pipe.pieces
            await ended(connection)

    asyncio.run(run())


def test_an_idle_connection_is_closed_by_one_timer_that_looks_when_it_was_idle_last() -> None:
    timers = Timers()
    with connected(Asked(FINE), timers) as (connection, pipe):
        kept_s = connection.timeout_keep_alive
        connection.data_received(GET)
        timers.move_to(kept_s - 1)
        connection.data_received(GET)
        assert len(timers.due) == 1
        timers.move_to(kept_s)
        assert not pipe.is_closed
        timers.move_to(2 * kept_s - 1.5)
        assert not pipe.is_closed
        timers.move_to(2 * kept_s - 1)
        assert pipe.is_closed
        assert timers.due == []


def test_a_connection_on_which_a_request_has_begun_is_not_idle() -> None:
    timers = Timers()
    with connected(Asked(FINE), timers) as (connection, pipe):
        connection.data_received(GET)
        connection.data_received(GET[:8])
        timers.move_to(10 * connection.timeout_keep_alive)
        assert not pipe.is_closed
        connection.data_received(GET[8:])
        assert pipe.pieces == [SENT, SENT]
        timers.move_to(11 * connection.timeout_keep_alive)
        assert pipe.is_closed


def test_a_connection_that_is_lost_leaves_no_timer() -> None:
    timers = Timers()
    with connected(Asked(FINE), timers) as (connection, _):
        connection.data_received(GET)
    assert timers.due == []
