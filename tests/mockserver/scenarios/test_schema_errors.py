from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flexforward_mockserver.scenarios.schema_errors import SchemaChecker

if TYPE_CHECKING:
    from flexforward_openapi import Json

SCHEMA: dict[str, Json] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"$ref": "#/$defs/name"},
        "size": {"type": "integer"},
        "steps": {"type": "array", "items": {"title": "a text", "type": "string"}},
        "secret": {"type": "object", "writeOnly": True, "properties": {"key": {"$ref": "#/$defs/key"}}},
    },
    "$defs": {
        "name": {"type": "string", "title": "a name", "maxLength": 3},
        "key": {"type": "string", "pattern": "^x$", "writeOnly": True},
    },
}


def told(document: Json, **options: str) -> list[str]:
    return [str(mistake) for mistake in SchemaChecker(SCHEMA, **options).mistakes(document, "it")]


@pytest.mark.parametrize(
    ("document", "sentences"),
    [
        ({"name": "abc", "size": 1, "steps": ["a"]}, []),
        ([], ["it: not a mapping; allowed: a mapping with name, size, steps, secret"]),
        ({}, ["it: no 'name'; allowed: a mapping with 'name'"]),
        ({"name": "abcd"}, ['it: name: "abcd"; allowed: a name']),
        ({"name": "a", "size": "x"}, ['it: size: "x"; allowed: "x" is not of type "integer"']),
        ({"name": "a", "steps": ["a", 1]}, ["it: steps[1]: 1; allowed: a text"]),
        (
            {"name": "a", "siez": 1, "zzz": 2},
            [
                "it: siez: unknown key 'siez'; allowed: did you mean 'size'? name, size, steps, secret",
                "it: zzz: unknown key 'zzz'; allowed: name, size, steps, secret",
            ],
        ),
        ({"name": "a" * 100}, [f'it: name: "{"a" * 56}...; allowed: a name']),
        ({"name": "a", "secret": {"key": "mine"}}, ["it: secret.key: a value that is not shown; allowed: what the "]),
        ({"name": "a", "secret": "mine"}, ["it: secret: a value that is not shown; allowed: what the document says"]),
    ],
)
def test_each_mistake_is_told_with_its_place_and_what_is_allowed(document: Json, sentences: list[str]) -> None:
    found = told(document)
    assert len(found) == len(sentences)
    assert all(sentence.startswith(start) for sentence, start in zip(found, sentences, strict=True)), found
    assert not any("mine" in sentence for sentence in found)


def test_a_value_can_be_part_of_a_sentence() -> None:
    assert told({"name": 1}, verdict=" is not allowed here") == ["it: name: 1 is not allowed here; allowed: a name"]


def test_a_mapping_without_listed_keys_takes_any() -> None:
    (mistake,) = SchemaChecker({"type": "object"}).mistakes(1, "it")
    assert mistake.allowed == "a mapping with any keys"
