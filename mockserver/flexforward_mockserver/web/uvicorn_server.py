"""uvicorn as this project runs it: for one application, on a socket that is open already, and nearly silent."""

from __future__ import annotations

import logging
import threading
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal

import uvicorn

if TYPE_CHECKING:
    import asyncio
    import socket
    from pathlib import Path

    from starlette.applications import Starlette

__all__ = ["UvicornServer"]

_LOGGER = logging.getLogger("uvicorn.error")


class UvicornServer(uvicorn.Server):
    """A uvicorn that reports errors only, and changes nobody else's logging: its process may have another uvicorn.

    Args:
        app: what it serves.
        protocol: what speaks HTTP on its connections; None for ``Connection``, or where httptools is missing for
            uvicorn's other choice, which bounds heads by itself.
        tls: files of a certificate chain and of its key, in PEM; None to speak plainly.
    """

    def __init__(
        self,
        app: Starlette,
        protocol: type[asyncio.Protocol] | None = None,
        *,
        tls: tuple[Path, Path] | None = None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=protocol or _connection(),
                log_config=None,  # where the process says nothing else, errors go to standard error as they are
                log_level=None,
                access_log=False,
                lifespan="off",
                ws="none",
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=1,
                ssl_certfile=None if tls is None else tls[0],
                ssl_keyfile=None if tls is None else tls[1],
            )
        )
        # Loaded where it is made, and not in its thread later, when a test may have put another file system in place.
        self.config.load()
        self.config.get_loop_factory()
        self._thread: int | None = None
        self._is_closing = False

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve in this thread until ``should_exit`` is set."""
        self._thread = threading.get_ident()
        _LOGGER.addFilter(self._lets_through)
        try:
            super().run(sockets)
        finally:
            _LOGGER.removeFilter(self._lets_through)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Leave the clients who do not take their answers; uvicorn would report each of them with a traceback."""
        self._is_closing = True
        await super().shutdown(sockets)

    def _lets_through(self, record: logging.LogRecord) -> bool:
        is_mine = record.thread == self._thread
        return not is_mine or (record.levelno >= logging.ERROR and not self._is_closing)


def _connection() -> type[asyncio.Protocol] | Literal["h11"]:
    if find_spec("httptools") is None:
        return "h11"
    from .connection import Connection

    return Connection
