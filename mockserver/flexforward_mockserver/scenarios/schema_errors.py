"""Has a document the shape that a JSON Schema says? Each mistake comes with its place and what is allowed there.

What is allowed is the schema's own ``title`` at that place, written for people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema_rs
import msgspec

from flexforward_openapi import Json, Mistake, as_mapping, nearest
from flexforward_openapi.reference import followed

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["SchemaChecker"]

LONGEST_SHOWN = 60
_SECRET = "a value that is not shown"  # noqa: S105  # it says so
_OTHERS = "what the document says"


class SchemaChecker:
    """A schema with what it refers to, compiled.

    Args:
        schema: root of a JSON Schema document; its references are local. Where it says ``writeOnly``, values are
            secrets and never shown.
        verdict: what is said after a value that is shown.
    """

    def __init__(self, schema: dict[str, Json], *, verdict: str = "") -> None:
        self._root = schema
        self._verdict = verdict
        self._validator = jsonschema_rs.Draft202012Validator(schema, validate_formats=True)

    def mistakes(self, document: Json, source: str) -> Iterator[Mistake]:
        """Yield what is wrong with ``document``, without line numbers."""
        if self._validator.is_valid(document):
            return
        for error in self._validator.iter_errors(document):
            path = tuple(error.instance_path)
            schema, is_secret = self._schema_at(tuple(error.schema_path))
            match error.kind.name:
                case "additionalProperties":
                    for key in error.kind.value:
                        found, allowed = f"unknown key {_cut(key)!r}", _keys(key, as_mapping(schema["properties"]))
                        yield Mistake(source=source, path=(*path, key), found=found, allowed=allowed)
                case "required":
                    allowed = f"a mapping with {error.kind.value!r}"
                    yield Mistake(source=source, path=path, found=f"no {error.kind.value!r}", allowed=allowed)
                case "type" if schema is self._root:
                    keys = ", ".join(as_mapping(schema.get("properties"))) or "any keys"
                    yield Mistake(source=source, found="not a mapping", allowed=f"a mapping with {keys}")
                case _:
                    found = (_SECRET if is_secret else _shown(_value_at(document, path))) + self._verdict
                    allowed = schema.get("title") or (_OTHERS if is_secret else error.message)
                    yield Mistake(source=source, path=path, found=found, allowed=allowed)

    def _schema_at(self, path: tuple[str | int, ...]) -> tuple[dict[str, Json], bool]:
        """Return the schema that the keyword at ``path`` stands in, and whether that is about a secret.

        ``path`` runs through references.
        """
        schema: Json = self._root
        is_secret = False
        for part in path[:-1]:
            schema = followed(self._root, schema) if part == "$ref" else schema[part]
            is_secret = is_secret or as_mapping(schema).get("writeOnly", False)
        return as_mapping(schema), is_secret


def _keys(key: str, properties: dict[str, Json]) -> str:
    near = nearest(key, properties)
    return (f"did you mean {near!r}? " if near else "") + ", ".join(properties)


def _shown(value: Json) -> str:
    return _cut(msgspec.json.encode(value).decode())


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 3]}..."


def _value_at(document: Json, path: tuple[str | int, ...]) -> Json:
    for part in path:
        document = document[part]
    return document
