"""The control API's own document: which operations there are, and whether a call is one that it allows."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.scenarios.schema_errors import SchemaChecker
from flexforward_openapi import Json, YamlText, as_list, as_mapping
from flexforward_openapi.errors import dotted
from flexforward_openapi.package_file import read_package_file
from flexforward_openapi.reference import followed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["DOCUMENT_FILE", "Call", "ControlDocument", "ControlError"]

MAX_DEPTH = 64
MAX_VALUES = 20_000
"""Values of a body, objects and lists among them: one call must not keep the others waiting."""
DOCUMENT_FILE = Path(__file__).with_name("control.yaml")


class ControlError(Exception):
    """A call that cannot be carried out.

    Attributes:
        status: HTTP status.
        error: what is wrong, in a sentence.
        field: where in the request; None if that is plain.
        allowed: what may stand there, or what to do.
        mistakes: each with these three, where there are several.
    """

    def __init__(
        self,
        status: int,
        error: str,
        *,
        field: str | None = None,
        allowed: str | None = None,
        mistakes: Sequence[Mapping[str, str]] = (),
    ) -> None:
        super().__init__(status, error, field, allowed)
        self.status, self.error, self.field, self.allowed = status, error, field, allowed
        self.mistakes = mistakes

    @property
    def body(self) -> Json:
        """The error as the API answers it."""
        parts = {"error": self.error, "field": self.field, "allowed": self.allowed, "mistakes": list(self.mistakes)}
        return {name: part for name, part in parts.items() if part}


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of the control API.

    Attributes:
        operation: the operation's id.
        path: values of the path's parameters, decoded.
        query: values of the query's parameters, as text.
        body: raw; empty where none was sent.
        base_url: under which the caller reached the server.
    """

    operation: str
    path: dict[str, str]
    query: dict[str, str]
    body: bytes = b""
    base_url: str = ""


class ControlDocument:
    """The document, read; schemas of bodies are compiled when they are first needed.

    Attributes:
        json: the parsed document.
    """

    def __init__(self) -> None:
        self.json: Json = YamlText(read_package_file(DOCUMENT_FILE).decode(), source=DOCUMENT_FILE.name).value
        self._operations = dict(self._all_operations())
        self._shapes: dict[str, SchemaChecker] = {}

    @property
    def routes(self) -> Iterator[tuple[str, str, str]]:
        """Yield method, path and operation id of each operation."""
        for operation_id, (method, path, _) in self._operations.items():
            yield method, path, operation_id

    def is_safe(self, operation: str) -> bool:
        """Tell whether an operation only looks."""
        return self._operations[operation][0] == "GET"

    def _all_operations(self) -> Iterator[tuple[str, tuple[str, str, Json]]]:
        for path, item in as_mapping(self.json["paths"]).items():
            for method, operation in as_mapping(item).items():
                if method != "parameters":
                    yield operation["operationId"], (method.upper(), path, operation)

    def read_body(self, call: Call) -> Json:
        """Return the body of a call; {} where its operation takes none.

        Raises:
            ControlError: it is not one that the document allows.
        """
        operation = self._operations[call.operation][2]
        if "requestBody" not in operation:
            return {}
        wanted = self._resolved(operation["requestBody"])
        schema = wanted["content"]["application/json"]["schema"]
        if not call.body and not wanted["required"]:
            return {}
        try:
            body: Json = _Plain().value(msgspec.json.decode(call.body))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ControlError(400, f"the body is not JSON: {error}", field="body", allowed="a JSON object") from error
        except RecursionError as error:
            allowed = f"at most {MAX_DEPTH} levels"
            raise ControlError(400, "the body is nested too deeply", field="body", allowed=allowed) from error
        if call.operation not in self._shapes:
            root = {**as_mapping(followed(self.json, schema)), "components": self.json["components"]}
            self._shapes[call.operation] = SchemaChecker(root, verdict=" is not allowed here")
        for mistake in self._shapes[call.operation].mistakes(body, "body"):
            raise ControlError(400, mistake.found, field=dotted(mistake.path) or "body", allowed=mistake.allowed)
        return body

    def check_query(self, call: Call) -> None:
        """Check the parameters of a call's query.

        Raises:
            ControlError: one of them is not one that the document allows.
        """
        operation = self._operations[call.operation][2]
        known = {entry["name"]: entry for entry in map(self._resolved, operation.get("parameters", ()))}
        for name, text in call.query.items():
            if name not in known or known[name]["in"] != "query":
                allowed = ", ".join(entry for entry in known if known[entry]["in"] == "query") or "none"
                raise ControlError(400, f"unknown query parameter {name!r}", field=name, allowed=allowed)
            schema = known[name]["schema"]
            if schema["type"] == "integer":
                low, high = schema["minimum"], schema["maximum"]
                if not re.fullmatch(r"[0-9]{1,6}", text) or not low <= int(text) <= high:
                    allowed = f"a whole number from {low} to {high}"
                    raise ControlError(400, f"{text!r} is not allowed here", field=name, allowed=allowed)
            elif not text:
                raise ControlError(400, f"no value for {name!r}", field=name, allowed="one that is not empty")

    def _resolved(self, value: Json) -> Json:
        return followed(self.json, value)


class _Plain:
    """Makes a body's numbers what they are meant to be: 2.0 is the whole number 2."""

    def __init__(self) -> None:
        self._count = 0

    def value(self, value: Json, depth: int = 0) -> Json:
        """Return ``value`` so.

        Raises:
            RecursionError: it is nested more than ``MAX_DEPTH`` levels deep.
            msgspec.DecodeError: a whole number in it has more than 64 bits.
            ControlError: it has more than ``MAX_VALUES`` values.
        """
        self._count += 1
        if self._count > MAX_VALUES:
            found, allowed = f"the body has more than {MAX_VALUES} values", f"at most {MAX_VALUES}"
            raise ControlError(400, found, field="body", allowed=allowed)
        if depth > MAX_DEPTH:
            raise RecursionError
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, int) and not -(2**63) <= value < 2**64:
            raise msgspec.DecodeError("a number in it has more than 64 bits")
        if isinstance(value, dict):
            return {name: self.value(entry, depth + 1) for name, entry in as_mapping(value).items()}
        return [self.value(entry, depth + 1) for entry in as_list(value)] if isinstance(value, list) else value
