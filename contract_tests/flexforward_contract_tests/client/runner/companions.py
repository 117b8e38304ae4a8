"""What the other labels of a trial live, where a client follows several: each its own lifecycle, some are refused."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

from .trial import shipped_trials

if TYPE_CHECKING:
    from flexforward_mockserver.scenarios.scenario import Scenario

    from .trial import Trial

__all__ = ["COMPANIONS", "companions_of"]

COMPANIONS = (
    "delivery",
    "label-gone",
    "exception-solved",
    "gateway-blips",
    "access-lost",
    "cancelled",
    "unknown-for-a-while",
    "label-failed-late",
    "delivered-at-once",
    "pending-long",
)
"""Names of shipped trials that concern one label alone: 401 and 429 are for the whole account."""


def companions_of(trial: Trial, labels: int) -> tuple[Scenario, ...]:
    """Return what the labels beside the first one live; which, is fixed by the trial's name."""
    known = {one.name: one.scenario for one in shipped_trials()} if labels > 1 else {}
    first = zlib.crc32(trial.name.encode())
    return tuple(known[COMPANIONS[(first + number) % len(COMPANIONS)]] for number in range(labels - 1))
