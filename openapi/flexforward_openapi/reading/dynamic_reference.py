"""Generic schemas (``$dynamicRef``, JSON Schema 2020-12, 8.2.3.2) written out for each schema that binds them.

A template such as ``Page`` refers to ``#item`` dynamically; a schema that refers to ``Page`` and has an ``item`` with
``$dynamicAnchor`` among its ``$defs`` says what that is. Each such schema gets a copy of the template in which the
reference is an ordinary one, so that nothing else has to know of dynamic scopes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

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
        if anchors and _is_generic(document, template, ()):
            rest = {name: value for name, value in found.value.items() if name != "$ref"}
            copy = _bound(document, template, {**own, **_anchors_of(document, template), **anchors}, ())
            changes[id(found.value)] = {**rest, "allOf": [*as_list(rest.get("allOf")), copy]}
    return _rewritten(document, changes, own)


def _rewritten(value: Json, changes: Mapping[int, Json], own: _Anchors) -> Json:
    """Return a copy with schemas exchanged, and with the other dynamic references bound to the first such anchor."""
    value = changes.get(id(value), value)
    if isinstance(value, list):
        return [_rewritten(entry, changes, own) for entry in as_list(value)]
    if not isinstance(value, dict):
        return value
    return {name: _rewritten(entry, changes, own) for name, entry in _plain(as_mapping(value), own).items()}


def _bound(document: Json, value: Json, anchors: _Anchors, above: tuple[int, ...]) -> Json:
    """Return a copy of a template with its dynamic references bound, and with templates that it refers to in it."""
    if isinstance(value, list):
        return [_bound(document, entry, anchors, above) for entry in as_list(value)]
    if not isinstance(value, dict):
        return value
    parts = {name: entry for name, entry in as_mapping(value).items() if name not in ("$id", "$defs")}
    target = _target(document, parts)
    if target is not None and id(target) not in above and _is_generic(document, target, ()):
        del parts["$ref"]
        inner = _bound(document, target, anchors, (*above, id(target)))
        parts["allOf"] = [*as_list(parts.get("allOf")), inner]
    return {name: _bound(document, entry, anchors, above) for name, entry in _plain(parts, anchors).items()}


def _plain(parts: dict[str, Json], anchors: _Anchors) -> dict[str, Json]:
    """Return a schema whose dynamic reference is an ordinary one, if its anchor is known."""
    reference = parts.get("$dynamicRef")
    pointer = anchors.get(reference[1:]) if isinstance(reference, str) and reference[:1] == "#" else None
    if pointer is None:
        return parts
    return {
        "$ref" if name == "$dynamicRef" else name: pointer if name == "$dynamicRef" else entry
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


def _is_generic(document: Json, value: Json, above: tuple[int, ...]) -> bool:
    """Tell whether a schema has a dynamic reference in it, or refers to one that has."""
    if id(value) in above:
        return False
    above = (*above, id(value))
    parts = as_mapping(value)
    if "$dynamicRef" in parts:
        return True
    inner = (*parts.values(), *as_list(value), _target(document, parts))
    return any(_is_generic(document, entry, above) for entry in inner if isinstance(entry, dict | list))


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
