"""Server-sent events on a socket: an open stream ends with the server, and a reader who takes nothing is dropped."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Protocol

    from starlette.types import Receive, Send

    class Events(Protocol):
        """What is streamed."""

        @property
        def is_over(self) -> bool:
            """Whether nothing will happen any more."""
            ...

        def news(self) -> Iterator[str]:
            """Yield the text of what has happened since the last time."""
            ...


__all__ = ["READER_PATIENCE_S", "TICK_S", "stream_events"]

TICK_S = 0.2
"""Real seconds between two looks for news."""
_QUIET_TICKS = 50
READER_PATIENCE_S = 5.0
"""Real seconds that a reader may take nothing for."""
_HEADERS = [
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
]


async def stream_events(
    events: Events,
    receive: Receive,
    send: Send,
    *,
    is_ending: Callable[[], bool],
    transport: asyncio.Transport | None,
    tick_s: float = TICK_S,
    patience_s: float = READER_PATIENCE_S,
) -> None:
    """Send events until the reader leaves, the server ends, or nothing can happen any more.

    Args:
        events: what is sent.
        receive: of the ASGI connection.
        send: of the ASGI connection.
        is_ending: tells whether the server is to end.
        transport: what the connection stands on; None where the server does not show it.
        tick_s: real seconds between two looks for news.
        patience_s: real seconds that the reader may take nothing for.
    """
    gone = asyncio.ensure_future(_gone(receive))
    quiet = 0
    try:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        while not (gone.done() or is_ending()):
            is_over = events.is_over
            text = "".join(events.news())
            quiet = 0 if text else quiet + 1
            if not text and quiet >= _QUIET_TICKS:
                text, quiet = ": still here\n\n", 0
            if text:
                body = {"type": "http.response.body", "body": text.encode(), "more_body": True}
                await asyncio.wait_for(send(body), patience_s)
            if is_over:
                break
            await asyncio.wait({gone}, timeout=tick_s)
        await asyncio.wait_for(send({"type": "http.response.body", "body": b""}), patience_s)
    except TimeoutError:
        if transport is not None:
            transport.abort()
    finally:
        gone.cancel()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
