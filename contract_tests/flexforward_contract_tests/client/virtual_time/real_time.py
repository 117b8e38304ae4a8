"""Whether a program in real time, which is accelerated, follows it."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flexforward_contract_tests.client.transcript.run import EndedBy
    from flexforward_mockserver.state.journal import Exchange

__all__ = ["distrust_of"]

_SHORTEST_INTERVAL = timedelta(minutes=5)
"""A client that waits by the scale has waited this long after an answer at least once; one that does not know it never
does. Its retries say nothing: of a second, they are an hour to one that does not know the scale."""


def distrust_of(exchanges: Sequence[Exchange], ended_by: EndedBy) -> str | None:
    """Return why the timing of a run in real time says nothing; None if it can be judged."""
    if any(exchange.fault == "no-answer" for exchange in exchanges):
        return "an answer was withheld, which takes real seconds and not accelerated ones"
    waits = [after.at - before.at for before, after in pairwise(exchanges) if before.tag is not None]
    is_single = len(exchanges) == 1 and ended_by == "client"
    follows = max(waits) >= _SHORTEST_INTERVAL if waits else is_single
    return None if follows else "its waits do not follow FLEXFORWARD_TIME_SCALE"
