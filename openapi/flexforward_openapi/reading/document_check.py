"""Is a document made of what we honour? Its shape is a JSON Schema, ``subset.json``; its references lead somewhere."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import jsonschema_rs
import msgspec

from flexforward_openapi.errors import Mistake
from flexforward_openapi.reference import resolve
from flexforward_openapi.yaml_text import Json, as_mapping

from .walk import HOMES, Found, subset, walk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_openapi.reference import DocumentPath

__all__ = ["FORMATS", "DocumentCheck", "check_document"]

FORMATS = frozenset(
    (
        *("date", "date-time", "time", "duration", "email", "hostname", "ipv4", "ipv6", "regex", "uuid"),
        *("uri", "uri-reference", "uri-template", "iri", "iri-reference", "json-pointer", "relative-json-pointer"),
        *("idn-email", "idn-hostname"),
        # These say how a value is stored; no body can break them.
        *("int32", "int64", "float", "double", "password", "byte", "binary"),
    )
)

_LONGEST_SHOWN = 60


class DocumentCheck(msgspec.Struct, frozen=True):
    """What a check found, without line numbers.

    Attributes:
        mistakes: what keeps the document from being followed.
        read_past: what means nothing to us and cannot change an answer.
    """

    mistakes: tuple[Mistake, ...]
    read_past: tuple[Mistake, ...]


def check_document(document: Json, *, source: str) -> DocumentCheck:
    """Check a document of OpenAPI 3.1 against ``subset.json``, and where its references lead."""
    mistakes: list[Mistake] = []
    read_past: list[Mistake] = []
    for error in _validator().iter_errors(document):
        path = _as_written(error.instance_path, document)
        kind, schema = _schema_of(error.schema_path)
        match error.kind.name:
            case "additionalProperties":
                allowed = ", ".join(sorted(schema["properties"]))
                for name in error.kind.value:
                    found = f"{name!r} is not supported in {_a(kind)}"
                    read_past.append(Mistake(source=source, path=(*path, name), found=found, allowed=allowed))
            case "falseSchema":
                found = f"{path[-1]!r} is not supported in {_a(kind)} and could change an answer"
                mistakes.append(Mistake(source=source, path=path, found=found, allowed="a schema without it"))
            case "required":
                found = f"{_a(kind)} without {error.kind.value!r}"
                mistakes.append(Mistake(source=source, path=path, found=found, allowed=f"{error.kind.value!r} there"))
            case _:
                found = f"{_short(error.instance)} stands here"
                mistakes.append(Mistake(source=source, path=path, found=found, allowed=schema["title"]))
    if not mistakes:  # else the walk would meet what is no mapping
        every = tuple(walk(document))
        mistakes.extend(_strays(document, every, source))
        read_past.extend(_unknown_formats(every, source))
    return DocumentCheck(tuple(mistakes), tuple(read_past))


@cache
def _validator() -> jsonschema_rs.Validator:
    return jsonschema_rs.Draft202012Validator(subset())


def _as_written(path: list[str | int], document: Json) -> DocumentPath:
    """Return a path of the validator, which takes every key of digits for an index."""
    written: list[str | int] = []
    for part in path:
        entries = as_mapping(document)
        key = str(part) if entries else part
        written.append(key)
        document = entries.get(str(part)) if entries else document[part]
    return tuple(written)


def _schema_of(schema_path: list[str | int]) -> tuple[str, dict[str, Json]]:
    """Return the kind that a mistake is about, and the part of ``subset.json`` that says what is allowed."""
    kind = "document"
    schema: Json = subset()
    for part in schema_path[:-1]:
        schema = resolve(subset(), schema["$ref"]) if part == "$ref" else schema[part]
        for name, entry in subset()["$defs"].items():
            if schema is entry:
                kind = name
    return kind, as_mapping(schema)


def _strays(document: Json, every: tuple[Found, ...], source: str) -> Iterator[Mistake]:
    """Yield what is wrong with the references of a document."""
    seen = {(id(found.value), found.kind) for found in every}
    for found in every:
        if found.kind not in HOMES or "$ref" not in found.value:
            continue
        reference = found.value["$ref"]
        problem = _problem(document, reference, found.kind, seen)
        if problem is not None:
            home = f"'#/components/{HOMES[found.kind]}/Name'"
            yield Mistake(
                source=source,
                path=(*found.path, "$ref"),
                found=f"the reference {_short(reference)} {problem}",
                allowed=f"{_a(found.kind)} of this document, as in {home}",
            )


def _problem(document: Json, reference: Json, kind: str, seen: set[tuple[int, str]]) -> str | None:
    passed: list[Json] = []
    while reference not in passed:
        passed.append(reference)
        try:
            target = resolve(document, reference if isinstance(reference, str) else "")
        except LookupError:
            return _nowhere(reference)
        parts = as_mapping(target)
        if (id(target), kind) not in seen and not (kind == "schema" and target in (True, False)):
            return f"does not lead to {_a(kind)}"
        if "$ref" not in parts:
            return None
        reference = parts["$ref"]
    return "leads in a circle"


def _nowhere(reference: Json) -> str:
    """Say where a reference leads that leads to nothing in the document; those to other files were followed before."""
    if not isinstance(reference, str) or reference[:1] in ("", "#"):
        return "leads nowhere"
    if reference.lower().startswith(("http:", "https:", "//")):
        return "leads to another host, which is never asked"
    return "leads out of this file to nothing that can be read"


def _unknown_formats(every: tuple[Found, ...], source: str) -> Iterator[Mistake]:
    for found in every:
        if found.kind == "schema" and "format" in found.value and found.value["format"] not in FORMATS:
            yield Mistake(
                source=source,
                path=(*found.path, "format"),
                found=f"the format {_short(found.value['format'])} is not known",
                allowed=", ".join(sorted(FORMATS)),
            )


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind.replace('-', ' ')}"


def _short(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 3] + "..."
