"""The body of a request: is it JSON, and what its document wants? All mistakes are told at once."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from flexforward_openapi import Json, as_list, as_mapping
from flexforward_openapi.errors import dotted
from flexforward_openapi.json_text import NotJsonError, read_json
from flexforward_openapi.media_type import is_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flexforward_mockserver.engine.messages import Request
    from flexforward_openapi import BodyMistake, Operation, Validation

__all__ = ["FieldMistake", "read_body"]

MAX_DEPTH = 64


class FieldMistake(msgspec.Struct, frozen=True):
    """One thing wrong with a request, as the API tells it.

    Attributes:
        field: where, dotted and with bracketed indices; empty for the body itself.
    """

    field: str
    message: str


_FORMATS: Mapping[str, str] = MappingProxyType(
    {"iso3166-alpha-2": "must be a valid ISO 3166-1 alpha-2 country code"}  # the vendor's words, error page
)
_WORDS: Mapping[str, Callable[[Json], str]] = MappingProxyType(
    {
        "required": lambda _: "is required",
        "additionalProperties": lambda _: "is not a known field",
        "unevaluatedProperties": lambda _: "is not a known field",
        "type": lambda wanted: f"must be {_types(wanted)}",
        "minLength": lambda least: "must not be empty" if least == 1 else f"must have at least {least} characters",
        "maxLength": lambda most: f"must have at most {most} characters",
        "minItems": lambda least: "must not be empty" if least == 1 else f"must have at least {least} entries",
        "exclusiveMinimum": lambda bound: f"must be greater than {bound:g}",  # the vendor's words, error page
        "format": lambda name: _FORMATS.get(name, f"must be a valid {name}"),
    }
)
"""What is said of a broken keyword, given what it wants; others have the library's sentence."""

_NAMES: Mapping[str, str] = MappingProxyType({"object": "an object", "array": "an array", "integer": "an integer"})


def read_body(
    request: Request, headers: Mapping[bytes, bytes], operation: Operation, validation: Validation
) -> tuple[dict[str, Json], tuple[FieldMistake, ...]]:
    """Return a request's body, and what is wrong with it; the body counts only if nothing is.

    Args:
        request: whose body is read.
        headers: its headers by name.
        operation: says what the body has to be.
        validation: the contract's compiled schemas.
    """
    wanted = operation.body
    if not request.body:
        return {}, _missing(headers) if wanted is not None and wanted.is_required else ()
    media_type = headers.get(b"content-type", b"application/json").decode("latin-1")
    if not is_json(media_type):
        return {}, (FieldMistake("", f"must be sent as application/json, not as {media_type}"),)
    if not request.body.lstrip().startswith(b"{"):
        return {}, (FieldMistake("", "must be a JSON object"),)
    try:
        body = as_mapping(read_json(request.body.decode(), max_depth=MAX_DEPTH))
    except (NotJsonError, UnicodeDecodeError):
        return {}, (FieldMistake("", f"must be a JSON object, no key twice, at most {MAX_DEPTH} levels deep"),)
    mistakes = () if wanted is None else tuple(_told(validation.mistakes(wanted.json, body)))
    return body, mistakes


def _missing(headers: Mapping[bytes, bytes]) -> tuple[FieldMistake, ...]:
    if b"upgrade" in headers and (headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers):
        # uvicorn loses the body where httptools sees an offer to change the protocol (its issue 2722).
        offered = headers[b"upgrade"].decode("latin-1")
        return (FieldMistake("", f"was not read, since the request offers to change to {offered}"),)
    return (FieldMistake("", "is required"),)


def _told(mistakes: Iterator[BodyMistake]) -> Iterator[FieldMistake]:
    """Yield each mistake once, in the order of the fields; what is missing where nothing can be is left to its type."""
    once = dict.fromkeys(
        FieldMistake(dotted(mistake.path), _WORDS[mistake.keyword](mistake.wanted))
        if mistake.keyword in _WORDS
        else FieldMistake(dotted(mistake.path), mistake.message)
        for mistake in mistakes
    )
    yield from sorted(once, key=lambda mistake: mistake.field)


def _types(wanted: Json) -> str:
    names = as_list(wanted) or [wanted]
    return " or ".join(_NAMES.get(name, f"a {name}") if name != "null" else "null" for name in names)
