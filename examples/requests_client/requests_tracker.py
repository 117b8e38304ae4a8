"""Reads shipments on Flex Forward with requests, and tells what is new: run it by cron, as often as you like."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

if TYPE_CHECKING:
    from collections.abc import MutableMapping

TIMEOUT_S = (5, 10)
"""To connect, and for each part of the answer."""

NEWS = {
    "InfoReceived": "Your order has shipped.",
    "InTransit": "Your order is on its way.",
    "Delivered": "Your order has been delivered.",
    "Exception": "There is a problem with your delivery; we look into it.",
}
"""What the customer is told of a tag; of all others, and of tags that are not documented yet, nothing."""


class RequestsTracker:
    """A client of the tracking API.

    Args:
        base_url: such as ``https://api.flexforwardship.com``.
        token: for the bearer scheme.
        backoff_s: before the third try; it doubles with each further one.
    """

    def __init__(self, base_url: str, token: str, *, backoff_s: float = 2) -> None:
        self._base_url = base_url.rstrip("/")
        self._session = requests.Session()
        self._session.headers["Authorization"] = f"Bearer {token}"
        retry = Retry(
            total=4, backoff_factor=backoff_s / 2, status_forcelist=[502], allowed_methods=["GET"], redirect=0
        )
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(max_retries=retry))

    @classmethod
    def from_environment(cls, *, backoff_s: float = 2) -> Self:
        """Make one as ``FLEXFORWARD_BASE_URL`` and ``FLEXFORWARD_TOKEN`` say."""
        return cls(os.environ["FLEXFORWARD_BASE_URL"], os.environ["FLEXFORWARD_TOKEN"], backoff_s=backoff_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def tag(self, shipment: str) -> str:
        """Return the tag of a shipment, by label id or order number.

        Raises:
            requests.RequestException: refused, or still no answer after the last try.
        """
        answer = self._session.get(f"{self._base_url}/tracking/{quote(shipment, safe='')}", timeout=TIMEOUT_S)
        answer.raise_for_status()
        body: dict[str, Any] = answer.json()
        tag: str = body["tag"]
        return tag

    def news(self, shipment: str, told: MutableMapping[str, str]) -> str | None:
        """Return what a shipment's customer has to be told now, if anything.

        Args:
            shipment: label id or order number.
            told: the last tag of each shipment that was told; kept up to date.
        """
        tag = self.tag(shipment)
        if tag not in NEWS or tag == told.get(shipment):
            return None
        told[shipment] = tag
        return NEWS[tag]
