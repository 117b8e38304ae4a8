"""Breaches that are believable in one style of client only: what libraries do when they are set up in haste."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Final

import httpx
import requests
import tenacity
from urllib3.util.retry import Retry

from mutants.client.mutant import breach_of
from mutants.client.styles import REFUSALS, Told, bearer, by_order_number, by_uuid, pair, urllib3_retry
from mutants.client.tracking_client import HOUR

if TYPE_CHECKING:
    from flexforward_contract_tests.client.runner.env import ClientEnv
    from mutants.client.mutant import ClientMutant

__all__ = ["MUTANTS"]


def tenacity_without_waits(env: ClientEnv) -> None:
    """It retries by tenacity as that comes: at once, for ever."""
    told = Told(env)

    @tenacity.retry(retry=tenacity.retry_if_not_result(lambda _: True) | tenacity.retry_if_exception_type())
    def ask() -> str | None:
        response = requests.get(by_order_number(env), headers=bearer(env), timeout=10)
        if response.status_code in REFUSALS:
            return None
        response.raise_for_status()
        tag: str = response.json()["tag"]
        return tag

    while (tag := ask()) is not None and (wait_s := told.see(tag)) is not None:
        time.sleep(wait_s)


def tenacity_three_attempts(env: ClientEnv) -> None:
    """It lets tenacity stop after three attempts, and ends with the error."""
    told = Told(env)

    @tenacity.retry(stop=tenacity.stop_after_attempt(3), wait=tenacity.wait_exponential(min=4), reraise=True)
    def ask() -> str | None:
        response = requests.get(by_order_number(env), headers=bearer(env), timeout=10)
        if response.status_code in REFUSALS:
            return None
        response.raise_for_status()
        tag: str = response.json()["tag"]
        return tag

    while (tag := ask()) is not None and (wait_s := told.see(tag)) is not None:
        time.sleep(wait_s)


def httpx_raises(env: ClientEnv) -> None:
    """It checks each status with raise_for_status(), and catches nothing."""
    told = Told(env)
    with httpx.Client(headers=pair(env)) as client:
        while (wait_s := told.see(client.get(by_uuid(env)).raise_for_status().json()["tag"])) is not None:
            time.sleep(wait_s)


async def asyncio_without_timeout(env: ClientEnv) -> None:
    """It turns the time-out of httpx off, and has no other."""
    told = Told(env)
    async with httpx.AsyncClient(headers=bearer(env), timeout=None) as client:
        wait_s: float | None = 0.0
        while wait_s is not None:
            await asyncio.sleep(wait_s)
            try:
                response = await client.get(by_order_number(env))
                if response.status_code in REFUSALS:
                    return
                wait_s = told.see(response.raise_for_status().json()["tag"])
            except (httpx.HTTPError, ValueError):
                wait_s = HOUR / 2


async def asyncio_beats_every_minute(env: ClientEnv) -> None:
    """It asks each minute in a task, while another one looks at what came."""
    told, tags = Told(env), asyncio.Queue[str | None]()

    async def poll() -> None:
        async with httpx.AsyncClient(headers=bearer(env), timeout=10) as client:
            while True:
                try:
                    response = await client.get(by_order_number(env))
                    if response.status_code in REFUSALS:
                        await tags.put(None)
                    await tags.put(response.raise_for_status().json()["tag"])
                except (httpx.HTTPError, ValueError):
                    await asyncio.sleep(HOUR / 4)
                await asyncio.sleep(60)

    task = asyncio.ensure_future(poll())
    while (tag := await tags.get()) is not None and told.see(tag) is not None:
        pass
    task.cancel()


async def task_that_dies(env: ClientEnv) -> None:
    """Its task dies of an answer that is no JSON, and the application lives on without it."""
    told, done = Told(env), asyncio.Event()

    async def poll() -> None:
        failures = 0
        wait_s: float | None = 0.0
        async with httpx.AsyncClient(headers=bearer(env), timeout=20) as client:
            while wait_s is not None:
                await asyncio.sleep(wait_s)
                try:
                    response = await client.get(by_order_number(env))
                    if response.status_code in REFUSALS:
                        break
                    tag = response.raise_for_status().json()["tag"]
                except httpx.HTTPError:
                    failures += 1
                    wait_s = min(10.0 * 2**failures, HOUR / 2)
                    continue
                failures, wait_s = 0, told.see(tag)
        done.set()

    task = asyncio.create_task(poll())
    await done.wait()
    await task


def urllib3_without_waits(env: ClientEnv) -> None:
    """It lets urllib3 try ten times, and leaves out the factor by which waits would grow."""
    urllib3_retry(Retry(total=10, status_forcelist=(502,), allowed_methods=("GET",)))(env)


MUTANTS: Final[tuple[ClientMutant, ...]] = (
    breach_of("client.retry.storm", tenacity_without_waits),
    breach_of("client.retry.survives", tenacity_three_attempts),
    breach_of("client.goes-on", httpx_raises),
    breach_of("client.goes-on", task_that_dies, "client.retry.survives"),
    breach_of("client.timeout", asyncio_without_timeout),
    breach_of("client.interval.floor", asyncio_beats_every_minute),
    breach_of("client.retry.storm", urllib3_without_waits),
)
