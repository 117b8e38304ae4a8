"""The tracker against flexforward-mock, in process; anyio's pytest plugin, which comes with httpx, runs the loop."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

import httpx
import pytest

from async_tracker import AsyncTracker

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime

    from flexforward_fixtures import ClockHandle, FlexForward

pytestmark = pytest.mark.anyio


class Sleep:
    """Lets many sleep at once: the mock's time goes to the instant at which the first of them wakes."""

    def __init__(self, clock: ClockHandle) -> None:
        self._clock = clock
        self._wakings: list[datetime] = []

    async def __call__(self, seconds: float) -> None:
        waking = self._clock.now + timedelta(seconds=seconds)
        self._wakings.append(waking)
        while self._clock.now < waking:
            await asyncio.sleep(0)  # whoever has something to do goes first
            if waking == min(self._wakings):
                self._clock.set(waking)
        self._wakings.remove(waking)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def told() -> defaultdict[str, list[str]]:
    return defaultdict(list)


@pytest.fixture
async def tracker(flexforward_respx: FlexForward, told: defaultdict[str, list[str]]) -> AsyncIterator[AsyncTracker]:
    def tell(shipment: str, tag: str) -> None:
        told[shipment].append(tag)

    sleep = Sleep(flexforward_respx.clock)
    async with AsyncTracker(flexforward_respx.base_url, flexforward_respx.token, tell=tell, sleep=sleep) as opened:
        yield opened


async def test_shipments_are_followed_side_by_side(
    tracker: AsyncTracker, flexforward_respx: FlexForward, told: dict[str, list[str]]
) -> None:
    arriving, cancelled = flexforward_respx.ship("delivered"), flexforward_respx.ship("PITC-1d-gone")
    lost = await tracker.follow_all([arriving.id, cancelled.id, "nobody-knows-it"])
    assert told == {
        arriving.id: ["Pending", "InfoReceived", "InTransit", "Delivered"],
        cancelled.id: ["Pending", "InfoReceived", "InTransit", "Cancelled"],
    }
    assert "404" in str(lost.pop("nobody-knows-it"))
    assert lost == {}
    for label in (arriving, cancelled):
        flexforward_respx.assert_interval(label, at_least=timedelta(minutes=30))
        flexforward_respx.assert_stopped(label)


async def test_two_502s_are_tried_again(tracker: AsyncTracker, flexforward_respx: FlexForward) -> None:
    label = flexforward_respx.ship("delivered")
    flexforward_respx.fail(502, times=2)
    assert await tracker.tag(label.id) == "Pending"
    assert [exchange.status for exchange in flexforward_respx.journal] == [502, 502, 200]


async def test_a_time_out_is_tried_again(tracker: AsyncTracker, flexforward_respx: FlexForward) -> None:
    label = flexforward_respx.ship("delivered")
    flexforward_respx.fault("no-answer")
    assert await tracker.tag(label.id) == "Pending"


async def test_the_last_502_is_told(tracker: AsyncTracker, flexforward_respx: FlexForward) -> None:
    label = flexforward_respx.ship("delivered")
    flexforward_respx.fail(502, times=None)
    with pytest.raises(httpx.HTTPStatusError, match="502 Bad Gateway"):
        await tracker.tag(label.id)
    flexforward_respx.assert_polled(label, times=5)


async def test_a_revoked_token_is_not_tried_again(tracker: AsyncTracker, flexforward_respx: FlexForward) -> None:
    label = flexforward_respx.ship("delivered")
    flexforward_respx.revoke()
    with pytest.raises(httpx.HTTPStatusError, match="401 Unauthorized"):
        await tracker.tag(label.id)
    flexforward_respx.restore()
    assert await tracker.tag(label.id) == "Pending"
    assert len(flexforward_respx.journal) == 2


async def test_a_tag_that_nobody_knows_is_only_told(
    tracker: AsyncTracker, flexforward_respx: FlexForward, told: dict[str, list[str]]
) -> None:
    label = flexforward_respx.ship("evolving-contract")
    await tracker.follow(label.order_number)
    assert told[label.order_number] == ["InfoReceived", "InTransit", "OutForDelivery", "Delivered"]


async def test_an_order_number_may_hold_anything(tracker: AsyncTracker, flexforward_respx: FlexForward) -> None:
    label = flexforward_respx.ship("delivered", order_number="50% / #7?")
    assert await tracker.tag("50% / #7?") == "Pending"
    flexforward_respx.assert_polled(label)
