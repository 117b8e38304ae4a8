"""Conforming clients of several styles: each of them keeps every rule, and looks different."""

from __future__ import annotations

import asyncio
import sched
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

import anyio
import httpx
import httpx2
import requests
import tenacity
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from mutants.client.label_mutants import LABELS, follow_all
from mutants.client.tracking_client import HOUR, INTERVALS_S, TERMINAL, TOLD, Poller, run_client

if TYPE_CHECKING:
    from collections.abc import Callable

    from flexforward_contract_tests.client.runner.env import ClientEnv
    from flexforward_contract_tests.client.runner.trial_runner import Client

__all__ = ["STYLES", "Style", "Told", "bearer", "by_order_number", "by_uuid", "pair", "urllib3_retry"]

REFUSALS: Final = (401, 403, 404, 422)


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """A conforming client.

    Attributes:
        without: rules that nobody can try it by.
        labels: how many it follows at once.
    """

    name: str
    sentence: str
    client: Client
    without: frozenset[str]
    labels: int = 1


class Told:
    """What the customer knows."""

    def __init__(self, env: ClientEnv) -> None:
        self._notify = env.notify
        self._tag: str | None = None

    def see(self, tag: str) -> float | None:
        """Tell what is new, and return how long to wait; None at the end."""
        if tag in TOLD and tag != self._tag:
            self._tag = tag
            self._notify(tag)
        return None if tag in TERMINAL else INTERVALS_S.get(tag, HOUR)


def by_order_number(env: ClientEnv) -> str:
    return f"{env.base_url}/tracking/{quote(env.order_number, safe='')}"


def by_uuid(env: ClientEnv) -> str:
    return f"{env.base_url}/tracking/{env.label_id}"


def bearer(env: ClientEnv) -> dict[str, str]:
    return {"authorization": f"Bearer {env.token}"}


def pair(env: ClientEnv) -> dict[str, str]:
    return {"x-rr-apikey": env.api_key, "x-rr-apitoken": env.api_token}


def _back_off_s(failures: int) -> float:
    return min(2.0**failures, HOUR / 2)


def httpx_loop(env: ClientEnv) -> None:
    """httpx in a loop, by UUID, with the pair."""
    told, failures = Told(env), 0
    with httpx.Client(headers=pair(env), timeout=20) as client:
        while True:
            try:
                response = client.get(by_uuid(env))
                if response.status_code in REFUSALS:
                    return
                wait_s = told.see(response.raise_for_status().json()["tag"])
                failures = 0
            except (httpx.HTTPError, ValueError):
                failures += 1
                wait_s = _back_off_s(failures)
            if wait_s is None:
                return
            time.sleep(wait_s)


async def asyncio_httpx(env: ClientEnv) -> None:
    """httpx in a coroutine, by order number, with the token, under a time-out of asyncio's."""
    told, failures = Told(env), 0
    async with httpx.AsyncClient(headers=bearer(env), timeout=None) as client:  # asyncio has one, below
        while True:
            try:
                async with asyncio.timeout(30):
                    response = await client.get(by_order_number(env))
                if response.status_code in REFUSALS:
                    return
                wait_s = told.see(response.raise_for_status().json()["tag"])
                failures = 0
            except (httpx.HTTPError, TimeoutError, ValueError):
                failures += 1
                wait_s = _back_off_s(failures)
            if wait_s is None:
                return
            await asyncio.sleep(wait_s)


async def coordinator(env: ClientEnv) -> None:
    """An application of asyncio that lives on when its poller has come to the end; by order number, with the token."""
    task = asyncio.create_task(asyncio_httpx(env))
    await asyncio.Event().wait()
    await task


async def anyio_httpx2(env: ClientEnv) -> None:
    """httpx2 in a task group of anyio, by UUID, with the token, and a heart-beat beside it."""
    told, failures = Told(env), 0

    async def beat() -> None:
        while True:
            await anyio.sleep(6 * HOUR)

    async with anyio.create_task_group() as group, httpx2.AsyncClient(headers=bearer(env), timeout=15) as client:
        group.start_soon(beat)
        while True:
            try:
                response = await client.get(by_uuid(env))
                if response.status_code in REFUSALS:
                    break
                wait_s = told.see(response.raise_for_status().json()["tag"])
                failures = 0
            except (httpx2.HTTPError, ValueError):
                failures += 1
                wait_s = _back_off_s(failures)
            if wait_s is None:
                break
            await anyio.sleep(wait_s)
        group.cancel_scope.cancel()


class _PassingError(Exception):
    """It makes sense to ask again."""


def tenacity_based(env: ClientEnv) -> None:
    """requests under tenacity, by order number, with the pair; waits are drawn."""

    @tenacity.retry(
        retry=tenacity.retry_if_exception_type((_PassingError, requests.RequestException)),
        wait=tenacity.wait_exponential(multiplier=1, max=HOUR / 2) + tenacity.wait_random(0, 1),
    )
    def ask() -> str | None:
        response = requests.get(by_order_number(env), headers=pair(env), timeout=30)
        if response.status_code in REFUSALS:
            return None
        if response.status_code != 200:
            raise _PassingError
        tag: str = response.json()["tag"]  # not JSON: a RequestException as well
        return tag

    told = Told(env)
    while (tag := ask()) is not None:
        wait_s = told.see(tag)
        if wait_s is None:
            return
        time.sleep(wait_s)


def urllib3_retry(retry: Retry, timeout_s: float = 10) -> Callable[[ClientEnv], None]:
    """Return a client that leaves trying again to urllib3, and after that waits for its next turn."""

    def client(env: ClientEnv) -> None:
        told, due_s = Told(env), HOUR
        with requests.Session() as session:
            session.headers.update(bearer(env))
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(max_retries=retry))
            while True:
                try:
                    response = session.get(by_uuid(env), timeout=timeout_s)
                    if response.status_code in REFUSALS:
                        return
                    response.raise_for_status()
                    wait_s = told.see(response.json()["tag"])
                except requests.RequestException:
                    wait_s = due_s
                if wait_s is None:
                    return
                due_s = wait_s
                time.sleep(wait_s)

    return client


def scheduled(env: ClientEnv) -> None:
    """requests from a scheduler of the standard library, by order number, with the token."""
    told, failures = Told(env), 0
    scheduler = sched.scheduler()

    def poll() -> None:
        nonlocal failures
        try:
            response = requests.get(by_order_number(env), headers=bearer(env), timeout=(5, 60))
            if response.status_code in REFUSALS:
                return
            response.raise_for_status()
            wait_s = told.see(response.json()["tag"])
            failures = 0
        except requests.RequestException:
            failures += 1
            wait_s = _back_off_s(failures)
        if wait_s is not None:
            scheduler.enter(wait_s, 0, poll)

    scheduler.enter(0, 0, poll)
    scheduler.run()


class Stoppable(Poller):
    """requests in a loop that an event can stop, by order number, with the token; its waits are the guide's longest."""

    def run(self) -> None:
        stop = threading.Event()
        wait_s = self.step()
        while wait_s is not None and not stop.wait(1.5 * wait_s):
            wait_s = self.step()


class FourHourBeat(Poller):
    """requests at one fixed beat of four hours, by order number, with the token."""

    def interval_s(self, tag: str) -> float:
        return 4 * HOUR


class SixHourBeat(Poller):
    """requests at one fixed beat of six hours, by order number, with the token."""

    def interval_s(self, tag: str) -> float:
        return 6 * HOUR


class TriesWithinCalls(Poller):
    """requests that tries three times within a call, 1 s and 2 s apart, in pauses that double from 30 s to 15 min."""

    def back_off_s(self, failures: int) -> float:
        return float(failures % 3 or min(30 * 2.0 ** (failures // 3 - 1), HOUR / 4))


def _style(name: str, client: Client, sentence: str | None, *without: str) -> Style:
    return Style(
        name=name, client=client, sentence=(sentence or "").strip(), without=frozenset(("client.rate", *without))
    )


_ESCAPED: Final = "client.id.escaped"  # whoever asks by UUID has nothing to escape
_URLLIB3: Final = "requests with urllib3's retries, by UUID, with the token."
_RETRY: Final = Retry(total=4, backoff_factor=1, status_forcelist=(429, 500, 502, 503, 504), allowed_methods=("GET",))

STYLES: Final[tuple[Style, ...]] = (
    _style("requests-loop", run_client(Poller), "requests in a loop, by order number, with the token."),
    _style("httpx-loop", httpx_loop, httpx_loop.__doc__, _ESCAPED),
    _style("asyncio-httpx", asyncio_httpx, asyncio_httpx.__doc__),
    _style("coordinator", coordinator, coordinator.__doc__),
    _style("anyio-httpx2", anyio_httpx2, anyio_httpx2.__doc__, _ESCAPED),
    _style("tenacity", tenacity_based, tenacity_based.__doc__),
    _style("urllib3-retry", urllib3_retry(_RETRY), _URLLIB3, _ESCAPED),
    _style("scheduler", scheduled, scheduled.__doc__),
    _style("stoppable-loop", run_client(Stoppable), Stoppable.__doc__),
    _style("four-hour-beat", run_client(FourHourBeat), FourHourBeat.__doc__),
    _style("six-hour-beat", run_client(SixHourBeat), SixHourBeat.__doc__),
    _style("tries-within-calls", run_client(TriesWithinCalls), TriesWithinCalls.__doc__),
    Style(name="fleet", client=follow_all, sentence=follow_all.__doc__ or "", without=frozenset(), labels=LABELS),
)
