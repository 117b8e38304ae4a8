"""Make a value of a schema from what the document itself shows, and from nothing else."""

from __future__ import annotations

from .keyword import resolve
from .yaml_text import Json, as_list, as_mapping

__all__ = ["NoSampleError", "sample"]

MAX_DEPTH = 32
"""How deep a schema may be followed; beyond it requires itself."""


class NoSampleError(LookupError):
    """The document shows no value at a place.

    Attributes:
        place: property names from the schema to the place, joined by dots; empty for the schema itself.
    """

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


def sample(schema: Json, document: Json) -> Json:
    """Return the schema's example, constant, default or first enum value, else one put together from its parts.

    Raises:
        NoSampleError: some required part has none of these.
    """
    return _sample(schema, document, (), 0)


def _sample(schema: Json, document: Json, place: tuple[str, ...], depth: int) -> Json:
    parts = as_mapping(schema)
    if not parts or depth > MAX_DEPTH:
        raise NoSampleError(".".join(place))
    if "$ref" in parts:
        return _sample(resolve(document, parts["$ref"]), document, place, depth + 1)
    for keyword in ("example", "const", "default"):
        if keyword in parts:
            return parts[keyword]
    for keyword in ("examples", "enum"):
        if values := as_list(parts.get(keyword)):
            return values[0]
    return _assemble(parts, document, place, depth + 1)


def _assemble(parts: dict[str, Json], document: Json, place: tuple[str, ...], depth: int) -> Json:
    for keyword in ("anyOf", "oneOf"):
        for option in as_list(parts.get(keyword)):
            try:
                return _sample(option, document, place, depth)
            except NoSampleError:
                continue
    if "allOf" in parts:
        merged: dict[str, Json] = {}
        for option in as_list(parts["allOf"]):
            merged.update(as_mapping(_sample(option, document, place, depth)))
        return merged
    properties = as_mapping(parts.get("properties"))
    required = as_list(parts.get("required"))
    types = as_list(parts.get("type")) or [parts.get("type")]
    if "object" in types or properties:
        names = [name for name in dict.fromkeys((*properties, *required)) if name in required]
        return {name: _sample(properties.get(name), document, (*place, name), depth) for name in names}
    if "array" in types:
        return [_sample(parts.get("items"), document, place, depth)] if parts.get("minItems") else []
    if "null" in types:
        return None
    raise NoSampleError(".".join(place))
