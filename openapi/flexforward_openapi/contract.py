"""The contract as values: which operations there are, who may call them, and what they may answer.

The mock routes, authenticates and answers by it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from .errors import ContractError, Mistake
from .reference import path_of

if TYPE_CHECKING:
    import re
    from collections.abc import Mapping

    from .origin import Origin
    from .yaml_text import Json

__all__ = [
    "CONTRACT_FILE",
    "LABELS_FILE",
    "OWN_PREFIX",
    "Alternative",
    "Content",
    "Contract",
    "Operation",
    "Parameter",
    "RequestBody",
    "ResponseSpec",
    "Scheme",
]

CONTRACT_FILE = Path(__file__).with_name("flex-forward.yaml")
"""The tracking operation: what clients and APIs are judged by."""
LABELS_FILE = Path(__file__).with_name("labels.yaml")
"""The operations on labels, which are served beside it."""

OWN_PREFIX = "/_mock"
"""Where the mock's own paths stand; no document may have one there."""

SchemeKind: TypeAlias = Literal["bearer", "basic", "http", "header", "query", "cookie"]


class Scheme(msgspec.Struct, frozen=True, kw_only=True):
    """A security scheme: one way to send a secret.

    Attributes:
        name: its name under ``components.securitySchemes``.
        kind: ``bearer``, ``basic`` or another ``http`` scheme for the Authorization header, else where an API key
            stands. The tokens of OAuth 2 and OpenID Connect are bearer tokens.
        parameter: name of the header (lower case), query parameter or cookie; of ``http`` the scheme's own name.
    """

    name: str
    kind: SchemeKind
    parameter: str


Alternative: TypeAlias = tuple[Scheme, ...]
"""Schemes that must be shown together; an empty one lets everybody in."""


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of the path, in the order of the path's braces.

    Attributes:
        schema: its schema with the outermost reference followed; {} where there is none.
        pointer: where that schema (else the parameter) stands, as in a ``ResponseSpec``.
    """

    name: str
    schema: Json
    pointer: str


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """A body in one media type.

    Attributes:
        media_type: as the document writes it; may be a range such as ``*/*``.
        schema: the body's schema with its outermost reference followed; {} where there is none.
        pointer: where that schema (else the media type) stands, as a JSON pointer with ``#``, nothing percent-encoded.
        examples: bodies that the document shows, by their names, first one first; one without a name has the name "".
    """

    media_type: str
    schema: Json
    pointer: str
    examples: Mapping[str, Json] = MappingProxyType({})


class ResponseSpec(msgspec.Struct, frozen=True, kw_only=True):
    """The documented response of one status.

    Attributes:
        status: as the document writes it: ``200``, ``4XX`` or ``default``.
        pointer: where the schema of its first JSON body stands, else the response itself.
        contents: the forms of its body, in the document's order; empty for one without a body.
        json: the first of them that is JSON; None where none is.
    """

    status: str
    pointer: str
    contents: tuple[Content, ...] = ()
    json: Content | None = None

    @property
    def media_type(self) -> str | None:
        """Media type of its JSON body; None where it has none."""
        return None if self.json is None else self.json.media_type

    @property
    def schema(self) -> Json:
        """Schema of its JSON body; None where it has none."""
        return None if self.json is None else self.json.schema

    @property
    def examples(self) -> tuple[Json, ...]:
        """JSON bodies that the document shows, first one first."""
        return () if self.json is None else tuple(self.json.examples.values())


class RequestBody(msgspec.Struct, frozen=True, kw_only=True):
    """What the document says of a request's body.

    Attributes:
        json: the first of its forms that is JSON.
    """

    json: Content
    is_required: bool


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path.

    Attributes:
        id: its ``operationId``, or ``GET /path`` where it has none.
        method: in capitals.
        path: as the document writes it, with braces.
        pattern: matches the raw, still percent-encoded path; one group for each parameter.
        security: alternatives in the document's order; one of them has to be met.
        unchecked: what the document says of a request and the mock does not look at.
        body: of its requests; None where the document has none in JSON.
    """

    id: str
    method: str
    path: str
    pattern: re.Pattern[str]
    parameters: tuple[Parameter, ...]
    security: tuple[Alternative, ...]
    responses: Mapping[str, ResponseSpec]
    pointer: str
    unchecked: tuple[str, ...] = ()
    body: RequestBody | None = None

    def response(self, status: int) -> ResponseSpec | None:
        """Return what the document says of ``status``: exactly, by its range (``4XX``) or by ``default``."""
        return (
            self.responses.get(str(status)) or self.responses.get(f"{status // 100}XX") or self.responses.get("default")
        )

    @property
    def statuses(self) -> tuple[int, ...]:
        """The statuses that stand in the document as numbers, ascending."""
        return tuple(sorted(int(status) for status in self.responses if status.isdigit()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A parsed OpenAPI document.

    Attributes:
        source: its file's name.
        version: ``info.version``.
        hosts: host names of its ``servers``, wherever they stand.
        operations: those with fewer path parameters first, so that ``/a/b`` wins over ``/a/{id}``; else in the
            document's order.
        document: the parsed document, in the words of OpenAPI 3.1.
        notes: what was read past, in sentences.
        is_strict: nothing may be read past.
    """

    source: str
    title: str
    version: str
    hosts: tuple[str, ...]
    operations: tuple[Operation, ...]
    document: Json = field(repr=False)
    origin: Origin = field(repr=False, compare=False)
    notes: tuple[str, ...] = ()
    is_strict: bool = True

    def operation(self, operation_id: str) -> Operation | None:
        """Return the operation with that id, or None."""
        return next((operation for operation in self.operations if operation.id == operation_id), None)

    def mistake(self, pointer: str, *, found: str, allowed: str) -> ContractError:
        """Make the error that says what is wrong at ``pointer``, with its line."""
        path = path_of(pointer, self.document)
        return ContractError(self.origin.placed(Mistake(source=self.source, path=path, found=found, allowed=allowed)))
