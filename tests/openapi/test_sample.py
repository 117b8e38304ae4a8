from __future__ import annotations

import json

import pytest

from flexforward_openapi import Json, NoSampleError, Sample, Sampler, Validation, YamlText
from flexforward_openapi.reading.contract_reader import parse_contract

SCHEMAS: Json = {
    "Slug": {"type": "string", "example": "yunexpress"},
    "Alias": {"$ref": "#/components/schemas/Slug"},
    "Bare": {"type": "string"},
    "Metal": {"type": "string", "enum": ["gold", "tin"]},
    "Endless": {
        "type": "object",
        "required": ["next"],
        "properties": {"next": {"$ref": "#/components/schemas/Endless"}},
    },
    "Tree": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "example": "leaf"},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
        },
    },
    "A": {"type": "object", "properties": {"a": {"example": 1}}, "required": ["a"]},
    "B": {"type": "object", "properties": {"b": {"example": 2}}, "required": ["b"]},
}
SLUG = {"$ref": "#/components/schemas/Slug"}
BARE = {"$ref": "#/components/schemas/Bare"}
METAL = {"$ref": "#/components/schemas/Metal"}
A, B = {"$ref": "#/components/schemas/A"}, {"$ref": "#/components/schemas/B"}


def sample(schema: Json, *, may_make: bool = False) -> Sample:
    document = {
        "openapi": "3.1.0",
        "paths": {"/a": {"get": {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}}},
        "components": {"schemas": SCHEMAS},
    }
    contract = parse_contract(YamlText(json.dumps(document), source="c.json"))
    validation = Validation(contract)
    pointer = contract.operations[0].responses["200"].pointer
    found = Sampler(contract.document, validation.takes).sample(pointer, may_make=may_make)
    assert validation.takes((pointer,), found.value)
    return found


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param({"type": "string", "example": "a"}, "a", id="example"),
        pytest.param({"example": None}, None, id="example of null"),
        pytest.param({"example": "a", "default": "c"}, "a", id="example before default"),
        pytest.param({"const": "b", "default": "c"}, "b", id="const before default"),
        pytest.param({"default": "c", "examples": ["e"]}, "c", id="default before examples"),
        pytest.param({"examples": ["e", "f"]}, "e", id="first of examples"),
        pytest.param({"examples": [], "enum": ["d", "e"]}, "d", id="first of enum"),
        pytest.param(SLUG, "yunexpress", id="reference"),
        pytest.param({"$ref": "#/components/schemas/Alias"}, "yunexpress", id="reference to a reference"),
        pytest.param({"anyOf": [SLUG, {"type": "null"}]}, "yunexpress", id="first of anyOf"),
        pytest.param({"anyOf": [BARE, {"type": "null"}]}, None, id="first of anyOf that has a value"),
        pytest.param({"oneOf": [{"type": "boolean"}, SLUG]}, "yunexpress", id="first of oneOf that has a value"),
        pytest.param(
            {"type": "object", "required": ["b", "a"], "properties": {"a": SLUG, "b": {"const": 1}, "c": BARE}},
            {"a": "yunexpress", "b": 1},
            id="properties in the document's order",
        ),
        pytest.param({"properties": {"a": SLUG}}, {"a": "yunexpress"}, id="optional property with an example"),
        pytest.param({"type": "object"}, {}, id="object without properties"),
        pytest.param({"type": ["null", "object"]}, {}, id="object among the types"),
        pytest.param({"type": "array", "items": BARE}, [], id="array without an example"),
        pytest.param({"type": "array"}, [], id="array of anything"),
        pytest.param({"type": "array", "items": SLUG}, ["yunexpress"], id="array"),
        pytest.param({"type": "array", "items": SLUG, "minItems": 2}, ["yunexpress"] * 2, id="array of two"),
        pytest.param({"type": "array", "items": SLUG, "maxItems": 0}, [], id="array that is empty"),
        pytest.param(
            {"type": "array", "prefixItems": [SLUG, {"const": 5}], "items": False}, ["yunexpress", 5], id="tuple"
        ),
        pytest.param({"type": "array", "contains": {"const": 3}, "minItems": 1}, [3], id="array that contains"),
        pytest.param({"type": "null"}, None, id="null"),
        pytest.param({"type": ["string", "null"]}, None, id="null among the types"),
        pytest.param(
            {"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["a"]}, "properties": {"a": {"const": 1}}},
            {"a": 1},
            id="what holds if a condition does",
        ),
        pytest.param({"allOf": [METAL]}, "gold", id="allOf of one"),
        pytest.param({"allOf": [METAL, {"const": "tin"}]}, "tin", id="every branch of allOf is met"),
        pytest.param({"allOf": [METAL, {"description": "a"}]}, "gold", id="branch that says nothing"),
        pytest.param({"allOf": [A, B]}, {"a": 1, "b": 2}, id="allOf joined"),
        pytest.param(
            {"allOf": [A], "properties": {"c": {"const": 3}}, "required": ["c"]}, {"c": 3, "a": 1}, id="beside"
        ),
        pytest.param({"$ref": "#/components/schemas/Bare", "examples": ["b"]}, "b", id="examples beside a reference"),
        pytest.param(
            {"$ref": "#/components/schemas/Slug", "const": "other"}, "other", id="const beside a reference goes first"
        ),
        pytest.param(
            {"$ref": "#/components/schemas/Slug", "minLength": 20, "examples": ["x", "long enough, this one"]},
            "long enough, this one",
            id="a candidate that the schema refuses is no sample",
        ),
        pytest.param({"type": "integer", "oneOf": [{"const": "a"}, {"const": 3}]}, 3, id="type beside oneOf"),
        pytest.param(
            {"properties": {"a": SLUG, "b": METAL}, "oneOf": [{"required": ["a"]}, {"required": ["c"]}]},
            {"a": "yunexpress", "b": "gold"},
            id="oneOf beside properties",
        ),
        pytest.param(
            {"properties": {"a": SLUG, "b": METAL}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}]},
            {"a": "yunexpress"},
            id="oneOf that all properties together break",
        ),
        pytest.param({"anyOf": [A, B], "oneOf": [{"maxProperties": 1}]}, {"a": 1}, id="two choices"),
        pytest.param(
            {"properties": {"kind": {"const": "b"}}, "if": {"required": ["kind"]}, "then": B},
            {"kind": "b", "b": 2},
            id="if and then",
        ),
        pytest.param(
            {"properties": {"kind": {"const": "b"}}, "if": {"required": ["x"]}, "else": B},
            {"kind": "b", "b": 2},
            id="if",
        ),
        pytest.param(
            {"$ref": "#/components/schemas/Tree"},
            {
                "name": "leaf",
                "children": [{"name": "leaf", "children": [{"name": "leaf", "children": [{"name": "leaf"}]}]}],
            },
            id="tree",
        ),
        pytest.param(
            {"properties": {"secret": {"example": "a", "writeOnly": True}, "a": {"example": 1}}},
            {"a": 1},
            id="write-only",
        ),
        pytest.param(
            {"example": {"a": 5}, "required": ["b"], "properties": {"b": {"const": 1}}}, {"b": 1}, id="false example"
        ),
        pytest.param(
            {"properties": {"a": {"const": 1}, "b": False, "c": True}, "required": ["a"]},
            {"a": 1},
            id="property that may not be, and one that may be anything",
        ),
        pytest.param(
            {"properties": {"a": METAL}, "required": ["a"], "patternProperties": {r"^\p{L}+$": {"type": "string"}}},
            {"a": "gold"},
            id="pattern of names that Python cannot read",
        ),
        pytest.param(
            {"properties": {"a": {"const": 1}}, "minProperties": 2, "additionalProperties": {"const": 2}},
            {"a": 1, "property2": 2},
            id="one property more than there are",
        ),
    ],
)
def test_a_sample_is_what_the_document_shows(schema: Json, value: Json) -> None:
    assert sample(schema) == Sample(value)


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        pytest.param(BARE, "", id="text"),
        pytest.param(
            {"properties": {"a": {"properties": {"b": BARE}, "required": ["b"]}}, "required": ["a"]}, "a.b", id="b"
        ),
        pytest.param({"type": "array", "items": BARE, "minItems": 1}, "", id="items"),
        pytest.param({"required": ["a"]}, "a", id="only required"),
        pytest.param({"required": ["a"], "additionalProperties": False}, "a", id="required and forbidden"),
        pytest.param({"anyOf": [BARE]}, "", id="branches without a value"),
        pytest.param({"type": "string", "example": 5}, "", id="example of another type"),
        pytest.param(False, "", id="nothing"),
        pytest.param({"if": {"required": ["a"]}, "then": False, "else": False}, "a", id="neither way of a condition"),
    ],
)
def test_nothing_is_invented_where_only_the_document_counts(schema: Json, place: str) -> None:
    with pytest.raises(NoSampleError) as caught:
        sample(schema)
    assert caught.value.place == place


def test_what_requires_itself_has_no_sample() -> None:
    with pytest.raises(NoSampleError):
        sample({"$ref": "#/components/schemas/Endless"}, may_make=True)


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param({"type": "string"}, "string", id="text"),
        pytest.param({"type": "string", "minLength": 8}, "stringst", id="longer text"),
        pytest.param({"type": "string", "maxLength": 3}, "str", id="shorter text"),
        pytest.param({"type": "string", "format": "date-time"}, "2026-04-01T12:00:00Z", id="time"),
        pytest.param({"format": "email"}, "user@example.com", id="format without a type"),
        pytest.param({"type": "string", "format": "own"}, "string", id="unknown format"),
        pytest.param({"type": "string", "pattern": "^[A-Z]{3}$"}, "EUR", id="pattern"),
        pytest.param({"type": "string", "pattern": "^[0-9]{9}$"}, "012345678", id="digits"),
        pytest.param({"type": "integer"}, 0, id="integer"),
        pytest.param({"type": "integer", "minimum": 3}, 3, id="least"),
        pytest.param({"type": "integer", "exclusiveMinimum": 3}, 4, id="more than"),
        pytest.param({"type": "number", "exclusiveMaximum": -2.5}, -3, id="less than"),
        pytest.param({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5, id="between"),
        pytest.param({"type": "integer", "minimum": 10, "multipleOf": 7}, 14, id="multiple"),
        pytest.param(
            {"type": "number", "minimum": 0.1, "allOf": [{"multipleOf": 0.5}, {"multipleOf": 0.75}]}, 1.5, id="two"
        ),
        pytest.param({"type": "integer", "multipleOf": 0.75, "minimum": 1}, 3, id="whole multiple"),
        pytest.param({"type": "boolean"}, True, id="boolean"),
        pytest.param({"type": "boolean", "not": {"const": True}}, False, id="the other boolean"),
        pytest.param({"type": ["null", "integer"]}, 0, id="null last"),
        pytest.param({"required": ["a"]}, {"a": {}}, id="required and not described"),
        pytest.param({"type": ["number", "string"], "allOf": [{"type": ["integer", "string"]}]}, 0, id="narrowed type"),
        pytest.param({"type": "array", "items": BARE}, ["string"], id="array"),
        pytest.param(
            {"type": "array", "items": METAL, "uniqueItems": True, "minItems": 2}, ["gold", "tin"], id="unique"
        ),
        pytest.param(
            {"type": "object", "minProperties": 1, "additionalProperties": {"type": "integer"}},
            {"property1": 0},
            id="map",
        ),
        pytest.param(
            {"patternProperties": {"^a": METAL}, "additionalProperties": False, "required": ["a"]},
            {"a": "gold"},
            id="pattern of names",
        ),
    ],
)
def test_a_value_is_made_of_type_format_and_bounds(schema: Json, value: Json) -> None:
    assert sample(schema, may_make=True).value == value


def test_made_places_are_told() -> None:
    schema = {"properties": {"a": BARE, "b": {"properties": {"c": BARE, "d": SLUG}}}}
    assert sample(schema, may_make=True) == Sample(
        {"a": "string", "b": {"c": "string", "d": "yunexpress"}}, ("a", "b.c")
    )


def test_null_is_not_told_as_made() -> None:
    schema = {"properties": {"a": {"type": "null"}, "b": {"type": ["string", "null"], "not": {"type": "string"}}}}
    assert sample(schema, may_make=True) == Sample({"a": None, "b": None})


def test_the_search_ends_where_nobody_would_read_on() -> None:
    assert sample({"type": "string", "enum": [*range(1_900), "a"]}) == Sample("a")
    with pytest.raises(NoSampleError):
        sample({"type": "string", "enum": [*range(2_100), "a"]})


def test_what_no_value_meets_has_no_sample() -> None:
    for schema in (
        {"type": "array", "items": {"const": 1}, "minItems": 2, "uniqueItems": True},
        {"type": "string", "minLength": 1_000_000},
        {"type": "string", "pattern": "^never this one$"},
        {"type": "integer", "minimum": 5, "maximum": 4},
        {"oneOf": [A, A]},
        {"allOf": [{"type": "string"}, {"type": "integer"}]},
    ):
        with pytest.raises(NoSampleError):
            sample(schema, may_make=True)
