"""Breaches in what a shipment says: order, times, tags, countries, and what repeated reads show."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final

from mutants.api.change import each, oldest
from mutants.api.mutant import breach, shipments
from mutants.api.tracking_api import TrackingApi

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.api.label import Body, Label
    from mutants.api.mutant import ApiMutant
    from mutants.api.tracking_api import Question

__all__ = ["MUTANTS"]

ORDER: Final = "api.order.newest-first"
TIME: Final = "api.time.rfc3339"
FUTURE: Final = "api.time.not-future"
KNOWN: Final = "api.tag.known"
NEWEST: Final = "api.tag.top-is-newest"
SUBTAG: Final = "api.subtag.belongs"
COUNTRY: Final = "api.country.alpha2"
NUMBER: Final = "api.tracking-number"
GROWS: Final = "api.repeat.history-grows"
STAYS: Final = "api.repeat.terminal-stays"


def _at(checkpoint: Body) -> datetime:
    return datetime.fromisoformat(checkpoint["checkpointTime"])


def _swap_oldest(body: Body) -> None:
    body["checkpoints"][-2:] = reversed(body["checkpoints"][-2:])


def _sort_as_text(body: Body) -> None:
    for checkpoint in body["checkpoints"][1:]:
        checkpoint["checkpointTime"] = _at(checkpoint).astimezone(timezone(timedelta(hours=8))).isoformat()
    body["checkpoints"].sort(key=itemgetter("checkpointTime"), reverse=True)


def _time(write: Callable[[datetime], str]) -> Callable[[Body], object]:
    return each(lambda it: it.update(checkpointTime=write(_at(it))))


def _country(value: str) -> Callable[[Body], object]:
    return each(lambda it: it.update(countryRegion=it["countryRegion"] and value))


def _later(**ahead: float) -> Callable[[Body], object]:
    def change(body: Body) -> None:
        for checkpoint in body["checkpoints"][:1]:
            at = datetime.now(UTC) + timedelta(**ahead)
            checkpoint["checkpointTime"] = f"{at:%Y-%m-%dT%H:%M:%SZ}"

    return change


def _status_of_oldest(body: Body) -> None:
    for checkpoint in body["checkpoints"][-1:]:
        body.update(tag=checkpoint["tag"], subtag=checkpoint["subtag"], subtagMessage=checkpoint["subtagMessage"])


class _PerRead(TrackingApi):
    """Shows a label differently as it is read again."""

    def shipment(self, label: Label, question: Question) -> Any:
        body = super().shipment(label, question)
        self.change(label, body)
        return body

    def change(self, label: Label, body: Body) -> None:
        raise NotImplementedError


class LosesOldest(_PerRead):
    """A label's oldest checkpoint is gone after its first read."""

    def change(self, label: Label, body: Body) -> None:
        if label.reads > 1:
            del body["checkpoints"][-1:]


class ReplicaLags(_PerRead):
    """Every second read misses the newest checkpoint, and the status that it brought."""

    def change(self, label: Label, body: Body) -> None:
        if label.reads % 2 == 0 and label is self.moving:
            del body["checkpoints"][0]
            body.update(tag=body["checkpoints"][0]["tag"], subtag=body["checkpoints"][0]["subtag"])


class RewritesTimes(_PerRead):
    """The time of a label's oldest checkpoint moves by a minute at each read."""

    def change(self, label: Label, body: Body) -> None:
        for checkpoint in body["checkpoints"][-1:]:
            at = _at(checkpoint) - timedelta(minutes=label.reads)
            checkpoint["checkpointTime"] = f"{at:%Y-%m-%dT%H:%M:%SZ}"


class DeliveredOldestFirst(_PerRead):
    """Checkpoints of delivered labels come oldest first."""

    def change(self, label: Label, body: Body) -> None:
        if label.tag == "Delivered":
            body["checkpoints"].reverse()


class KeepsThree(TrackingApi):
    """Only the newest three checkpoints are kept; this label moves at each read."""

    def read(self, label: Label) -> Label:
        label.grows_every = min(label.grows_every, 1)
        return super().read(label)

    def shipment(self, label: Label, question: Question) -> Any:
        body = super().shipment(label, question)
        del body["checkpoints"][3:]
        return body


class LeavesDelivered(_PerRead):
    """A delivered label is in transit at its second read, and from then on."""

    def change(self, label: Label, body: Body) -> None:
        if label.tag == "Delivered" and label.reads > 1:
            body.update(tag="InTransit", subtag="InTransit_001")


class FlapsAfterDelivered(_PerRead):
    """A delivered label is an exception at every second read."""

    def change(self, label: Label, body: Body) -> None:
        if label.tag == "Delivered" and label.reads % 2 == 0:
            body.update(tag="Exception", subtag="Exception_001")


class ForgetsDelivered(_PerRead):
    """A delivered label is unknown at its third read, once."""

    def change(self, label: Label, body: Body) -> None:
        if label.tag == "Delivered" and label.reads == 3:
            body.update(tag="Unknown", subtag="Unknown_001")


MUTANTS: Final[tuple[ApiMutant, ...]] = (
    shipments("oldest-first", ORDER, "Checkpoints come oldest first.", lambda it: it["checkpoints"].reverse()),
    shipments("oldest-two-swapped", ORDER, "The oldest two checkpoints are swapped.", _swap_oldest),
    shipments("sorted-as-text", ORDER, "Checkpoints with mixed offsets are sorted as text.", _sort_as_text),
    shipments(
        "sorted-by-message",
        ORDER,
        "Checkpoints are sorted by message.",
        lambda it: it["checkpoints"].sort(key=itemgetter("message")),
    ),
    breach(ORDER, DeliveredOldestFirst),
    shipments("no-zone", TIME, "Times have no zone.", _time(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}")),
    shipments(
        "no-zone-in-oldest",
        TIME,
        "The time of the oldest checkpoint has no zone.",
        oldest(lambda it: it.update(checkpointTime=it["checkpointTime"].removesuffix("Z"))),
    ),
    shipments("space-for-t", TIME, "Times have a space for the T.", _time(lambda at: f"{at:%Y-%m-%d %H:%M:%SZ}")),
    shipments("date-only", TIME, "Times are dates.", _time(lambda at: f"{at:%Y-%m-%d}")),
    shipments("epoch", TIME, "Times are seconds since 1970, in a string.", _time(lambda at: f"{at.timestamp():.0f}")),
    shipments("mail-date", TIME, "Times are as in mail.", _time(format_datetime)),
    shipments("offset-without-colon", TIME, "Offsets have no colon.", _time(lambda at: f"{at:%Y-%m-%dT%H:%M:%S%z}")),
    shipments("no-seconds", TIME, "Times have no seconds.", _time(lambda at: f"{at:%Y-%m-%dT%H:%MZ}")),
    shipments(
        "no-such-day",
        TIME,
        "There is no such day.",
        oldest(lambda it: it.update(checkpointTime="2026-02-30T10:00:00Z")),
    ),
    shipments("empty-time", TIME, "A time is empty.", oldest(lambda it: it.update(checkpointTime=""))),
    shipments("local-time-as-utc", FUTURE, "The newest time is eight hours ahead.", _later(hours=8)),
    shipments("estimate-as-checkpoint", FUTURE, "An estimated delivery is the newest checkpoint.", _later(days=2)),
    shipments("tag-in-snake-case", KNOWN, "The tag is in_transit.", lambda it: it.update(tag="in_transit")),
    shipments(
        "tag-in-small-letters", KNOWN, "The tag is in small letters.", lambda it: it.update(tag=it["tag"].lower())
    ),
    shipments(
        "checkpoint-tag-unknown",
        KNOWN,
        "The tag of the oldest checkpoint is not among the seven.",
        oldest(lambda it: it.update(tag="InfoRecieved", subtag="InfoRecieved_001")),
    ),
    shipments("tag-is-empty", KNOWN, "The tag is empty.", lambda it: it.update(tag="")),
    shipments("status-of-oldest", NEWEST, "Tag and subtag at the top are the oldest checkpoint's.", _status_of_oldest),
    shipments(
        "tag-at-the-top-ahead",
        NEWEST,
        "The tag at the top is Exception; no checkpoint says so.",
        lambda it: it.update(tag="Exception", subtag="Exception_001"),
    ),
    shipments(
        "subtag-at-the-top-differs",
        NEWEST,
        "The subtag at the top is none of a newest checkpoint.",
        lambda it: it.update(subtag=it["tag"] + "_009"),
    ),
    shipments(
        "subtag-of-another-tag", SUBTAG, "The subtag is another tag's.", lambda it: it.update(subtag="Exception_004")
    ),
    shipments(
        "checkpoint-subtag-of-another-tag",
        SUBTAG,
        "The subtag of the oldest checkpoint is another tag's.",
        oldest(lambda it: it.update(subtag="Delivered_001")),
    ),
    shipments("subtag-is-a-number", SUBTAG, "Subtags are only their number.", lambda it: it.update(subtag="001")),
    shipments(
        "subtag-in-capitals",
        SUBTAG,
        "Subtags are in capitals.",
        each(lambda it: it.update(subtag=it["subtag"].upper())),
    ),
    shipments("country-in-small-letters", COUNTRY, "Countries are in small letters.", _country("cn")),
    shipments("country-of-three-letters", COUNTRY, "Countries have three letters.", _country("CHN")),
    shipments("country-in-words", COUNTRY, "Countries are in words.", _country("China")),
    shipments(
        "country-is-empty",
        COUNTRY,
        "Countries are empty instead of null.",
        each(lambda it: it.update(countryRegion="")),
    ),
    shipments("country-unassigned", COUNTRY, "The United Kingdom is UK.", _country("UK")),
    shipments(
        "no-number-is-empty",
        NUMBER,
        "No tracking number is an empty one.",
        lambda it: it.update(trackingNumber=it["trackingNumber"] or ""),
    ),
    shipments(
        "tracking-number-is-empty", NUMBER, "The tracking number is empty.", lambda it: it.update(trackingNumber="")
    ),
    *(breach(GROWS, api) for api in (LosesOldest, ReplicaLags, RewritesTimes, KeepsThree)),
    *(breach(STAYS, api) for api in (LeavesDelivered, FlapsAfterDelivered, ForgetsDelivered)),
)
