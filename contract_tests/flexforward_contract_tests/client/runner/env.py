"""What a client under test gets: where to ask, as whom, for what, and how to tell."""

from __future__ import annotations

from typing import Protocol

import msgspec

__all__ = ["ClientEnv", "Notify"]


class Notify(Protocol):
    """Takes what a customer is told."""

    def __call__(self, tag: str, label: str | None = None) -> None:
        """Take a tag, and the UUID or order number of the label that it is about."""
        ...


class ClientEnv(msgspec.Struct, frozen=True, kw_only=True):
    """The surroundings of one run.

    Attributes:
        base_url: base URL of the mock.
        token: bearer token.
        api_key: with ``api_token``, the pair of headers.
        label_id: UUID of the shipment to follow.
        order_number: the same shipment's order number; it may hold characters that a URL cannot.
        label_ids: UUIDs of all shipments to follow, the one above first.
        order_numbers: their order numbers, in the same order.
        notify: to be called with the tag whenever the client notifies its customer; where there are several shipments,
            with the UUID or order number as well.
    """

    base_url: str
    token: str
    api_key: str
    api_token: str
    label_id: str
    order_number: str
    label_ids: tuple[str, ...] = ()
    order_numbers: tuple[str, ...] = ()
    notify: Notify

    @property
    def variables(self) -> dict[str, str]:
        """The same as environment variables."""
        names = ("base_url", "token", "api_key", "api_token", "label_id", "order_number")
        own = {f"FLEXFORWARD_{name.upper()}": getattr(self, name) for name in names}
        return {**own, "FLEXFORWARD_LABEL_IDS": ",".join(self.label_ids or (self.label_id,))}
