"""One label of a run: what the client asked, could read and told of it."""

from __future__ import annotations

from datetime import datetime, timedelta  # msgspec reads the annotations
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.scenarios.tag import TAGS

from .identifier import asks_by_order_number, asks_by_uuid, mangling
from .reading import Reading, read

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_mockserver.state.journal import Exchange

    from .run import ClientRun, Notification, RunLabel

__all__ = [
    "NotificationMatch",
    "StatusSpan",
    "Track",
    "failing_runs",
    "matches_of",
    "status_spans_of",
    "tracks_of",
    "wait_before",
]


class StatusSpan(msgspec.Struct, frozen=True):
    """Answers in a row that said the same tag; failures in between do not part them.

    Attributes:
        is_certain: at least one of them was surely read.
    """

    tag: str
    readings: tuple[Reading, ...]

    @property
    def began_at(self) -> datetime:
        """When the first of them was asked for."""
        return self.readings[0].exchange.at

    @property
    def is_certain(self) -> bool:
        """Whether the client is sure to have read it."""
        return any(reading.kind == "good" for reading in self.readings)


class NotificationMatch(msgspec.Struct, frozen=True):
    """A notification, and the span that it tells of.

    Attributes:
        span: its index; None if nothing of the kind was on top.
        is_repeat: that span had been told before.
    """

    notification: Notification
    span: int | None
    is_repeat: bool = False


class Track:
    """One label of a run.

    Attributes:
        readings: its exchanges as the client saw them, oldest first.
        told: what the client told of it; None if that is not known.
    """

    def __init__(
        self, run: ClientRun, label: RunLabel, readings: tuple[Reading, ...], told: tuple[Notification, ...] | None
    ) -> None:
        self.run = run
        self.label = label
        self.readings = readings
        self.told = told

    @cached_property
    def spans(self) -> tuple[StatusSpan, ...]:
        """Its answers by tag."""
        return tuple(status_spans_of(self.readings))

    @cached_property
    def matches(self) -> tuple[NotificationMatch, ...]:
        """What was told, each beside what it tells of."""
        return tuple(matches_of(self.spans, self.told or ()))

    @cached_property
    def failing_runs(self) -> tuple[tuple[Reading, ...], ...]:
        """Its unbroken runs of failures."""
        return tuple(failing_runs(self.readings))


def tracks_of(run: ClientRun) -> tuple[Track, ...]:
    """Return what a run says of each of its labels."""
    by_label: dict[str, list[Reading]] = {label.id: [] for label in run.labels}
    for exchange in run.exchanges:
        label = _label_of(exchange, run)
        if label is not None:
            by_label[label.id].append(read(exchange, label.scenario))
    return tuple(Track(run, label, tuple(by_label[label.id]), _told_of(label, run)) for label in run.labels)


def _label_of(exchange: Exchange, run: ClientRun) -> RunLabel | None:
    """Return the label that an exchange was meant for; the journal does not name it where a refusal came first."""
    if exchange.label is not None:
        return next((label for label in run.labels if label.id == exchange.label), None)
    if len(run.labels) == 1:
        return run.labels[0]
    path = exchange.path
    named = (label for label in run.labels if asks_by_uuid(path, label) or asks_by_order_number(path, label))
    return next(named, None) or next((label for label in run.labels if mangling(path, label)), None)


def _told_of(label: RunLabel, run: ClientRun) -> tuple[Notification, ...] | None:
    if run.notifications is None or len(run.labels) == 1:
        return run.notifications
    if any(notification.label is None for notification in run.notifications):
        return None
    names = (label.id, label.order_number)
    return tuple(entry for entry in run.notifications if entry.label in names)


def status_spans_of(readings: tuple[Reading, ...]) -> Iterator[StatusSpan]:
    """Yield the spans of the answers that have a tag."""
    tagged = [(reading.tag, reading) for reading in readings if reading.tag is not None]
    for tag, group in groupby(tagged, key=lambda pair: pair[0]):
        yield StatusSpan(tag, tuple(reading for _, reading in group))


def matches_of(spans: tuple[StatusSpan, ...], told: tuple[Notification, ...]) -> Iterator[NotificationMatch]:
    """Yield each notification with the span that it tells of: the first untold one that had begun, in order.

    Order matters: once a later status has been told, an earlier one is news no more. A notification may lag behind.
    """
    position = 0
    used: set[int] = set()
    for notification in told:
        known = [
            index
            for index, span in enumerate(spans)
            if index >= position and span.began_at <= notification.at and _means(notification.tag, span.tag)
        ]
        untold = [index for index in known if index not in used]
        found = untold[0] if untold else known[-1] if known else None
        yield NotificationMatch(notification, found, is_repeat=bool(known) and not untold)
        if found is not None:
            position = found
            used.add(found)


def _means(told: str, served: str) -> bool:
    """Tell whether a told tag stands for a served one; an unknown one is taken as Unknown."""
    return told == served or (told == "Unknown" and served not in TAGS)


def failing_runs(readings: tuple[Reading, ...]) -> Iterator[tuple[Reading, ...]]:
    """Yield each unbroken run of what may or must be taken for failures, with one among them that must."""
    for is_failing, group in groupby(readings, key=lambda reading: reading.is_failing):
        run = tuple(group)
        if is_failing and any(reading.kind == "failure" for reading in run):
            yield run


def wait_before(readings: tuple[Reading, ...], index: int) -> timedelta:
    """Return how long the client waited after an answer came, or failed to come, before the request at ``index``."""
    before, after = readings[index - 1].exchange, readings[index].exchange
    return max(after.at - before.at - timedelta(seconds=before.duration_s), timedelta(0))
