"""The shipped contract against the vendor's operation, fact by fact; the facts were read off the vendor's page."""

from __future__ import annotations

import pytest

from flexforward_openapi import (
    CONTRACT_FILE,
    STRICT_FILE,
    Json,
    YamlText,
    as_list,
    as_mapping,
    load_contract,
    read_text,
)

NOTHING: list[str] = []
TEXT_OR_NULL = [{"type": "string"}, {"type": "null"}]


def text(example: str, **more: Json) -> Json:
    return {"type": "string", "example": example, **more}


def text_or_null(**more: Json) -> Json:
    return {"anyOf": TEXT_OR_NULL, **more}


def answer(schema: str) -> Json:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}


CHECKPOINT: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": [
        "checkpointTime",
        "city",
        "state",
        "countryRegion",
        "location",
        "message",
        "tag",
        "subtag",
        "subtagMessage",
        "slug",
    ],
    "properties": {
        "checkpointTime": text("2025-03-02T10:30:00.000Z"),
        "city": text_or_null(example="Shenzhen"),
        "state": text_or_null(example="Guangdong"),
        "countryRegion": text_or_null(example="CN"),
        "location": text_or_null(),
        "message": text("Shipment departed from sorting center"),
        "tag": text("InTransit"),
        "subtag": text("InTransit_001"),
        "subtagMessage": text("In transit"),
        "slug": text("yunexpress"),
    },
}
TRACKING_RESPONSE: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "trackingNumber", "tag", "subtag", "subtagMessage", "slug", "checkpoints"],
    "properties": {
        "id": text("f47ac10b-58cc-4372-a567-0e02b2c3d479", format="uuid"),
        "trackingNumber": text_or_null(example="YT2503010001CN"),
        "tag": text("InTransit"),
        "subtag": text("InTransit_001"),
        "subtagMessage": text("In transit"),
        "slug": text("yunexpress"),
        "checkpoints": {"type": "array", "items": CHECKPOINT},
    },
}
ERROR_RESPONSE: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": ["error"],
    "properties": {"error": text("Shipping account not found"), "code": text("COURIER_ERROR")},
}
LABEL_FAILED_RESPONSE: Json = {
    "type": "object",
    "additionalProperties": False,
    "required": ["error"],
    "properties": {
        "error": {"type": "string", "enum": ["Label creation failed"]},
        "errorCode": text("COURIER_ERROR"),
        "errorMessage": text("Address validation failed"),
    },
}
GET_TRACKING: Json = {
    "tags": ["Tracking"],
    "operationId": "getTracking",
    "parameters": [
        {
            "in": "path",
            "name": "id",
            "required": True,
            "schema": {"type": "string", "minLength": 1},
            "example": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
        }
    ],
    "responses": {
        "200": answer("TrackingResponse"),
        "401": answer("ErrorResponse"),
        "403": answer("ErrorResponse"),
        "404": answer("ErrorResponse"),
        "422": answer("LabelFailedResponse"),
        "502": answer("ErrorResponse"),
    },
    "security": [{"bearerAuth": NOTHING}, {"apiKey": NOTHING, "apiToken": NOTHING}],
}
DOCUMENT: Json = {
    "openapi": "3.1.0",
    "info": {"title": "Flex Forward Shipping API", "version": "1.0.0"},
    "servers": [{"url": "https://api.flexforwardship.com"}, {"url": "https://api-staging.flexforwardship.com"}],
    "security": NOTHING,
    "tags": [{"name": "CreateLabels"}, {"name": "Labels"}, {"name": "Tracking"}, {"name": "Products"}],
    "paths": {"/tracking/{id}": {"get": GET_TRACKING}},
    "components": {
        "schemas": {
            "TrackingResponse": TRACKING_RESPONSE,
            "ErrorResponse": ERROR_RESPONSE,
            "LabelFailedResponse": LABEL_FAILED_RESPONSE,
        },
        "securitySchemes": {
            "bearerAuth": {"type": "http", "scheme": "bearer"},
            "apiKey": {"type": "apiKey", "in": "header", "name": "x-rr-apikey"},
            "apiToken": {"type": "apiKey", "in": "header", "name": "x-rr-apitoken"},
        },
    },
}


def is_prose(name: str, entries: Json) -> bool:
    """Whether it constrains nothing: of titles only a schema's, as the document's own is the vendor's."""
    return name in ("description", "summary") or (name == "title" and "type" in entries)


def without_prose(value: Json, *, is_map_of_properties: bool = False) -> Json:
    if isinstance(value, list):
        return [without_prose(entry) for entry in as_list(value)]
    if not isinstance(value, dict):
        return value
    return {
        name: without_prose(entry, is_map_of_properties=name == "properties")
        for name, entry in as_mapping(value).items()
        if is_map_of_properties or not is_prose(name, value)
    }


@pytest.fixture(scope="module")
def document() -> Json:
    return without_prose(YamlText(read_text(CONTRACT_FILE), source=CONTRACT_FILE.name).value)


@pytest.mark.parametrize("name", ["TrackingResponse", "ErrorResponse", "LabelFailedResponse"])
def test_each_schema_has_the_vendors_keywords_and_no_other(document: Json, name: str) -> None:
    assert document["components"]["schemas"][name] == DOCUMENT["components"]["schemas"][name]


def test_the_operation_has_the_vendors_keywords_and_no_other(document: Json) -> None:
    assert document["paths"] == DOCUMENT["paths"]


def test_the_whole_document_has_the_vendors_structure_and_nothing_else(document: Json) -> None:
    # Whose words these are is said beside the vendor's title and version; linters ask for it.
    info = {name: value for name, value in document["info"].items() if name not in ("license", "contact")}
    assert {**document, "info": info} == DOCUMENT


def test_the_schema_without_a_name_has_a_title_for_code_generators() -> None:
    document = YamlText(read_text(CONTRACT_FILE), source=CONTRACT_FILE.name).value
    checkpoint = document["components"]["schemas"]["TrackingResponse"]["properties"]["checkpoints"]["items"]
    assert checkpoint["title"] == "Checkpoint"


def test_properties_and_statuses_stand_in_the_vendors_order(document: Json) -> None:
    schemas = document["components"]["schemas"]
    assert list(schemas) == ["TrackingResponse", "ErrorResponse", "LabelFailedResponse"]
    assert list(schemas["TrackingResponse"]["properties"]) == TRACKING_RESPONSE["required"]
    checkpoint = schemas["TrackingResponse"]["properties"]["checkpoints"]["items"]
    assert list(checkpoint["properties"]) == CHECKPOINT["required"]
    assert list(schemas["ErrorResponse"]["properties"]) == ["error", "code"]
    assert list(schemas["LabelFailedResponse"]["properties"]) == ["error", "errorCode", "errorMessage"]
    assert list(document["paths"]["/tracking/{id}"]["get"]["responses"]) == ["200", "401", "403", "404", "422", "502"]


def test_whatever_is_named_is_described_in_words() -> None:
    document = YamlText(read_text(CONTRACT_FILE), source=CONTRACT_FILE.name).value
    operation = document["paths"]["/tracking/{id}"]["get"]
    checkpoint = document["components"]["schemas"]["TrackingResponse"]["properties"]["checkpoints"]["items"]
    described: list[Json] = [
        document["info"],
        *document["servers"],
        *document["tags"],
        operation,
        *operation["parameters"],
        *operation["responses"].values(),
        *checkpoint["properties"].values(),
        *(
            entry
            for schema in document["components"]["schemas"].values()
            for entry in as_mapping(schema["properties"]).values()
        ),
    ]
    assert [entry for entry in described if not entry.get("description")] == []


def test_the_strict_schema_narrows_only_what_the_contract_has() -> None:
    strict = YamlText(read_text(STRICT_FILE), source=STRICT_FILE.name).value
    contract = load_contract()
    assert {(operation, status) for operation in strict for status in strict[operation]} == {("getTracking", "200")}
    operation = contract.operation("getTracking")
    assert operation is not None
    narrowing = strict["getTracking"]["200"]
    contracted = as_mapping(operation.responses["200"].schema)["properties"]
    assert set(narrowing["properties"]) <= set(contracted)
    narrowed = narrowing["properties"]["checkpoints"]["items"]["properties"]
    assert set(narrowed) <= set(contracted["checkpoints"]["items"]["properties"])
