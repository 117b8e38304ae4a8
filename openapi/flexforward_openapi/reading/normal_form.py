"""One form for documents of both versions: OpenAPI 3.0 in the words of 3.1, and every reference local to the document.

Every value keeps its place, so that a pointer or a line means the same before and after.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .walk import changed

if TYPE_CHECKING:
    from flexforward_openapi.yaml_text import Json

__all__ = ["BASES", "as_version_31", "without_bases"]

BASES = ("$id", "$anchor", "$dynamicAnchor")
"""What would give a schema an address of its own."""

_BOUNDS = (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum"))


def as_version_31(document: dict[str, Json]) -> dict[str, Json]:
    """Return a document of version 3.0 as one of 3.1; the old one stays as it is.

    ``nullable`` becomes the type ``null``, boolean ``exclusiveMinimum`` and ``exclusiveMaximum`` become bounds, and
    what 3.0 ignores beside ``$ref`` in a schema goes.
    """
    return changed(document, "document", _as_31)


def without_bases(document: dict[str, Json]) -> dict[str, Json]:
    """Return a document whose schemas have no addresses of their own; the old one stays as it is.

    By the letter of JSON Schema, ``#/components/...`` below an ``$id`` leads into that schema; documents that have
    one mean the document's root all the same.
    """
    return changed(document, "document", _without_bases)


def _as_31(schema: dict[str, Json], kind: str) -> dict[str, Json]:
    if kind != "schema":
        return schema.copy()
    if isinstance(schema.get("$ref"), str):
        return {"$ref": schema["$ref"]}
    news = schema.copy()
    if news.pop("nullable", False) is True and isinstance(news.get("type"), str):
        news["type"] = [news["type"], "null"]  # beside no type it changes nothing (OpenAPI 3.0.3, "nullable")
    for bound, exclusive in _BOUNDS:
        if isinstance(news.get(exclusive), bool) and news.pop(exclusive) and bound in news:
            news[exclusive] = news.pop(bound)
    return news


def _without_bases(schema: dict[str, Json], kind: str) -> dict[str, Json]:
    return {name: value for name, value in schema.items() if kind != "schema" or name not in BASES}
