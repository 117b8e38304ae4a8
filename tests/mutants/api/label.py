"""The shipments of the independent tracking API."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["Account", "Body", "Label", "event", "stock"]

Account: TypeAlias = Literal["ours", "theirs"]
Body: TypeAlias = dict[str, Any]
"""A JSON object."""

PLACES: Final = (
    ("São Paulo", "SP", "BR", "Centro de distribuição"),
    ("Zürich", None, "CH", None),
    ("Shenzhen", "Guangdong", "CN", "Hub 7"),
    (None, None, None, None),
)


@dataclass(slots=True, kw_only=True)
class Label:
    """A shipment; ``events`` are its checkpoints as they are answered, newest first.

    Attributes:
        grows_every: so many reads bring a further event, up to ``grows_to``.
    """

    id: str
    order_number: str
    tracking_number: str | None = None
    account: Account = "ours"
    is_failed: bool = False
    tag: str = "Pending"
    subtag: str = "Pending_001"
    events: list[Body] = field(default_factory=list[Body])
    grows_every: int = 0
    grows_to: int = 0
    reads: int = 0

    def put(self, events: Sequence[Body]) -> None:
        """Take these events, and the newest one's status."""
        self.events = list(events)
        self.tag, self.subtag = events[0]["tag"], events[0]["subtag"]

    def read(self, now: datetime) -> None:
        """Count a read, and move by it."""
        self.reads += 1
        count = len(self.events)
        if self.grows_every and self.reads % self.grows_every == 0 and count < self.grows_to:
            self.put([event(now, "InTransit", "InTransit_001", f"Passed point {count}", count), *self.events])


def event(at: datetime, tag: str, subtag: str, message: str, place: int = 0) -> Body:
    """Return a checkpoint at one of the places."""
    city, state, country, location = PLACES[place % len(PLACES)]
    return {
        "checkpointTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "city": city,
        "state": state,
        "countryRegion": country,
        "location": location,
        "message": message,
        "tag": tag,
        "subtag": subtag,
        "subtagMessage": tag,
        "slug": "yunexpress",
    }


def stock(now: datetime, order_number: str) -> Iterator[Label]:
    """Yield a label that moves, a delivered, a pending, a failed and a foreign one."""
    yield _shipped(
        Label(
            id="3f2b8c1e-9d47-4e6a-8b0c-5a1d7e9f2c01",
            order_number=order_number,
            tracking_number="YT2611200001CN",
            grows_every=4,
            grows_to=8,
        ),
        [
            event(now - timedelta(hours=2), "InTransit", "InTransit_003", "Left the hub", 0),
            event(now - timedelta(hours=4), "InTransit", "InTransit_001", "In transit", 1),
            event(now - timedelta(hours=6), "InfoReceived", "InfoReceived_001", "Shipment information received", 2),
        ],
    )
    yield _shipped(
        Label(
            id="8a6e4d20-1c3b-4f58-a972-0e6b5d4c3f02",
            order_number="ORDER-delivered",
            tracking_number="YT2611200002CN",
        ),
        [
            event(now - timedelta(days=1), "Delivered", "Delivered_001", "Signed for", 1),
            event(now - timedelta(days=2), "InTransit", "InTransit_001", "In transit", 3),
            event(now - timedelta(days=3), "InfoReceived", "InfoReceived_001", "Shipment information received", 2),
        ],
    )
    yield Label(id="1d9c7b5a-3e2f-4a61-b8d4-f0c2a6e8b703", order_number="ORDER-pending")
    yield Label(id="e7b3f1a9-5c8d-4260-91fe-3d7a9b5c1e05", order_number="ORDER-failed", is_failed=True)
    yield _shipped(
        Label(
            id="c5f0a1de-6b1c-4f7e-9d0a-2be9c1f4aa04",
            order_number="THEIRS-1",
            tracking_number="YT2611200004CN",
            account="theirs",
        ),
        [event(now - timedelta(days=5), "InTransit", "InTransit_001", "In transit", 2)],
    )


def _shipped(label: Label, events: Sequence[Body]) -> Label:
    label.put(events)
    return label
