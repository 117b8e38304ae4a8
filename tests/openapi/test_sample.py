from __future__ import annotations

import pytest

from flexforward_openapi import Json, NoSampleError, sample

DOCUMENT: Json = {
    "components": {
        "schemas": {
            "Slug": {"type": "string", "example": "yunexpress"},
            "Alias": {"$ref": "#/components/schemas/Slug"},
            "Bare": {"type": "string"},
            "Endless": {
                "type": "object",
                "required": ["next"],
                "properties": {"next": {"$ref": "#/components/schemas/Endless"}},
            },
        }
    }
}
SLUG = {"$ref": "#/components/schemas/Slug"}
BARE = {"$ref": "#/components/schemas/Bare"}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        pytest.param({"type": "string", "example": "a"}, "a", id="example"),
        pytest.param({"example": None}, None, id="example of null"),
        pytest.param({"example": "a", "const": "b", "default": "c"}, "a", id="example before const"),
        pytest.param({"const": "b", "default": "c", "enum": ["d"]}, "b", id="const before default"),
        pytest.param({"default": "c", "examples": ["e"]}, "c", id="default before examples"),
        pytest.param({"examples": ["e", "f"], "enum": ["d"]}, "e", id="first of examples before enum"),
        pytest.param({"examples": [], "enum": ["d", "e"]}, "d", id="first of enum"),
        pytest.param(SLUG, "yunexpress", id="reference"),
        pytest.param({"$ref": "#/components/schemas/Alias"}, "yunexpress", id="reference to a reference"),
        pytest.param({"anyOf": [SLUG, {"type": "null"}]}, "yunexpress", id="first of anyOf"),
        pytest.param({"anyOf": [BARE, {"type": "null"}]}, None, id="first of anyOf that has a value"),
        pytest.param({"oneOf": [BARE, SLUG]}, "yunexpress", id="first of oneOf that has a value"),
        pytest.param({"anyOf": [BARE], "oneOf": [SLUG]}, "yunexpress", id="oneOf where anyOf has none"),
        pytest.param(
            {"allOf": [{"example": {"a": 1, "b": 1}}, {"example": {"b": 2}}]}, {"a": 1, "b": 2}, id="allOf joined"
        ),
        pytest.param(
            {"type": "object", "required": ["b", "a"], "properties": {"a": SLUG, "b": {"const": 1}, "c": SLUG}},
            {"a": "yunexpress", "b": 1},
            id="required properties in their order",
        ),
        pytest.param({"properties": {"a": SLUG}, "required": ["a"]}, {"a": "yunexpress"}, id="object without its type"),
        pytest.param({"type": "object"}, {}, id="object without properties"),
        pytest.param({"type": ["null", "object"]}, {}, id="object among the types"),
        pytest.param({"type": "array", "items": BARE}, [], id="array"),
        pytest.param({"type": "array", "items": SLUG, "minItems": 2}, ["yunexpress"], id="array that is not empty"),
        pytest.param({"type": ["array", "null"]}, [], id="array among the types"),
        pytest.param({"type": "null"}, None, id="null"),
        pytest.param({"type": ["string", "null"]}, None, id="null among the types"),
    ],
)
def test_a_sample_is_what_the_schema_shows(schema: Json, value: Json) -> None:
    assert repr(sample(schema, DOCUMENT)) == repr(value)


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        pytest.param(None, "", id="nothing"),
        pytest.param(True, "", id="anything"),
        pytest.param({}, "", id="empty"),
        pytest.param({"type": "string"}, "", id="type alone"),
        pytest.param({"type": ["string", "integer"]}, "", id="types alone"),
        pytest.param({"examples": {"a": 1}, "enum": "abc"}, "", id="examples and enum that are no lists"),
        pytest.param({"anyOf": [BARE, {"type": "integer"}]}, "", id="no option has a value"),
        pytest.param({"allOf": [SLUG, BARE]}, "", id="a part has no value"),
        pytest.param({"type": "object", "required": ["a"]}, "a", id="required without a schema"),
        pytest.param(
            {"properties": {"a": {"properties": {"b": BARE}, "required": ["b"]}}, "required": ["a"]}, "a.b", id="inner"
        ),
        pytest.param({"type": "array", "items": BARE, "minItems": 1}, "", id="array of what has no value"),
    ],
)
def test_where_the_document_shows_no_value_the_place_is_told(schema: Json, place: str) -> None:
    with pytest.raises(NoSampleError) as caught:
        sample(schema, DOCUMENT)
    assert (caught.value.place, caught.value.args) == (place, (place,))


def test_a_schema_that_requires_itself_has_no_sample() -> None:
    with pytest.raises(NoSampleError, match=r"^next(\.next)+$"):
        sample({"$ref": "#/components/schemas/Endless"}, DOCUMENT)
