"""What the mock does when it is given another contract than the shipped one.

One long file, because every test changes the same document through the same fixture.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import yaml

from flexforward_mockserver.engine.engine import EngineOptions
from flexforward_mockserver.scenarios.catalogue import Catalogue
from flexforward_mockserver.scenarios.scenario import ErrorStep, Event, Evolution, Scenario, Status, Step
from flexforward_mockserver.scenarios.script_id import parse_script_id
from flexforward_openapi import CONTRACT_FILE, OWN_PREFIX, ContractError, Json, YamlText, as_mapping, read_text
from kit import OTHER, OWN, PAIR, Kit

if TYPE_CHECKING:
    from pathlib import Path

    from flexforward_mockserver.scenarios.scenario import TimeFormat

TRACKING = "/tracking/{id}"
ALL: list[str] = []
RESPONSES = "paths./tracking/{id}.get.responses"
SUCCESS = f"{RESPONSES}.200.content.application/json.schema"
ERROR_404 = f"{RESPONSES}.404.content.application/json.schema"


class Changing:
    """The shipped document, to be changed, and then a mock that follows it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.document: Json = YamlText(read_text(CONTRACT_FILE), source=CONTRACT_FILE.name).value

    @property
    def operation(self) -> Json:
        return self.document["paths"][TRACKING]["get"]

    @property
    def responses(self) -> dict[str, Json]:
        return as_mapping(self.operation["responses"])

    @property
    def shipment(self) -> Json:
        return self.document["components"]["schemas"]["TrackingResponse"]

    @property
    def checkpoint(self) -> Json:
        return self.shipment["properties"]["checkpoints"]["items"]

    @property
    def error(self) -> Json:
        return self.document["components"]["schemas"]["ErrorResponse"]

    @property
    def schemes(self) -> Json:
        return self.document["components"]["securitySchemes"]

    def add(self, path: str, method: str = "get", **operation: Json) -> None:
        self.document["paths"].setdefault(path, {})[method] = operation

    def kit(self, options: EngineOptions | None = None, *, with_demos: bool = True) -> Kit:
        self.file.write_text(yaml.safe_dump(self.document, sort_keys=False))
        return Kit(contract=self.file, options=options or EngineOptions(), with_demos=with_demos)

    def refusal(self) -> str:
        """Return what is told at start, with the file's name left out and the line's text in its place."""
        with pytest.raises(ContractError) as caught:
            self.kit()
        lines = self.file.read_text().splitlines()
        assert len(caught.value.mistakes) == 1
        line = caught.value.mistakes[0].line
        assert line is not None
        prefix, message = f"{self.file}:{line}: ", str(caught.value)
        assert message.startswith(prefix)
        return f"<{lines[line - 1].strip()}> {message.removeprefix(prefix)}"


@pytest.fixture
def changing(tmp_path: Path) -> Changing:
    return Changing(tmp_path / "c.yaml")


def require(schema: Json, name: str, value: Json) -> None:
    schema["properties"][name] = value
    schema["required"].append(name)


def remove_optional(schema: Json, name: str) -> None:
    del schema["properties"][name]


def remove(schema: Json, name: str) -> None:
    remove_optional(schema, name)
    schema["required"].remove(name)


def answers_with(example: Json) -> Json:
    return {"description": "a", "content": {"application/json": {"example": example}}}


# Paths and parameters


def test_another_path_is_followed(changing: Changing) -> None:
    changing.operation["parameters"][0]["name"] = "number"
    changing.document["paths"] = {"/v2/shipments/{number}/track": {"get": changing.operation}}
    kit = changing.kit()
    assert kit.ask("/v2/shipments/DEMO-delivered/track").json["tag"] == "Pending"
    assert kit.ask("/v2/shipments/TD-1h-a%2Fb/track").json["tag"] == "InTransit"
    assert kit.ask("/v2/shipments/DEMO-delivered/track", method="POST").headers["allow"] == "GET"
    assert kit.track("DEMO-delivered").status == 404
    assert kit.ask("/v2/shipments/DEMO-delivered").status == 404
    assert kit.ask("/v2/shipments/DEMO-delivered/track/").status == 404


def test_a_path_with_letters_that_arrive_percent_encoded_is_followed(changing: Changing) -> None:
    changing.document["paths"] = {"/my versandstücke/{id}": {"get": changing.operation}}
    kit = changing.kit()
    assert kit.ask("/my%20versandst%C3%BCcke/DEMO-delivered").json["tag"] == "Pending"
    assert kit.ask("/my%20versandst%c3%bccke/TD-1h-a").json["tag"] == "InTransit"
    assert kit.ask("/my%20versandstucke/DEMO-delivered").status == 404


def test_a_document_in_json_with_escapes_of_two_halves_is_followed(changing: Changing) -> None:
    changing.responses["404"] = answers_with({"error": "no 📦"})
    changing.file.write_text(json.dumps(changing.document))
    assert Kit(contract=changing.file).track("nobody").json == {"error": "no 📦"}


def test_another_method_is_followed(changing: Changing) -> None:
    changing.document["paths"][TRACKING] = {"post": changing.operation}
    kit = changing.kit()
    assert kit.ask("/tracking/DEMO-delivered", method="POST").json["tag"] == "Pending"
    got = kit.track("DEMO-delivered")
    assert (got.status, got.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("schema", "taken", "refused"),
    [
        pytest.param({"type": "string", "maxLength": 7}, "TD-1h-a", "TD-1h-ab", id="maxLength"),
        pytest.param({"type": "string", "pattern": "^TD-"}, "TD-1h-a", "ID-1h-a", id="pattern"),
        pytest.param(
            {"type": "string", "format": "uuid"}, "f47ac10b-58cc-4372-a567-0e02b2c3d479", "TD-1h-a", id="format"
        ),
        pytest.param({"$ref": "#/components/schemas/Id"}, "TD-1h-a", "TD-1h-ab", id="reference"),
    ],
)
def test_an_id_that_the_contract_does_not_allow_is_unknown(
    changing: Changing, schema: Json, taken: str, refused: str
) -> None:
    changing.document["components"]["schemas"]["Id"] = {"allOf": [{"maxLength": 7}]}
    changing.operation["parameters"][0]["schema"] = schema
    kit = changing.kit()
    assert kit.track(taken).status == 200
    assert kit.track(refused).status == 404
    assert kit.last.note == "the contract allows no such id, or it is not UTF-8"
    assert kit.sandbox.find(refused) is None


def test_a_number_as_id_is_taken_where_the_contract_says_integer(changing: Changing) -> None:
    changing.operation["parameters"][0]["schema"] = {"type": "integer"}
    scenario = Scenario(
        name="any", summary="", steps=(Step(status=Status.plain("Pending", "yunexpress")),), numbered_from=None
    )
    kit = changing.kit(EngineOptions(unknown_ids=scenario))
    assert kit.track("1001").json["tag"] == "Pending"
    assert kit.track("DEMO-delivered").status == 404


# Security


@pytest.mark.parametrize(
    ("security", "open_to", "closed_to", "has_challenge"),
    [
        pytest.param([{"bearerAuth": ALL}], [OWN], [PAIR], True, id="pair removed"),
        pytest.param([{"apiKey": ALL, "apiToken": ALL}], [PAIR], [OWN], False, id="bearer removed"),
        pytest.param(
            [{"bearerAuth": ALL, "apiKey": ALL, "apiToken": ALL}], [], [OWN, PAIR, {}], True, id="all three together"
        ),
        pytest.param([{"bearerAuth": ALL}, {}], [OWN, {}, {"Authorization": "Bearer wrong"}], [], True, id="optional"),
    ],
)
def test_another_security_section_is_followed(
    changing: Changing,
    security: Json,
    open_to: list[dict[str, str]],
    closed_to: list[dict[str, str]],
    has_challenge: bool,
) -> None:
    changing.operation["security"] = security
    kit = changing.kit()
    assert [kit.track("DEMO-delivered", headers).status for headers in open_to] == [200] * len(open_to)
    refusals = [kit.track("DEMO-delivered", headers) for headers in closed_to]
    assert [(got.status, "www-authenticate" in got.headers) for got in refusals] == [(401, has_challenge)] * len(
        closed_to
    )


def test_a_header_under_another_name_is_followed(changing: Changing) -> None:
    changing.schemes["apiKey"]["name"] = "X-Other-Key"
    kit = changing.kit()
    assert kit.track("DEMO-delivered", {"x-other-key": "test-key", "x-rr-apitoken": "test-secret"}).status == 200
    assert kit.track("DEMO-delivered", PAIR).status == 401


def test_a_bearer_scheme_of_any_name_takes_the_token(changing: Changing) -> None:
    changing.schemes["jwt"] = {"type": "http", "scheme": "Bearer", "bearerFormat": "JWT"}
    changing.operation["security"] = [{"jwt": []}]
    kit = changing.kit()
    assert [kit.track("DEMO-delivered", headers).status for headers in (OWN, PAIR)] == [200, 401]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param("Key=test-key", 200, id="right"),
        pytest.param("a=b&Key=test%2Dkey", 200, id="percent-encoded"),
        pytest.param("key=test-key", 401, id="name in small letters"),
        pytest.param("Key=", 401, id="empty"),
        pytest.param("", 401, id="missing"),
    ],
)
def test_a_key_in_the_query_is_followed(changing: Changing, query: str, status: int) -> None:
    changing.schemes["apiKey"] = {"type": "apiKey", "in": "query", "name": "Key"}
    kit = changing.kit()
    got = kit.ask("/tracking/DEMO-delivered", {"x-rr-apitoken": "test-secret"}, query=query)
    assert got.status == status


@pytest.mark.parametrize(
    ("cookie", "status"),
    [
        pytest.param("Key=test-key", 200, id="right"),
        pytest.param('a=b; Key="test-key"', 200, id="second and quoted"),
        pytest.param("key=test-key", 401, id="name in small letters"),
        pytest.param("Key", 401, id="no value"),
        pytest.param("a@b=c", 401, id="no cookie at all"),
        pytest.param("", 401, id="empty"),
    ],
)
def test_a_key_in_a_cookie_is_followed(changing: Changing, cookie: str, status: int) -> None:
    changing.schemes["apiKey"] = {"type": "apiKey", "in": "cookie", "name": "Key"}
    kit = changing.kit()
    assert kit.track("DEMO-delivered", {"x-rr-apitoken": "test-secret", "cookie": cookie}).status == status
    assert kit.track("DEMO-delivered", PAIR).status == 401


@pytest.mark.parametrize("has_401", [True, False])
def test_without_security_everybody_is_the_own_account(changing: Changing, has_401: bool) -> None:
    del changing.operation["security"]
    if not has_401:
        del changing.responses["401"]
    kit = changing.kit()
    for headers in ({}, OTHER, {"Authorization": "Bearer wrong"}):
        assert kit.track("DEMO-delivered", headers).status == 200
    assert kit.last.account == "own"
    assert kit.track("DEMO-foreign", OTHER).status == 403
    assert kit.track("A-1h-a", {}).status == (401 if has_401 else 404)
    assert "www-authenticate" not in kit.track("A-1h-a", {}).headers


def test_the_documents_security_holds_where_the_operation_has_none(changing: Changing) -> None:
    del changing.operation["security"]
    changing.document["security"] = [{"bearerAuth": []}]
    kit = changing.kit()
    assert [kit.track("DEMO-delivered", headers).status for headers in (OWN, PAIR)] == [200, 401]


# Statuses


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
        f"Prefer: code={status} is not a status that GET /tracking/{{id}} shows; allowed: {left}"
        " (or any other where the server runs with --off-contract)"
    )
    assert kit.track(f"{letter}-1h-a").status == 404
    assert kit.track(f"T{letter}-1h-a").status == 404
    assert kit.sandbox.find(f"T{letter}-1h-a") is None
    assert kit.track("T-1h-a").status == 200
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
    assert kit.engine.bodies.objection(scenario) == (
        f"step {first} fails with {status}, which {changing.file} does not list"
    )
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
    assert kit.track("DEMO-delivered", Prefer="code=404").status == 400, "it is not listed as a number"


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


# Bodies of shipments


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param({"type": "string", "example": "EU"}, "EU", id="example"),
        pytest.param({"type": "integer", "default": 0}, 0, id="default"),
        pytest.param({"const": None}, None, id="constant"),
        pytest.param({"enum": ["a", "b"]}, "a", id="enum"),
        pytest.param({"$ref": "#/components/schemas/ErrorResponse"}, {"error": "Shipping account not found"}, id="ref"),
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


def test_a_name_that_is_only_required_is_missed_at_start(changing: Changing) -> None:
    changing.shipment["required"].append("region")
    assert "the document shows no value for region;" in changing.refusal()


def test_a_new_optional_property_is_not_sent(changing: Changing) -> None:
    for schema in (changing.shipment, changing.checkpoint):
        schema["properties"]["region"] = {"type": "string", "example": "EU"}
    body = changing.kit().track("T-1h-a").json
    assert "region" not in body
    assert "region" not in body["checkpoints"][0]


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
    assert kit.engine.bodies.objection(scenario) == f"step 2 shows what cannot be sent: {lie}"


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
            {"allOf": [{"$ref": "#/components/schemas/TrackingResponse"}]},
            "the body has no property that a shipment could fill",
            id="put together",
        ),
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
    assert changing.kit().engine.bodies.objection(scenario) is None
    require(changing.shipment, "region", {"example": "EU"})
    assert changing.kit().engine.bodies.objection(scenario) == (
        f"step 2 evolves 'region', which {changing.file} has already"
    )


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
    assert changing.kit().engine.bodies.objection(scenario) is None
    remove_optional(changing.error, "code")
    assert changing.kit().engine.bodies.objection(scenario) == (
        "step 1 has a body that cannot be sent: the 502 that was due would break the contract:"
        " Additional properties are not allowed ('code' was unexpected)"
    )


# Bodies of failures


def test_a_new_required_property_of_errors_has_the_documents_value(changing: Changing) -> None:
    require(changing.error, "requestId", {"type": "string", "example": "req-1"})
    kit = changing.kit()
    assert kit.track("nobody").json == {"error": "Label not found", "requestId": "req-1"}
    assert kit.track("DEMO-delivered", {}).json == {"error": "Unauthorized", "requestId": "req-1"}
    assert kit.track("F-1h-a").json["error"] == "Label creation failed"


def test_a_new_required_property_of_errors_without_a_value_is_missed_at_start(changing: Changing) -> None:
    changing.document["components"]["schemas"]["NotFound"] = {
        "required": ["error", "requestId"],
        "properties": {"error": {"type": "string"}, "requestId": {"type": "string"}},
    }
    changing.responses["404"]["content"]["application/json"]["schema"] = {"$ref": "#/components/schemas/NotFound"}
    assert changing.refusal() == (
        f"<schema:> {ERROR_404}: the document shows no value for requestId;"
        " allowed: an example, default, const or enum there"
    )


@pytest.mark.parametrize(
    ("media", "body"),
    [
        pytest.param({"example": {"error": "gone"}}, {"error": "gone"}, id="example"),
        pytest.param({"examples": {"a": {"value": {"error": "1"}}, "b": {"value": {}}}}, {"error": "1"}, id="examples"),
        pytest.param({"examples": {"a": {"$ref": "#/components/examples/E"}}}, {"error": "2"}, id="by reference"),
        pytest.param({"schema": {"type": "string", "example": "gone"}}, "gone", id="schema of text"),
        pytest.param({"schema": {"type": "array"}}, [], id="schema of a list"),
        pytest.param(
            {"schema": {"allOf": [{"$ref": "#/components/schemas/ErrorResponse"}]}},
            {"error": "Shipping account not found"},
            id="schema put together",
        ),
        pytest.param({"schema": {"properties": {"title": {"type": "string"}}}}, {}, id="nothing required"),
        pytest.param({"schema": {"properties": {"error": {"enum": ["None"]}}}}, {"error": "None"}, id="other words"),
        pytest.param({"schema": True}, {}, id="anything"),
        pytest.param({"schema": {}}, {}, id="nothing said"),
        pytest.param({}, {}, id="no schema"),
        pytest.param({"example": [1]}, [1], id="example without schema"),
    ],
)
def test_a_failure_says_what_the_document_shows(changing: Changing, media: Json, body: Json) -> None:
    changing.document["components"]["examples"] = {"E": {"value": {"error": "2"}}}
    if "schema" not in media and body not in ({}, [1]):
        media = {**changing.responses["404"]["content"]["application/json"], **media}
    changing.responses["404"]["content"]["application/json"] = media
    got = changing.kit().track("nobody")
    assert (got.status, got.json) == (404, body)


@pytest.mark.parametrize(
    ("media", "message"),
    [
        pytest.param(
            {"schema": {"type": "string"}},
            f"<schema:> {ERROR_404}: the document shows no value for the body;"
            " allowed: an example, default, const or enum there",
            id="no example",
        ),
        pytest.param(
            {"schema": {"type": "string"}, "example": 5},
            f'<responses:> {RESPONSES}: the 404 that was due would break the contract: 5 is not of type "string";'
            " allowed: schemas that the mock's answers can meet",
            id="example that breaks its schema",
        ),
    ],
)
def test_a_failure_that_cannot_be_made_is_refused_at_start(changing: Changing, media: Json, message: str) -> None:
    changing.responses["404"]["content"]["application/json"] = media
    assert changing.refusal() == message


# Operations for which there is no behaviour


def test_an_operation_without_behaviour_is_answered_from_its_examples(changing: Changing) -> None:
    changing.add(
        "/labels/{id}/pages/{page}",
        parameters=[
            {"name": "id", "in": "path", "schema": {"type": "string"}},
            {"name": "page", "in": "path", "schema": {"type": "integer"}},
            {"name": "size", "in": "query"},
        ],
        security=[{"apiKey": [], "apiToken": []}],
        responses={
            "404": answers_with({"error": "none"}),
            "200": {
                "description": "a",
                "content": {
                    "application/json": {"schema": {"properties": {"a": {"example": 5}}, "required": ["a"]}},
                },
            },
            "503": {"description": "a", "content": {"application/json": {"schema": {"type": "string"}}}},
        },
    )
    kit = changing.kit()
    path = "/labels/a/pages/2"
    got = kit.ask(path, PAIR)
    assert (got.status, got.json) == (200, {"a": 5})
    assert kit.last.note == "answered from the document's example"
    assert kit.ask(path, PAIR, Prefer="code=404").json == {"error": "none"}
    refused = kit.ask(path, PAIR, Prefer="code=503").json["error"]
    assert refused.startswith(
        "Prefer: code=503 is not a status that GET /labels/{id}/pages/{page} shows; allowed: 200, 404"
    ), "a failure that the document does not show cannot be asked for"
    assert kit.ask(path, OWN).status == 401, "it lets in by the pair alone"
    assert kit.ask(path, PAIR, method="DELETE").headers["allow"] == "GET"
    assert kit.track("DEMO-delivered").status == 200
    operation = kit.engine.contract.operation("GET /labels/{id}/pages/{page}")
    assert operation is not None
    assert operation.unchecked == ("query parameter 'size'",)


def test_two_methods_of_one_path_are_two_operations(changing: Changing) -> None:
    changing.add(
        TRACKING,
        "post",
        operationId="addNote",
        parameters=changing.operation["parameters"],
        requestBody={"content": {"application/json": {"schema": {"own": "keywords"}}}},
        security=[],
        responses={"204": {"description": "a"}, "409": answers_with({"error": "Closed"})},
    )
    kit = changing.kit()
    posted = kit.ask("/tracking/DEMO-delivered", {}, method="POST")
    assert (posted.status, posted.body, "content-type" in posted.headers) == (204, b"", False)
    assert kit.ask("/tracking/a", {}, method="POST", Prefer="code=409").json == {"error": "Closed"}
    assert kit.track("DEMO-delivered").json["tag"] == "Pending"
    got = kit.ask("/tracking/DEMO-delivered", method="PUT")
    assert (got.status, got.headers["allow"]) == (405, "GET, POST")
    operation = kit.engine.contract.operation("addNote")
    assert operation is not None
    assert operation.unchecked == ("request body",)


def test_a_path_that_matches_the_tracking_too_leaves_it_alone(changing: Changing) -> None:
    paths = changing.document["paths"]
    changing.document["paths"] = {"/{kind}/{id}": {}, **paths}
    changing.add(
        "/{kind}/{id}",
        parameters=[{"name": name, "in": "path"} for name in ("kind", "id")],
        responses={"200": answers_with("other")},
    )
    kit = changing.kit()
    assert kit.track("DEMO-delivered").json["tag"] == "Pending"
    assert kit.ask("/labels/1").json == "other"


def test_a_path_without_parameters_wins_wherever_it_stands(changing: Changing) -> None:
    parameters = [{"name": "id", "in": "path"}]
    changing.add("/labels/{id}", parameters=parameters, responses={"200": answers_with("any")})
    changing.add("/labels/new", responses={"200": answers_with("new")})
    kit = changing.kit()
    assert [kit.ask(path).json for path in ("/labels/new", "/labels/old")] == ["new", "any"]


@pytest.mark.parametrize(
    ("responses", "message"),
    [
        pytest.param(
            {"200": {"description": "a", "content": {"application/json": {"schema": {"type": "string"}}}}},
            "<schema:> paths./labels.get.responses.200.content.application/json.schema: the document shows no value"
            " for the body; allowed: an example, default, const or enum there",
            id="success without an example",
        ),
        pytest.param(
            {
                "200": {
                    "description": "a",
                    "content": {"application/json": {"schema": {"type": "string"}, "example": 5}},
                }
            },
            "<schema:> paths./labels.get.responses.200.content.application/json.schema: its example breaks its own"
            ' schema: 5 is not of type "string"; allowed: a true example',
            id="success whose example breaks its schema",
        ),
        pytest.param(
            {"404": {"description": "a"}},
            "<responses:> paths./labels.get.responses: no success stands here; allowed: a 2XX status",
            id="no success",
        ),
        pytest.param(
            {"2XX": {"description": "a"}},
            "<responses:> paths./labels.get.responses: no success stands here; allowed: a 2XX status",
            id="success by range alone",
        ),
    ],
)
def test_an_operation_that_the_document_does_not_show_is_refused_at_start(
    changing: Changing, responses: Json, message: str
) -> None:
    changing.add("/labels", responses=responses)
    assert changing.refusal() == message


# What cannot be honoured


def test_a_second_path_of_the_trackings_shape_is_refused(changing: Changing) -> None:
    parameters = [{"name": "number", "in": "path"}]
    changing.add("/tracking/{number}", parameters=parameters, responses={"200": answers_with("any")})
    assert changing.refusal() == (
        "<get:> paths./tracking/{number}.get: it takes the same requests as /tracking/{id};"
        " allowed: a path that differs in more than its parameters' names"
    )


def test_a_path_where_the_mocks_own_stand_is_refused(changing: Changing) -> None:
    changing.add(f"{OWN_PREFIX}/labels", responses={"200": answers_with("any")})
    assert changing.refusal() == (
        "</_mock/labels:> paths./_mock/labels: the path '/_mock/labels';"
        " allowed: one outside /_mock, which is the mock's own"
    )


def test_a_header_that_http_cannot_carry_is_refused(changing: Changing) -> None:
    changing.schemes["apiKey"]["name"] = "x key"
    assert changing.refusal() == (
        "<apiKey:> components.securitySchemes.apiKey: an API key named 'x key' in header;"
        " allowed: letters, digits and !#$%&'*+-.^_`|~"
    )


def test_a_contract_without_the_tracking_operation_is_refused(changing: Changing) -> None:
    changing.operation["operationId"] = "track"
    assert changing.refusal() == (
        "<paths:> paths: no operation has the operationId getTracking;"
        " allowed: one that has: it is the one that shipments answer"
    )


@pytest.mark.parametrize(
    ("path", "count"), [pytest.param("/tracking", 0, id="none"), pytest.param("/{kind}/{id}", 2, id="two")]
)
def test_the_tracking_operation_must_have_one_parameter_in_its_path(changing: Changing, path: str, count: int) -> None:
    names = re.findall(r"\{(.*?)\}", path)
    operation = {**changing.operation, "parameters": [{"name": name, "in": "path"} for name in names]}
    changing.document["paths"] = {path: {"get": operation}}
    assert changing.refusal() == f"<get:> paths.{path}.get: {count} parameters in its path; allowed: one"


def test_an_api_key_that_no_credential_fits_is_refused(changing: Changing) -> None:
    changing.schemes["session"] = {"type": "apiKey", "in": "cookie", "name": "session"}
    changing.operation["security"].append({"session": []})
    assert changing.refusal() == (
        "<session:> components.securitySchemes.session: no credential of the mock fits an API key named 'session';"
        " allowed: a bearer scheme of any name, or API keys named apiKey and apiToken"
    )
