from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from changing_kit import RESPONSES, Changing
from flexforward_mockserver.scenarios.catalogue import Catalogue

if TYPE_CHECKING:
    from flexforward_openapi import Json


@pytest.mark.parametrize(
    ("status", "letter"),
    [pytest.param("422", "F", id="422"), pytest.param("502", "G", id="502"), pytest.param("403", "X", id="403")],
)
def test_a_status_that_is_gone_is_never_answered(changing: Changing, status: str, letter: str) -> None:
    del changing.responses[status]
    kit = changing.kit()
    left = ", ".join(changing.responses)
    got = kit.track("DEMO-delivered", Prefer=f"code={status}")
    assert got.status == 400
    assert got.json["error"] == (
        f"Prefer: code={status} is not possible for GET /tracking/{{id}}; allowed: {left}"
        " (or any other with the option --off-contract of serve)"
    )
    assert kit.track(f"{letter}-1h-a").status == 404
    assert kit.track(f"T{letter}-1h-a").status == 404
    objection = f"step 2 fails with {status}, which {changing.file} does not list"
    assert kit.last.note == f"the script id is understood, but not played: {objection}"
    assert kit.sandbox.find(f"T{letter}-1h-a") is None
    assert kit.track("T-1h-a").status == 200
    assert kit.engine.bodies is not None
    answer = kit.engine.bodies.failure(int(status))
    assert answer.violation == f"the {status} that was due would break the contract: the contract lists no {status}"
    assert (answer.status, answer.kinds) == (500, ("contract-violation",))


@pytest.mark.parametrize(
    ("status", "name"),
    [pytest.param("422", "label-failed", id="422"), pytest.param("502", "gateway-trouble", id="502")],
)
def test_a_scenario_that_needs_a_status_that_is_gone_has_no_demo_label(
    changing: Changing, status: str, name: str
) -> None:
    del changing.responses[status]
    kit = changing.kit()
    scenario = Catalogue()[name]
    first = next(index for index, entry in enumerate(scenario.steps, start=1) if entry.failure is not None)
    assert kit.engine.objection(scenario) == (f"step {first} fails with {status}, which {changing.file} does not list")
    assert kit.track(f"DEMO-{name}").status == 404
    assert kit.track("DEMO-delivered").status == 200


def test_a_foreign_label_is_unknown_where_the_contract_has_no_403(changing: Changing) -> None:
    del changing.responses["403"]
    kit = changing.kit()
    got = kit.track("DEMO-foreign")
    assert (got.status, got.json) == (404, {"error": "Label not found"})
    assert kit.last.note == "the label is another account's"


@pytest.mark.parametrize(
    ("status", "situation"),
    [
        pytest.param("401", "a request without credentials", id="401"),
        pytest.param("404", "an id that nobody knows", id="404"),
    ],
)
def test_a_status_that_cannot_be_done_without_is_missed_at_start(
    changing: Changing, status: str, situation: str
) -> None:
    del changing.responses[status]
    assert changing.refusal() == (
        f"<responses:> {RESPONSES}: no {status} stands here, so {situation} could not be answered;"
        f" allowed: a response {status}, 4XX or default"
    )


@pytest.mark.parametrize(
    ("key", "covered"),
    [
        pytest.param("4XX", ("401", "403", "404", "422"), id="range"),
        pytest.param("default", ("401", "403", "404", "422", "502"), id="default"),
    ],
)
def test_a_response_for_many_statuses_is_answered_with_each_of_them(
    changing: Changing, key: str, covered: tuple[str, ...]
) -> None:
    changing.responses[key] = changing.responses["404"]
    for status in covered:
        del changing.responses[status]
    kit = changing.kit()
    assert kit.track("nobody").json == {"error": "Label not found"}
    assert kit.track("DEMO-foreign").json == {"error": "Forbidden"}
    assert kit.track("DEMO-delivered", {}).json == {"error": "Unauthorized"}
    statuses = [kit.track(f"{letter}-1h-a").status for letter in "GFNXA"]
    assert statuses == [502, 422, 404, 403, 401]
    assert kit.track("DEMO-delivered", Prefer="code=404").json == {"error": "Label not found"}


def test_a_listed_status_without_a_body_is_answered_so(changing: Changing) -> None:
    changing.responses["404"] = {"description": "a"}
    changing.responses["302"] = {"description": "a"}
    kit = changing.kit()
    got = kit.track("nobody")
    assert (got.status, got.body, "content-type" in got.headers) == (404, b"", False)
    assert kit.track("DEMO-delivered", Prefer="code=302").status == 302


def test_a_status_of_any_number_has_its_usual_words(changing: Changing) -> None:
    for status in ("418", "599"):
        changing.responses[status] = changing.responses["404"]
    kit = changing.kit()
    texts = [kit.track("DEMO-delivered", Prefer=f"code={status}").json["error"] for status in (418, 599)]
    assert texts == ["I'm a Teapot", "Status 599"]


def test_another_success_is_answered(changing: Changing) -> None:
    changing.responses["203"] = changing.responses.pop("200")
    changing.responses["201"] = {"description": "without a body"}
    kit = changing.kit()
    got = kit.track("DEMO-delivered")
    assert (got.status, got.json["tag"]) == (203, "Pending")


@pytest.mark.parametrize(
    "response",
    [
        pytest.param(None, id="no 200"),
        pytest.param({"description": "a"}, id="no content"),
        pytest.param({"$ref": "#/components/responses/Empty"}, id="no content elsewhere"),
    ],
)
def test_without_a_success_that_has_a_body_there_is_no_start(changing: Changing, response: Json) -> None:
    changing.document["components"]["responses"] = {"Empty": {"description": "a"}}
    del changing.responses["200"]
    if response:
        changing.responses["200"] = response
    assert changing.refusal() == (
        f"<responses:> {RESPONSES}: no success with a JSON body stands here;"
        " allowed: a 2XX status whose schema describes a shipment"
    )
