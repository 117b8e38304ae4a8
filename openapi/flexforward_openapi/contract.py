"""The contract as values: which operations there are, who may call them, and what they may answer.

Read once at start from an OpenAPI 3.1 document; the mock routes, authenticates and answers by it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import quote, unquote

import msgspec

from .errors import ContractError, Mistake, MistakesError
from .keyword import METHODS, followed, resolve, unsupported
from .yaml_text import Json, YamlText, as_list, as_mapping, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "CONTRACT_FILE",
    "OWN_PREFIX",
    "Alternative",
    "Contract",
    "Operation",
    "Parameter",
    "ResponseSpec",
    "Scheme",
    "load_contract",
]

CONTRACT_FILE = Path(__file__).with_name("flex-forward.yaml")

OWN_PREFIX = "/_mock"
"""Where the mock's own paths stand; no document may have one there."""

_BARE = "/:@!$&'()*+,;=%"
"""What a path may hold unencoded (RFC 3986, section 3.3), beside letters, digits and ``-._~``, and ``%`` itself."""

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""Names that HTTP allows headers and cookies (RFC 9110, section 5.6.2)."""

SchemeKind: TypeAlias = Literal["bearer", "header", "query", "cookie"]


class Scheme(msgspec.Struct, frozen=True, kw_only=True):
    """One way to show a secret.

    Attributes:
        name: its name under ``components.securitySchemes``.
        kind: ``bearer`` for the Authorization header, else where an API key stands.
        parameter: name of the header (lower case), query parameter or cookie.
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


class ResponseSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What the document says of one status.

    Attributes:
        status: as the document writes it: ``200``, ``4XX`` or ``default``.
        media_type: ``application/json``, or None for an answer without a body.
        schema: the body's schema with its outermost reference followed; None where there is none.
        pointer: where that schema (else the response) stands, as a JSON pointer with ``#``, nothing percent-encoded.
        examples: bodies that the document shows, first one first.
    """

    status: str
    media_type: str | None
    schema: Json
    pointer: str
    examples: tuple[Json, ...] = ()


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One method of one path.

    Attributes:
        id: its ``operationId``, or ``GET /path`` where it has none.
        method: in capitals.
        path: as the document writes it, with braces.
        pattern: matches the raw, still percent-encoded path; one group for each parameter.
        security: alternatives in the document's order; one of them has to be met.
        unchecked: what the document says of a request and the mock does not look at.
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
    """An OpenAPI document, read.

    Attributes:
        source: its file's name.
        version: ``info.version``.
        hosts: host names of its ``servers``.
        operations: those with fewer path parameters first, so that ``/a/b`` wins over ``/a/{id}``; else in the
            document's order.
        document: the parsed document.
    """

    source: str
    title: str
    version: str
    hosts: tuple[str, ...]
    operations: tuple[Operation, ...]
    document: Json = field(repr=False)
    text: YamlText = field(repr=False, compare=False)

    def operation(self, operation_id: str) -> Operation | None:
        """Return the operation with that id, or None."""
        return next((operation for operation in self.operations if operation.id == operation_id), None)

    def mistake(self, pointer: str, *, found: str, allowed: str) -> ContractError:
        """Make the error that says what is wrong at ``pointer``, with its line."""
        path = _path_of(pointer, self.document)
        return ContractError(
            Mistake(source=self.source, line=self.text.line(path), path=path, found=found, allowed=allowed)
        )


def load_contract(path: Path = CONTRACT_FILE) -> Contract:
    """Read an OpenAPI 3.1 document from a file, by default the shipped contract.

    Raises:
        ContractError: with every mistake found, each with its file and line.
    """
    source = path.name if path == CONTRACT_FILE else str(path)
    try:
        return parse_contract(YamlText(read_text(path), source=source))
    except ContractError:
        raise
    except MistakesError as error:
        raise ContractError(*(msgspec.structs.replace(mistake, source=source) for mistake in error.mistakes)) from error


def parse_contract(text: YamlText) -> Contract:
    """Read an OpenAPI 3.1 document.

    Raises:
        ContractError: with every mistake found, each with its file and line.
    """
    return _Reading(text).contract()


class _Reading:
    """One pass over one document that goes on after a mistake, so that all are told at once."""

    def __init__(self, text: YamlText) -> None:
        self._text = text
        self._document: Json = text.value
        self._mistakes: list[Mistake] = []

    def contract(self) -> Contract:
        document = self._document
        version = as_mapping(document).get("openapi")
        if not (isinstance(version, str) and re.fullmatch(r"3\.1\.\d+", version)):
            found = f"openapi is {version!r}" if version is not None else "no 'openapi' at the top"
            raise ContractError(
                Mistake(
                    source=self._text.source,
                    line=1,
                    found=found,
                    allowed="an OpenAPI document of version 3.1",
                )
            )
        self._mistakes.extend(unsupported(document, source=self._text.source))
        self._tell()  # shapes are sound below only if no keyword was out of place
        operations = tuple(sorted(self._operations(), key=lambda operation: len(operation.parameters)))
        if not operations:
            self._mistake(("paths",), found="no operation stands here", allowed="at least one path with a method")
        self._tell()
        info = as_mapping(document.get("info"))
        return Contract(
            source=self._text.source,
            title=str(info.get("title", "")),
            version=str(info.get("version", "")),
            hosts=tuple(filter(None, map(_host, as_list(document.get("servers"))))),
            operations=operations,
            document=document,
            text=self._text,
        )

    def _mistake(self, path: tuple[str | int, ...], *, found: str, allowed: str) -> None:
        self._mistakes.append(Mistake(source=self._text.source, path=path, found=found, allowed=allowed))

    def _tell(self) -> None:
        if self._mistakes:
            once = dict.fromkeys(self._mistakes)  # two operations may use the same wrong thing
            placed = [msgspec.structs.replace(mistake, line=self._text.line(mistake.path)) for mistake in once]
            raise ContractError(*sorted(placed, key=lambda mistake: mistake.line or 0))

    def _resolved(self, value: Json) -> Json:
        return followed(self._document, value)

    def _operations(self) -> Iterator[Operation]:
        ids: set[str] = set()
        paths: dict[tuple[str, str], str] = {}
        for path, item in as_mapping(self._document.get("paths")).items():
            if path.startswith("x-"):
                continue
            if not path.startswith("/"):
                self._mistake(("paths", path), found=f"the path {path!r}", allowed="one that begins with a slash")
            if f"{unquote(path)}/".startswith(f"{OWN_PREFIX}/"):
                allowed = f"one outside {OWN_PREFIX}, which is the mock's own"
                self._mistake(("paths", path), found=f"the path {path!r}", allowed=allowed)
            for method in METHODS:
                if method in item:
                    operation = self._operation(path, item, method)
                    if operation.id in ids:
                        self._mistake(
                            ("paths", path, method),
                            found=f"the operationId {operation.id!r} stands twice",
                            allowed="one of its own",
                        )
                    ids.add(operation.id)
                    same = paths.setdefault((method, operation.pattern.pattern), path)
                    if same != path:
                        self._mistake(
                            ("paths", path, method),
                            found=f"it takes the same requests as {same}",
                            allowed="a path that differs in more than its parameters' names",
                        )
                    yield operation

    def _operation(self, path: str, item: Json, method: str) -> Operation:
        place = ("paths", path, method)
        operation = item[method]
        parameters = [
            self._located(entry, (*where, "parameters", index))
            for where, owner in ((("paths", path), item), (place, operation))
            for index, entry in enumerate(owner.get("parameters", ()))
        ]
        in_path = {entry["name"]: (entry, pointer) for entry, pointer in parameters if entry["in"] == "path"}
        names: list[str] = re.findall(r"\{([^{}]*)\}", path)
        for name in names:
            if name not in in_path:
                self._mistake(
                    place,
                    found=f"the path has {{{name}}} but no parameter says what it is",
                    allowed=f"a parameter {name!r} in path",
                )
        for name in in_path:
            if name not in names:
                self._mistake(
                    place, found=f"the parameter {name!r} is not in the path", allowed=f"{{{name}}} in {path}"
                )
        return Operation(
            id=operation.get("operationId", f"{method.upper()} {path}"),
            method=method.upper(),
            path=path,
            pattern=_pattern(path),
            parameters=tuple(self._parameter(*in_path[name]) for name in names if name in in_path),
            security=self._security(operation, place),
            responses={
                status: self._response(status, response, (*place, "responses", status))
                for status, response in as_mapping(operation.get("responses")).items()
                if not status.startswith("x-")
            },
            pointer=_pointer(place),
            unchecked=tuple(_unchecked(operation, [entry for entry, _ in parameters])),
        )

    def _located(self, value: Json, place: tuple[str | int, ...]) -> tuple[Json, str]:
        """Return what ``value`` stands for once its references are followed, and where that stands."""
        pointer = _pointer(place)
        while "$ref" in value:
            pointer = unquote(value["$ref"])
            value = resolve(self._document, value["$ref"])
        return value, pointer

    def _parameter(self, parameter: Json, pointer: str) -> Parameter:
        where = pointer + ("/schema" if "schema" in parameter else "")
        return Parameter(name=parameter["name"], schema=self._resolved(parameter.get("schema", {})), pointer=where)

    def _response(self, status: str, response: Json, place: tuple[str | int, ...]) -> ResponseSpec:
        if not re.fullmatch(r"[1-5][0-9][0-9]|[1-5]XX|default", status):
            self._mistake(place, found=f"{status!r} is not a status", allowed="100 to 599, 1XX to 5XX, or default")
        response, pointer = self._located(response, place)
        content = as_mapping(response.get("content"))
        if not content:
            return ResponseSpec(status=status, media_type=None, schema=None, pointer=pointer)
        if "application/json" not in content:
            self._mistake((*place, "content"), found=f"{', '.join(content)}", allowed="application/json")
            return ResponseSpec(status=status, media_type=None, schema=None, pointer=pointer)
        media = as_mapping(content["application/json"])
        examples: list[Json] = [media["example"]] if "example" in media else []
        examples += [entry["value"] for entry in map(self._resolved, as_mapping(media.get("examples")).values())]
        return ResponseSpec(
            status=status,
            media_type="application/json",
            schema=self._resolved(media.get("schema", {})),
            pointer=pointer + "/content/application~1json" + ("/schema" if "schema" in media else ""),
            examples=tuple(examples),
        )

    def _security(self, operation: Json, place: tuple[str | int, ...]) -> tuple[Alternative, ...]:
        own = "security" in operation
        requirements = operation["security"] if own else self._document.get("security", [])
        where: tuple[str | int, ...] = (*place, "security") if own else ("security",)
        if not requirements:
            return ((),)
        return tuple(
            tuple(self._scheme(name, (*where, index, name)) for name in requirement)
            for index, requirement in enumerate(requirements)
        )

    def _scheme(self, name: str, place: tuple[str | int, ...]) -> Scheme:
        schemes = as_mapping(as_mapping(self._document.get("components")).get("securitySchemes"))
        if name not in schemes:
            self._mistake(
                place,
                found=f"no security scheme {name!r}",
                allowed=", ".join(schemes) or "a scheme of components",
            )
            return Scheme(name=name, kind="bearer", parameter="authorization")
        scheme = self._resolved(schemes[name])
        match scheme:
            case {"type": "http", "scheme": str(kind)} if kind.lower() == "bearer":
                return Scheme(name=name, kind="bearer", parameter="authorization")
            case {"type": "apiKey", "in": ("header" | "query" | "cookie") as kind, "name": str(parameter)}:
                if not (parameter if kind == "query" else _TOKEN.fullmatch(parameter)):
                    self._mistake(
                        ("components", "securitySchemes", name),
                        found=f"an API key named {parameter!r} in {kind}",
                        allowed="at least one character" if kind == "query" else "letters, digits and !#$%&'*+-.^_`|~",
                    )
                return Scheme(name=name, kind=kind, parameter=parameter.lower() if kind == "header" else parameter)
            case _:
                self._mistake(
                    ("components", "securitySchemes", name),
                    found="a kind of authentication that is not supported",
                    allowed="type http with scheme bearer, or type apiKey in header, query or cookie",
                )
                return Scheme(name=name, kind="bearer", parameter="authorization")


def _unchecked(operation: Json, parameters: list[Json]) -> Iterator[str]:
    if "requestBody" in operation:
        yield "request body"
    for parameter in parameters:
        if parameter["in"] != "path":
            yield f"{parameter['in']} parameter {parameter['name']!r}"


def _pattern(path: str) -> re.Pattern[str]:
    """Compile ``/tracking/{id}`` so that it matches a raw path whose parameters hold no bare slash.

    What a path cannot hold bare matches percent-encoded, in digits of either case.
    """
    return re.compile("([^/]+)".join(map(_literal, re.split(r"\{[^{}]*\}", path))))


def _literal(part: str) -> str:
    encoded = quote(re.sub("%(?![0-9A-Fa-f]{2})", "%25", part), safe=_BARE)
    return re.sub("%..", r"(?i:\g<0>)", re.escape(encoded))


def _host(server: Json) -> str:
    match = re.match(r"[a-z]+://([^/:?#]+)", server["url"], re.IGNORECASE)
    return match[1].lower() if match else ""


def _pointer(path: tuple[str | int, ...]) -> str:
    return "#" + "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)


def _path_of(pointer: str, document: Json) -> tuple[str | int, ...]:
    path: list[str | int] = []
    value = document
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        items = as_list(value)
        path.append(int(key) if items else key)
        value = items[int(key)] if items else as_mapping(value).get(key)
    return tuple(path)
