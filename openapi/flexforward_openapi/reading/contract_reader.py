"""Reading an OpenAPI document of version 3.0 or 3.1, once at start; all its mistakes are told at once."""

from __future__ import annotations

import re
from itertools import product
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

import msgspec

from flexforward_openapi.contract import (
    CONTRACT_FILE,
    LABELS_FILE,
    OWN_PREFIX,
    Content,
    Contract,
    Operation,
    Parameter,
    RequestBody,
    ResponseSpec,
)
from flexforward_openapi.errors import ContractError, Mistake, MistakesError
from flexforward_openapi.media_type import is_json
from flexforward_openapi.origin import Origin
from flexforward_openapi.package_file import read_package_file
from flexforward_openapi.reference import followed, located, pointer_of
from flexforward_openapi.yaml_text import Json, YamlText, as_list, as_mapping, read_text

from .bundle import bundled, is_split
from .document_check import check_document
from .dynamic_reference import with_bound_references
from .normal_form import BASES, as_version_31, without_bases
from .security import KNOWN_SCHEMES, read_scheme

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from flexforward_openapi.contract import Alternative, Scheme
    from flexforward_openapi.reference import DocumentPath

__all__ = ["load_contract", "parse_contract"]

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

_BARE = "/:@!$&'()*+,;=%"
"""What a path may hold unencoded (RFC 3986, section 3.3), beside letters, digits and ``-._~``, and ``%`` itself."""

_MOST_TOLD = 19
_MOST_HOSTS = 100


def load_contract(path: Path = CONTRACT_FILE, *, strict: bool = False) -> Contract:
    """Read an OpenAPI document from a file, by default the shipped contract.

    Args:
        path: of the file.
        strict: only OpenAPI 3.1, and nothing is read past.

    Raises:
        ContractError: with every mistake found, each with its file and line.
    """
    source = path.name if path == CONTRACT_FILE else str(path)
    try:
        text = read_package_file(path).decode() if path in (CONTRACT_FILE, LABELS_FILE) else read_text(path)
        return parse_contract(YamlText(text, source=source), strict=strict, file=path)
    except ContractError:
        raise
    except MistakesError as error:
        named = {str(path): source}
        raise ContractError(
            *(
                msgspec.structs.replace(mistake, source=named.get(mistake.source, mistake.source))
                for mistake in error.mistakes
            )
        ) from error


def parse_contract(text: YamlText, *, strict: bool = False, file: Path | None = None) -> Contract:
    """Read an OpenAPI document.

    Args:
        text: of the document.
        strict: as for ``load_contract``.
        file: where it stands, so that its other files are found; None for one that has to be whole.

    Raises:
        MistakesError: another file is no YAML.
        ContractError: with every mistake found, each with its file and line.
    """
    return _Reading(text, strict=strict, file=file).contract()


class _Reading:
    """One pass over one document that goes on after a mistake, so that all are told at once."""

    def __init__(self, text: YamlText, *, strict: bool, file: Path | None) -> None:
        self._text = text
        self._file = file
        self._origin = Origin(text)
        self._document: Json = text.value
        self._strict = strict
        self._mistakes: list[Mistake] = []
        self._read_past: list[Mistake] = []

    def contract(self) -> Contract:
        self._normalise()
        document = self._document
        operations = tuple(sorted(self._operations(), key=lambda operation: len(operation.parameters)))
        if not operations:
            self._mistake(("paths",), found="no operation stands here", allowed="at least one path with a method")
        self._tell()
        info = as_mapping(document.get("info"))
        return Contract(
            source=self._text.source,
            title=str(info.get("title", "")),
            version=str(info.get("version", "")),
            hosts=tuple(dict.fromkeys(self._hosts())),
            operations=operations,
            document=document,
            origin=self._origin,
            notes=tuple(self._notes()),
            is_strict=self._strict,
        )

    def _normalise(self) -> None:
        """Bring the document to the words of 3.1, and check that it is made of what we honour."""
        version = as_mapping(self._document).get("openapi")
        known = r"3\.1\.\d+" if self._strict else r"3\.[01]\.\d+(-.+)?"
        if not (isinstance(version, str) and re.fullmatch(known, version)):
            found = f"openapi is {version!r}" if version is not None else "no 'openapi' at the top"
            allowed = f"an OpenAPI document of version {'3.1' if self._strict else '3.0 or 3.1'}"
            raise ContractError(Mistake(source=self._text.source, line=1, found=found, allowed=allowed))
        is_whole = self._file is None or self._strict or not is_split(self._text)
        if self._file is not None and not is_whole:
            bundle = bundled(self._text, self._file)
            self._document, self._origin = bundle.document, Origin(self._text, bundle.added)
        if version.startswith("3.0"):
            self._document = as_version_31(self._document)
        if not self._strict and (self._text.mentions("$dynamicRef") or not is_whole):
            self._document = with_bound_references(self._document)
        check = check_document(self._document, source=self._text.source)
        self._mistakes.extend(check.mistakes)
        self._pass(*check.read_past)
        self._tell()  # shapes are sound below only if no keyword was out of place
        if any(mistake.path[-1] in BASES for mistake in check.read_past):
            self._document = without_bases(self._document)

    def _mistake(self, path: DocumentPath, *, found: str, allowed: str) -> None:
        self._mistakes.append(Mistake(source=self._text.source, path=path, found=found, allowed=allowed))

    def _pass(self, *mistakes: Mistake) -> None:
        """Read past what cannot change an answer, unless nothing may be."""
        (self._mistakes if self._strict else self._read_past).extend(mistakes)

    def _sloppy(self, path: DocumentPath, *, found: str, allowed: str) -> None:
        self._pass(Mistake(source=self._text.source, path=path, found=found, allowed=allowed))

    def _tell(self) -> None:
        """Raise the mistakes, each cause once: with its first place, and how often it is there."""
        if not self._mistakes:
            return
        causes: dict[tuple[str, str], list[Mistake]] = {}
        for mistake in dict.fromkeys(self._mistakes):  # two operations may use the same wrong thing
            placed = self._origin.placed(mistake)
            causes.setdefault((mistake.found, mistake.allowed), []).append(placed)
        told = [_once(sorted(places, key=lambda mistake: mistake.line or 0)) for places in causes.values()]
        told.sort(key=lambda mistake: mistake.line or 0)
        if len(told) > _MOST_TOLD:
            rest = len(told) - _MOST_TOLD
            more = Mistake(source=self._text.source, found=f"{rest} more causes like these", allowed="none of them")
            told[_MOST_TOLD:] = [more]
        raise ContractError(*told)

    def _notes(self) -> Iterator[str]:
        if self._read_past:
            counts: dict[str, int] = {}
            for mistake in self._read_past:
                counts[mistake.found] = counts.get(mistake.found, 0) + 1
            listed = "; ".join(
                found + (f" ({count} times)" if count > 1 else "") for found, count in sorted(counts.items())
            )
            yield f"read past, since it changes no answer (--strict-contract refuses it): {listed}"

    def _hosts(self) -> Iterator[str]:
        """Yield the host of every server, with each value that its variables may have."""
        owners = [self._document]
        for item in as_mapping(self._document.get("paths")).values():
            item = followed(self._document, item)
            owners += [item, *(item[method] for method in METHODS if method in as_mapping(item))]
        for owner in owners:
            for server in as_list(as_mapping(owner).get("servers")):
                variables = as_mapping(server.get("variables"))
                values = [
                    dict.fromkeys((variable["default"], *as_list(variable.get("enum"))))
                    for variable in variables.values()
                ]
                for _, chosen in zip(range(_MOST_HOSTS), product(*values), strict=False):
                    url = server["url"]
                    for name, value in zip(variables, chosen, strict=True):
                        url = url.replace(f"{{{name}}}", value)
                    if host := _host(url):
                        yield host

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
            item, pointer = located(self._document, item, pointer_of(("paths", path)))
            for method in METHODS:
                if method in item:
                    operation = self._operation(path, item, method, pointer)
                    place = ("paths", path, method)
                    if operation.id in ids:
                        found = f"the operationId {operation.id!r} stands twice"
                        self._sloppy(place, found=found, allowed="one of its own")
                        operation = msgspec.structs.replace(operation, id=f"{operation.method} {path}")
                    ids.add(operation.id)
                    same = paths.setdefault((method, operation.pattern.pattern), path)
                    if same != path:
                        self._mistake(
                            place,
                            found=f"it takes the same requests as {same}",
                            allowed="a path that differs in more than its parameters' names",
                        )
                    yield operation

    def _operation(self, path: str, item: Json, method: str, item_pointer: str) -> Operation:
        place = ("paths", path, method)
        operation = item[method]
        parameters = [
            located(self._document, entry, pointer_of((*where, "parameters", index), item_pointer))
            for where, owner in (((), item), ((method,), operation))
            for index, entry in enumerate(owner.get("parameters", ()))
        ]
        in_path = {entry["name"]: (entry, pointer) for entry, pointer in parameters if entry["in"] == "path"}
        names: list[str] = re.findall(r"\{([^{}]*)\}", path)
        for name in names:
            if name not in in_path:
                self._sloppy(
                    place,
                    found=f"the path has {{{name}}} but no parameter says what it is",
                    allowed=f"a parameter {name!r} in path",
                )
        for name in in_path:
            if name not in names:
                self._sloppy(place, found=f"the parameter {name!r} is not in the path", allowed=f"{{{name}}} in {path}")
        pointer = pointer_of((method,), item_pointer)
        return Operation(
            id=operation.get("operationId", f"{method.upper()} {path}"),
            method=method.upper(),
            path=path,
            pattern=_pattern(path),
            parameters=tuple(self._parameter(name, in_path, pointer) for name in names),
            security=self._security(operation, place),
            responses={
                _status(status): self._response(status, response, place, pointer_of(("responses", status), pointer))
                for status, response in as_mapping(operation.get("responses")).items()
                if not status.startswith("x-")
            },
            pointer=pointer,
            unchecked=tuple(_unchecked(operation, [entry for entry, _ in parameters])),
            body=self._request_body(operation, pointer),
        )

    def _request_body(self, operation: Json, pointer: str) -> RequestBody | None:
        if "requestBody" not in operation:
            return None
        body, pointer = located(self._document, operation["requestBody"], pointer_of(("requestBody",), pointer))
        for name, media in as_mapping(as_mapping(body).get("content")).items():
            if is_json(name):
                content = self._content(name, as_mapping(media), pointer_of(("content", name), pointer))
                return RequestBody(json=content, is_required=as_mapping(body).get("required") is True)
        return None

    def _parameter(self, name: str, in_path: dict[str, tuple[Json, str]], pointer: str) -> Parameter:
        if name not in in_path:
            return Parameter(name=name, schema={}, pointer=pointer)
        parameter, where = in_path[name]
        if "schema" not in parameter:
            return Parameter(name=name, schema={}, pointer=where)
        return Parameter(name=name, schema=followed(self._document, parameter["schema"]), pointer=f"{where}/schema")

    def _response(self, status: str, response: Json, place: DocumentPath, pointer: str) -> ResponseSpec:
        known = r"[1-5][0-9][0-9]|[1-5]XX|default"
        if not re.fullmatch(known, status, 0 if self._strict else re.IGNORECASE):
            self._mistake(
                (*place, "responses", status),
                found=f"{status!r} is not a status",
                allowed="100 to 599, 1XX to 5XX, or default",
            )
        response, pointer = located(self._document, response, pointer)
        content = as_mapping(response.get("content"))
        contents = tuple(
            self._content(name, as_mapping(media), pointer_of(("content", name), pointer))
            for name, media in content.items()
        )
        json = next((entry for entry in contents if is_json(entry.media_type)), None)
        if contents and json is None:
            where = (*place, "responses", status, "content")
            self._sloppy(where, found=f"{', '.join(content)}", allowed="application/json")
        return ResponseSpec(
            status=status, pointer=pointer if json is None else json.pointer, contents=contents, json=json
        )

    def _content(self, media_type: str, media: dict[str, Json], pointer: str) -> Content:
        examples: dict[str, Json] = {"": media["example"]} if "example" in media else {}
        for name, entry in as_mapping(media.get("examples")).items():
            example = as_mapping(followed(self._document, entry))
            if "value" in example:
                examples[name] = example["value"]
        return Content(
            media_type=media_type,
            schema=followed(self._document, media.get("schema", {})),
            pointer=pointer + ("/schema" if "schema" in media else ""),
            examples=examples,
        )

    def _security(self, operation: Json, place: DocumentPath) -> tuple[Alternative, ...]:
        own = "security" in operation
        requirements = operation["security"] if own else self._document.get("security", [])
        where: DocumentPath = (*place, "security") if own else ("security",)
        if not requirements:
            return ((),)
        ways = (
            (requirement, tuple(filter(None, (self._scheme(name, (*where, index, name)) for name in requirement))))
            for index, requirement in enumerate(requirements)
        )
        # Nobody shows a certificate here, so a way by that alone is none, unless there is no other.
        return tuple(way for requirement, way in ways if way or not requirement) or ((),)

    def _scheme(self, name: str, place: DocumentPath) -> Scheme | None:
        """Return what shows a secret in a request; None for a certificate, of which no request and no answer tells."""
        schemes = as_mapping(as_mapping(self._document.get("components")).get("securitySchemes"))
        if name not in schemes:
            listed = ", ".join(schemes) or "a scheme of components"
            self._mistake(place, found=f"no security scheme {name!r}", allowed=listed)
            return read_scheme(name, {"type": "http", "scheme": "bearer"}, self._mistake)
        scheme = followed(self._document, schemes[name])
        if as_mapping(scheme).get("type") == "mutualTLS":
            found = "mutualTLS is not supported: no client is asked for a certificate"
            self._sloppy(("components", "securitySchemes", name), found=found, allowed=KNOWN_SCHEMES)
            return None
        return read_scheme(name, scheme, self._mistake)


def _status(status: str) -> str:
    """Return a key of responses in the letters that OpenAPI has: ``4XX``, ``default``."""
    return status.upper() if status[1:].lower() == "xx" else status.lower()


def _once(places: Sequence[Mistake]) -> Mistake:
    """Return the first of the places where one cause is met, with their number."""
    first = places[0]
    if len(places) == 1:
        return first
    return msgspec.structs.replace(first, found=f"{first.found} (here first, in {len(places)} places)")


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


def _host(url: str) -> str:
    match = re.match(r"[a-z]+://([^/:?#]+)", url, re.IGNORECASE)
    return match[1].lower() if match else ""
