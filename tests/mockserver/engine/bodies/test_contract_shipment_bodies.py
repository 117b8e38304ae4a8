from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flexforward_mockserver.engine.engine import EngineOptions
from flexforward_mockserver.scenarios.scenario import ErrorStep, Event, Evolution, Scenario, Status, Step
from flexforward_mockserver.scenarios.script_id import parse_script_id
from flexforward_openapi import ContractError, Json, as_mapping

if TYPE_CHECKING:
    from flexforward_mockserver.scenarios.scenario import TimeFormat

from changing_kit import RESPONSES, SUCCESS, Changing, remove, remove_optional, require


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param({"type": "string", "example": "EU"}, "EU", id="example"),
        pytest.param({"type": "integer", "default": 0}, 0, id="default"),
        pytest.param({"const": None}, None, id="constant"),
        pytest.param({"enum": ["a", "b"]}, "a", id="enum"),
        pytest.param(
            {"$ref": "#/components/schemas/ErrorResponse"},
            {"error": "Shipping account not found", "code": "COURIER_ERROR"},
            id="ref",
        ),
        pytest.param({"type": ["string", "null"]}, None, id="nullable"),
    ],
)
def test_a_new_required_property_has_the_documents_value(changing: Changing, schema: Json, value: Json) -> None:
    require(changing.shipment, "region", schema)
    require(changing.checkpoint, "region", schema)
    body = changing.kit().track("T-1h-a").json
    assert list(body)[-1] == "region"
    assert (body["region"], body["checkpoints"][0]["region"]) == (value, value)


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        pytest.param({"type": "string"}, "region", id="plain"),
        pytest.param(
            {"type": "object", "required": ["code"], "properties": {"code": {"type": "string"}}},
            "region.code",
            id="inner",
        ),
    ],
)
@pytest.mark.parametrize("is_inside", [False, True], ids=["top", "checkpoint"])
def test_a_new_required_property_without_a_value_is_missed_at_start(
    changing: Changing, schema: Json, place: str, is_inside: bool
) -> None:
    require(changing.checkpoint if is_inside else changing.shipment, "region", schema)
    where = f"checkpoints.{place}" if is_inside else place
    assert changing.refusal() == (
        f"<schema:> {SUCCESS}: the document shows no value for {where};"
        " allowed: an example, default, const or enum there"
    )


@pytest.mark.parametrize("is_inside", [False, True], ids=["top", "checkpoint"])
def test_a_new_required_property_without_a_value_has_a_made_one_and_that_is_told(
    changing: Changing, is_inside: bool
) -> None:
    require(changing.checkpoint if is_inside else changing.shipment, "weight", {"type": "integer", "minimum": 3})
    kit = changing.kit()
    body = kit.track("T-1h-a").json
    assert (body["checkpoints"][0] if is_inside else body)["weight"] == 3
    told = "made values of shipments, since the document shows none: "
    assert kit.engine.notes[0] == told + ("checkpoints.weight" if is_inside else "weight")


def test_a_new_required_property_that_no_value_fits_is_refused_at_start_all_the_same(changing: Changing) -> None:
    require(changing.shipment, "weight", {"properties": {"kg": {"type": "integer", "minimum": 3, "maximum": 2}}})
    changing.shipment["properties"]["weight"]["required"] = ["kg"]
    with pytest.raises(ContractError, match=r"the document shows no value for weight\.kg; allowed: an example"):
        changing.kit()


def test_a_property_that_means_nothing_to_us_is_shown_as_in_the_examples_of_whole_bodies(changing: Changing) -> None:
    shown = changing.kit().track("T-1h-a").json
    require(changing.shipment, "region", {"type": "string", "example": "US"})
    require(changing.checkpoint, "zone", {"type": "integer"})
    first = {**shown, "region": 5, "checkpoints": [{**shown["checkpoints"][0], "zone": 7}]}
    media = changing.responses["200"]["content"]["application/json"]
    media["examples"] = {"false": {"value": first}, "true": {"value": {**first, "region": "EU"}}}
    body = changing.kit().track("T-1h-a").json
    assert (body["region"], body["checkpoints"][0]["zone"]) == ("EU", 7)


def test_a_name_that_is_only_required_is_missed_at_start(changing: Changing) -> None:
    changing.shipment["required"].append("region")
    assert "the document shows no value for region;" in changing.refusal()


def test_a_new_optional_property_is_sent_where_the_document_shows_a_value(changing: Changing) -> None:
    for schema in (changing.shipment, changing.checkpoint):
        schema["properties"]["region"] = {"type": "string", "example": "EU"}
        schema["properties"]["zone"] = {"type": "string"}
    body = changing.kit().track("T-1h-a").json
    for part in (body, body["checkpoints"][0]):
        assert (part["region"], "zone" in part) == ("EU", False)


@pytest.mark.parametrize("name", ["id", "trackingNumber", "tag", "subtag", "subtagMessage", "slug", "checkpoints"])
def test_a_property_that_is_gone_is_not_sent(changing: Changing, name: str) -> None:
    remove(changing.shipment, name)
    assert list(changing.kit().track("T-1h-a").json) == list(changing.shipment["properties"])


@pytest.mark.parametrize("name", ["checkpointTime", "city", "countryRegion", "location", "message", "tag", "slug"])
def test_a_property_of_checkpoints_that_is_gone_is_not_sent(changing: Changing, name: str) -> None:
    remove(changing.checkpoint, name)
    checkpoint = changing.kit().track("T-1h-a").json["checkpoints"][0]
    assert list(checkpoint) == list(changing.checkpoint["properties"])


def test_a_property_that_may_be_missing_is_sent_all_the_same(changing: Changing) -> None:
    changing.shipment["required"] = []
    assert len(changing.kit().track("T-1h-a").json) == 7


def test_properties_are_sent_in_the_documents_order(changing: Changing) -> None:
    properties = as_mapping(changing.shipment["properties"])
    changing.shipment["properties"] = dict(sorted(properties.items()))
    assert list(changing.kit().track("T-1h-a").json) == sorted(properties)


def test_a_property_under_a_name_that_means_nothing_to_us_has_the_documents_value(changing: Changing) -> None:
    tag = changing.shipment["properties"]["tag"]
    remove(changing.shipment, "tag")
    require(changing.shipment, "status", tag)
    body = changing.kit().track("D-1h-a").json
    assert (body["status"], body["subtag"], "tag" in body) == ("InTransit", "Delivered_001", False)
    del tag["example"]
    assert changing.refusal() == (
        f"<schema:> {SUCCESS}: the document shows no value for status;"
        " allowed: an example, default, const or enum there"
    )


@pytest.mark.parametrize(
    ("schema", "problem"),
    [
        pytest.param({"type": "string"}, 'trackingNumber: null is not of type "string"', id="not nullable"),
        pytest.param({"type": "integer"}, 'trackingNumber: "YT0000000000CN" is not of type "integer"', id="number"),
    ],
)
def test_a_schema_that_our_answers_cannot_meet_is_refused_at_start(
    changing: Changing, schema: Json, problem: str
) -> None:
    changing.shipment["properties"]["trackingNumber"] = schema
    assert changing.refusal() == (
        f"<responses:> {RESPONSES}: the 200 that was due would break the contract: {problem};"
        " allowed: schemas that the mock's answers can meet"
    )


def test_a_lifecycle_whose_bodies_would_break_the_contract_is_not_played(changing: Changing) -> None:
    changing.shipment["properties"]["tag"]["enum"] = ["Pending", "InTransit"]
    kit = changing.kit()
    assert kit.track("T-1x-a").status == 200
    assert kit.track("TD-1x-a").status == 404
    assert kit.track("DEMO-stuck-in-transit").status == 404, "it passes through InfoReceived"
    scenario = parse_script_id("TD-1x-a")
    assert scenario is not None
    lie = 'the 200 that was due would break the contract: tag: "Delivered" is not one of "Pending" or "InTransit"'
    assert kit.engine.objection(scenario) == f"step 2 shows what cannot be sent: {lie}"


def test_a_body_that_would_break_the_contract_is_never_sent(changing: Changing) -> None:
    changing.shipment["properties"]["checkpoints"]["maxItems"] = 2
    kit = changing.kit(with_demos=False)
    assert [kit.track("TTT-1x-a").status for _ in range(3)] == [200, 200, 500]
    got = kit.track("TTT-1x-a")
    assert (got.status, got.headers["x-flexforward-mock"]) == (500, "contract-violation")
    assert got.json["error"].startswith("the 200 that was due would break the contract: checkpoints: ")
    assert kit.last.note == got.json["error"]


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        pytest.param({}, "the body has no property that a shipment could fill", id="nothing said"),
        pytest.param({"type": "object"}, "the body has no property that a shipment could fill", id="bare object"),
        pytest.param({"type": "string"}, "the body has no property that a shipment could fill", id="text"),
        pytest.param(
            {"properties": {"checkpoints": {"type": "array"}}},
            "checkpoints has no property that a shipment could fill",
            id="checkpoints of anything",
        ),
    ],
)
def test_a_success_that_is_no_shipment_is_refused_at_start(changing: Changing, schema: Json, message: str) -> None:
    changing.responses["200"]["content"]["application/json"]["schema"] = schema
    refusal = changing.refusal()
    assert refusal.startswith(f"<schema:> {SUCCESS}: {message}; allowed: tag, subtag, ") or schema == {}
    assert message in refusal


def test_a_property_that_an_evolution_brings_must_not_be_there_already(changing: Changing) -> None:
    step = Step(status=Status.plain("Pending", "yunexpress"))
    evolved = Step(status=step.status, evolution=Evolution(fields={"signature": "A. Smith", "region": "EU"}))
    scenario = Scenario(name="any", summary="", steps=(step, evolved), numbered_from=None)
    assert changing.kit().engine.objection(scenario) is None
    require(changing.shipment, "region", {"example": "EU"})
    assert changing.kit().engine.objection(scenario) == (f"step 2 evolves 'region', which {changing.file} has already")


@pytest.mark.parametrize(
    ("evolution", "kinds", "changes"),
    [
        pytest.param(Evolution(fields={"region": "EU"}), "new-field", {"region": "EU"}, id="field"),
        pytest.param(
            Evolution(status=Status.plain("Delivered", "dhl")),
            "new-tag",
            {"tag": "Delivered", "subtagMessage": "Delivered", "slug": "dhl"},
            id="tag",
        ),
        pytest.param(
            Evolution(
                status=Status(tag="InTransit", subtag="InTransit_X", subtag_message="New", slug="yunexpress"),
                fields={"region": "EU"},
            ),
            "new-subtag, new-field",
            {"subtagMessage": "New", "region": "EU"},
            id="subtag and field",
        ),
    ],
)
def test_an_evolution_changes_no_property_that_the_contract_has_not(
    changing: Changing, evolution: Evolution, kinds: str, changes: dict[str, str]
) -> None:
    remove(changing.shipment, "subtag")
    status = Status.plain("InTransit", "yunexpress")
    plain, evolved = (Step(status=status), Step(status=status, polls=1, evolution=evolution))
    scenario = Scenario(name="any", summary="", steps=(plain, evolved), numbered_from=0)
    kit = changing.kit(EngineOptions(unknown_ids=scenario))
    first, second = kit.track("any"), kit.track("any")
    assert "subtag" not in first.json
    assert (second.json, second.headers["x-flexforward-mock"]) == ({**first.json, **changes}, kinds)


@pytest.mark.parametrize(
    ("time_format", "text"),
    [
        pytest.param("seconds", "2026-04-01T00:00:00Z", id="seconds"),
        pytest.param("milliseconds", "2026-04-01T00:00:00.000Z", id="milliseconds"),
        pytest.param("offset", "2026-04-01T08:00:00+08:00", id="offset"),
    ],
)
def test_a_form_of_times_is_answered_where_the_contract_takes_it(
    changing: Changing, time_format: TimeFormat, text: str
) -> None:
    status = Status.plain("InTransit", "yunexpress")
    step = Step(status=status, event=Event(status=status, message="In transit"))
    scenario = Scenario(name="any", summary="", steps=(step,), numbered_from=0, time_format=time_format)
    options = EngineOptions(unknown_ids=scenario)
    kit = changing.kit(options)
    assert kit.track("any").json["checkpoints"][0]["checkpointTime"] == text
    changing.checkpoint["properties"]["checkpointTime"]["pattern"] = ":00Z$"
    got = changing.kit(options, with_demos=False).track("any")
    assert got.status == (200 if time_format == "seconds" else 500)


def test_a_body_of_a_scenarios_own_must_keep_the_schema(changing: Changing) -> None:
    failing = Step(
        status=Status.plain("Pending", "yunexpress"), failure=ErrorStep(status=502, body={"error": "Busy", "code": "B"})
    )
    scenario = Scenario(name="any", summary="", steps=(failing,), numbered_from=None)
    assert changing.kit().engine.objection(scenario) is None
    remove_optional(changing.error, "code")
    assert changing.kit().engine.objection(scenario) == (
        "step 1 has a body that cannot be sent: the 502 that was due would break the contract:"
        " Additional properties are not allowed ('code' was unexpected)"
    )
