from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from changing_kit import ERROR_404, RESPONSES, Changing, require

if TYPE_CHECKING:
    from flexforward_openapi import Json


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
            {"error": "Label not found"},
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


@pytest.mark.parametrize(
    ("content", "body"),
    [
        pytest.param({"text/plain": {"example": "gone"}}, b"gone", id="text"),
        pytest.param({"application/xml": {"schema": {"type": "object"}}}, b"", id="XML that is not shown"),
        pytest.param(None, b"", id="no body"),
    ],
)
def test_a_failure_that_is_no_json_has_the_body_that_is_shown(changing: Changing, content: Json, body: bytes) -> None:
    del changing.responses["404"]["content"]
    if content is not None:
        changing.responses["404"]["content"] = content
    got = changing.kit().track("nobody")
    assert (got.status, got.body) == (404, body)


def test_an_example_of_a_failure_that_breaks_its_own_schema_is_passed_over(changing: Changing) -> None:
    media = changing.responses["404"]["content"]["application/json"]
    media["examples"] = {"a": {"value": {"error": 5}}, "b": {"value": {"error": "None such"}}}
    assert changing.kit().track("nobody").json == {"error": "None such"}
    del media["examples"]["b"]
    assert changing.kit().track("nobody").json == {"error": "Label not found"}
