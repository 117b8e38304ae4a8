"""References and JSON pointers: from a place to what stands there, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import unquote

from .yaml_text import Json, as_list, as_mapping

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["DocumentPath", "followed", "located", "path_of", "pointer_of", "resolve", "value_at"]

DocumentPath: TypeAlias = tuple[str | int, ...]
"""Keys and indices from the root of a document to a value."""


def resolve(document: Json, reference: str) -> Json:
    """Follow a local ``$ref`` such as ``#/components/schemas/Thing``.

    Raises:
        LookupError: it points outside the document or at nothing.
    """
    if not reference.startswith("#/"):
        raise LookupError(reference)
    return value_at(document, unquote(reference))


def value_at(document: Json, pointer: str) -> Json:
    """Return what stands at a JSON pointer with ``#``, in which nothing is percent-encoded (RFC 6901, section 6).

    Raises:
        LookupError: nothing stands there.
    """
    value = document
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        items, entries = as_list(value), as_mapping(value)
        if key in entries:
            value = entries[key]
        elif key.isascii() and key.isdigit() and int(key) < len(items):
            value = items[int(key)]
        else:
            raise LookupError(pointer)
    return value


def followed(document: Json, value: Json) -> Json:
    """Return what ``value`` stands for once its outermost references are followed.

    In a document that was checked they lead somewhere, and never in a circle.
    """
    while "$ref" in (parts := as_mapping(value)):
        value = resolve(document, parts["$ref"])
    return value


def located(document: Json, value: Json, pointer: str) -> tuple[Json, str]:
    """Return what ``value`` stands for once its outermost references are followed, and where that stands.

    Args:
        document: the root.
        value: in the document.
        pointer: where ``value`` stands, with ``#``, nothing percent-encoded.
    """
    while "$ref" in (parts := as_mapping(value)):
        pointer = unquote(parts["$ref"])
        value = resolve(document, parts["$ref"])
    return value, pointer


def pointer_of(path: Iterable[str | int], base: str = "#") -> str:
    """Write a path as a JSON pointer that goes on from ``base``, with nothing percent-encoded."""
    return base + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def path_of(pointer: str, document: Json) -> DocumentPath:
    """Read a JSON pointer of a value of ``document``."""
    path: list[str | int] = []
    value = document
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        items = as_list(value)
        path.append(int(key) if items else key)
        value = items[int(key)] if items else as_mapping(value).get(key)
    return tuple(path)
