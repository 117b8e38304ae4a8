"""Bad requests get 400 with every mistake, and make nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from kit import OWN, Kit
from label_kit import label_body

if TYPE_CHECKING:
    from flexforward_openapi import Json


@pytest.fixture
def kit() -> Kit:
    return Kit(with_demos=False)


def mistakes(kit: Kit, body: Json, **more: str) -> dict[str, str]:
    content = body if isinstance(body, bytes) else msgspec.json.encode(body)
    got = kit.ask("/labels", {**OWN, **more}, method="POST", body=content)
    assert got.status == 400
    assert list(got.json) == ["error", "details"]
    assert got.json["error"] == "Validation failed"
    assert kit.sandbox.made == ()
    assert (kit.last.note or "").startswith("nothing was made: ")
    details = {entry["field"]: entry["message"] for entry in got.json["details"]}
    assert len(details) == len(got.json["details"])
    return details


def test_everything_that_is_missing_is_told_at_once(kit: Kit) -> None:
    assert mistakes(kit, {}) == dict.fromkeys(["courier", "idempotencyKey", "service", "shipment"], "is required")
    assert mistakes(kit, {**label_body(), "shipment": {}}) == {
        "shipment.shipTo": "is required",
        "shipment.parcels": "is required",
    }


def test_every_mistake_has_its_place(kit: Kit) -> None:
    body = label_body("k" * 101)
    body["courier"] = ""
    body["curier"] = "x"
    body["units"] = {"weight": 1}
    address = body["shipment"]["shipTo"]["address"]
    address |= {"countryCode": "USA", "streetLines": [], "postalCode": None}
    del body["shipment"]["shipTo"]["contact"]["firstName"]
    parcel = body["shipment"]["parcels"][0]
    parcel |= {"weight": 0, "dimension": []}
    del parcel["items"][0]["unitWeight"]
    body["shipment"]["parcels"].append({"weight": "1", "items": []})
    assert mistakes(kit, body) == {
        "idempotencyKey": "must have at most 100 characters",
        "courier": "must not be empty",
        "curier": "is not a known field",
        "units.weight": "must be a string",
        "shipment.shipTo.contact.firstName": "is required",
        "shipment.shipTo.address.countryCode": "must be a valid ISO 3166-1 alpha-2 country code",
        "shipment.shipTo.address.streetLines": "must not be empty",
        "shipment.shipTo.address.postalCode": "must be a number or a string",
        "shipment.parcels[0].weight": "must be greater than 0",
        "shipment.parcels[0].dimension": "must be an object",
        "shipment.parcels[0].items[0].unitWeight": "is required",
        "shipment.parcels[1].weight": "must be a number",
        "shipment.parcels[1].items": "must not be empty",
    }


def test_a_key_of_a_refused_request_can_be_used_again(kit: Kit) -> None:
    assert mistakes(kit, {"idempotencyKey": "key-1"})
    assert kit.post(label_body()).status == 201


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "is required"),
        (b"{", "must be a JSON object, no key twice, at most 64 levels deep"),
        (b'{"a": 1, "a": 2}', "must be a JSON object, no key twice, at most 64 levels deep"),
        (b'{"a": "\xff"}', "must be a JSON object, no key twice, at most 64 levels deep"),
        (b'{"a": "\\ud800"}', "must be a JSON object, no key twice, at most 64 levels deep"),
        (b'{"a": 1e999}', "must be a JSON object, no key twice, at most 64 levels deep"),
        (
            b'{"customs": ' + b"[" * 100 + b"]" * 100 + b"}",
            "must be a JSON object, no key twice, at most 64 levels deep",
        ),
        (b"[" * 50_000, "must be a JSON object"),
        (b"[]", "must be a JSON object"),
        (b"1", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'"a"', "must be a JSON object"),
    ],
)
def test_what_is_no_json_object_is_told(kit: Kit, body: bytes, message: str) -> None:
    assert mistakes(kit, body) == {"": message}


def test_other_media_types_are_told_and_json_ones_taken(kit: Kit) -> None:
    wrong = "application/x-www-form-urlencoded"
    told = mistakes(kit, label_body(), **{"Content-Type": wrong})
    assert told == {"": f"must be sent as application/json, not as {wrong}"}
    for number, right in enumerate(("application/json", "Application/JSON; charset=utf-8", "application/x+json")):
        assert kit.post(label_body(str(number)), {**OWN, "Content-Type": right}).status == 201


def test_a_body_that_the_server_lost_is_not_called_missing(kit: Kit) -> None:
    told = mistakes(kit, b"", upgrade="h2c", **{"content-length": "9"})
    assert told == {"": "was not read, since the request offers to change to h2c"}
    assert mistakes(kit, b"", upgrade="h2c") == {"": "is required"}
    assert kit.last.note == "nothing was made: the body is required"


def test_numbers_that_no_field_is_for_are_taken_where_the_schema_is_open(kit: Kit) -> None:
    body = label_body()
    body["customs"] = {"anything": [1, {"goes": None}]}
    body["serviceOptions"] = [{"code": "V1", "value": True}]
    assert kit.post(body).status == 201
