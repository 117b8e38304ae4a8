"""The seven tags, what they mean for a lifecycle, and the subtags with their messages.

Sources: tags, terminal ones and their order from the vendor's guide; ``InTransit_001`` and ``InfoReceived_001`` with
their messages from the guide's sample. Every other subtag follows the AfterShip catalogue, by which the vendor says
its format is inspired; ``Cancelled_001`` and ``Unknown_001`` are ours. docs/contract.md marks which is which.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SUBTAG_MESSAGES", "TAGS", "Tag", "subtag_message"]


class Tag(msgspec.Struct, frozen=True, kw_only=True):
    """What one tag means for a lifecycle.

    Attributes:
        name: as the API writes it.
        letter: as script ids write it.
        rank: place on the way from order to door; None for a tag that may come at any time.
        is_terminal: nothing changes after it.
        is_event: becoming so is an event at some place, and so a checkpoint.
        is_with_courier: the courier knows the parcel, and so has given it a tracking number.
    """

    name: str
    letter: str
    rank: int | None = None
    is_terminal: bool = False
    is_event: bool = True
    is_with_courier: bool = True


TAGS: Mapping[str, Tag] = MappingProxyType(
    {
        tag.name: tag
        for tag in (
            Tag(name="Pending", letter="P", rank=0, is_event=False, is_with_courier=False),
            Tag(name="InfoReceived", letter="I", rank=1),
            Tag(name="InTransit", letter="T", rank=2),
            Tag(name="Delivered", letter="D", rank=3, is_terminal=True),
            Tag(name="Exception", letter="E"),
            Tag(name="Cancelled", letter="C", is_terminal=True, is_with_courier=False),
            Tag(name="Unknown", letter="U", is_event=False, is_with_courier=False),
        )
    }
)

SUBTAG_MESSAGES: Mapping[str, str] = MappingProxyType(
    {
        "Pending_001": "Pending",
        "InfoReceived_001": "Shipment information received",
        "InTransit_001": "In transit",
        "InTransit_002": "Acceptance scan",
        "InTransit_003": "Arrival scan",
        "InTransit_004": "Arrived at the destination country",
        "InTransit_005": "Customs clearance completed",
        "InTransit_006": "Customs clearance started",
        "InTransit_007": "Departure Scan",
        "InTransit_008": "Problem resolved",
        "InTransit_009": "Forwarded to a different delivery address",
        "Delivered_001": "Delivered",
        "Delivered_002": "Picked up by the customer",
        "Delivered_003": "Sign by customer",
        "Delivered_004": "Delivered and received cash on delivery",
        "Delivered_005": "Delivered to neighbor",
        "Exception_001": "Exception",
        "Exception_002": "Customer moved",
        "Exception_003": "Customer refused delivery",
        "Exception_004": "Delayed (Customs clearance)",
        "Exception_005": "Delayed (External factors)",
        "Exception_006": "Held for payment",
        "Exception_007": "Incorrect Address",
        "Exception_008": "Pick up missed",
        "Exception_009": "Rejected by carrier",
        "Exception_010": "Returning to sender",
        "Exception_011": "Returned to sender",
        "Exception_012": "Shipment damaged",
        "Exception_013": "Shipment lost",
        "Cancelled_001": "Cancelled",
        "Unknown_001": "Unknown",
    }
)


def subtag_message(subtag: str) -> str:
    """Return a subtag's message: the catalogue's, or its tag's plain one for a number that is not listed."""
    plain = f"{subtag.partition('_')[0]}_001"
    return SUBTAG_MESSAGES.get(subtag) or SUBTAG_MESSAGES[plain]
