"""Which function judges which rule, and what of a run it needs."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from . import auth, body, identity, interval, load, refused, retry, stop, tell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flexforward_contract_tests.client.transcript.case import Check

__all__ = ["CHECKS", "Entry"]


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """How a rule is judged.

    Attributes:
        check: looks at one run.
        needs_timing: it is about waits, so a run whose timing is not trusted says nothing.
        needs_notifications: it is about what the client tells.
    """

    check: Check
    needs_timing: bool = False
    needs_notifications: bool = False


def _plain(check: Check) -> Entry:
    return Entry(check=check)


def _timed(check: Check) -> Entry:
    return Entry(check=check, needs_timing=True)


def _told(check: Check) -> Entry:
    return Entry(check=check, needs_notifications=True)


CHECKS: Mapping[str, Entry] = MappingProxyType(
    {
        "client.auth.accepted": _plain(auth.accepted),
        "client.auth.not-in-url": _plain(auth.not_in_url),
        "client.id.escaped": _plain(identity.escaped),
        "client.body.legal": _plain(body.legal),
        "client.body.evolution": _plain(body.evolution),
        "client.tell.delivered": _told(tell.delivered),
        "client.tell.once": _told(tell.once),
        "client.tell.changes": _told(tell.changes),
        "client.tell.quiet": _told(tell.quiet),
        "client.tell.true": _told(tell.true),
        "client.stop.terminal": _plain(stop.terminal),
        "client.goes-on": _plain(stop.goes_on),
        "client.interval.floor": _timed(interval.floor),
        "client.interval.stage": _timed(interval.stage),
        "client.retry.storm": _timed(retry.storm),
        "client.retry.backs-off": _timed(retry.backs_off),
        "client.retry.survives": _plain(retry.survives),
        "client.refused.stops": _timed(refused.stops),
        "client.rate": _timed(load.rate),
        "client.timeout": _timed(load.timeout),
    }
)
