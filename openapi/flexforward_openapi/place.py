"""A place in a body: all schemas that one value has to meet there, by whatever composition they are put together.

JSON Schema 2020-12 to the letter: a value meets every branch of ``allOf`` (10.2.1.1), and what stands beside ``$ref``
counts as much as what it leads to (8.2.3.1).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

import msgspec

from .reference import pointer_of, resolve, value_at
from .yaml_text import Json, as_list, as_mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Place", "place_at"]

_MOST_BRANCHES = 64
_HINTS = (
    ("object", ("properties", "required", "additionalProperties", "minProperties", "patternProperties")),
    ("array", ("items", "prefixItems", "minItems", "contains", "uniqueItems")),
    ("string", ("minLength", "maxLength", "pattern", "format")),
    ("number", ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")),
)
"""Keywords that speak of one type only, where no ``type`` says which."""


class Place(msgspec.Struct, frozen=True):
    """The schemas that apply together at one place.

    Attributes:
        document: the root that their references lead into.
        parts: each schema by its pointer, outer ones first; references and ``allOf`` are followed, the choice between
            branches is open.
        chosen: pointers of the choices that were made.
    """

    document: Json
    parts: dict[str, dict[str, Json]]
    chosen: frozenset[str] = frozenset()

    @property
    def is_impossible(self) -> bool:
        """Whether no value can stand there, since one of the schemas is false."""
        return any("not" in part and part["not"] is True for part in self.parts.values())

    @property
    def types(self) -> tuple[str, ...]:
        """The types that all schemas allow, in the order of the first that names some; guessed where none does."""
        allowed: tuple[str, ...] | None = None
        for part in self.parts.values():
            if "type" not in part:
                continue
            own = tuple(as_list(part["type"]) or [part["type"]])
            wide = {*own, "integer"} if "number" in own else set(own)
            if allowed is None:
                allowed = own
            else:
                narrowed = (("integer" if kind == "number" and kind not in wide else kind) for kind in allowed)
                allowed = tuple(kind for kind in narrowed if kind in wide)
        if allowed is not None:
            return allowed
        keywords = {keyword for part in self.parts.values() for keyword in part}
        return tuple(kind for kind, hints in _HINTS if keywords.intersection(hints))

    @property
    def required(self) -> tuple[str, ...]:
        """Names of properties that must be there, in the order of the schemas."""
        return tuple(dict.fromkeys(name for part in self.parts.values() for name in as_list(part.get("required"))))

    @property
    def property_names(self) -> tuple[str, ...]:
        """Names of properties, in the order of the schemas, with those at the end that are only required."""
        own = (name for part in self.parts.values() for name in as_mapping(part.get("properties")))
        return tuple(dict.fromkeys((*own, *self.required)))

    def values(self, keyword: str) -> Iterator[Json]:
        """Yield what each of the schemas says under a keyword, outer ones first."""
        return (part[keyword] for part in self.parts.values() if keyword in part)

    def property(self, name: str) -> Place:
        """Return the place of a property."""
        found: dict[str, Json] = {}
        for pointer, part in self.parts.items():
            own = as_mapping(part.get("properties"))
            patterns = [pattern for pattern in as_mapping(part.get("patternProperties")) if _fits(pattern, name)]
            ways: list[tuple[str, ...]] = [("properties", name)] if name in own else []
            ways += [("patternProperties", pattern) for pattern in patterns]
            if not ways and "additionalProperties" in part:
                ways = [("additionalProperties",)]
            found.update((pointer_of(way, pointer), _value_at(part, way)) for way in ways)
        return _place(self.document, found)

    def item(self, index: int) -> Place:
        """Return the place of an item of an array."""
        found: dict[str, Json] = {}
        for pointer, part in self.parts.items():
            first = as_list(part.get("prefixItems"))
            if index < len(first):
                found[pointer_of(("prefixItems", index), pointer)] = first[index]
            elif "items" in part:
                found[pointer_of(("items",), pointer)] = part["items"]
            if "contains" in part and index >= len(first):
                found[pointer_of(("contains",), pointer)] = part["contains"]
        return _place(self.document, found)

    def branches(self) -> Iterator[Place]:
        """Yield this place with every choice between branches made, in the document's order, and at most 64 of them."""
        for _, branch in zip(range(_MOST_BRANCHES), self._branches(), strict=False):
            yield branch

    def _branches(self) -> Iterator[Place]:
        for pointer, part in self.parts.items():
            for keyword in ("oneOf", "anyOf", "if"):
                choice = f"{pointer}/{keyword}"
                if keyword not in part or choice in self.chosen:
                    continue
                for way in self._ways(keyword, part):
                    added = {pointer_of(step, pointer): _value_at(part, step) for step in way}
                    place = _place(self.document, added)
                    both = Place(self.document, {**self.parts, **place.parts}, self.chosen | {choice})
                    yield from both._branches()
                return
        yield self

    def _ways(self, keyword: str, part: dict[str, Json]) -> Iterator[tuple[tuple[str | int, ...], ...]]:
        """Yield the branches of a choice; each is the ways to the schemas that hold in it."""
        if keyword == "if":
            yield (("if",), *((("then",),) if "then" in part else ()))
            yield (("else",),) if "else" in part else ()
            return
        for index in range(len(as_list(part[keyword]))):
            yield ((keyword, index),)


def place_at(document: Json, pointer: str) -> Place:
    """Return the place of a schema that stands at ``pointer``, with nothing percent-encoded, in ``document``."""
    return _place(document, {pointer: value_at(document, pointer)})


def _place(document: Json, schemas: dict[str, Json]) -> Place:
    parts: dict[str, dict[str, Json]] = {}
    for pointer, schema in schemas.items():
        _flatten(document, pointer, schema, parts)
    return Place(document, parts)


def _flatten(document: Json, pointer: str, schema: Json, parts: dict[str, dict[str, Json]]) -> None:
    if pointer in parts or schema is True:
        return
    parts[pointer] = {"not": True} if schema is False else as_mapping(schema)
    own = parts[pointer]
    if "$ref" in own:
        _flatten(document, unquote(own["$ref"]), resolve(document, own["$ref"]), parts)
    for index, branch in enumerate(as_list(own.get("allOf"))):
        _flatten(document, pointer_of(("allOf", index), pointer), branch, parts)


def _fits(pattern: str, name: str) -> bool:
    """Tell whether a name is one that ``patternProperties`` speak of; not where Python cannot read the pattern."""
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return False


def _value_at(value: Json, way: Iterable[str | int]) -> Json:
    for step in way:
        value = value[step]
    return value
