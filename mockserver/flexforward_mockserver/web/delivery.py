"""Getting an answer to the client, also in the ways in which networks and servers fail to.

A connection can only be broken by whoever holds it. Under uvicorn that is the transport of the object that ``send`` is
a method of, before Starlette's middleware wraps it; ``transport_of`` is the one place that knows.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias, assert_never, cast

from flexforward_mockserver.engine.delivery import DRIBBLE_PIECES, NO_ANSWER_S

if TYPE_CHECKING:
    from starlette.types import Receive, Send

    from flexforward_mockserver.engine.messages import Response

__all__ = ["DECIDED_KEY", "TRANSPORT_KEY", "WRITE_KEY", "Hold", "Write", "deliver", "transport_of"]

TRANSPORT_KEY = "flexforward_mock.transport"
"""Where an ASGI scope has the transport of its connection."""

DECIDED_KEY = "flexforward_mock.decided"
"""Where an ASGI scope has the request and the response, if its server has asked for them already."""

WRITE_KEY = "flexforward_mock.write"
"""Where an ASGI scope has a ``Write``, if its server gives one."""

Write: TypeAlias = "Callable[[Response], bool]"
"""Writes a response whole and at once, and tells whether it has."""

Hold: TypeAlias = Callable[[float], Awaitable[None]]
"""Waits so many seconds, while an answer is held back."""


def transport_of(send: Send) -> asyncio.Transport | None:
    """Return the transport behind a server's own ``send``; None for a server that does not show it."""
    return cast("asyncio.Transport | None", getattr(getattr(send, "__self__", None), "transport", None))


async def deliver(
    reply: Response,
    receive: Receive,
    send: Send,
    transport: asyncio.Transport | None,
    hold: Hold = asyncio.sleep,
    write: Write | None = None,
) -> None:
    """Send a reply as its delivery says.

    Args:
        reply: what is sent.
        receive: of the ASGI connection.
        send: of the ASGI connection.
        transport: what it stands on; None where the server does not show it.
        hold: waits so many seconds while an answer is held back.
        write: the shorter way for a response that is sent whole and at once; None where the server has none.

    Raises:
        RuntimeError: the connection should be broken, and the server does not let us.
    """
    delivery = reply.delivery
    if delivery is None:
        if write is None or not write(reply):
            await _send_whole(reply, send)
        return
    if delivery.delay_s and not await _is_due(receive, hold, delivery.delay_s, transport):
        return
    match delivery.manner:
        case "whole":
            await _send_whole(reply, send)
        case "dribble":
            await _dribble(reply, send, delivery.over_s, hold)
        case "no-answer":
            await _ignore(receive, hold, transport)
        case "close":
            _held(transport).close()
            await _gone(receive)
        case "reset":
            held = _held(transport)
            # Without lingering, closing sends an RST instead of a FIN.
            connection = cast("socket.socket", held.get_extra_info("socket"))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            held.abort()
            await _gone(receive)
        case "close-mid-body":
            held = _held(transport)
            await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
            half = reply.body[: len(reply.body) // 2]
            await send({"type": "http.response.body", "body": half, "more_body": True})
            held.close()
            await _gone(receive)
        case _:
            assert_never(delivery.manner)


async def _send_whole(reply: Response, send: Send) -> None:
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    await send({"type": "http.response.body", "body": reply.body})


async def _dribble(reply: Response, send: Send, over_s: float, hold: Hold) -> None:
    """Send a body piece by piece; to a client that is still there when the server ends, as much as it has by then."""
    await send({"type": "http.response.start", "status": reply.status, "headers": reply.headers})
    size = max(1, -(-len(reply.body) // DRIBBLE_PIECES))
    pieces = [reply.body[at : at + size] for at in range(0, len(reply.body), size)]
    for piece in pieces:
        await hold(over_s / len(pieces))
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _is_due(receive: Receive, hold: Hold, seconds: float, transport: asyncio.Transport | None) -> bool:
    """Hold a response back, and tell whether it is to be sent then: its client is there, and the server goes on."""
    try:
        return await _stays(receive, hold, seconds)
    except asyncio.CancelledError:
        # The server ends. To pass that on would make uvicorn send a 500 of its own, which nobody ordered.
        if transport is not None:
            transport.close()
        return False


async def _ignore(receive: Receive, hold: Hold, transport: asyncio.Transport | None) -> None:
    """Answer nothing, until the client leaves or the server's patience is at an end."""
    # Cancelled is who still waits when the server ends; to pass that on would make uvicorn answer 500.
    with suppress(asyncio.CancelledError):
        if not await _stays(receive, hold, NO_ANSWER_S):
            return
    _held(transport).close()
    await _gone(receive)


async def _stays(receive: Receive, hold: Hold, seconds: float) -> bool:
    """Hold an answer back, and tell whether the client is still there then; if it leaves, at once."""
    gone, held = asyncio.ensure_future(_gone(receive)), asyncio.ensure_future(hold(seconds))
    try:
        await asyncio.wait({gone, held}, return_when=asyncio.FIRST_COMPLETED)
        return not gone.done()
    finally:
        gone.cancel()
        held.cancel()


async def _gone(receive: Receive) -> None:
    """Wait until the client is gone, or the connection that we broke is."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _held(transport: asyncio.Transport | None) -> asyncio.Transport:
    if transport is None:
        raise RuntimeError("this server does not let a connection be broken; run the mock under uvicorn")
    return transport
