"""A client of another make: it keeps every rule, and shares no code with the product.

Every step of it is a method of its own, so that a mutant replaces just one.
"""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import requests

if TYPE_CHECKING:
    from collections.abc import Callable

    from flexforward_contract_tests.client.runner.env import ClientEnv

__all__ = ["BACK_OFF_S", "INTERVALS_S", "TERMINAL", "TOLD", "Poller", "run_client"]

HOUR: Final = 3600.0
INTERVALS_S: Final = {
    "Pending": 4 * HOUR,
    "InfoReceived": 4 * HOUR,
    "InTransit": HOUR / 2,
    "Exception": HOUR / 4,
    "Unknown": HOUR,
}
BACK_OFF_S: Final = (2.0, 8.0, 30.0, 120.0, 600.0, 1800.0)
TERMINAL: Final = ("Delivered", "Cancelled")
TOLD: Final = ("InfoReceived", "InTransit", "Exception", "Delivered")
REFUSALS: Final = (401, 403, 404, 422)


class Poller:
    """Follows one shipment to its end with requests."""

    timeout_s: float | None = 30.0

    def __init__(self, env: ClientEnv) -> None:
        self.env = env
        self.told: str | None = None
        self.failures = 0
        self.session = requests.Session()

    def run(self) -> None:
        with self.session:
            wait_s = self.step()
            while wait_s is not None:
                time.sleep(wait_s)
                wait_s = self.step()

    def step(self) -> float | None:
        """Ask once; return how long to wait then, None to end."""
        try:
            response = self.ask()
        except requests.RequestException as error:
            return self.after_error(error)
        if response.status_code in REFUSALS:
            return self.after_refusal(response)
        if response.status_code != 200:
            return self.after_failure(response)
        try:
            body = response.json()
        except ValueError:
            return self.after_failure(response)
        self.failures = 0
        return self.after_answer(body)

    # -- Asking

    def ask(self) -> requests.Response:
        return self.session.get(self.url(), headers=self.headers(), params=self.query(), timeout=self.timeout_s)

    def url(self) -> str:
        return f"{self.env.base_url}/tracking/{self.key()}"

    def key(self) -> str:
        return quote(self.env.order_number, safe="")

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.env.token}"}

    def query(self) -> dict[str, str]:
        return {}

    # -- Understanding

    def after_answer(self, body: dict[str, Any]) -> float | None:
        self.look_at(body)
        tag = self.tag(body)
        self.tell_news(tag, body)
        return None if self.is_end(tag) else self.interval_s(tag)

    def look_at(self, body: dict[str, Any]) -> None:
        """Read what else there is, as a program does that shows or stores it."""
        for checkpoint in body["checkpoints"]:
            datetime.fromisoformat(checkpoint["checkpointTime"])

    def tag(self, body: dict[str, Any]) -> str:
        tag: str = body["tag"]
        return tag if tag in INTERVALS_S or tag in TERMINAL else "Unknown"

    def is_end(self, tag: str) -> bool:
        return tag in TERMINAL

    # -- Telling

    def tell_news(self, tag: str, body: dict[str, Any]) -> None:
        if self.is_told(tag) and self.is_news(tag, body):
            self.told = tag
            self.env.notify(tag)

    def is_told(self, tag: str) -> bool:
        return tag in TOLD

    def is_news(self, tag: str, body: dict[str, Any]) -> bool:
        return tag != self.told

    # -- Waiting

    def interval_s(self, tag: str) -> float:
        return INTERVALS_S[tag]

    def after_error(self, error: requests.RequestException) -> float | None:
        return self.after_failure(None)

    def after_failure(self, response: requests.Response | None) -> float | None:
        self.failures += 1
        return self.back_off_s(self.failures)

    def back_off_s(self, failures: int) -> float:
        return BACK_OFF_S[min(failures, len(BACK_OFF_S)) - 1]

    def after_refusal(self, response: requests.Response) -> float | None:
        return None


def run_client(poller: type[Poller]) -> Callable[[ClientEnv], None]:
    """Return the client that a kind of poller is."""
    return lambda env: poller(env).run()
