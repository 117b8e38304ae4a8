from __future__ import annotations

import random
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexforward_mockserver.control.control_body import read_moment
from flexforward_mockserver.control.control_document import ControlError
from flexforward_mockserver.engine.bodies.response_body import ResponseBody
from flexforward_mockserver.engine.decision import altered
from flexforward_mockserver.engine.prefer import Preference, PreferenceError, parse_prefer
from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS
from flexforward_mockserver.state.armed_fault import ArmedFault
from flexforward_mockserver.state.fault import LONGEST_DELAY_S, Delay, Fault, FaultError, FaultFilter, check_fault
from kit import START

if TYPE_CHECKING:
    from flexforward_openapi import Json

SHIPMENT = ResponseBody(
    status=200, content=b'{"tag":"Delivered","subtag":"Delivered_001","subtagMessage":"x"}', tag="Delivered"
)
FAILURE = ResponseBody(status=502, content=b'{"error":"x"}')


def strikes(armed: ArmedFault, count: int) -> str:
    return "".join("x" if armed.apply("own", ("id", "A"), START) else "." for _ in range(count))


@pytest.mark.parametrize(
    ("fault", "pattern"),
    [
        (Fault(kind="reset"), "x......"),
        (Fault(kind="reset", times=2), "xx....."),
        (Fault(kind="reset", times=None), "xxxxxxx"),
        (Fault(kind="reset", match=FaultFilter(nth=1)), "x......"),
        (Fault(kind="reset", match=FaultFilter(nth=3)), "..x...."),
        (Fault(kind="reset", match=FaultFilter(after=2)), "..x...."),
        (Fault(kind="reset", match=FaultFilter(after=2), times=None), "..xxxxx"),
        (Fault(kind="reset", match=FaultFilter(after=2, nth=2)), "......."),
        (Fault(kind="reset", probability=0), "......."),
        (Fault(kind="reset", match=FaultFilter(label="A")), "x......"),
        (Fault(kind="reset", match=FaultFilter(label="a")), "......."),
        (Fault(kind="reset", match=FaultFilter(account="other")), "......."),
    ],
)
def test_a_fault_strikes_when_its_conditions_say(fault: Fault, pattern: str) -> None:
    assert strikes(ArmedFault("1", fault), 7) == pattern


def test_a_uuid_matches_in_either_case_and_an_order_number_does_not() -> None:
    label_id = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
    armed = ArmedFault("1", Fault(kind="reset", match=FaultFilter(label=label_id.upper())))
    assert not armed.apply("own", ("A", "B"), START)
    assert armed.apply("own", (label_id, "A"), START)


def test_a_quota_is_each_accounts_own_and_is_refilled_by_the_clock() -> None:
    armed = ArmedFault("1", Fault(kind="quota", requests=2, per_s=10.0))
    half, whole = START + timedelta(seconds=4), START + timedelta(seconds=10)
    assert [armed.apply("own", ("id", "A"), START) for _ in range(3)] == [False, False, True]
    assert not armed.apply("other", ("id", "A"), half), "another account has its own"
    assert armed.apply("own", ("id", "A"), half)
    assert (armed.span_left_s("own", half), armed.span_left_s("other", half)) == (6.0, 10.0)
    assert not armed.apply("own", ("id", "A"), whole)
    assert (armed.seen, armed.applied, armed.is_spent) == (6, 2, False)


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        (Fault(kind="quota"), "requests: a fault of kind quota needs requests; allowed: a whole number of 0 or more"),
        (
            Fault(kind="quota", requests=1),
            "per_s: a fault of kind quota needs per_s; allowed: seconds above 0, to 86400",
        ),
        (Fault(kind="quota", requests=-1, per_s=1), "requests: requests of -1; allowed: a whole number of 0 or more"),
        (Fault(kind="quota", requests=1, per_s=0), "per_s: per_s of 0; allowed: seconds above 0, to 86400"),
        (Fault(kind="quota", requests=1, per_s=1, status=503), "status: a fault of kind quota with 503; allowed: 429"),
        (Fault(kind="reset", requests=1), "requests: a fault of kind reset has no requests; allowed: leave it out"),
        (Fault(kind="reset", per_s=1), "per_s: a fault of kind reset has no per_s; allowed: leave it out"),
    ],
)
def test_only_a_quota_has_requests_in_a_span_and_has_them_all(fault: Fault, problem: str) -> None:
    with pytest.raises(FaultError) as caught:
        check_fault(fault, ())
    assert str(caught.value) == problem


def test_a_spent_fault_counts_no_more() -> None:
    armed = ArmedFault("1", Fault(kind="reset", times=2))
    strikes(armed, 7)
    assert (armed.seen, armed.applied, armed.is_spent) == (2, 2, True)


@given(st.integers(0, 2**53), st.floats(0, 1))
def test_the_dice_repeat(seed: int, probability: float) -> None:
    fault = Fault(kind="reset", times=None, probability=probability, seed=seed)
    assert strikes(ArmedFault("1", fault), 30) == strikes(ArmedFault("2", fault), 30)


@pytest.mark.parametrize(
    ("delay", "low", "high"),
    [
        (Delay(fixed=3), 3, 3),
        (Delay(fixed=0), 0, 0),
        (Delay(low=1, high=2), 1, 2),
        (Delay(median=1, sigma=0), 1, 1),
        (Delay(median=86_400, sigma=3), 0, LONGEST_DELAY_S),
        (Delay(), 0, 0),
    ],
)
def test_a_delay_stays_within_its_bounds(delay: Delay, low: float, high: float) -> None:
    dice = random.Random(1)
    drawn = [delay.draw(dice) for _ in range(1000)]
    assert low <= min(drawn) <= max(drawn) <= high


def test_a_log_normal_delay_has_its_median() -> None:
    dice = random.Random(1)
    drawn = sorted(Delay(median=10, sigma=0.5).draw(dice) for _ in range(10_000))
    assert 9.5 < drawn[5000] < 10.5


def test_a_fault_without_a_delay_holds_nothing_back() -> None:
    assert ArmedFault("1", Fault(kind="reset")).delay_s() == 0
    assert ArmedFault("1", Fault(kind="reset", delay=Delay(fixed=2))).delay_s() == 2


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("truncated", SHIPMENT.content[: len(SHIPMENT.content) // 2]),
        ("not-json", b"<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>"),
        ("empty-body", b""),
        ("wrong-media-type", SHIPMENT.content),
        ("close", SHIPMENT.content),
    ],
)
def test_a_fault_alters_the_body_that_was_due(kind: str, body: bytes) -> None:
    got = altered(kind, SHIPMENT)
    assert (got.status, got.content, got.kinds) == (200, body, (kind,))
    assert got.media_type == (b"text/html; charset=utf-8" if kind == "wrong-media-type" else b"application/json")


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("new-field", {"estimatedDelivery": "2026-04-09"}),
        (
            "new-tag",
            {"tag": "OutForDelivery", "subtag": "OutForDelivery_001", "subtagMessage": "Out for Delivery"},
        ),
        ("new-subtag", {"subtag": "Delivered_HELD", "subtagMessage": "Held at a pick-up point"}),
    ],
)
def test_an_evolution_changes_successes_and_leaves_failures(kind: str, changes: Json) -> None:
    got = msgspec.json.decode(altered(kind, SHIPMENT).content)
    assert got == {**msgspec.json.decode(SHIPMENT.content), **changes}
    assert altered(kind, FAILURE) is FAILURE


def test_only_broken_connections_and_dribbles_have_a_manner() -> None:
    manners = {kind: FAULT_KINDS[kind].manner for kind in FAULT_KINDS}
    assert {kind for kind, manner in manners.items() if manner != "whole"} == {
        "dribble",
        "no-answer",
        "close",
        "reset",
        "close-mid-body",
    }
    assert all(manner in (kind, "whole") for kind, manner in manners.items())


@pytest.mark.parametrize("kind", [kind for kind in FAULT_KINDS if kind not in ("status", "quota")])
def test_every_kind_but_status_and_quota_can_be_preferred(kind: str) -> None:
    wish = parse_prefer(f"fault={kind}, delay=2s")
    assert wish == Preference(fault=kind, delay_s=2.0)
    assert str(wish) == f"delay=2s, fault={kind}"


@pytest.mark.parametrize(
    ("value", "start"),
    [
        ("fault=status", "Prefer: fault=status is not a fault; allowed: undocumented-status, gateway-page, latency, "),
        ("fault=", "Prefer: fault= is not a fault; allowed: "),
        ("delay=2", "Prefer: delay=2 is not a duration; allowed: a duration such as 90s"),
        ("delay=-2s", "Prefer: delay=-2s is not a duration; allowed: "),
        ("code=502, fault=reset", "Prefer: code=502 and fault=reset exclude each other; allowed: one of them"),
    ],
)
def test_a_fault_or_delay_that_is_none_is_refused(value: str, start: str) -> None:
    with pytest.raises(PreferenceError, match=f"^{re.escape(start)}"):
        parse_prefer(value)


def test_a_moment_that_passes_the_schema_may_still_be_none() -> None:
    with pytest.raises(ControlError) as caught:
        read_moment("2026-13-01T00:00:00Z", "now")
    assert caught.value.body["field"] == "now"
    assert read_moment(None, "now") is None
