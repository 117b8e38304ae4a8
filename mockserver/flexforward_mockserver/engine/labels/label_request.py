"""What a request for a label says: its key, its order number, where it goes, and how the document is wanted."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.state.label import Creation
from flexforward_openapi import Json, as_list, as_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["LabelRequest", "read_label_request"]

_MOST_LINES = 8
_LONGEST_LINE = 60


class LabelRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request for a label, as its contract allows it.

    Attributes:
        order_number: the customer's; where the request has none, the idempotency key.
        postal_code: of the address that it goes to, as a text.
    """

    order_number: str
    postal_code: str
    creation: Creation


def read_label_request(body: Mapping[str, Json]) -> LabelRequest:
    """Return what a body says; what it leaves out, or a contract of somebody else's does not know, is empty."""
    key = _text(body.get("idempotencyKey"))
    ship_to = as_mapping(as_mapping(body.get("shipment")).get("shipTo"))
    contact, address = as_mapping(ship_to.get("contact")), as_mapping(ship_to.get("address"))
    postal_code = _text(address.get("postalCode"))
    wanted = _text(as_mapping(body.get("label")).get("format")).lower()
    name = " ".join(filter(None, (_text(contact.get("firstName")), _text(contact.get("lastName")))))
    place = " ".join(filter(None, (_text(address.get("city")), _text(address.get("state")), postal_code)))
    streets = [_text(line) for line in as_list(address.get("streetLines"))][: _MOST_LINES - 3]
    lines = filter(None, (name, *streets, place, _text(address.get("countryCode"))))
    return LabelRequest(
        order_number=_text(as_mapping(body.get("order")).get("customerOrderNumber")) or key,
        postal_code=postal_code,
        creation=Creation(
            key=key,
            digest=blake2b(msgspec.json.encode(body, order="sorted"), digest_size=16).digest(),
            courier=_text(body.get("courier")),
            label_format="png" if wanted == "png" else "pdf",
            ship_to=tuple(line[:_LONGEST_LINE] for line in lines),
        ),
    )


def _text(value: Json) -> str:
    """Return a text as it is, and a number as it is written without a fraction; all else is empty."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
