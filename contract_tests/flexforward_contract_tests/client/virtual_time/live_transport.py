"""A live server whose clients live in virtual time."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from flexforward_fixtures.transports.live_server import run_in_thread
from flexforward_mockserver.engine.delivery import NO_ANSWER_S
from flexforward_mockserver.web.app import create_app

from .wire_watch import WireWatch, port_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator

    from starlette.types import ASGIApp

    from flexforward_mockserver.engine.engine import Engine
    from flexforward_mockserver.engine.messages import Request, Response
    from flexforward_mockserver.state.journal import Exchange
    from flexforward_mockserver.web.delivery import Hold

    from .run_clock import RunClock

__all__ = ["LiveTransport", "open_live_transport"]


_ROUNDING_S = 1e-3
_ENDING_S, _GLANCE_S = 2.0, 0.002
_REAL_SLEEP = [time.sleep]  # in a list, so that no client's virtual time replaces it


class LiveTransport:
    """The engine behind a live server, in the time of one run after the other.

    Attributes:
        watch: knows what is in flight.
        base_url: where it listens.
        run_clock: the time of the present run; None between runs, and in real time.
        scale: virtual seconds for each real one, where time is real.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.watch = WireWatch()
        self.base_url = ""
        self.run_clock: RunClock | None = None
        self.scale = 1.0
        self._latest: Exchange | None = None
        self._waits: dict[int, float] = {}
        self._held: dict[int, Callable[[], float]] = {}
        self._retired: set[bytes] = set()
        self._late: dict[int, Exchange] = {}
        self._lock = threading.Lock()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.base_url)
        return parts.hostname or "", parts.port or 0

    def handle(self, request: Request) -> Response:
        """Answer one request."""
        reply = self._engine.handle(request)
        self._latest = reply.exchange
        if self._retired and any(value.rpartition(b" ")[2] in self._retired for _, value in request.headers):
            if reply.exchange is not None:
                self._late[id(reply.exchange)] = reply.exchange
            return reply
        if self.run_clock is not None:
            self.run_clock.count(reply.exchange)
        return reply

    def begin(self, run_clock: RunClock | None) -> None:
        """Begin a run in the time of ``run_clock``; None for real time, or to end one."""
        self.run_clock = run_clock
        self.watch.on_request = None if run_clock is None else run_clock.take_request
        self.watch.on_end = None if run_clock is None else run_clock.take_end
        with self._lock:
            self._waits, self._held = {}, {}

    def end(self, *secrets: str) -> None:
        """End a run: no connection of it is there from now on, and what still shows its credentials counts nowhere.

        Args:
            secrets: its sandbox's credentials.
        """
        self.begin(None)
        self._retired.update(secret.encode() for secret in secrets)
        self._late = {}
        for _ in range(int(_ENDING_S / _GLANCE_S)):
            if self.watch.end_all():
                return
            _REAL_SLEEP[0](_GLANCE_S)

    def own(self, exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
        """Yield exchanges without those of clients of earlier runs."""
        return (exchange for exchange in exchanges if id(exchange) not in self._late)

    def seen_by_client(self, exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
        """Yield exchanges as the client saw them, who may have left before the answer came."""
        run_clock = self.run_clock
        with self._lock:
            waits = dict(self._waits)
            for key, held in self._held.items():  # the server may not have heard yet that the client has left
                waits[key] = waits.get(key, 0.0) + held()
        for exchange in exchanges if run_clock is None else run_clock.seen_by_client(exchanges):
            waited_s = waits.get(id(exchange))
            if waited_s is None or (exchange.status is not None and waited_s > exchange.duration_s - _ROUNDING_S):
                yield exchange
            else:
                yield msgspec.structs.replace(exchange, status=None, duration_s=waited_s)

    def hold(self, transport: asyncio.Transport | None) -> Hold:
        """Return what waits in virtual time while an answer on that connection is held back."""
        exchange = self._latest

        async def hold(seconds: float) -> None:
            if self.run_clock is not None:
                await self._hold(self.run_clock, exchange, transport, seconds)
            else:
                # What is never answered is given up in real seconds: time-outs are not for a program to scale.
                await asyncio.sleep(seconds if seconds >= NO_ANSWER_S else seconds / self.scale)

        return hold

    async def _hold(
        self, run_clock: RunClock, exchange: Exchange | None, transport: asyncio.Transport | None, seconds: float
    ) -> None:
        """Wait until virtual time lets the answer go, or the client has left; take down how long the client waited."""
        loop, released = asyncio.get_running_loop(), asyncio.Event()
        began_s, port = run_clock.elapsed(), port_of(transport)

        def release() -> None:
            self.watch.hold(transport, is_held=False)
            loop.call_soon_threadsafe(released.set)

        def waited() -> float:
            # One that has left waited until it looked at the connection for the last time; that it has may not have
            # been heard of yet when its time goes on.
            return max(0.0, run_clock.waited_until(port) - began_s)

        drop = run_clock.hold(seconds, release)
        with self._lock:
            self._held[id(exchange)] = waited
        self.watch.hold(transport, is_held=True)
        try:
            await released.wait()
        finally:
            with self._lock:
                if self._held.get(id(exchange)) is waited:  # else another run has begun
                    del self._held[id(exchange)]
                    self._waits[id(exchange)] = self._waits.get(id(exchange), 0.0) + waited()
            drop()
            self.watch.hold(transport, is_held=False)


@contextmanager
def open_live_transport(
    engine: Engine, *, control: ASGIApp | None = None, host: str = "127.0.0.1", port: int = 0
) -> Generator[LiveTransport]:
    """Serve ``engine`` for the length of the ``with`` block.

    Args:
        engine: answers.
        control: answers what stands under ``/_mock``; None for nobody.
        host: to listen on.
        port: to listen on; 0 for a free one.

    Raises:
        OSError: nobody can listen there.
    """
    transport = LiveTransport(engine)
    app = create_app(transport, control=control, hold=transport.hold)
    with run_in_thread(app, protocol=transport.watch.protocol(), host=host, port=port) as base_url:
        transport.base_url = base_url
        yield transport
