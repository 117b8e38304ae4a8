from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexforward_mockserver.scenarios.invariants import broken_invariants
from flexforward_mockserver.scenarios.script_id import GRAMMAR, parse_script_id
from flexforward_mockserver.scenarios.script_id_slip import explain_script_id

if TYPE_CHECKING:
    from flexforward_mockserver.scenarios.scenario import Scenario

PART = r"([PITED]([0-9]{3})?|[CUGFNXA])+-([1-9][0-9]*)(s|m|h|d|x)"
PUBLISHED = rf"^{PART}(\.{PART})*-(.+)$"


def script(order_number: str) -> Scenario:
    scenario = parse_script_id(order_number)
    assert scenario is not None
    return scenario


@given(st.text("PITEDCUGFNXA0123456789-.smhdxab", max_size=14) | st.from_regex(PUBLISHED, fullmatch=True))
def test_an_order_number_is_a_script_exactly_where_the_published_grammar_says_so(order_number: str) -> None:
    is_one = re.fullmatch(PUBLISHED[1:-1], order_number, re.DOTALL) is not None
    assert (GRAMMAR.fullmatch(order_number) is not None) == is_one
    if not is_one:
        assert parse_script_id(order_number) is None


@pytest.mark.parametrize(
    "order_number",
    [
        "PITD-6h",
        "PITD-0h-1",
        "PITD-06h-1",
        "pitd-6h-1",
        "PITD-6w-1",
        "C001-1h-a",
        "P01-1h-a",
        "-1h-a",
        "1001",
        "PITD-6h-",
        "P-1d.-1",
        "P-1d.D-1",
        "P-1d.D-1h",
        ".P-1d-1",
    ],
)
def test_what_is_not_a_script_is_an_ordinary_order_number(order_number: str) -> None:
    assert parse_script_id(order_number) is None


@pytest.mark.parametrize(
    "order_number",
    [
        pytest.param("T" * 1001 + "-1h-a", id="more than a thousand steps"),
        pytest.param("PD-3661d-a", id="longer than ten years"),
        pytest.param("PD-9999999999x-a", id="a number of eleven digits"),
        pytest.param("PD-" + "9" * 5000 + "s-a", id="a number of thousands of digits"),
    ],
)
def test_a_script_beyond_the_bounds_is_an_ordinary_order_number(order_number: str) -> None:
    assert parse_script_id(order_number) is None


@pytest.mark.parametrize(
    ("unit", "after", "polls"),
    [
        ("s", timedelta(seconds=6), None),
        ("m", timedelta(minutes=6), None),
        ("h", timedelta(hours=6), None),
        ("d", timedelta(days=6), None),
        ("x", None, 6),
    ],
)
def test_the_pace_is_the_trigger_of_every_step_but_the_first(
    unit: str, after: timedelta | None, polls: int | None
) -> None:
    first, second = script(f"PD-6{unit}-a").steps
    assert (first.after, first.polls) == (None, None)
    assert (second.after, second.polls) == (after, polls)


def test_letters_are_tags_subtags_failures_and_checkpoints() -> None:
    steps = script("PIT004E010D999CUGFNXA-1h-42").steps
    assert [step.status.subtag for step in steps[:7]] == [
        "Pending_001",
        "InfoReceived_001",
        "InTransit_004",
        "Exception_010",
        "Delivered_999",
        "Cancelled_001",
        "Unknown_001",
    ]
    assert [step.status.subtag_message for step in steps[2:5]] == [
        "Arrived at the destination country",
        "Returning to sender",
        "Delivered",
    ]
    assert [step.event is not None for step in steps] == [False, True, True, True, True, True, False, *[False] * 5]
    assert [step.failure.status for step in steps[7:] if step.failure] == [502, 422, 404, 403, 401]


@pytest.mark.parametrize(
    ("letters", "numbered_from"), [("PUGCT", 4), ("I", 0), ("PT", 1), ("PE", 1), ("PD", 1), ("PUGC", None)]
)
def test_the_tracking_number_is_there_from_the_first_i_t_e_or_d(letters: str, numbered_from: int | None) -> None:
    assert script(f"{letters}-1h-a").numbered_from == numbered_from


def test_a_pace_may_be_given_for_each_part() -> None:
    scenario = script("P-7d.GG-1x.TD-1h-1001")
    assert scenario.name == "P-7d.GG-1x.TD-1h"
    assert scenario.summary == (
        "The lifecycle that its order number spells, 7d in P, 1 poll in GG, 1h in TD to a step."
    )
    assert [(step.after, step.polls) for step in scenario.steps] == [
        (None, None),
        (timedelta(days=7), None),
        (None, 1),
        (None, 1),
        (timedelta(hours=1), None),
    ]
    assert [step.failure.status if step.failure else step.status.tag for step in scenario.steps] == [
        "Pending",
        502,
        502,
        "InTransit",
        "Delivered",
    ]
    assert script("PIT-1h.D-9d-a").steps == script("PITD-1h-a").steps, "the last step lasts for good"


def test_the_bounds_are_those_of_the_whole_script() -> None:
    assert parse_script_id("T" * 600 + "-1h." + "T" * 400 + "-1h-a") is not None
    assert parse_script_id("T" * 600 + "-1h." + "T" * 401 + "-1h-a") is None
    assert parse_script_id("T-1h.T-3661d-a") is None


STEPS = "allowed: P I T E D, with or without three digits, and C U G F N X A"
PACE = "of a script id is one whole number with one unit (s, m, h, d, or x for requests)"
HYPHENS = "a script id has hyphens before its pace and its name, and dots between its parts"
BOUNDS = "a script id has at most 1,000 steps, 9 digits and 3,660 days a step"


@pytest.mark.parametrize(
    ("order_number", "told"),
    [
        ("PITZ-1h-x", f"a script id has no step 'Z'; {STEPS}"),
        ("P01-1h-x", f"a script id has no step 'P01'; {STEPS}"),
        ("PIC001-1h-x", f"a script id has no step 'C001'; {STEPS}"),
        ("PITD0010-1h-x", f"a script id has no step 'D0010'; {STEPS}"),
        ("PITD-10-x", "as a script id it would need a unit after 10 (s, m, h, d, or x for requests): 'PITD-10h-x'"),
        (
            "ITD-1-345678",
            "as a script id it would need a unit after 1 (s, m, h, d, or x for requests): 'ITD-1h-345678'",
        ),
        (
            "P-1d.GG-2.D-1h-a",
            "as a script id it would need a unit after 2 (s, m, h, d, or x for requests): 'P-1d.GG-2h.D-1h-a'",
        ),
        ("PITD-6w-1", "a script id has no unit 'w'; allowed: s, m, h, d, or x for requests"),
        ("PITD-10min-1", "a script id has no unit 'min'; allowed: s, m, h, d, or x for requests"),
        ("PITD-1h30m-x", f"the pace '1h30m' {PACE}"),
        ("PITD-1.5h-x", f"the pace '1.5h' {PACE}"),
        ("P-1,5d.D-1h-x", f"the pace '1,5d' {PACE}"),
        ("PITD-06h-1", "the pace '06' of a script id is a whole number from 1, without a leading 0"),
        ("PITD-0h-1", "the pace '0' of a script id is a whole number from 1, without a leading 0"),
        ("pitd-6H-1", "a script id has its letters in capitals and its unit in small ones: 'PITD-6h-1'"),
        ("p-1d.d-1H-1", "a script id has its letters in capitals and its unit in small ones: 'P-1d.D-1h-1'"),
        ("PITD-6h", "a script id needs a name after its pace: 'PITD-6h-1'"),
        ("P-1d.D-6h", "a script id needs a name after its pace: 'P-1d.D-6h-1'"),
        ("PITD-6h-", "a script id needs a name after its pace: 'PITD-6h-1'"),
        ("PITD_6h_a", f"{HYPHENS}: 'PITD-6h-a'"),
        ("P-7d,GG-1x.D-1h-a", f"{HYPHENS}: 'P-7d.GG-1x.D-1h-a'"),
        ("PITD10s-hello", "a script id has a hyphen before its pace: 'PITD-10s-hello'"),
        ("PE010TD-1h.GG2x-hello", "a script id has a hyphen before its pace: 'PE010TD-1h.GG-2x-hello'"),
        ("PITD-hello", "as a script id it would need a pace after its steps: 'PITD-1h-hello'"),
        ("P-7d.GG.D-1h-a", "as a script id it would need a pace after its steps: 'P-7d.GG-1h.D-1h-a'"),
        ("PITD", None),
        ("A-hello", None),
        ("SKU-1.5h-x", None),
        ("PD-3661d-a", BOUNDS),
        ("T" * 1001 + "-1h-a", BOUNDS),
        ("PITD-6h-1", None),
        ("ORDER-2024-17", None),
        ("order-1h-17", None),
        ("1001", None),
        ("f47ac10b-58cc-4372-a567-0e02b2c3d479", None),
    ],
)
def test_what_keeps_an_order_number_from_being_a_script_id_is_told(order_number: str, told: str | None) -> None:
    assert explain_script_id(order_number) == told


@given(st.text("PITEDCUGFNXAZ0123456789-.smhdxabw", max_size=20))
def test_only_what_is_no_script_id_is_explained(order_number: str) -> None:
    if parse_script_id(order_number) is not None:
        assert explain_script_id(order_number) is None


def test_one_parcel_travels_and_is_delivered_at_its_door() -> None:
    places = [step.event.location or step.event.city for step in script("ITTTTD-1h-a").steps if step.event]
    assert places == [
        "Shenzhen",
        "Shenzhen Sorting Center",
        "HKG Airport",
        "LAX Distribution Center",
        "LAX Distribution Center",
        "Los Angeles",
    ]


def test_the_name_is_the_script_without_the_order() -> None:
    assert script("PD-1x-a").name == "PD-1x"
    assert script("PD-1x-a").summary == "The lifecycle that its order number spells, 1 poll to a step."
    assert script("PD-2x-a").summary == "The lifecycle that its order number spells, 2 polls to a step."
    assert not list(broken_invariants(script("PITED-1h-a")))
