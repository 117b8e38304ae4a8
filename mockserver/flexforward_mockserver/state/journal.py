"""Requests with their responses, in a sandbox's own time."""

from __future__ import annotations

from collections import deque
from datetime import datetime  # noqa: TC003  # msgspec reads the annotations of Exchange
from itertools import islice
from typing import Literal, TypeAlias

import msgspec

__all__ = ["JOURNAL_LIMIT", "Exchange", "Journal", "Unmatched"]

JOURNAL_LIMIT = 10_000
"""How many exchanges a journal keeps, unless it is told otherwise."""

Unmatched: TypeAlias = Literal["path", "method", "credentials"]


class Exchange(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One request and its response.

    Attributes:
        at: virtual time of the sandbox.
        real_at: real time, in seconds since 1970.
        method: of the request, as received.
        path: path and query as received, percent-encoded; credentials in them are masked.
        status: of the response; None if none was sent.
        label: UUID of the requested label; None if there is none.
        tag: the tag that the response shows.
        poll: ordinal of this counted request of the label, from 1; None if it did not count.
        step: index of the lifecycle's open step, from 0.
        fault: kind of the fault that was applied.
        account: name of the account whose credentials were sent.
        duration_s: virtual seconds by which the response was delayed.
        note: why the response is what it is, where the status does not tell.
        operation: id of the contract's operation that was requested; None if there is none.
        unmatched: what of the request matched nothing in the contract or the sandboxes.
        body: of the response, as far as it was made.
    """

    at: datetime
    real_at: float
    method: str
    path: str
    status: int | None
    label: str | None = None
    tag: str | None = None
    poll: int | None = None
    step: int | None = None
    fault: str | None = None
    account: str | None = None
    duration_s: float = 0.0
    note: str | None = None
    operation: str | None = None
    unmatched: Unmatched | None = None
    body: bytes = b""


class Journal:
    """The newest exchanges, up to a limit.

    Args:
        limit: how many are kept; the oldest go first.
    """

    def __init__(self, limit: int = JOURNAL_LIMIT) -> None:
        self._exchanges: deque[Exchange] = deque(maxlen=limit)
        self._count = 0

    def record(self, exchange: Exchange) -> None:
        """Add an exchange, at the cost of the oldest one when the journal is full."""
        self._exchanges.append(exchange)
        self._count += 1

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """Those that are kept, oldest first."""
        return tuple(self._exchanges)

    def newest(self, count: int) -> tuple[Exchange, ...]:
        """Return at most so many of those that are kept, the newest ones, oldest first."""
        return tuple(islice(reversed(self._exchanges), count))[::-1]

    @property
    def count(self) -> int:
        """How many there were, kept or not."""
        return self._count

    @property
    def dropped(self) -> int:
        """How many are no longer kept."""
        return self._count - len(self._exchanges)
