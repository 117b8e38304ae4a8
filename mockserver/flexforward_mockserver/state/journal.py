"""What was asked and what was answered, in a sandbox's own time."""

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
    """One request and its answer.

    Attributes:
        at: virtual time of the sandbox.
        real_at: real time, in seconds since 1970.
        method: as it came, such as GET.
        path: as it came, still percent-encoded, with its query; credentials in it are masked.
        status: None where no answer was sent.
        label: UUID of the label that was asked for; None if there is none.
        tag: tag at the top of the answer.
        poll: how manieth counted request of that label this was, from 1; None if it did not count.
        step: index of the lifecycle's open step.
        fault: kind of the fault that struck.
        account: name of the account whose credentials were shown.
        duration_s: virtual seconds that the answer was held back.
        note: why the answer is what it is, where the status does not tell.
        unmatched: what of the request nothing was found for, if the contract or the sandboxes know none such.
        body: of the answer, as far as it was made.
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
    unmatched: Unmatched | None = None
    body: bytes = b""


class Journal:
    """The newest exchanges, bounded.

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
