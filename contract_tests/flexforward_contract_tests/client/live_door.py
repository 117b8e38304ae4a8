"""A live server whose clients live in virtual time."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flexforward_fixtures.live_server import run_in_thread
from flexforward_mockserver.app import create_app

from .wire_watch import WireWatch

if TYPE_CHECKING:
    from collections.abc import Generator

    from flexforward_mockserver.delivery import Hold
    from flexforward_mockserver.engine import Engine
    from flexforward_mockserver.exchange import Reply, Request

    from .run_time import RunTime

__all__ = ["LiveDoor", "open_live_door"]


class LiveDoor:
    """The engine behind a live server, at the pace of one run after the other.

    Attributes:
        watch: knows what is in flight.
        base_url: where it listens.
        pace: of the present run; None between runs.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.watch = WireWatch()
        self.base_url = ""
        self.pace: RunTime | None = None

    @property
    def address(self) -> tuple[str, int]:
        """Host and port."""
        parts = urlsplit(self.base_url)
        return parts.hostname or "", parts.port or 0

    def handle(self, request: Request) -> Reply:
        """Answer one request, which takes its client a moment."""
        reply = self._engine.handle(request)
        if self.pace is not None:
            self.pace.serve()
        return reply

    def hold(self, transport: asyncio.Transport | None) -> Hold:
        """Return what waits in virtual time while an answer on that connection is held back."""

        async def hold(seconds: float) -> None:
            pace = self.pace
            if pace is None:
                return
            loop = asyncio.get_running_loop()
            released: asyncio.Future[None] = loop.create_future()

            def release() -> None:
                self.watch.hold(transport, is_held=False)
                loop.call_soon_threadsafe(_set, released)

            drop = pace.hold(seconds, release)
            self.watch.hold(transport, is_held=True)
            try:
                await released
            finally:
                drop()
                self.watch.hold(transport, is_held=False)

        return hold


def _set(released: asyncio.Future[None]) -> None:
    if not released.done():
        released.set_result(None)


@contextmanager
def open_live_door(engine: Engine) -> Generator[LiveDoor]:
    """Serve ``engine`` on a free port of 127.0.0.1 for the length of the ``with`` block."""
    door = LiveDoor(engine)
    with run_in_thread(create_app(door, hold=door.hold), protocol=door.watch.protocol()) as base_url:
        door.base_url = base_url
        yield door
