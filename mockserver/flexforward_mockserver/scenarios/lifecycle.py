"""How far a shipment has come: pure functions of its scenario, when it began, what happened to it, and now.

``evaluate`` is the definition. The other functions do the same one happening at a time, so that a sandbox needs to
keep a ``Progress`` and not the log of everything that ever happened.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .scenario import ErrorStep, Event, Evolution, Scenario, Status

__all__ = [
    "Checkpoint",
    "Happening",
    "Progress",
    "Shipment",
    "advance",
    "begin",
    "evaluate",
    "poll",
    "settle",
    "show",
]


class Happening(msgspec.Struct, frozen=True):
    """Something besides time that moves a lifecycle: a counted request, or a step taken by hand."""

    kind: Literal["poll", "advance"]
    at: datetime


class Progress(msgspec.Struct, frozen=True):
    """How far a lifecycle has come.

    Attributes:
        opened: when each step so far opened; the last one is open now.
        polls: requests that have seen the open step, counted while the next step waits for requests.
        due: when time alone opens the next step; None if it does not.
    """

    opened: tuple[datetime, ...]
    polls: int
    due: datetime | None

    @property
    def step(self) -> int:
        """Index of the open step."""
        return len(self.opened) - 1


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An event with the instant at which it happened."""

    at: datetime
    event: Event


class Shipment(msgspec.Struct, frozen=True, kw_only=True):
    """What an API says of a shipment.

    Attributes:
        is_numbered: whether the courier has given it a tracking number.
        checkpoints: in the order in which the API lists them.
    """

    status: Status
    is_numbered: bool
    checkpoints: tuple[Checkpoint, ...]
    evolution: Evolution | None


def evaluate(scenario: Scenario, began_at: datetime, log: Iterable[Happening], now: datetime) -> Progress:
    """Tell how far a lifecycle has come by ``now``; ``log`` is in the order of its instants."""
    progress = begin(scenario, began_at)
    for happening in log:
        progress = (poll if happening.kind == "poll" else advance)(scenario, progress, happening.at)
    return settle(scenario, progress, now)


def begin(scenario: Scenario, at: datetime) -> Progress:
    """Open the first step, and those that follow it at once."""
    return settle(scenario, _open((), scenario, at), at)


def settle(scenario: Scenario, progress: Progress, now: datetime) -> Progress:
    """Open what time alone has opened by ``now``, each step at its own instant."""
    while progress.due is not None and progress.due <= now:
        progress = _open(progress.opened, scenario, progress.due)
    return progress


def poll(scenario: Scenario, progress: Progress, now: datetime) -> Progress:
    """Count one request, which sees the step that is open in the result.

    ``polls: n`` on a step means: n requests see the step before it, request n + 1 opens it.
    """
    progress = settle(scenario, progress, now)
    following = progress.step + 1
    if following == len(scenario.steps):
        return progress
    needed = scenario.steps[following].polls
    if needed is None:
        return progress
    if progress.polls >= needed:
        progress = settle(scenario, _open(progress.opened, scenario, now), now)
    return Progress(progress.opened, progress.polls + 1, progress.due)


def advance(scenario: Scenario, progress: Progress, now: datetime) -> Progress:
    """Open the next step by hand, whatever its triggers; past the last step nothing changes."""
    progress = settle(scenario, progress, now)
    if progress.step + 1 == len(scenario.steps):
        return progress
    return settle(scenario, _open(progress.opened, scenario, now), now)


def show(scenario: Scenario, progress: Progress) -> Shipment | ErrorStep:
    """Tell what a read finds."""
    step = scenario.steps[progress.step]
    if step.failure is not None:
        return step.failure
    return Shipment(
        status=step.status,
        is_numbered=scenario.numbered_from is not None and progress.step >= scenario.numbered_from,
        checkpoints=_history(scenario, progress),
        evolution=step.evolution,
    )


def _open(opened: tuple[datetime, ...], scenario: Scenario, at: datetime) -> Progress:
    following = len(opened) + 1
    after = scenario.steps[following].after if following < len(scenario.steps) else None
    return Progress((*opened, at), 0, None if after is None else at + after)


def _history(scenario: Scenario, progress: Progress) -> tuple[Checkpoint, ...]:
    reported: list[Checkpoint] = []
    for step, opened_at in zip(scenario.steps, progress.opened, strict=False):
        if step.forgets:
            reported.clear()
        if step.event is not None:
            at = step.event.at
            reported.append(Checkpoint(at=opened_at + at if isinstance(at, timedelta) else at, event=step.event))
    if scenario.order == "as-reported":
        return tuple(reported)
    if scenario.order == "oldest-first":
        return tuple(sorted(reported, key=_instant))
    # Sorting keeps equal instants in place, so what was reported last stands first among them.
    return tuple(sorted(reversed(reported), key=_instant, reverse=True))  # noqa: C414  # it decides between equal ones


def _instant(checkpoint: Checkpoint) -> datetime:
    return checkpoint.at
