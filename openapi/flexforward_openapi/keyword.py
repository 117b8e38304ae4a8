"""Which OpenAPI keywords are honoured. Everything else is an error when the document is read, never ignored.

The grammar maps each kind of object to its keywords, and each keyword to what its value holds: another kind,
``[kind]`` for a list of it, ``{kind}`` for a map of it, ``text``, ``list``, or None for anything. Names that begin
with ``x-`` are the document's own and carry nothing for us.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote

from .errors import Mistake
from .yaml_text import Json, as_list, as_mapping

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["FORMATS", "GRAMMAR", "followed", "resolve", "unsupported"]

_Path: TypeAlias = tuple[str | int, ...]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

GRAMMAR: Mapping[str, Mapping[str, str | None]] = MappingProxyType(
    {
        "document": {
            **dict.fromkeys(("openapi", "info", "tags", "externalDocs")),
            "security": "[{list}]",
            "servers": "[server]",
            "paths": "{path item}",
            "components": "components",
        },
        "components": {
            "schemas": "{schema}",
            "responses": "{response}",
            "parameters": "{parameter}",
            "examples": "{example}",
            **dict.fromkeys(("requestBodies", "headers")),
            "securitySchemes": "{security scheme}",
        },
        "path item": {
            **dict.fromkeys(("summary", "description")),
            **dict.fromkeys(METHODS, "operation"),
            "parameters": "[parameter]",
        },
        "operation": {
            **dict.fromkeys(("tags", "summary", "description", "deprecated", "externalDocs")),
            "operationId": "text",
            "security": "[{list}]",
            "parameters": "[parameter]",
            "requestBody": None,
            "responses": "{response}",
        },
        "parameter": {
            **dict.fromkeys(("required", "description", "example", "examples", "deprecated")),
            **dict.fromkeys(("name", "in"), "text"),
            "schema": "schema",
        },
        "response": {
            **dict.fromkeys(("description", "headers")),
            "content": "{media type}",
        },
        "media type": {
            "example": None,
            "examples": "{example}",
            "schema": "schema",
        },
        "example": dict.fromkeys(("summary", "description", "value")),
        "server": {**dict.fromkeys(("description", "variables")), "url": "text"},
        "security scheme": dict.fromkeys(("type", "description", "name", "in", "scheme", "bearerFormat")),
        "schema": {
            **dict.fromkeys(
                (
                    *(
                        "$ref",
                        "$comment",
                        "title",
                        "description",
                        "default",
                        "example",
                        "examples",
                        "deprecated",
                    ),
                    *("readOnly", "writeOnly", "type", "enum", "const", "format", "pattern"),
                    *("minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"),
                    *("multipleOf", "minItems", "maxItems", "uniqueItems", "minContains", "maxContains"),
                    *("minProperties", "maxProperties", "required", "dependentRequired"),
                )
            ),
            **dict.fromkeys(("$defs", "properties", "patternProperties", "dependentSchemas"), "{schema}"),
            **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), "[schema]"),
            **dict.fromkeys(
                (
                    *(
                        "items",
                        "contains",
                        "additionalProperties",
                        "propertyNames",
                        "not",
                        "if",
                        "then",
                        "else",
                    ),
                    *("unevaluatedItems", "unevaluatedProperties"),
                ),
                "schema",
            ),
        },
    }
)

REQUIRED: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"parameter": ("name", "in"), "example": ("value",), "server": ("url",)}
)
"""Keywords without which an object says nothing to us."""

HOMES: Mapping[str, str] = MappingProxyType(
    {
        "schema": "schemas",
        "parameter": "parameters",
        "response": "responses",
        "example": "examples",
        "security scheme": "securitySchemes",
    }
)
"""What may be a reference, and where in ``components`` its kind stands."""

FORMATS = frozenset(
    (
        *("date", "date-time", "time", "duration", "email", "hostname", "ipv4", "ipv6", "regex", "uuid"),
        *("uri", "uri-reference", "uri-template", "iri", "iri-reference", "json-pointer"),
        # These say how a value is stored; no body can break them.
        *("int32", "int64", "float", "double", "password", "byte", "binary"),
    )
)


def resolve(document: Json, reference: str) -> Json:
    """Follow a local ``$ref`` such as ``#/components/schemas/Thing``.

    Raises:
        LookupError: it points outside the document or at nothing.
    """
    if not reference.startswith("#/"):
        raise LookupError(reference)
    value = document
    for part in reference[2:].split("/"):
        key = unquote(part).replace("~1", "/").replace("~0", "~")
        items, entries = as_list(value), as_mapping(value)
        if key in entries:
            value = entries[key]
        elif key.isdigit() and int(key) < len(items):
            value = items[int(key)]
        else:
            raise LookupError(reference)
    return value


def followed(document: Json, value: Json) -> Json:
    """Return what ``value`` stands for once its outermost references are followed.

    In a document in which nothing is ``unsupported`` they lead somewhere, and never in a circle.
    """
    while "$ref" in (parts := as_mapping(value)):
        value = resolve(document, parts["$ref"])
    return value


def unsupported(document: Json, *, source: str) -> Iterator[Mistake]:
    """Yield a mistake, without its line, for each keyword, format or reference that cannot be honoured."""
    visit = _Visit(document, source)
    yield from visit.value(document, "document", ())
    yield from visit.strays()


class _Visit:
    """One walk through a document, which remembers what it saw as what."""

    def __init__(self, document: Json, source: str) -> None:
        self._document = document
        self._source = source
        self._seen: set[tuple[int, str]] = set()
        self._references: list[tuple[Json, str, _Path]] = []

    def value(self, value: Json, kind: str, path: _Path) -> Iterator[Mistake]:
        """Yield what is wrong with a value that should be of ``kind``, all but where its references lead."""
        if isinstance(value, _shape(kind)):
            self._seen.add((id(value), kind))
        else:
            yield self._mistake(path, f"{_short(value)} stands here", _shape_in_words(kind))
            return
        if kind.startswith("{"):
            for name, entry in as_mapping(value).items():
                if not (kind in ("{path item}", "{response}") and name.startswith("x-")):
                    yield from self.value(entry, kind[1:-1], (*path, name))
        elif kind.startswith("["):
            for index, entry in enumerate(as_list(value)):
                yield from self.value(entry, kind[1:-1], (*path, index))
        elif kind in GRAMMAR:
            yield from self._object(as_mapping(value), kind, path)

    def strays(self) -> Iterator[Mistake]:
        """Yield what is wrong with the references that were met."""
        for reference, kind, path in self._references:
            problem = self._problem(reference, kind)
            if problem is not None:
                home = f"'#/components/{HOMES[kind]}/Name'"
                yield self._mistake(
                    path, f"the reference {_short(reference)} {problem}", f"{_a(kind)} of this document, as in {home}"
                )

    def _object(self, value: dict[str, Json], kind: str, path: _Path) -> Iterator[Mistake]:
        if "$ref" in value and kind in HOMES:
            self._references.append((value["$ref"], kind, (*path, "$ref")))
            if kind != "schema":
                return
        keywords = GRAMMAR[kind]
        for name, entry in value.items():
            inner = keywords.get(name)
            if inner is not None:
                yield from self.value(entry, inner, (*path, name))
            elif name not in keywords and not name.startswith("x-"):
                yield self._mistake(
                    (*path, name), f"{name!r} is not supported in {_a(kind)}", ", ".join(sorted(keywords))
                )
        for name in REQUIRED.get(kind, ()):
            if name not in value:
                yield self._mistake(path, f"{_a(kind)} without {name!r}", ", ".join(sorted(keywords)))
        if kind == "schema" and "format" in value and value["format"] not in sorted(FORMATS):
            yield self._mistake(
                (*path, "format"),
                f"the format {_short(value['format'])} is not known",
                ", ".join(sorted(FORMATS)),
            )

    def _problem(self, reference: Json, kind: str) -> str | None:
        passed: list[Json] = []
        while reference not in passed:
            passed.append(reference)
            try:
                target = resolve(self._document, reference if isinstance(reference, str) else "")
            except LookupError:
                return "leads nowhere"
            if (id(target), kind) not in self._seen:
                return f"does not lead to {_a(kind)}"
            if "$ref" not in as_mapping(target):
                return None
            reference = target["$ref"]
        return "leads in a circle"

    def _mistake(self, path: _Path, found: str, allowed: str) -> Mistake:
        return Mistake(source=self._source, path=path, found=found, allowed=allowed)


def _shape(kind: str) -> tuple[type, ...]:
    if kind == "text":
        return (str,)
    if kind == "schema":
        return (dict, bool)
    return (list,) if kind == "list" or kind.startswith("[") else (dict,)


def _shape_in_words(kind: str) -> str:
    if kind == "text":
        return "text"
    if kind == "list" or kind.startswith("["):
        return "a list"
    return "a mapping" if kind.startswith("{") else f"{_a(kind)} (a mapping)"


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"


def _short(value: Json) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
