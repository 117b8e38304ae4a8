from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from changing_kit import TRACKING, Changing, answers_with
from kit import OWN, PAIR

if TYPE_CHECKING:
    from flexforward_openapi import Json


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
    kit = changing.kit(strict=True)
    path = "/labels/a/pages/2"
    got = kit.ask(path, PAIR)
    assert (got.status, got.json) == (200, {"a": 5})
    assert kit.last.note == "answered from the document's example"
    assert kit.ask(path, PAIR, Prefer="code=404").json == {"error": "none"}
    refused = kit.ask(path, PAIR, Prefer="code=503").json["error"]
    assert refused.startswith(
        "Prefer: code=503 is not possible for GET /labels/{id}/pages/{page}; allowed: 200, 404"
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


def test_a_body_that_may_be_anything_needs_an_example_where_nothing_is_made(changing: Changing) -> None:
    changing.add("/a", responses={"200": {"description": "a", "content": {"application/json": {}}}})
    assert "the document shows no value for the body; allowed: an example, default, " in changing.refusal()


def test_the_tracking_operation_shows_its_examples_by_name(changing: Changing) -> None:
    shown = changing.kit().track("DEMO-delivered").json
    media = changing.responses["200"]["content"]["application/json"]
    media["examples"] = {"first": {"value": shown}, "later": {"value": {**shown, "slug": "dhl"}}}
    kit = changing.kit()
    got = kit.track("nobody", Prefer="example=later")
    assert (got.status, got.json["slug"], got.headers["preference-applied"]) == (200, "dhl", "example=later")
    assert kit.last.note == "answered from the document's example"
    assert kit.track("nobody", Prefer="example=none").json["error"] == (
        "Prefer: example=none is not an example of GET /tracking/{id} with 200; allowed: first, later"
    )
