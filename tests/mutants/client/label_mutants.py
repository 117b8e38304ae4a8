"""Breaches of clients that follow many shipments at once: what one of them does to another."""

from __future__ import annotations

import asyncio
import heapq
import time
from itertools import count
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import httpx
import requests

from mutants.client.mutant import breach_of_many
from mutants.client.tracking_client import HOUR, INTERVALS_S, TERMINAL, TOLD

if TYPE_CHECKING:
    from flexforward_contract_tests.client.runner.env import ClientEnv
    from mutants.client.mutant import ClientMutant

__all__ = ["LABELS", "MUTANTS", "Fleet", "follow_all"]

LABELS: Final = 10
REFUSALS: Final = (401, 403, 404, 422)


class Fleet:
    """Follows many shipments in one thread, each at its own pace."""

    def __init__(self, env: ClientEnv) -> None:
        self.env = env
        self.told: dict[str, str] = {}
        self.failures: dict[str, int] = {}

    def run(self) -> None:
        numbers = count()
        due = [(0.0, next(numbers), number) for number in self.env.order_numbers]
        while due:
            at, _, number = heapq.heappop(due)
            time.sleep(max(0.0, at - time.monotonic()))
            wait_s = self.step(number)
            if wait_s is not None:
                heapq.heappush(due, (time.monotonic() + wait_s, next(numbers), number))

    def step(self, number: str) -> float | None:
        try:
            response = requests.get(self.url(number), headers=self.headers(), timeout=30)
            if response.status_code in REFUSALS:
                return self.after_refusal(number, response.status_code)
            response.raise_for_status()
            tag: str = response.json()["tag"]
        except requests.RequestException:
            self.failures[number] = self.failures.get(number, 0) + 1
            return min(2.0 ** self.failures[number], HOUR / 2)
        self.failures.pop(number, None)
        if tag in TOLD and self.is_news(number, tag):
            self.tell(number, tag)
        return None if tag in TERMINAL else INTERVALS_S.get(tag, HOUR)

    def url(self, number: str) -> str:
        return f"{self.env.base_url}/tracking/{quote(number, safe='')}"

    def headers(self) -> dict[str, str]:
        return {"authorization": f"Bearer {self.env.token}"}

    def after_refusal(self, number: str, status: int) -> float | None:
        return None

    def is_news(self, number: str, tag: str) -> bool:
        return tag != self.told.get(number)

    def tell(self, number: str, tag: str) -> None:
        self.told[number] = tag
        self.env.notify(tag, number)


def follow_all(env: ClientEnv) -> None:
    """requests over ten shipments in one thread, each at its own pace, by order number, with the token."""
    Fleet(env).run()


def one_refusal_ends_all(env: ClientEnv) -> None:
    """It follows ten shipments, and ends with all of them when one is refused."""

    class Ends(Fleet):
        def after_refusal(self, number: str, status: int) -> float | None:
            raise SystemExit(f"{number}: {status}")

    Ends(env).run()


def one_memory_for_all(env: ClientEnv) -> None:
    """It keeps one last status for all ten shipments, so what one has told is no news of another."""

    class Forgets(Fleet):
        def is_news(self, number: str, tag: str) -> bool:
            return tag not in self.told.values()

    Forgets(env).run()


def waits_for_the_refused(env: ClientEnv) -> None:
    """It asks for a refused shipment each four hours, and for the others as it should."""

    class Asks(Fleet):
        def after_refusal(self, number: str, status: int) -> float | None:
            return 4 * HOUR

    Asks(env).run()


async def all_at_once(env: ClientEnv) -> None:
    """It gathers the answers for ten shipments at once, each four hours."""
    tags: dict[str, Any] = {}

    async def ask(client: httpx.AsyncClient, label: str) -> None:
        try:
            response = await client.get(f"{env.base_url}/tracking/{label}", timeout=30)
            tag = None if response.status_code in REFUSALS else response.raise_for_status().json()["tag"]
        except (httpx.HTTPError, ValueError):
            return
        if tag in TOLD and tag != tags.get(label):
            env.notify(tag, label)
        tags[label] = tag

    async with httpx.AsyncClient(headers={"authorization": f"Bearer {env.token}"}) as client:
        while left := [label for label in env.label_ids if tags.get(label, "") not in (None, *TERMINAL)]:
            await asyncio.gather(*(ask(client, label) for label in left))
            await asyncio.sleep(4 * HOUR)


_UNTOLD: Final = ("client.tell.delivered", "client.body.legal", "client.retry.survives")
"""What is not told at all is also not told after a failure, and whatever body brings it."""

MUTANTS: Final[tuple[ClientMutant, ...]] = (
    breach_of_many("client.rate", all_at_once, LABELS),
    breach_of_many("client.goes-on", one_refusal_ends_all, LABELS),
    breach_of_many("client.tell.changes", one_memory_for_all, LABELS, *_UNTOLD),
    breach_of_many("client.refused.stops", waits_for_the_refused, LABELS),
)
