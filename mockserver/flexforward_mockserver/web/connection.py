"""uvicorn's HTTP connection, with the bounds and the ends that it leaves open."""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from flexforward_mockserver.engine.messages import Request

from .delivery import DECIDED_KEY, WRITE_KEY

if TYPE_CHECKING:
    import asyncio

    from uvicorn.config import Config
    from uvicorn.server import ServerState

    from flexforward_mockserver.engine.messages import Response

__all__ = ["LONGEST_HEAD", "MOST_WAITING", "Connection", "FastPath"]

MOST_WAITING = 16
"""Requests of one connection that wait for the answers to those before them; more are left in the socket."""

LONGEST_HEAD = 64 * 1024
"""Bytes of a request's line and fields together, beyond which it is refused as soon as the next piece comes in."""

_REFUSAL = b'{"error": "the head of the request is longer than %d bytes"}' % LONGEST_HEAD


class FastPath(Protocol):
    """What an application may have as ``fast_path``: a way to be asked without ASGI."""

    def decide(self, request: Request) -> Response | None:
        """Return the response to a GET; None where it has to be asked by ASGI."""
        ...

    def tell(self, request: Request, response: Response) -> None:
        """Take down that a response was written."""
        ...


class _Event:
    """For whom nobody waits."""

    def set(self) -> None:
        """Wake nobody."""


class _AnsweredCycle:
    """Stands where uvicorn has the newest request, when its response is written already: whatever it looks at of it."""

    response_complete = True
    message_event = _Event()


_ANSWERED = cast("RequestResponseCycle", _AnsweredCycle())


class Connection(HttpToolsProtocol):
    """One client's connection.

    A GET that nothing has to be waited for is answered where its head ends, without a scope, a cycle, a task or a timer
    of its own: together they cost as much as the answer. What else comes in goes uvicorn's way.

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
        self._fast_path: FastPath | None = getattr(config.app, "fast_path", None)
        self._open: deque[RequestResponseCycle] = deque()
        self._is_in_head = False
        self._fed = 0
        # One timer looks from time to time whether the connection was idle for too long: uvicorn's is made anew for
        # each response.
        self._idle_timer: asyncio.TimerHandle | None = None
        self._idle_since: float | None = None

    @property
    def is_answered(self) -> bool:
        """Whether every request that came in has its answer, whole."""
        return all(cycle.response_complete for cycle in self._open)

    def data_received(self, data: bytes) -> None:
        """Take a piece of a request."""
        self._idle_since = None
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
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Take the last byte of a request's head."""
        self._is_in_head = False
        decided = self._answered_at_once()
        if decided is True:
            return
        url, headers, is_expecting = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()  # which makes the scope
        self.url, self.expect_100_continue = url, is_expecting
        self.headers += headers  # which the scope has
        if decided:
            cast("dict[str, object]", self.scope)[DECIDED_KEY] = decided
        super().on_headers_complete()
        while self._open and self._open[0].response_complete:
            self._open.popleft()
        self._open.append(self.cycle)

    def _answered_at_once(self) -> tuple[Request, Response] | bool:
        """Answer a request without ASGI, if it can be.

        Returns:
            True if it is answered; what was decided, if that could not be written; False if nothing was.
        """
        parser: Any = self.parser  # None where the connection is lost, and nothing is parsed
        newest = cast("RequestResponseCycle | None", self.cycle)
        if (
            self._fast_path is None
            or not (newest is None or newest.response_complete)
            or parser.get_method() != b"GET"
            or parser.get_http_version() != "1.1"
            or not parser.should_keep_alive()
            or parser.should_upgrade()
            or self.expect_100_continue
            or not _is_plain(self.url)
        ):
            return False
        path, _, query = self.url.decode("ascii").partition("?")
        request = Request("GET", path, query, self.headers, b"", self.scheme or "http")
        try:
            response = self._fast_path.decide(request)
        except Exception:  # noqa: BLE001  # ASGI's way meets it again, where the server reports it
            return False
        if response is None:
            return False
        whole = None if response.delivery else _whole(response)
        if whole is None or self.flow.write_paused or self.server_state.default_headers or self.transport.is_closing():
            return request, response
        self.cycle = _ANSWERED
        self.transport.write(whole)
        self.server_state.total_requests += 1
        self._idle_since = self.loop.time()
        if self._idle_timer is None:
            self._idle_timer = self.loop.call_later(self.timeout_keep_alive, self._end_if_idle)
        self._fast_path.tell(request, response)
        return True

    def _end_if_idle(self) -> None:
        """Close the connection if nothing came in for as long as it is kept; else look again when that may be so."""
        self._idle_timer = None
        if self._idle_since is not None:
            left = self._idle_since + self.timeout_keep_alive - self.loop.time()
            if left <= 0:
                self.timeout_keep_alive_handler()
            else:
                self._idle_timer = self.loop.call_later(left, self._end_if_idle)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        cast("dict[str, object]", cycle.scope)[WRITE_KEY] = partial(_write_whole, cycle)
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
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        for cycle in self._open:
            if not cycle.response_complete:
                cycle.disconnected = True
            cycle.message_event.set()


def _is_plain(target: bytes) -> bool:
    """Tell whether a request's target is nothing but a path and a query, and short enough for uvicorn to read it."""
    is_path = target.startswith(b"/") and not target.startswith(b"//") and b"#" not in target
    return is_path and target.isascii() and len(target) < LONGEST_HEAD


def _whole(response: Response) -> bytes | None:
    """Return a response as it is sent, its head and its body as one piece, which costs the kernel half of what two do.

    Returns:
        None where ASGI's way has to be gone, which chooses how the end of a body is marked, and refuses a line break in
        a field.
    """
    lines = [STATUS_LINE[response.status]]
    is_sized = False
    for name, value in response.headers:
        is_sized = is_sized or name == b"content-length"
        lines += (name, b": ", value, b"\r\n")
    head = b"".join(lines)
    if not is_sized or not head.count(b"\n") == head.count(b"\r") == len(response.headers) + 1:
        return None
    return b"%b\r\n%b" % (head, response.body)


def _write_whole(cycle: RequestResponseCycle, response: Response) -> bool:
    """Write a response of uvicorn's cycle at once.

    Returns:
        Whether it was written. False where ASGI's way has to be gone, which waits for a slow reader.
    """
    whole = _whole(response)
    is_free = not (cycle.flow.write_paused or cycle.disconnected or cycle.default_headers)
    if whole is None or not is_free or not cycle.keep_alive:
        return False
    cycle.response_started = True
    cycle.waiting_for_100_continue = False
    cycle.transport.write(whole)
    cycle.response_complete = True  # only now: whoever sees it counts on it that the bytes are on their way
    cycle.message_event.set()
    cycle.on_response()
    return True
