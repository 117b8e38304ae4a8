"""A label: one shipment as the API knows it."""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

import msgspec

if TYPE_CHECKING:
    from datetime import datetime

    from flexforward_mockserver.scenarios.scenario import AccountName, Scenario

__all__ = ["ID_NAMESPACE", "Creation", "Label", "draw_tracking_number", "is_uuid", "label_uuid"]

ID_NAMESPACE = UUID("5f1f6a3e-0c53-5b0e-9d3b-9f8f2a7a6a11")
"""Namespace of the version 5 UUIDs that labels get from their order numbers."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Creation(msgspec.Struct, frozen=True, kw_only=True):
    """What the request for a label said, as far as somebody asks for it again.

    Attributes:
        key: its idempotency key.
        digest: of its body.
        courier: code of the courier that was wanted.
        label_format: of the document, ``pdf`` or ``png``.
        ship_to: lines of the address.
    """

    key: str
    digest: bytes
    courier: str
    label_format: str
    ship_to: tuple[str, ...]


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """One shipment as the API knows it; nothing in it changes.

    Attributes:
        id: UUID in canonical form.
        tracking_number: shown from the step on that brings it.
        account: whose it is.
        began_at: virtual instant at which its lifecycle began.
        creation: the request that made it; None for one that somebody put in.
    """

    id: str
    order_number: str
    tracking_number: str
    account: AccountName
    scenario: Scenario
    began_at: datetime
    creation: Creation | None = None


def is_uuid(key: str) -> bool:
    """Tell whether ``key`` is a UUID in the usual form, in letters of either case."""
    return _UUID.fullmatch(key) is not None


def label_uuid(order_number: str) -> str:
    """Return the UUID of a label that has no other one than its order number's."""
    return str(uuid5(ID_NAMESPACE, order_number))


def draw_tracking_number(seed: int, label_id: str) -> str:
    """Return a tracking number in the form of the guide's, the same for the same seed and label."""
    digest = blake2b(f"{seed}/{label_id}".encode(), digest_size=8).digest()
    return f"YT{int.from_bytes(digest) % 10**10:010d}CN"
