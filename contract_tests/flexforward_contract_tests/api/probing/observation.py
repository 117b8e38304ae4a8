"""What was asked and what came: the raw material of every rule."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Final

import msgspec

from flexforward_contract_tests.redaction import shown_line

if TYPE_CHECKING:
    from flexforward_openapi import Json

    from .probe import Probe

__all__ = ["NO_JSON", "NoJson", "Observation", "has_lone_surrogate", "read_json", "repeated_names"]


class NoJson(msgspec.Struct, frozen=True):
    """What a body is that no reader of JSON understands."""


NO_JSON: Final = NoJson()
_LONGEST_SAID: Final = 5000
"""Much longer than what is shown of it, so that no credential stands in halves where that ends."""


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """One request with its answer.

    Attributes:
        status: None if no answer came.
        headers: names in small letters, values as they came.
        body: decoded from its transfer and content encoding, as much as came.
        problem: why there is no answer, or not all of it.
        is_repeated: it was asked again, because its answer says nothing of the rule: a 502, a 429, or none.
    """

    probe: Probe
    status: int | None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    problem: str | None = None
    is_repeated: bool = False

    def header(self, name: str) -> str | None:
        """Return the values of the header called ``name`` (in small letters), or None if there is none."""
        values = [value for key, value in self.headers if key == name]
        return ", ".join(values) if values else None

    @property
    def media_type(self) -> str:
        """What Content-Type says without its parameters, in small letters; empty if there is none."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    @property
    def json(self) -> Json | NoJson:
        """The body as JSON, or ``NO_JSON``; a wrong encoding does not hide what it says."""
        return read_json(self.body)

    @property
    def shipment(self) -> Json:
        """The body of a 200 if it is an object, else None."""
        value: Json = self.json if self.status == 200 and self.problem is None else None
        return value if isinstance(value, dict) else None  # pyright: ignore[reportUnknownVariableType]

    @property
    def said(self) -> str:
        """The answer in a line, for a report, which masks credentials in it before it cuts it to length."""
        if self.status is None:
            return f"no answer: {self.problem}"
        text = self.body.decode("utf-8", "replace")
        cut = f" (cut off: {self.problem})" if self.problem else ""
        shown = shown_line(text, longest=_LONGEST_SAID) if text else "without a body"
        return f"{self.status}{cut} {shown}"


def repeated_names(body: bytes) -> tuple[str, ...]:
    """Return the names that stand twice in one object of a JSON body, in their order; none if it is no JSON."""
    found: dict[str, None] = {}

    def look(pairs: list[tuple[str, Json]]) -> Json:
        names = Counter(name for name, _ in pairs)
        found.update(dict.fromkeys(name for name, count in names.items() if count > 1))
        return dict(pairs)

    for encoding in (json.detect_encoding(body), "latin-1"):
        try:
            json.loads(body.decode(encoding), object_pairs_hook=look)
            break
        except (ValueError, RecursionError):
            found.clear()
    return tuple(found)


def has_lone_surrogate(value: Json) -> bool:
    """Tell whether any string in a JSON value holds half of a surrogate pair, which no encoding can carry."""
    try:
        msgspec.json.encode(value)
    except UnicodeEncodeError:
        return True
    return False


def read_json(body: bytes) -> Json | NoJson:
    """Read JSON in whatever encoding it is."""
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, ValueError, RecursionError):
        pass
    for encoding in (json.detect_encoding(body), "latin-1"):
        try:
            return json.loads(body.decode(encoding), parse_constant=_refuse)
        except (ValueError, RecursionError):
            continue
    return NO_JSON


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
