"""uvicorn's HTTP connection, with the bounds and the ends that it leaves open."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from .delivery import WRITE_KEY

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from flexforward_mockserver.engine.messages import Response

    from .delivery import Write

__all__ = ["LONGEST_HEAD", "MOST_WAITING", "Connection"]

MOST_WAITING = 16
"""Requests of one connection that wait for the answers to those before them; more are left in the socket."""

LONGEST_HEAD = 64 * 1024
"""Bytes of a request's line and fields together, beyond which it is refused as soon as the next piece comes in."""

_REFUSAL = b'{"error": "the head of the request is longer than %d bytes"}' % LONGEST_HEAD


class Connection(HttpToolsProtocol):
    """One client's connection.

    uvicorn keeps a head of any size while it grows, and when a connection is lost it tells only the newest request:
    one that is still being answered, with another queued behind it, would wait for ever.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, object],
        _loop: asyncio.AbstractEventLoop | None = None,  # uvicorn gives it by this name
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._open: deque[RequestResponseCycle] = deque()
        self._is_in_head = False
        self._fed = 0

    @property
    def is_answered(self) -> bool:
        """Whether every request that came in has its answer, whole."""
        return all(cycle.response_complete for cycle in self._open)

    def data_received(self, data: bytes) -> None:
        """Take a piece of a request."""
        self._fed += len(data)
        super().data_received(data)
        if self._is_in_head and self._fed > LONGEST_HEAD and not self.transport.is_closing():
            head = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/json\r\n"
            self.transport.write(
                b"%bcontent-length: %d\r\nconnection: close\r\n\r\n" % (head, len(_REFUSAL)) + _REFUSAL
            )
            self.transport.close()

    def on_message_begin(self) -> None:
        """Take the first byte of a request."""
        self._is_in_head, self._fed = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Take the last byte of a request's head."""
        self._is_in_head = False
        super().on_headers_complete()
        while self._open and self._open[0].response_complete:
            self._open.popleft()
        self._open.append(self.cycle)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        write = partial(_write_whole, cycle)
        answer: Callable[[object, Write], bool] | None = getattr(app, "answer_at_once", None)
        # Of those that waited for others only the last one: an answer starts the next, and many would be as many deep.
        if answer is None or cycle is not self.cycle or not answer(cycle.scope, write):
            cast("dict[str, object]", cycle.scope)[WRITE_KEY] = write
            super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Go on with the next request that waits; read further ones only where few wait."""
        super().on_response_complete()
        if len(self.pipeline) > MOST_WAITING:
            self.flow.pause_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Let every request of the connection know, also one that waits behind another."""
        super().connection_lost(exc)
        self.pipeline.clear()
        for cycle in self._open:
            if not cycle.response_complete:
                cycle.disconnected = True
            cycle.message_event.set()


def _write_whole(cycle: RequestResponseCycle, response: Response) -> bool:
    """Write a response at once, its head and its body as one piece, which costs the kernel half of what two do.

    Returns:
        Whether it was written. False where ASGI's way has to be gone, which waits for a slow reader, chooses how the
        end of a body is marked, and refuses a line break in a field.
    """
    if cycle.flow.write_paused or cycle.disconnected or not cycle.keep_alive or cycle.default_headers:
        return False
    lines = [STATUS_LINE[response.status]]
    is_sized = False
    for name, value in response.headers:
        is_sized = is_sized or name == b"content-length"
        lines += (name, b": ", value, b"\r\n")
    head = b"".join(lines)
    if not is_sized or not head.count(b"\n") == head.count(b"\r") == len(response.headers) + 1:
        return False
    cycle.response_started = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(b"%b\r\n%b" % (head, response.body))
    cycle.response_complete = True  # only now: whoever sees it counts on it that the bytes are on their way
    cycle.message_event.set()
    cycle.on_response()
    return True
