"""The access log of ``serve``: a line for each exchange that is worth one."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from flexforward_mockserver.engine.messages import Request, Response
    from flexforward_mockserver.state.journal import Exchange

__all__ = ["access_line", "log_exchange"]


def log_exchange(request: Request, response: Response, *, has_all: bool) -> None:  # noqa: ARG001  # the server's order
    """Print an exchange: each one, or only those that the client is to blame for.

    Args:
        request: what was asked; its exchange has it without credentials.
        response: what the client got.
        has_all: print also what was not answered with a 4xx.
    """
    exchange = response.exchange
    if exchange is not None and (has_all or 400 <= response.status < 500):
        with suppress(OSError):  # whoever read it is gone; the server stays
            click.echo(access_line(exchange))


def access_line(exchange: Exchange) -> str:
    """Write an exchange: sandbox time, method, path without its query, status, tag, poll, fault, and the note."""
    parts = [
        f"{exchange.at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        exchange.method,
        exchange.path.partition("?")[0],
        "no-answer" if exchange.status is None else str(exchange.status),
        exchange.tag or "",
        "" if exchange.poll is None else f"poll {exchange.poll}",
        "" if exchange.fault is None else f"fault {exchange.fault}",
    ]
    line = " ".join(filter(None, parts))
    return f"{line}  ({exchange.note})" if exchange.note else line
