"""Follows shipments on Flex Forward until they have arrived, and tells what is new. One file to copy; needs httpx."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING
from urllib.parse import quote

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable

HOUR_S = 3600.0
INTERVALS_S = {"Pending": 4 * HOUR_S, "InfoReceived": 4 * HOUR_S, "InTransit": HOUR_S / 2, "Exception": HOUR_S / 4}
OTHERWISE_S = HOUR_S
"""After Unknown, and after a tag that is not documented yet, which counts as Unknown."""

NEWS = frozenset({"InfoReceived", "InTransit", "Exception", "Delivered"})
"""What a customer wants to hear of; nobody needs to know of the others."""

TERMINAL = frozenset({"Delivered", "Cancelled"})
REFUSALS = frozenset({401, 403, 404, 422})
TIMEOUT_S = 20.0
LONGEST_BACK_OFF_S = HOUR_S / 2


class RefusedError(Exception):
    """Asking again does not help: wrong credentials, somebody else's label, an unknown or a failed one."""


class _PassingError(Exception):
    """No status this time; it makes sense to ask again."""


def open_client(base_url: str, token: str) -> httpx.AsyncClient:
    """Make the client that all shipments of an account share; no more than five of them ask at a time."""
    return httpx.AsyncClient(
        base_url=base_url,
        headers={"Authorization": f"Bearer {token}"},
        timeout=httpx.Timeout(TIMEOUT_S, pool=None),
        limits=httpx.Limits(max_connections=5),
    )


async def follow(client: httpx.AsyncClient, shipment: str, tell: Callable[[str], object]) -> str:
    """Ask for a shipment, by label id or order number, until its end; return the last tag.

    Args:
        client: from ``open_client``.
        shipment: label id or order number, whatever characters it has.
        tell: is called with the tag at each change that is news.

    Raises:
        RefusedError: the API does not let us follow it.
    """
    told, failures = None, 0
    while True:
        try:
            tag = await _ask(client, f"/tracking/{quote(shipment, safe='')}")
        except _PassingError:
            failures += 1
            await asyncio.sleep(_back_off_s(failures))
            continue
        failures = 0
        if tag in NEWS and tag != told:  # also what comes back after Unknown or a failure is no news
            told = tag
            tell(tag)
        if tag in TERMINAL:
            return tag
        await asyncio.sleep(INTERVALS_S.get(tag, OTHERWISE_S))


async def _ask(client: httpx.AsyncClient, path: str) -> str:
    """Return the tag; nothing else of a body is relied on, and what is new in it does no harm."""
    try:
        async with asyncio.timeout(2 * TIMEOUT_S):  # httpx's own counts anew with each byte
            answer = await client.get(path)
        if answer.status_code in REFUSALS:
            raise RefusedError(f"{answer.status_code} for {path}")
        return str(answer.raise_for_status().json()["tag"])
    except (httpx.HTTPError, TimeoutError, ValueError, LookupError, TypeError) as error:
        raise _PassingError from error


def _back_off_s(failures: int) -> float:
    """Return how long to wait after so many failures in a row: ever longer, and not all clients at the same moment."""
    return min(2.0**failures, LONGEST_BACK_OFF_S) * random.uniform(0.8, 1.2)  # noqa: S311  # no secret
