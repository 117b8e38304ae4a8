"""Every object of an OpenAPI document, with its kind: which keyword holds which kind is read out of ``subset.json``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from flexforward_openapi.package_file import read_package_file
from flexforward_openapi.yaml_text import Json, as_list, as_mapping

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flexforward_openapi.reference import DocumentPath

__all__ = ["HOMES", "SUBSET_FILE", "Found", "changed", "children", "subset", "walk"]

SUBSET_FILE = Path(__file__).with_name("subset.json")

_Holding: TypeAlias = tuple[Literal["one", "list", "map"], str]

HOMES: Mapping[str, str] = {
    "schema": "schemas",
    "parameter": "parameters",
    "response": "responses",
    "request-body": "requestBodies",
    "example": "examples",
    "path-item": "pathItems",
    "security-scheme": "securitySchemes",
}
"""What may be a reference, and where in ``components`` its kind stands."""


class Found(msgspec.Struct, frozen=True):
    """One object of a document.

    Attributes:
        kind: a name under ``$defs`` of ``subset.json``, such as ``schema`` or ``path-item``.
        path: keys and indices from the document's root.
    """

    kind: str
    path: DocumentPath
    value: dict[str, Json]


@cache
def subset() -> dict[str, Json]:
    """Return the JSON Schema of what is honoured of OpenAPI."""
    return as_mapping(msgspec.json.decode(read_package_file(SUBSET_FILE)))


@cache
def _holdings() -> Mapping[str, Mapping[str, _Holding]]:
    """Return, for each kind, the keywords that hold objects of a kind."""
    return {
        name: {
            keyword: holding
            for keyword, schema in as_mapping(kind.get("properties")).items()
            if (holding := _holding(schema)) is not None
        }
        for name, kind in as_mapping(subset()["$defs"]).items()
    }


def _holding(schema: Json) -> _Holding | None:
    parts = as_mapping(schema)
    for form, holder in (("one", parts), ("list", parts.get("items")), ("map", parts.get("additionalProperties"))):
        reference = as_mapping(holder).get("$ref")
        if reference is not None:
            return form, reference.rpartition("/")[2]  # type: ignore[return-value]
    return None


def children(value: Mapping[str, Json], kind: str) -> Iterator[tuple[str, DocumentPath, Json]]:
    """Yield what stands right below an object: its kind, the way to it and its value, whatever that is."""
    holdings = _holdings()[kind]
    for keyword, entry in value.items():
        holding = holdings.get(keyword)
        if holding is None:
            continue
        form, inner = holding
        if form == "one":
            yield inner, (keyword,), entry
        elif form == "list":
            for index, item in enumerate(as_list(entry)):
                yield inner, (keyword, index), item
        else:
            is_open = inner in ("path-item", "response") and kind != "components"
            for name, item in as_mapping(entry).items():
                if not (is_open and name.startswith("x-")):
                    yield inner, (keyword, name), item


def walk(value: Json, kind: str = "document", path: DocumentPath = ()) -> Iterator[Found]:
    """Yield an object and all that stand in it, in the document's order; what is no mapping is passed over."""
    if not isinstance(value, dict):
        return
    yield Found(kind, path, as_mapping(value))
    for inner, way, child in children(as_mapping(value), kind):
        yield from walk(child, inner, (*path, *way))


def changed(
    value: dict[str, Json], kind: str, change: Callable[[dict[str, Json], str], dict[str, Json]]
) -> dict[str, Json]:
    """Return an object whose kinds of objects are changed, outer ones first; the old one stays as it is.

    Args:
        value: such as a document.
        kind: its own.
        change: is given an object and its kind, and returns another, or a copy.
    """
    news = change(value, kind)
    for inner, way, child in children(news, kind):
        if not isinstance(child, dict):
            continue
        other = changed(as_mapping(child), inner, change)
        keyword = str(way[0])
        if len(way) == 1:
            news[keyword] = other
            continue
        if news[keyword] is value[keyword]:
            news[keyword] = value[keyword].copy()
        news[keyword][way[1]] = other
    return news
