"""The tracker against flexforward-mock, in process: sockets are left out, urllib3 and its Retry are not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from requests_tracker import RequestsTracker

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flexforward_fixtures import FlexForward


@pytest.fixture
def tracker(flexforward_responses: FlexForward, flexforward_env: Mapping[str, str]) -> Iterator[RequestsTracker]:
    assert flexforward_env["FLEXFORWARD_BASE_URL"] == "https://flexforward-mock.invalid"  # resolves nowhere else
    assert flexforward_env["FLEXFORWARD_TOKEN"] == flexforward_responses.token
    with RequestsTracker.from_environment(backoff_s=0) as opened:
        yield opened


def test_the_customer_hears_of_each_stage_once(tracker: RequestsTracker, flexforward_responses: FlexForward) -> None:
    label = flexforward_responses.ship("PITE004TD-6h-1")
    told: dict[str, str] = {}
    heard: list[str | None] = []
    for _ in range(12):  # a run every three hours, which is twice in each step
        heard.append(tracker.news(label.id, told))
        flexforward_responses.clock.advance(hours=3)
    assert [news for news in heard if news] == [
        "Your order has shipped.",
        "Your order is on its way.",
        "There is a problem with your delivery; we look into it.",
        "Your order is on its way.",
        "Your order has been delivered.",
    ]
    assert heard[1::2] == [None] * 6
    flexforward_responses.assert_polled(label, times=12)


def test_two_502s_are_tried_again(tracker: RequestsTracker, flexforward_responses: FlexForward) -> None:
    label = flexforward_responses.ship("delivered")
    flexforward_responses.fail(502, times=2)
    assert tracker.tag(label.id) == "Pending"
    assert [exchange.status for exchange in flexforward_responses.journal] == [502, 502, 200]


def test_a_shipment_that_is_not_ours_is_told_at_once(
    tracker: RequestsTracker, flexforward_responses: FlexForward
) -> None:
    label = flexforward_responses.ship("foreign")
    with pytest.raises(requests.HTTPError, match="403 Client Error: Forbidden"):
        tracker.tag(label.id)
    flexforward_responses.assert_polled(label, times=1)


def test_silence_is_tried_again_and_then_told(tracker: RequestsTracker, flexforward_responses: FlexForward) -> None:
    label = flexforward_responses.ship("delivered")
    flexforward_responses.fault("no-answer", times=None)
    with pytest.raises(requests.ConnectionError, match="Read timed out"):
        tracker.tag(label.id)
    flexforward_responses.assert_polled(label, times=5)


def test_an_order_number_may_hold_a_slash(tracker: RequestsTracker, flexforward_responses: FlexForward) -> None:
    label = flexforward_responses.ship("delivered", order_number="2026/04 #7?")
    assert tracker.tag("2026/04 #7?") == "Pending"
    flexforward_responses.assert_polled(label)


@pytest.mark.parametrize(
    ("scenario", "tag"), [("unknown-then-recovering", "Unknown"), ("evolving-contract", "OutForDelivery")]
)
def test_a_tag_that_says_nothing_is_no_news(
    scenario: str, tag: str, tracker: RequestsTracker, flexforward_responses: FlexForward
) -> None:
    label = flexforward_responses.ship(scenario)
    label.jump(3)
    assert label.tag == tag
    assert tracker.news(label.id, {}) is None
