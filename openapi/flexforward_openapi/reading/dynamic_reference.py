"""Generic schemas (``$dynamicRef``, JSON Schema 2020-12, 8.2.3.2) written out for each schema that binds them.

A template such as ``Page`` refers to ``#item`` dynamically; a schema that refers to ``Page`` and has an ``item`` with
``$dynamicAnchor`` among its ``$defs`` says what that is. Each such schema gets a copy of the template in which the
reference is an ordinary one, so that nothing else has to know of dynamic scopes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from flexforward_openapi.reference import pointer_of, resolve
from flexforward_openapi.yaml_text import Json, as_list, as_mapping

from .walk import walk

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["with_bound_references"]

_Anchors: TypeAlias = "Mapping[str, str]"
"""Names of dynamic anchors, and the pointers that they stand for."""


def with_bound_references(document: Json) -> Json:
    """Return a document with no ``$dynamicRef`` whose anchor stands in it; the old one stays as it is.

    What a schema binds goes before the template's own anchor. A reference whose anchor is nowhere stays.
    """
    own: dict[str, str] = {}
    for found in walk(document):
        if found.kind == "schema" and "$dynamicAnchor" in found.value:
            own.setdefault(str(found.value["$dynamicAnchor"]), pointer_of(found.path))
    changes: dict[int, Json] = {}
    for found in walk(document):
        if found.kind != "schema":
            continue
        anchors = {
            str(entry["$dynamicAnchor"]): pointer_of(("$defs", name), pointer_of(found.path))
            for name, entry in as_mapping(found.value.get("$defs")).items()
            if "$dynamicAnchor" in as_mapping(entry)
        }
        template = _target(document, found.value)
        if anchors and _is_generic(document, template, set()):
            rest = {name: value for name, value in found.value.items() if name != "$ref"}
            branches = as_list(rest.get("allOf"))
            place = pointer_of(("allOf", len(branches)), pointer_of(found.path))
            binding = _Binding(document, {**own, **_anchors_of(document, template), **anchors})
            changes[id(found.value)] = {**rest, "allOf": [*branches, binding.copied(template, place)]}
    return _rewritten(document, changes, own)


def _rewritten(value: Json, changes: Mapping[int, Json], own: _Anchors) -> Json:
    """Return a copy with schemas exchanged, and with the other dynamic references bound to the first such anchor."""
    value = changes.get(id(value), value)
    if isinstance(value, list):
        return [_rewritten(entry, changes, own) for entry in as_list(value)]
    if not isinstance(value, dict):
        return value
    return {name: _rewritten(entry, changes, own) for name, entry in _plain(as_mapping(value), own).items()}


class _Binding:
    """What one schema binds, and copies of all templates that hold in it; one that holds itself is copied once."""

    def __init__(self, document: Json, anchors: _Anchors) -> None:
        self._document = document
        self._anchors = anchors
        self._copies: dict[int, str] = {}

    def copied(self, template: Json, pointer: str) -> Json:
        """Return a copy of a template that is to stand at ``pointer``, with its dynamic references bound."""
        self._copies[id(template)] = pointer
        return self._bound(template, pointer)

    def _bound(self, value: Json, pointer: str) -> Json:
        if isinstance(value, list):
            return [self._bound(entry, pointer_of((index,), pointer)) for index, entry in enumerate(as_list(value))]
        if not isinstance(value, dict):
            return value
        parts = {name: entry for name, entry in as_mapping(value).items() if name not in ("$id", "$defs")}
        target = _target(self._document, parts)
        inner: Json = None
        if target is not None and _is_generic(self._document, target, set()):
            del parts["$ref"]
            place = self._copies.get(id(target))
            if place is None:
                inner = self.copied(target, pointer_of(("allOf", len(as_list(parts.get("allOf")))), pointer))
            else:
                inner = {"$ref": _reference(place)}
        plain = _plain(parts, self._anchors)
        bound = {name: self._bound(entry, pointer_of((name,), pointer)) for name, entry in plain.items()}
        return bound if inner is None else {**bound, "allOf": [*as_list(bound.get("allOf")), inner]}


def _reference(pointer: str) -> str:
    """Return what refers to a place, percent-encoded as a URI's fragment must be."""
    return "#" + quote(pointer[1:], safe="/~")


def _plain(parts: dict[str, Json], anchors: _Anchors) -> dict[str, Json]:
    """Return a schema whose dynamic reference is an ordinary one, if its anchor is known."""
    reference = parts.get("$dynamicRef")
    pointer = anchors.get(reference[1:]) if isinstance(reference, str) and reference[:1] == "#" else None
    if pointer is None:
        return parts
    return {
        "$ref" if name == "$dynamicRef" else name: _reference(pointer) if name == "$dynamicRef" else entry
        for name, entry in parts.items()
    }


def _target(document: Json, schema: dict[str, Json]) -> Json:
    """Return what a schema refers to; None if nothing."""
    reference = schema.get("$ref")
    if not isinstance(reference, str):
        return None
    try:
        return resolve(document, reference)
    except LookupError:
        return None


def _is_generic(document: Json, value: Json, seen: set[int]) -> bool:
    """Tell whether a schema has a dynamic reference in it, or refers to one that has; ``seen`` are those looked at."""
    if id(value) in seen:
        return False
    seen.add(id(value))
    parts = as_mapping(value)
    if "$dynamicRef" in parts:
        return True
    inner = (*parts.values(), *as_list(value), _target(document, parts))
    return any(_is_generic(document, entry, seen) for entry in inner if isinstance(entry, dict | list))


def _anchors_of(document: Json, template: Json) -> _Anchors:
    """Return the anchors that a template has of its own, which hold where nothing binds them."""
    for found in walk(document):
        if found.value is template:
            return {
                str(entry["$dynamicAnchor"]): pointer_of(("$defs", name), pointer_of(found.path))
                for name, entry in as_mapping(found.value.get("$defs")).items()
                if "$dynamicAnchor" in as_mapping(entry)
            }
    return {}
