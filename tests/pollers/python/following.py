"""What the pollers beside this file have in common: the guide's rules, without a way to ask or to wait."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

BASE_URL = os.environ["FLEXFORWARD_BASE_URL"]
HEADERS = {"Authorization": f"Bearer {os.environ['FLEXFORWARD_TOKEN']}"}
HOUR = 3600.0
INTERVALS_S = {"Pending": 4 * HOUR, "InfoReceived": 4 * HOUR, "InTransit": HOUR / 2, "Exception": HOUR / 4}
TOLD = ("InfoReceived", "InTransit", "Exception", "Delivered")
TERMINAL = ("Delivered", "Cancelled")
REFUSALS = (401, 403, 404, 422)
TIMEOUT_S = 10.0


def url_of(order_number: str = os.environ["FLEXFORWARD_ORDER_NUMBER"]) -> str:
    return f"{BASE_URL}/tracking/{quote(order_number, safe='')}"


@dataclass
class Following:
    """One shipment, as far as it is known.

    Attributes:
        label: named with each notification; None where there is only one shipment.
    """

    label: str | None = None
    told: str | None = None
    failures: int = 0

    def after(self, status: int, body: bytes) -> float | None:
        """Take an answer, and return how many seconds to wait; None to ask no more."""
        if status in REFUSALS:
            return None
        try:
            tag = self.tag_in(body) if status == 200 else None
        except (ValueError, KeyError, TypeError):
            tag = None
        if tag is None:
            return self.after_failure()
        self.failures = 0
        if tag in TOLD and tag != self.told:
            self.told = tag
            self.tell(tag)
        return None if tag in TERMINAL else INTERVALS_S.get(tag, HOUR)

    def after_failure(self) -> float:
        """Return how many seconds to wait after a request without an answer."""
        self.failures += 1
        return float(min(30 * 2**self.failures, 1800))

    def tag_in(self, body: bytes) -> str:
        tag: Any = json.loads(body)["tag"]
        if not isinstance(tag, str):
            raise TypeError(tag)
        return tag

    def tell(self, tag: str) -> None:
        print("notify:", *filter(None, (self.label,)), tag)
