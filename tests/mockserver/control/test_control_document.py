from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema_rs

from control_kit import document
from flexforward_mockserver.control.control import OPERATIONS
from flexforward_mockserver.control.control_document import Call, ControlError
from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS
from flexforward_openapi.reference import followed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_openapi import Json


def operations() -> Iterator[tuple[str, Json, list[Json]]]:
    for path, item in document().json["paths"].items():
        shared = item.get("parameters", [])
        for method, operation in item.items():
            if method != "parameters":
                yield path, operation, [*shared, *operation.get("parameters", [])]


def test_every_operation_has_a_handler_a_summary_and_its_paths_parameters() -> None:
    root = document().json
    ids = [operation["operationId"] for _, operation, _ in operations()]
    assert len(ids) == len(set(ids)) == len(list(document().routes)) == len(OPERATIONS)
    for path, operation, parameters in operations():
        assert operation["operationId"] in OPERATIONS
        assert operation["summary"]
        found = [followed(root, parameter) for parameter in parameters]
        in_path = {parameter["name"] for parameter in found if parameter["in"] == "path"}
        assert in_path == {part[1:-1] for part in path.split("/") if part.startswith("{")}
        assert "400" in operation["responses"], "an unknown parameter in the query"


def test_every_operation_that_takes_something_shows_an_example_that_is_true() -> None:
    root = document().json
    for _, operation, parameters in operations():
        for parameter in (followed(root, entry) for entry in parameters):
            assert parameter["in"] == "query" or "example" in parameter
        if "requestBody" not in operation:
            continue
        media = followed(root, operation["requestBody"])["content"]["application/json"]
        examples = [entry["value"] for entry in media.get("examples", {}).values()] or [media["example"]]
        schema = {**followed(root, media["schema"]), "components": root["components"]}
        for example in examples:
            jsonschema_rs.Draft202012Validator(schema, validate_formats=True).validate(example)


def test_the_kinds_of_faults_are_those_that_there_are() -> None:
    kind = document().json["components"]["schemas"]["NewFault"]["properties"]["kind"]
    assert kind["enum"] == list(FAULT_KINDS)
    assert kind["title"] == ", ".join(list(FAULT_KINDS)[:-1]) + f" or {list(FAULT_KINDS)[-1]}"


def test_links_lead_to_operations_and_name_their_parameters() -> None:
    root = document().json
    known = {
        operation["operationId"]: {followed(root, entry)["name"] for entry in parameters}
        for _, operation, parameters in operations()
    }
    count = 0
    for _, operation, _ in operations():
        for response in operation["responses"].values():
            for link in followed(root, response).get("links", {}).values():
                assert set(link["parameters"]) <= known[link["operationId"]]
                count += 1
    assert count > 10


def test_a_call_without_a_body_where_none_is_needed_is_an_empty_mapping() -> None:
    for operation in ("createSandbox", "revokeAccount", "advanceLabel", "getHealth"):
        assert document().read_body(Call(operation=operation, path={}, query={})) == {}


def test_an_error_holds_what_it_was_made_of() -> None:
    error = ControlError(400, "wrong", field="a")
    assert error.body == {"error": "wrong", "field": "a"}
    assert error.args == (400, "wrong", "a", None)
