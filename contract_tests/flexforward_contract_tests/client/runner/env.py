"""What a client under test gets: where to ask, as whom, for what, and how to tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["ClientEnv"]


class ClientEnv(msgspec.Struct, frozen=True, kw_only=True):
    """The surroundings of one run.

    Attributes:
        base_url: base URL of the mock.
        token: bearer token.
        api_key: with ``api_token``, the pair of headers.
        label_id: UUID of the shipment to follow.
        order_number: the same shipment's order number; it may hold characters that a URL cannot.
        notify: to be called with the tag whenever the client notifies its customer.
    """

    base_url: str
    token: str
    api_key: str
    api_token: str
    label_id: str
    order_number: str
    notify: Callable[[str], None]

    @property
    def variables(self) -> dict[str, str]:
        """The same as environment variables."""
        names = ("base_url", "token", "api_key", "api_token", "label_id", "order_number")
        return {f"FLEXFORWARD_{name.upper()}": getattr(self, name) for name in names}
