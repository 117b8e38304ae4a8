"""Follows many shipments on Flex Forward at once, with httpx and asyncio."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self
from urllib.parse import quote

import httpx

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

TERMINAL = frozenset({"Delivered", "Cancelled"})
INTERVALS_S = {"Pending": 4 * 3600, "InfoReceived": 4 * 3600, "InTransit": 1800, "Exception": 900}
OTHERWISE_S = 3600
"""How long to wait after Unknown, and after a tag that is not documented yet."""

BACKOFFS_S = (1, 2, 4, 8)
AT_ONCE = 5
"""Requests at a time: the vendor asks for fewer than ten in a second."""


class AsyncTracker:
    """A client of the tracking API, for one event loop.

    Args:
        base_url: such as ``https://api.flexforwardship.com``.
        token: for the bearer scheme.
        tell: is called with a shipment and its tag at each change of the tag.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        tell: Callable[[str, str], object],
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.AsyncClient(base_url=base_url, headers=headers, timeout=httpx.Timeout(10, connect=5))
        self._tell = tell
        self._sleep = sleep
        self._gate = asyncio.Semaphore(AT_ONCE)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def tag(self, shipment: str) -> str:
        """Return the tag of a shipment, by label id or order number; what may pass is tried again.

        Raises:
            httpx.HTTPError: refused, or still no answer after the last try.
        """
        for backoff_s in BACKOFFS_S:
            try:
                return await self._ask(shipment)
            except httpx.HTTPStatusError as error:
                if error.response.status_code != 502:
                    raise
            except httpx.TransportError:
                pass
            await self._sleep(backoff_s)
        return await self._ask(shipment)

    async def follow(self, shipment: str) -> None:
        """Poll a shipment until it has arrived or is cancelled."""
        told = None
        while told not in TERMINAL:
            tag = await self.tag(shipment)
            if tag != told:
                told = tag
                self._tell(shipment, tag)
            if tag not in TERMINAL:
                await self._sleep(INTERVALS_S.get(tag, OTHERWISE_S))

    async def follow_all(self, shipments: Iterable[str]) -> dict[str, httpx.HTTPError]:
        """Poll shipments side by side until all have ended; return those that cannot be followed, each with why."""
        shipments = tuple(shipments)
        ended = await asyncio.gather(*map(self.follow, shipments), return_exceptions=True)
        lost: dict[str, httpx.HTTPError] = {}
        for shipment, problem in zip(shipments, ended, strict=True):
            if isinstance(problem, httpx.HTTPError):
                lost[shipment] = problem
            elif problem is not None:
                raise problem
        return lost

    async def _ask(self, shipment: str) -> str:
        async with self._gate:
            answer = await self._http.get(f"/tracking/{quote(shipment, safe='')}")
        tag: str = answer.raise_for_status().json()["tag"]
        return tag
