"""What was asked and what was answered, in a sandbox's own time."""

from __future__ import annotations

from collections import deque
from datetime import datetime  # noqa: TC003  # msgspec reads the annotations of Exchange

import msgspec

__all__ = ["Exchange", "Journal"]


class Exchange(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One request and its answer.

    Attributes:
        at: virtual time of the sandbox.
        path: as it came, still percent-encoded, without the query.
        label: UUID of the label that was asked for; None if there is none.
        tag: tag at the top of the answer.
        poll: how manieth counted request of that label this was, from 1; None if it did not count.
        step: index of the lifecycle's open step.
        account: name of the account whose credentials were shown.
        note: why the answer is what it is, where the status does not tell.
    """

    at: datetime
    method: str
    path: str
    status: int
    label: str | None = None
    tag: str | None = None
    poll: int | None = None
    step: int | None = None
    account: str | None = None
    note: str | None = None


class Journal:
    """The newest exchanges, bounded.

    Args:
        limit: how many are kept; the oldest go first.
    """

    def __init__(self, limit: int = 10_000) -> None:
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

    @property
    def dropped(self) -> int:
        """How many are no longer kept."""
        return self._count - len(self._exchanges)
