"""uvicorn's connection as this project bounds it, without a socket."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.server import ServerState

from flexforward_mockserver.web.connection import MOST_WAITING, Connection

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

REQUESTS = 300


class Pipe(asyncio.Transport):
    """Takes what is written and knows whether it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return False

    def close(self) -> None:
        """The keep-alive timer may close it; nothing is left to do."""

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
        return pipe.written

    assert asyncio.run(run()).count(b"HTTP/1.1 200 OK") == REQUESTS
