"""What differs between two versions of a document, and what that means for clients, rules and scenarios.

Both are brought to one form first: operations, their security and, for each response, its fields with what their
schemas allow, by whatever composition. The structural difference of these is deepdiff's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from deepdiff import DeepDiff

from flexforward_mockserver.engine.bodies.tracking_bodies import TRACKING_OPERATION, ResponseBodies, tracking_operation
from flexforward_mockserver.scenarios.catalogue import Catalogue
from flexforward_openapi import Place, Validation, load_contract, place_at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from flexforward_openapi import Contract, Operation

__all__ = ["Change", "changes"]

MAX_DEPTH = 8
"""How deep fields are compared; schemas may contain themselves."""

_LIMITS = ("const", "enum", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems")


class Change(msgspec.Struct, frozen=True):
    """One difference.

    Attributes:
        place: where it is, for people.
        what: what changed there.
        means: what follows, each in a sentence; may be empty.
    """

    place: str
    what: str
    means: tuple[str, ...] = ()


def changes(old: Path, new: Path) -> Iterator[Change]:
    """Yield what differs between two documents, the structure first, then the scenarios.

    Raises:
        ContractError: one of them cannot be read.
    """
    before, after = load_contract(old), load_contract(new)
    found: Any = DeepDiff(_form(before), _form(after), view="tree", ignore_order=False, threshold_to_diff_deeper=0)
    entries: list[Any] = [entry for group in found.values() for entry in group]
    listed = [_change(tuple(entry.path(output_format="list")), entry.t1, entry.t2) for entry in entries]
    yield from sorted(listed, key=lambda change: change.place)
    yield from _scenario_changes(before, after)


def _form(contract: Contract) -> dict[str, Any]:
    return {f"{entry.method} {entry.path}": _operation(contract, entry) for entry in contract.operations}


def _operation(contract: Contract, operation: Operation) -> dict[str, Any]:
    return {
        "operationId": operation.id,
        "parameters": {parameter.name: parameter.schema for parameter in operation.parameters},
        "security": [
            " and ".join(f"{scheme.kind} {scheme.parameter}" for scheme in way) or "nothing"
            for way in operation.security
        ],
        "responses": {
            status: {
                "media types": [content.media_type for content in response.contents],
                "fields": {}
                if response.schema in (None, {})
                else dict(_fields(place_at(contract.document, response.pointer), "", is_required=True)),
            }
            for status, response in operation.responses.items()
        },
    }


def _fields(place: Place, name: str, *, is_required: bool, depth: int = 0) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield a place and all below it by their dotted names, each with what its schemas allow."""
    branches = tuple(place.branches()) or (place,)
    types = sorted({kind for branch in branches for kind in branch.types})
    limits = {
        limit: values[0] if len(values) == 1 else values
        for limit in _LIMITS
        if (values := [value for branch in branches for value in branch.values(limit)])
    }
    yield name or "body", {"types": " or ".join(types) or "anything", "required": is_required, "limits": limits}
    if depth == MAX_DEPTH:
        return
    seen: set[str] = set()
    for branch in branches:
        for inner in branch.property_names:
            if inner not in seen:
                seen.add(inner)
                dotted = f"{name}.{inner}".lstrip(".")
                required = inner in branch.required
                yield from _fields(branch.property(inner), dotted, is_required=required, depth=depth + 1)
        if "array" in branch.types and "[]" not in seen:
            seen.add("[]")
            yield from _fields(branch.item(0), f"{name}[]", is_required=True, depth=depth + 1)


def _change(path: tuple[Any, ...], before: Any, after: Any) -> Change:  # a value of the form
    """Word one difference; ``path`` leads through the form."""
    operation, *rest = (str(step) for step in path)
    is_new, is_gone = _is_absent(before), _is_absent(after)
    word = "is new" if is_new else "is gone" if is_gone else f"was {_shown(before)}, is {_shown(after)}"
    match rest:
        case []:
            return Change(operation, word, ("clients that call it get 404" if is_gone else "clients may call it",))
        case ["operationId"]:
            rule = f"the operation that shipments answer is the one called {TRACKING_OPERATION}"
            return Change(operation, f"operationId {word}", (rule,) if TRACKING_OPERATION in (before, after) else ())
        case ["parameters", name, *_]:
            return Change(operation, f"path parameter {name} {word}", ("clients: identifiers may be refused with 404",))
        case ["security", *_]:
            means = ("clients: other credentials may be needed", "rules api.auth.* and client.auth.* judge this")
            return Change(f"{operation} security", word, means)
        case ["responses", status]:
            return Change(f"{operation} {status}", word, _status_means(status, is_new=is_new))
        case ["responses", status, "media types", *_]:
            means = ("clients that read the body by its media type may fail", "rule api.media-type judges this")
            return Change(f"{operation} {status}", f"media type {word}", means)
        case ["responses", status, "fields", field, *attribute]:
            what = " ".join((*(entry for entry in attribute if entry != "limits"), word))
            return Change(f"{operation} {status} {field}", what, tuple(_field_means(status, attribute, before, after)))
        case _:  # pragma: no cover  # the form has nothing else
            raise AssertionError(rest)


def _status_means(status: str, *, is_new: bool) -> tuple[str, ...]:
    if is_new:
        return (f"clients have to bear {status}", "rules client.goes-on and api.status.documented judge this")
    return (f"clients get {status} no longer; what they do then is untried", "rule api.status.documented judges this")


def _field_means(status: str, attribute: list[str], before: Any, after: Any) -> Iterator[str]:
    rule = "api.schema.success" if status.startswith("2") else "api.schema.error"
    match attribute:
        case []:
            if _is_absent(after):
                yield "clients that read it miss it"
                yield f"rule {rule} judges this"
            else:
                yield "clients that refuse unknown fields fail" if _is_absent(before) else "clients may misread it"
                yield "rule api.schema.closed judges this"
        case ["required"]:
            yield "clients may count on it" if after else "clients have to do without it"
            yield f"rule {rule} judges this"
        case ["types"]:
            yield "clients that take the old types only may fail"
            yield f"rule {rule} judges this"
        case _:
            yield "clients may meet other values"
            yield f"rule {rule} judges this"


def _scenario_changes(before: Contract, after: Contract) -> Iterator[Change]:
    """Yield which shipped scenarios can be answered no longer, or now for the first time."""
    old, new = _objections(before), _objections(after)
    for name, objection in new.items():
        if objection is not None and old[name] is None:
            yield Change(f"scenario {name}", "can be answered no longer", (objection,))
        elif objection is None and old[name] is not None:
            yield Change(f"scenario {name}", "can be answered now")


def _objections(contract: Contract) -> Mapping[str, str | None]:
    catalogue = Catalogue()
    if contract.operation(TRACKING_OPERATION) is None:
        return dict.fromkeys(catalogue.names, f"{contract.source} has no operation {TRACKING_OPERATION}")
    bodies = ResponseBodies(contract, Validation(contract), tracking_operation(contract))
    return {name: bodies.objection(catalogue[name]) for name in catalogue.names}


def _is_absent(value: Any) -> bool:
    return type(value).__name__ == "NotPresent"


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
