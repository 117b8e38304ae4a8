"""What the document says of a body, as far as rules ask for it."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from flexforward_openapi import Validation, as_list, as_mapping, load_contract

if TYPE_CHECKING:
    from flexforward_openapi import Json, Operation, ResponseSpec

__all__ = ["documented", "extra_fields", "schema_name", "shape_problems", "shipment_fields", "tracking"]


@cache
def tracking() -> Operation:
    """Return the operation that is judged."""
    return load_contract().operations[0]


def documented(status: int) -> ResponseSpec | None:
    """Return what the document says of a status."""
    return tracking().response(status)


def schema_name(status: int) -> str:
    """Return what the document calls the body of a documented status."""
    operation = load_contract().document["paths"][tracking().path][tracking().method.lower()]
    schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
    return str(schema["$ref"]).rpartition("/")[2]


def shape_problems(status: int, body: Json) -> tuple[str, ...]:
    """Say where the body of a documented status strays from its schema, leaving aside fields that it does not list."""
    return _problems(_open_validation(), status, body)


def extra_fields(status: int, body: Json) -> tuple[str, ...]:
    """Say where the body of a documented status has fields that the document does not list."""
    open_problems = shape_problems(status, body)
    return tuple(problem for problem in _problems(_closed_validation(), status, body) if problem not in open_problems)


def _problems(validation: Validation, status: int, body: Json) -> tuple[str, ...]:
    response = documented(status)
    assert response is not None  # statuses that the document does not list have a rule of their own
    # Half a surrogate pair has a rule of its own; here it would be no text.
    readable: Json = json.loads(json.dumps(body, ensure_ascii=False).encode("utf-8", "replace"))
    try:
        return validation.problems(response, readable, strict=False)
    except ValueError:
        return ("it is nested too deeply",)


@cache
def shipment_fields() -> frozenset[str]:
    """Return the names of fields that only a shipment has: not those that any error of anybody might have."""
    schemas = load_contract().document["components"]["schemas"]
    shipment = schemas["TrackingResponse"]["properties"]
    names = {*shipment, *shipment["checkpoints"]["items"]["properties"], "customerOrderNumber"}
    return frozenset(names - {"id", "message", "location", "state", "city"})


@cache
def _closed_validation() -> Validation:
    return Validation(load_contract())


@cache
def _open_validation() -> Validation:
    contract = load_contract()
    document: Json = msgspec.json.decode(msgspec.json.encode(contract.document))
    _open(document)
    return Validation(replace(contract, document=document))


def _open(value: Json) -> None:
    """Take ``additionalProperties: false`` out, wherever it stands."""
    mapping = as_mapping(value)
    if mapping.get("additionalProperties") is False:
        del mapping["additionalProperties"]
    for entry in (*mapping.values(), *as_list(value)):
        _open(entry)
