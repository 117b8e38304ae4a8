"""Legal variations of what a shipment says."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mutants.api.change import ChangedShipments, each, oldest
from mutants.api.label import event
from mutants.api.legal.variation import LegalVariation
from mutants.api.tracking_api import TrackingApi

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.api.label import Body, Label
    from mutants.api.tracking_api import Question

__all__ = ["VARIATIONS"]

EAST: Final = timezone(timedelta(hours=8))
WEST: Final = timezone(-timedelta(hours=4, minutes=30))
HISTORY_RULES: Final = frozenset(
    {
        "api.order.newest-first",
        "api.tag.top-is-newest",
        "api.time.rfc3339",
        "api.time.not-future",
        "api.country.alpha2",
        "api.repeat.history-grows",
    }
)
NULLABLE: Final = ("city", "state", "countryRegion", "location")


def _retimed(write: Callable[[datetime], str]) -> Callable[[Body], object]:
    return each(lambda it: it.update(checkpointTime=write(datetime.fromisoformat(it["checkpointTime"]))))


def _mixed_offsets(body: Body) -> None:
    for number, checkpoint in enumerate(body["checkpoints"]):
        at = datetime.fromisoformat(checkpoint["checkpointTime"])
        checkpoint["checkpointTime"] = at.astimezone((EAST, UTC, WEST)[number % 3]).isoformat()


def _nowhere(body: Body) -> None:
    body["trackingNumber"] = None
    for checkpoint in body["checkpoints"]:
        checkpoint.update(dict.fromkeys(NULLABLE))


def _empty_texts(body: Body) -> None:
    body["subtagMessage"] = ""
    for checkpoint in body["checkpoints"]:
        checkpoint.update(message="", subtagMessage="", city="", state="", location="")


def _reversed_keys(body: Body) -> None:
    fields = list(body.items())
    body.clear()
    body.update(reversed(fields))


def _no_history(body: Body) -> None:
    body["checkpoints"] = []


def _capital_id(body: Body) -> None:
    body["id"] = body["id"].upper()


def _duplicated(body: Body) -> None:
    body["checkpoints"] = [entry for entry in body["checkpoints"] for _ in range(2)]


UNICODE: Final = "廣州 ‏מרכז \U0001f69a \u0007\u2028 Å"


class _Stocked(TrackingApi):
    """Our moving label has a history of its own."""

    def __init__(self, stock: Callable[[datetime], list[Body]]) -> None:
        super().__init__()
        self.moving.put(stock(datetime.now(UTC)))


def _long_history(now: datetime) -> list[Body]:
    return [event(now - timedelta(minutes=n), "InTransit", "InTransit_001", f"Point {n}", n) for n in range(500)]


def _equal_times(now: datetime) -> list[Body]:
    """Let the newest two be of one instant; which of them counts, their place does not say."""
    at = now - timedelta(hours=1)
    return [
        event(at, "Exception", "Exception_001", "Held", 0),
        event(at, "InTransit", "InTransit_001", "Arrived", 0),
        event(at, "InfoReceived", "InfoReceived_001", "Registered", 1),
    ]


class _SecondOfEqualTimes(_Stocked):
    """Of checkpoints of one instant the second one's status counts."""

    def __init__(self) -> None:
        super().__init__(_equal_times)
        self.moving.grows_every = 0
        self.moving.tag, self.moving.subtag = "InTransit", "InTransit_001"


def _all_tags(now: datetime) -> list[Body]:
    steps = ("Unknown", "Exception", "Cancelled", "InTransit", "Delivered", "InfoReceived", "Pending")
    return [event(now - timedelta(hours=n + 1), tag, f"{tag}_{n:03}", tag, n) for n, tag in enumerate(steps)]


def _regressed(now: datetime) -> list[Body]:
    steps = ("InfoReceived", "InTransit", "Exception", "InTransit")
    return [event(now - timedelta(hours=n + 1), tag, f"{tag}_00{n}x", tag, n) for n, tag in enumerate(steps)]


class _GrowsEachRead(TrackingApi):
    """The history grows at each read."""

    def read(self, label: Label) -> Label:
        label.grows_every, label.grows_to = min(label.grows_every, 1), 10_000
        return super().read(label)


class _LateReports(TrackingApi):
    """Events come in late: the history grows in its middle."""

    def read(self, label: Label) -> Label:
        label.reads += 1
        if label is self.moving and label.reads < 20:
            newest = datetime.fromisoformat(label.events[0]["checkpointTime"])
            late = event(newest - timedelta(minutes=label.reads), "InTransit", "InTransit_001", "Late", label.reads)
            label.events[1:] = sorted([late, *label.events[1:]], key=lambda it: str(it["checkpointTime"]), reverse=True)
        return label


class _DeliveredSoon(TrackingApi):
    """Our moving label is delivered while it is looked at."""

    def read(self, label: Label) -> Label:
        super().read(label)
        if label is self.moving and label.reads == 5:
            label.put([event(datetime.now(UTC), "Delivered", "Delivered_001", "Signed for", 1), *label.events])
            label.grows_every = 0
        return label


class _CancelledForDelivered(TrackingApi):
    """The label that has ended is cancelled, without a checkpoint that says so."""

    def shipment(self, label: Label, question: Question) -> Any:
        body = super().shipment(label, question)
        if label is self.delivered:
            body.update(tag="Cancelled", subtag="Cancelled_001", checkpoints=body["checkpoints"][1:])
        return body


class _Ordered(TrackingApi):
    def __init__(self, order_number: str) -> None:
        self.order_number = order_number
        super().__init__()


class _Written(TrackingApi):
    """JSON is written in another way."""

    def __init__(self, write: Callable[[Any], str]) -> None:
        super().__init__()
        self.write = write

    def encoded(self, value: Any) -> bytes:
        return self.write(value).encode()


def _padded(value: Any) -> str:
    return f"\r\n {json.dumps(value, indent=2, ensure_ascii=False)}\n\n"


def _with_escaped_slashes(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("/", "\\/")


def _of(api: Callable[[Any], TrackingApi], **made: Any) -> list[LegalVariation]:
    return [LegalVariation(name=name.replace("_", "-"), api=partial(api, argument)) for name, argument in made.items()]


VARIATIONS: Final[tuple[LegalVariation, ...]] = (
    *_of(
        ChangedShipments,
        milliseconds=_retimed(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.000Z"),
        nanoseconds=_retimed(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.000000000Z"),
        one_digit_of_a_second=_retimed(lambda at: f"{at:%Y-%m-%dT%H:%M:%S}.5Z"),
        offsets=_retimed(lambda at: at.astimezone(EAST).isoformat()),
        mixed_offsets=_mixed_offsets,
        unknown_offset=_retimed(lambda at: f"{at:%Y-%m-%dT%H:%M:%S-00:00}"),
        small_t_and_z=_retimed(lambda at: f"{at:%Y-%m-%dt%H:%M:%Sz}"),
        leap_second=oldest(lambda it: it.update(checkpointTime="2016-12-31T23:59:60Z")),
        year_one=oldest(lambda it: it.update(checkpointTime="0001-01-01T00:00:00Z")),
        nulls_everywhere=_nowhere,
        empty_texts=_empty_texts,
        keys_in_another_order=_reversed_keys,
        duplicated_checkpoints=_duplicated,
        kosovo=each(lambda it: it.update(countryRegion="XK")),
        other_courier=oldest(lambda it: it.update(slug="swiss-post")),
        unicode_everywhere=each(lambda it: it.update(message=UNICODE, city=UNICODE, location=UNICODE * 50)),
        capital_uuid=_capital_id,
    ),
    *_of(_Stocked, long_history=_long_history, every_tag=_all_tags, regressed_status=_regressed),
    *_of(
        _Ordered,
        order_number_is_plain=("SO-10001"),
        order_number_of_digits="12345678901234567890",
        order_number_is_unicode="訂單 №1/½ \U0001f4e6",
        order_number_of_escapes="%2F%25%%20",
        order_number_with_dots="../2027/..;a=1,b",
        order_number_is_a_percent_sign="100%",
        order_number_with_spaces=" a  b ",
        order_number_of_quotes="""O'Neil "x" <b>&amp;\\""",
        order_number_is_long="L" * 200,
        order_number_is_another_uuid="9E107D9D-372B-4E6B-8A1F-0C5D6E7F8A9B",
        order_number_is_decomposed="Zu\u0308rich-e\u0301",
    ),
    *_of(
        _Written,
        compact_json=partial(json.dumps, separators=(",", ":")),
        escaped_json=partial(json.dumps, ensure_ascii=True),
        pretty_json=_padded,
        escaped_slashes=_with_escaped_slashes,
    ),
    LegalVariation(name="no-history", api=partial(ChangedShipments, _no_history), without=HISTORY_RULES),
    LegalVariation(name="equal-times", api=_SecondOfEqualTimes),
    LegalVariation(name="grows-at-each-read", api=_GrowsEachRead),
    LegalVariation(name="late-reports", api=_LateReports),
    LegalVariation(name="delivered-soon", api=_DeliveredSoon),
    LegalVariation(name="cancelled-for-delivered", api=_CancelledForDelivered),
)
