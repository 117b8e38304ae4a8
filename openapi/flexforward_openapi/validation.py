"""Does a body keep the contract, and the strict schema beside it?

Schemas are compiled once, at start; after that a check costs microseconds.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import jsonschema_rs
import msgspec

from .errors import dotted
from .package_file import read_package_file
from .place import place_at
from .yaml_text import Json, YamlText, as_list

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .contract import Content, Contract, Operation, Parameter, ResponseSpec

__all__ = ["STRICT_FILE", "BodyMistake", "Validation"]

STRICT_FILE = Path(__file__).with_name("strict.yaml")

BASE = "urn:flexforward-mock:"

_PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?|true|false")


class BodyMistake(msgspec.Struct, frozen=True):
    """Where a body strays from its schema.

    Attributes:
        path: keys and indices from its root.
        keyword: the schema's keyword that it breaks, such as ``minLength``.
        wanted: what that keyword says, as far as the library gives it; of what is missing or too much, the name.
        message: the library's sentence.
    """

    path: tuple[str | int, ...]
    keyword: str
    wanted: Json
    message: str


class Validation:
    """Compiled schemas of one contract.

    Raises:
        ContractError: a schema is not a JSON Schema (a bad pattern, a wrong type), with its place.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        strict: Json = YamlText(read_package_file(STRICT_FILE).decode(), source=STRICT_FILE.name).value
        self.strict_document = strict
        self._registry = jsonschema_rs.Registry(
            [(f"{BASE}contract", contract.document), (f"{BASE}strict", strict)],
            draft=jsonschema_rs.Draft202012,
        )
        self._loose: dict[str, jsonschema_rs.Validator] = {}
        self._strict: dict[str, jsonschema_rs.Validator] = {}
        self._places: dict[tuple[str, ...], jsonschema_rs.Validator] = {}
        self._parameters: dict[tuple[str, str], jsonschema_rs.Validator] = {}
        for operation in contract.operations:
            for parameter in operation.parameters:
                if parameter.schema not in _ANY_SEGMENT:
                    validator = self._compile(_reference(parameter.pointer), parameter.pointer)
                    self._parameters[operation.id, parameter.name] = validator
            for response in operation.responses.values():
                self._add(operation, response)

    def _add(self, operation: Operation, response: ResponseSpec) -> None:
        for content in response.contents:
            if content.schema != {}:
                loose = self._loose[content.pointer] = self._compile(_reference(content.pointer), content.pointer)
                self._strict.setdefault(content.pointer, loose)  # a response may stand in several places
        if response.schema in (None, {}):
            return
        narrowing = self.strict_document.get(operation.id, {}).get(response.status)
        if narrowing is not None:
            # A resource of its own, so that the narrowing's local references stay local to it.
            own = {"$id": f"{BASE}narrowing:{operation.id}:{response.status}", **narrowing}
            self._strict[response.pointer] = self._compile(
                {"allOf": [_reference(response.pointer), own]}, response.pointer
            )

    def _compile(self, schema: Json, pointer: str) -> jsonschema_rs.Validator:
        try:
            return jsonschema_rs.Draft202012Validator(
                schema,
                registry=self._registry,
                formats={"iso3166-alpha-2": is_alpha2},
                validate_formats=True,
                offline=True,
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            raise self._contract.mistake(
                pointer,
                found=f"not a JSON Schema: {str(error).splitlines()[0]}",
                allowed="JSON Schema 2020-12",
            ) from error

    def problems(self, response: ResponseSpec | Content, body: Json, *, strict: bool) -> tuple[str, ...]:
        """Say where ``body`` strays from what the document says of ``response``; empty if nowhere.

        With ``strict`` the strict schema counts too.
        """
        validator = (self._strict if strict else self._loose).get(response.pointer)
        if validator is None or validator.is_valid(body):
            return ()
        return tuple(_describe(validator.iter_errors(body)))

    def mistakes(self, content: Content, body: Json) -> Iterator[BodyMistake]:
        """Yield every place where a request's body strays from its schema; one for each property too much."""
        for error in self._place((content.pointer,)).iter_errors(body):
            path, keyword = tuple(error.instance_path), error.kind.name
            wanted: Json = getattr(error.kind, "value", None)
            if keyword in ("additionalProperties", "unevaluatedProperties"):
                for name in sorted(as_list(wanted)):
                    yield BodyMistake((*path, name), keyword, name, error.message)
            elif keyword == "required":
                yield BodyMistake((*path, wanted), keyword, wanted, error.message)
            else:
                yield BodyMistake(path, keyword, wanted, error.message)

    def takes(self, pointers: tuple[str, ...], value: Json) -> bool:
        """Tell whether the schemas at all of some places in the document take a value."""
        return not pointers or self._place(pointers).is_valid(value)

    def _place(self, pointers: tuple[str, ...]) -> jsonschema_rs.Validator:
        validator = self._places.get(pointers)
        if validator is None:
            schema = {"allOf": [_reference(pointer) for pointer in pointers]}
            validator = self._places[pointers] = self._compile(schema, pointers[0])
        return validator

    def accepts(self, operation: Operation, parameter: Parameter, value: str) -> bool:
        """Tell whether a path parameter's decoded value is one that the document allows.

        Where its schema says that it may be a number or a boolean, the text is read as one too.
        """
        validator = self._parameters.get((operation.id, parameter.name))
        if validator is None:
            return True
        if validator.is_valid(value):
            return True
        is_plain = _PLAIN.fullmatch(value) is not None and self._may_be_plain(parameter)
        return is_plain and validator.is_valid(json.loads(value))

    def _may_be_plain(self, parameter: Parameter) -> bool:
        branches = place_at(self._contract.document, parameter.pointer).branches()
        return any(kind in ("integer", "number", "boolean") for branch in branches for kind in branch.types)


_ANY_SEGMENT: tuple[Json, ...] = ({}, {"type": "string"}, {"type": "string", "minLength": 1})
"""Schemas that every segment of a path meets, since none is empty."""


def _reference(pointer: str) -> dict[str, str]:
    """Refer to a place in the contract, percent-encoded as a URI's fragment must be."""
    return {"$ref": f"{BASE}contract#{quote(pointer[1:], safe='/~')}"}


def is_alpha2(value: str) -> bool:
    """Tell whether ``value`` is an ISO 3166-1 alpha-2 code in capitals, or ``XK`` (Kosovo, in wide use)."""
    from iso3166 import countries_by_alpha2  # many runs never meet a country

    return value in countries_by_alpha2 or value == "XK"


def _describe(errors: Iterator[jsonschema_rs.ValidationError]) -> Iterator[str]:
    for error in errors:
        place = dotted(tuple(error.instance_path))
        yield f"{place}: {error.message}" if place else error.message
