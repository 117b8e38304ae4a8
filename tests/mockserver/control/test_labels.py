from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from control_kit import Box, ControlKit, four_steps
from flexforward_mockserver.scenarios.catalogue import Catalogue
from flexforward_mockserver.state import sandbox as sandbox_module
from flexforward_mockserver.state.label import label_uuid
from kit import Kit
from label_kit import label_body

if TYPE_CHECKING:
    from flexforward_openapi import Json

UUID = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
NOWHERE = "no-such-thing"
FROZEN = {"clock": {"now": "2026-04-01T00:00:00Z", "frozen": True}}


def test_a_label_of_a_named_scenario(box: Box) -> None:
    made = box.get("createLabel", {"scenario": "delivered", "order_number": "ORDER 1", "id": UUID.upper()})
    assert made == {
        "id": UUID,
        "order_number": "ORDER 1",
        "account": "own",
        "scenario": "delivered",
        "tracking_number": made["tracking_number"],
        "tag": "Pending",
        "status": 200,
        "step": 0,
        "steps": made["steps"],
        "polls": 0,
        "began_at": "2026-04-01T00:00:00Z",
        "next_at": "2026-04-01T02:00:00Z",
        "idempotency_key": None,
    }
    for key in (UUID, UUID.upper(), "ORDER 1"):
        assert box.get("getLabel", label=key) == made
    assert box.track("ORDER%201").json["id"] == UUID
    assert box.get("getLabel", label=UUID)["polls"] == 1
    assert box.get("listLabels") == {"labels": [{**made, "polls": 1}], "total": 1}


def test_a_label_of_a_script_id_goes_by_it(box: Box) -> None:
    made = box.get("createLabel", {"scenario": "GD-1h-a"})
    assert (made["order_number"], made["id"]) == ("GD-1h-a", label_uuid("GD-1h-a"))
    assert (made["tag"], made["status"]) == (None, 502)
    assert box.get("createLabel", {"scenario": "GD-1h-a", "order_number": "B"})["order_number"] == "B"
    named = box.get("createLabel", {"scenario": "delivered"})
    assert named["order_number"].startswith("delivered-")


def test_a_label_belongs_to_the_account_that_is_named_or_the_scenarios(box: Box) -> None:
    assert box.get("createLabel", {"scenario": "foreign", "order_number": "A"})["account"] == "other"
    assert box.get("createLabel", {"scenario": "foreign", "order_number": "B", "account": "own"})["account"] == "own"
    assert [box.track(key).status for key in ("A", "B")] == [403, 200]


def test_the_newest_labels_are_listed(box: Box) -> None:
    for number in range(4):
        box.get("createLabel", {"scenario": "delivered", "order_number": f"N{number}"})
    got = box.get("listLabels", query={"limit": "2"})
    assert ([label["order_number"] for label in got["labels"]], got["total"]) == (["N2", "N3"], 4)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(
            {"scenario": "delivered", "order_number": "A"}, "sandbox '0001' has a label 'A' already", id="order number"
        ),
        pytest.param(
            {"scenario": "delivered", "order_number": "B", "id": UUID},
            f"sandbox '0001' has a label '{UUID}' already",
            id="UUID",
        ),
        pytest.param(
            {"scenario": "delivered", "order_number": UUID},
            f"sandbox '0001' has a label '{UUID}' already",
            id="order number that is a UUID",
        ),
    ],
)
def test_a_label_that_is_there_already_is_a_409(box: Box, body: Json, error: str) -> None:
    made = box.get("createLabel", {"scenario": "delivered", "order_number": "A", "id": UUID})
    assert box.call("createLabel", body) == (
        409,
        {"error": error, "field": "order_number", "allowed": "one that is not taken"},
    )
    assert box.get("listLabels") == {"labels": [made], "total": 1}


def test_a_sandbox_that_is_full_says_so_and_loses_nothing() -> None:
    desk = ControlKit(Kit(with_demos=False, label_limit=2))
    for key in "AB":
        desk.get("createLabel", {"scenario": "delivered", "order_number": key})
    assert desk.call("createLabel", {"scenario": "delivered", "order_number": "C"}) == (
        409,
        {
            "error": "sandbox 'default' holds 2 labels, the most it may",
            "allowed": "delete some labels, or reset the sandbox",
        },
    )
    assert [desk.kit.track(key).status for key in "ABC"] == [200, 200, 404]
    assert desk.get("resetLabel", label="A")["polls"] == 0
    desk.get("deleteLabel", label="B")
    desk.get("createLabel", {"scenario": "delivered", "order_number": "C"})
    assert [desk.kit.track(key).status for key in "ABC"] == [200, 404, 200]


def test_a_full_list_of_faults_says_so_and_loses_nothing(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module, "FAULT_LIMIT", 1)
    first = box.get("createFault", {"kind": "reset"})
    assert box.call("createFault", {"kind": "close"}) == (
        409,
        {"error": f"sandbox '{box.id}' holds 1 faults, the most it may", "allowed": "delete some"},
    )
    assert box.get("listFaults") == {"faults": [first]}


def test_an_inline_scenario_is_one_as_in_a_file(box: Box) -> None:
    scenario: Json = {
        "name": "mine",
        "summary": "For \u2028 one \x7f test \u0085 🚚.",
        "account": "other",
        "steps": [
            {"tag": "InTransit", "checkpoint": {"city": "a\u2028b\ufeffc\u0085d 🚚", "message": "tab\tand\nline"}},
            {"name": "end", "polls": 1, "tag": "Delivered", "checkpoint": {"city": "b"}},
        ],
    }
    made = box.get("createLabel", {"scenario": scenario, "order_number": "A"})
    assert (made["scenario"], made["account"], made["steps"]) == ("mine", "other", 2)
    body = box.track("A", "other").json
    assert body["checkpoints"][0]["city"] == "a\u2028b\ufeffc\u0085d 🚚"
    assert body["checkpoints"][0]["message"] == "tab\tand\nline"
    assert box.track("A", "other").json["tag"] == "Delivered"


@pytest.mark.parametrize(
    ("scenario", "error", "field", "allowed"),
    [
        pytest.param(
            {"summary": "x", "steps": [{"tag": "Pending"}]},
            "no 'name'",
            "scenario",
            "a mapping with 'name'",
            id="no name",
        ),
        pytest.param(
            {"name": "mine", "summary": "x", "steps": [{"tag": "Lost"}]},
            '"Lost"',
            "scenario.steps[0].tag",
            "Pending, InfoReceived, InTransit, Delivered, Exception, Cancelled or Unknown",
            id="unknown tag",
        ),
        pytest.param(
            {"name": "mine", "summary": "x", "steps": [{"tag": "Pending"}, {"tag": "InTransit"}]},
            "the step has no trigger",
            "scenario.steps[1]",
            "after, polls or manual, or several of them",
            id="no trigger",
        ),
        pytest.param(
            {"name": "mine", "summary": "x", "steps": [{"status": 499}]},
            "the step fails with 499, which flex-forward.yaml does not list",
            "scenario.steps[0]",
            "401, 403, 404, 422, 502; any other status by 'fault: {kind: undocumented-status, status: 499}' "
            "in place of 'status'",
            id="a status that the contract does not list",
        ),
        pytest.param(
            NOWHERE,
            "no scenario 'no-such-thing'",
            "scenario",
            f"{', '.join(Catalogue().names)}, a script id such as PITD-6h-1, or a scenario as a mapping",
            id="no name of one",
        ),
    ],
)
def test_a_scenario_with_mistakes_is_a_400_that_says_where(
    box: Box, scenario: Json, error: str, field: str, allowed: str
) -> None:
    assert box.call("createLabel", {"scenario": scenario}) == (
        400,
        {"error": error, "field": field, "allowed": allowed},
    )
    assert box.get("listLabels")["total"] == 0


def test_all_mistakes_come_in_one_round(box: Box) -> None:
    steps = [{"tag": "Lost"}, {"after": "1h", "status": 503}, {"after": "x", "status": 499}]
    status, error = box.call("createLabel", {"scenario": {"name": "mine", "summary": "x", "steps": steps}})
    assert (status, error["error"], error["field"]) == (400, '"Lost" (and 3 more)', "scenario.steps[0].tag")
    assert [(one["field"], one["error"]) for one in error["mistakes"]] == [
        ("scenario.steps[0].tag", '"Lost"'),
        ("scenario.steps[2].after", '"x"'),
        ("scenario.steps[1]", "the step fails with 503, which flex-forward.yaml does not list"),
        ("scenario.steps[2]", "the step fails with 499, which flex-forward.yaml does not list"),
    ]


def test_what_no_contract_answers_comes_in_one_round_too(box: Box) -> None:
    steps = [{"tag": "Pending"}, {"after": "1h", "status": 503}, {"after": "2h", "status": 499}]
    _, error = box.call("createLabel", {"scenario": {"name": "mine", "summary": "x", "steps": steps}})
    assert [one["field"] for one in error["mistakes"]] == ["scenario.steps[1]", "scenario.steps[2]"]


def test_of_a_thousand_mistakes_the_first_are_told(box: Box) -> None:
    wrong: Json = {"after": "1m", "tag": "Lost", "checkpoint": {"city": "c" * 100}}
    scenario = {"name": "mine", "summary": "x", "steps": [wrong] * 1000}
    status, error = box.call("createLabel", {"scenario": scenario})
    assert (status, error["error"], error["field"]) == (400, '"Lost" (and at least 20 more)', "scenario.steps[0].tag")


def test_what_a_body_holds_is_counted_before_it_is_read(box: Box) -> None:
    scenario = {"name": "mine", "summary": "x", "steps": [{"x": 1}] * 10_000}
    assert box.call("createLabel", {"scenario": scenario}) == (
        400,
        {"error": "the body has more than 20000 values", "field": "body", "allowed": "at most 20000"},
    )


def test_advance_opens_steps_by_hand_and_stops_at_the_last(box: Box) -> None:
    four_steps(box)
    assert box.get("advanceLabel", label="A")["step"] == 2, "the third opens with the second"
    assert box.get("advanceLabel", {"steps": 1}, label="A")["tag"] == "Delivered"
    assert box.get("advanceLabel", {"steps": 1000}, label="A")["step"] == 3
    assert box.get("getLabel", label="A")["polls"] == 0
    assert box.journal() == []


def test_jump_opens_steps_until_the_wanted_one_is_open(box: Box) -> None:
    four_steps(box)
    assert box.get("jumpLabel", {"step": 0}, label="A")["step"] == 0
    assert box.get("jumpLabel", {"step": "moving"}, label="A")["step"] == 2
    assert box.get("jumpLabel", {"step": 3.0}, label="A")["step"] == 3
    assert box.call("jumpLabel", {"step": "moving"}, label="A") == (
        409,
        {"error": "step 1 has passed: step 3 is open", "field": "step", "allowed": "reset the label first"},
    )


@pytest.mark.parametrize("step", [4, "nowhere"])
def test_a_jump_to_no_step_is_a_400(box: Box, step: int | str) -> None:
    four_steps(box)
    assert box.call("jumpLabel", {"step": step}, label="A") == (
        400,
        {"error": f"there is no step {step!r}", "field": "step", "allowed": "0 to 3, moving, home"},
    )
    assert box.get("getLabel", label="A")["step"] == 0


def test_a_label_is_reset_to_its_beginning_now(box: Box) -> None:
    four_steps(box)
    box.track("A")
    box.get("advanceClock", {"seconds": 7200})
    assert box.track("A").json["tag"] == "Delivered"
    got = box.get("resetLabel", label="A")
    assert (got["step"], got["polls"], got["began_at"]) == (0, 0, "2026-04-01T02:00:00Z")
    assert box.track("A").json["tag"] == "Pending"
    assert box.get("listLabels")["total"] == 1


def test_a_deleted_label_is_unknown_again(box: Box) -> None:
    made = box.get("createLabel", {"scenario": "delivered", "order_number": "A"})
    assert box.call("deleteLabel", label="A") == (204, None)
    assert [box.track(key).status for key in ("A", made["id"])] == [404, 404]
    assert box.get("listLabels") == {"labels": [], "total": 0}


def test_a_label_that_a_client_made_is_one_like_all_others(box: Box) -> None:
    made = box.post_label(label_body("key-1", order="ORDER 1"))
    assert made.status == 201
    got = box.get("getLabel", label="ORDER 1")
    assert (got["id"], got["idempotency_key"]) == (made.json["id"], "key-1")
    assert box.get("advanceLabel", {}, label="ORDER 1")["tag"] == "InfoReceived"
    assert box.get("resetLabel", label="ORDER 1")["idempotency_key"] == "key-1"
    assert box.post_label(label_body("key-1", order="ORDER 1")).status == 200, "it is the same label still"
    assert box.journal()[0]["operation"] == "createLabel"
    assert box.call("deleteLabel", label="ORDER 1") == (204, None)
    assert box.post_label(label_body("key-1", order="ORDER 1")).status == 201
