"""The tracker against flexforward-mock, in process. Whenever it sleeps, the mock's time passes."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings

from flexforward_fixtures import Mock, in_respx
from flexforward_fixtures.strategies import scenarios
from tracker import TERMINAL, Tracker, TrackingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_fixtures import FlexForward
    from flexforward_mockserver.scenarios.scenario import Scenario

MOCK = Mock()


def tracker_of(mock: FlexForward) -> Tracker:
    return Tracker(mock.base_url, mock.token, sleep=lambda seconds: mock.clock.advance(seconds=seconds))


@pytest.fixture
def tracker(flexforward_respx: FlexForward) -> Iterator[Tracker]:
    with tracker_of(flexforward_respx) as opened:
        yield opened


def test_a_shipment_is_followed_until_it_is_delivered(tracker: Tracker, flexforward_respx: FlexForward) -> None:
    label = flexforward_respx.ship("delivered")
    assert [status.tag for status in tracker.follow(label.id)] == ["Pending", "InfoReceived", "InTransit", "Delivered"]
    flexforward_respx.assert_interval(label, at_least=timedelta(minutes=30))
    flexforward_respx.assert_stopped(label)


def test_two_502s_are_tried_again(tracker: Tracker, flexforward_respx: FlexForward) -> None:
    label = flexforward_respx.ship("delivered")
    flexforward_respx.fail(502, times=2)
    assert tracker.read(label.id).tag == "Pending"
    assert [exchange.status for exchange in flexforward_respx.journal] == [502, 502, 200]
    flexforward_respx.assert_interval(label, at_least=timedelta(seconds=1))


@pytest.mark.parametrize("kind", ["no-answer", "reset", "close-mid-body"])
def test_a_connection_that_breaks_is_tried_again(kind: str, tracker: Tracker, flexforward_respx: FlexForward) -> None:
    label = flexforward_respx.ship("delivered")
    flexforward_respx.fault(kind)
    assert tracker.read(label.id).tag == "Pending"


def test_it_gives_up_in_the_end(tracker: Tracker, flexforward_respx: FlexForward) -> None:
    label = flexforward_respx.ship("delivered")
    flexforward_respx.fail(502, times=None)
    with pytest.raises(TrackingError, match="502 Bad Gateway"):
        tracker.read(label.id)
    flexforward_respx.assert_polled(label, times=5)


@pytest.mark.parametrize("status", [403, 404, 422])
def test_a_refusal_is_not_tried_again(status: int, tracker: Tracker, flexforward_respx: FlexForward) -> None:
    label = flexforward_respx.ship("delivered")
    flexforward_respx.fail(status)
    with pytest.raises(TrackingError, match=str(status)):
        tracker.read(label.id)
    flexforward_respx.assert_polled(label, times=1)


def test_an_order_number_may_hold_anything(tracker: Tracker, flexforward_respx: FlexForward) -> None:
    label = flexforward_respx.ship("delivered", order_number="50% / #7?")
    assert tracker.read("50% / #7?").tag == "Pending"
    flexforward_respx.assert_polled(label)


@pytest.mark.flexforward(scenario="null-places")
def test_places_may_be_missing(tracker: Tracker, flexforward_respx: FlexForward) -> None:
    assert {status.place for status in tracker.follow(flexforward_respx.label.id)} == {None}


@pytest.mark.flexforward(scenario="evolving-contract")
def test_a_tag_that_nobody_knows_is_unknown(tracker: Tracker, flexforward_respx: FlexForward) -> None:
    assert "Unknown" in [status.tag for status in tracker.follow(flexforward_respx.label.id)]


@settings(deadline=None, max_examples=50)
@given(scenarios(failures=[502], triggers=["after", "polls"], longest=timedelta(days=2)))
def test_whatever_a_shipment_lives_through_is_told_once_and_in_order(scenario: Scenario) -> None:
    told: list[str] = []
    with in_respx(MOCK) as mock, tracker_of(mock) as tracker:
        label = mock.ship(scenario)
        with suppress(TrackingError):  # a gateway that stays bad for longer than five tries
            told.extend(status.tag for status in tracker.follow(label.id, patience=timedelta(days=3)))
        shown = [tag for tag, _ in groupby(exchange.tag for exchange in mock.journal if exchange.tag)]
        assert told == shown
        if TERMINAL & set(shown):
            mock.assert_stopped(label)
