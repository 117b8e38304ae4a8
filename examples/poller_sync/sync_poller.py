"""Follows a shipment on Flex Forward until it has arrived, and tells what is new. One file to copy; needs requests."""

from __future__ import annotations

import random
import time
from typing import TYPE_CHECKING
from urllib.parse import quote

import requests

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
TIMEOUT_S = (5, 20)
"""To connect, and for each part of the answer."""

LONGEST_BACK_OFF_S = HOUR_S / 2


class RefusedError(Exception):
    """Asking again does not help: wrong credentials, somebody else's label, an unknown or a failed one."""


class _PassingError(Exception):
    """No status this time; it makes sense to ask again."""


def follow(base_url: str, token: str, shipment: str, tell: Callable[[str], object]) -> str:
    """Ask for a shipment, by label id or order number, until its end; return the last tag.

    Args:
        base_url: such as ``https://api.flexforwardship.com``.
        token: for the bearer scheme.
        shipment: label id or order number, whatever characters it has.
        tell: is called with the tag at each change that is news.

    Raises:
        RefusedError: the API does not let us follow it.
    """
    url = f"{base_url}/tracking/{quote(shipment, safe='')}"
    told, failures = None, 0
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        while True:
            try:
                tag = _ask(session, url)
            except _PassingError:
                failures += 1
                time.sleep(_back_off_s(failures))
                continue
            failures = 0
            if tag in NEWS and tag != told:  # also what comes back after Unknown or a failure is no news
                told = tag
                tell(tag)
            if tag in TERMINAL:
                return tag
            time.sleep(INTERVALS_S.get(tag, OTHERWISE_S))


def _ask(session: requests.Session, url: str) -> str:
    """Return the tag; nothing else of a body is relied on, and what is new in it does no harm."""
    try:
        answer = session.get(url, timeout=TIMEOUT_S)
        if answer.status_code in REFUSALS:
            raise RefusedError(f"{answer.status_code} for {url}")
        answer.raise_for_status()
        return str(answer.json()["tag"])
    except (requests.RequestException, LookupError, TypeError) as error:
        raise _PassingError from error


def _back_off_s(failures: int) -> float:
    """Return how long to wait after so many failures in a row: ever longer, and not all clients at the same moment."""
    return min(2.0**failures, LONGEST_BACK_OFF_S) * random.uniform(0.8, 1.2)  # noqa: S311  # no secret
