"""The bodies that the vendor's pages show for POST /labels, of every generation, as far as they can be read."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

from flexforward_openapi import LABELS_FILE, load_contract
from kit import Kit

if TYPE_CHECKING:
    from flexforward_openapi import Json

ITEM = {
    "descriptionEn": "Muji Ink pen",
    "descriptionLocal": "文具",
    "quantity": 1,
    "unitPrice": {"amount": 29.99, "currency": "USD"},
    "unitWeight": 0.5,
}
PARCEL = {"weight": 0.5, "dimension": {"length": 30, "width": 20, "height": 10}, "items": [ITEM]}

INTRODUCTION: Json = {
    "idempotencyKey": "ord-20250301-abc123",
    "courier": "yunexpress",
    "service": {"shipperAccountId": "your-account-id", "productCode": "YEXP01"},
    "shipment": {
        "shipFrom": {
            "contact": {"firstName": "Warehouse", "lastName": "Staff", "phone": "+81-90-1234-5678"},
            "address": {
                "countryCode": "JP",
                "city": "Tokyo",
                "postalCode": "100-0001",
                "streetLines": ["1-1 Marunouchi"],
            },
        },
        "shipTo": {
            "contact": {"firstName": "Jo", "phone": "+1-555-0100"},
            "address": {
                "countryCode": "US",
                "city": "Los Angeles",
                "state": "CA",
                "postalCode": "90001",
                "streetLines": ["1 Main St"],
            },
        },
        "parcels": [PARCEL],
    },
}
"""Generation A: with the shipper account that is no longer needed."""

QUICKSTART: Json = {
    "idempotencyKey": "quickstart-test-001",
    "courier": "yunexpress",
    "service": {"shipperAccountId": "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "productCode": "YEXP01"},
    "shipment": {
        "shipTo": {
            "contact": {"firstName": "Jo"},
            "address": {
                "countryCode": "US",
                "city": "Los Angeles",
                "postalCode": "90001",
                "streetLines": ["1 Main St"],
            },
        },
        "parcels": [
            {
                "weight": 1,
                "items": [{name: ITEM[name] for name in ("descriptionEn", "quantity", "unitPrice", "unitWeight")}],
            }
        ],
    },
}
"""The least that the quickstart names."""

REFERENCE_B: Json = {
    "idempotencyKey": "unique-key-per-request",
    "courier": "yunexpress",
    "service": {"productCode": "JPTHZXR"},
    "shipment": {
        "shipFrom": {
            "contact": {"firstName": "Warehouse", "lastName": "Staff", "phone": "8554377467", "email": "a@example.com"},
            "address": {
                "streetLines": ["18 Distribution Blvd"],
                "city": "Edison",
                "state": "New jersey",
                "postalCode": "08817",
                "countryCode": "US",
            },
        },
        "shipTo": {
            "contact": {"firstName": "Jo", "lastName": "Doe", "phone": "8554377467", "email": "jo@example.com"},
            "address": {
                "streetLines": ["18 Distribution Blvd"],
                "city": "Edison",
                "state": "New jersey",
                "postalCode": "08817",
                "countryCode": "US",
            },
        },
        "parcels": [PARCEL],
    },
    "label": {"format": "PDF"},
    "units": {"weight": "KG", "dimension": "CM"},
    "order": {
        "customerOrderNumber": "N-2026-03-27-TEST-01",
        "orderNumbers": {"platformOrderNumber": "P-1", "referenceNumbers": ["R-1"]},
    },
    "serviceOptions": [{"code": "V1", "value": "1"}],
}
"""Generation B: texts throughout."""


def _reference_c() -> Json:
    """Return the newest one, in which numbers stand where texts did; the postal code has lost its zero."""
    body: Json = deepcopy(REFERENCE_B)
    body["service"]["productCode"] = "HKMUZXR"
    body["order"]["customerOrderNumber"] = "N-2026-05-27-TEST-03"
    for party in ("shipFrom", "shipTo"):
        body["shipment"][party]["contact"]["phone"] = 8554377467
        body["shipment"][party]["address"]["postalCode"] = 8817
    body |= {"customs": {}, "dangerousGoods": {}, "pickup": {}, "courierOptions": {}}
    return body


SAMPLES = {
    "introduction": INTRODUCTION,
    "quickstart": QUICKSTART,
    "reference of March 2026": REFERENCE_B,
    "reference of May 2026": _reference_c(),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_it_is_accepted_and_answered_as_the_newest_page_shows(name: str) -> None:
    kit, body = Kit(with_demos=False), SAMPLES[name]
    got = kit.post(body)
    assert got.status == 201
    schema = load_contract(LABELS_FILE).document["components"]["schemas"]["CreateLabelResponse"]
    assert list(got.json) == list(schema["properties"])
    number = got.json["courierTrackingNumber"]
    assert number.startswith("YT")
    assert number.endswith("CN")
    assert {**got.json, "id": "", "courierOrderNumber": "", "courierTrackingNumber": ""} == {
        "id": "",
        "status": "created",
        "courier": "yunexpress",
        "customerOrderNumber": body.get("order", {}).get("customerOrderNumber", body["idempotencyKey"]),
        "courierOrderNumber": "",
        "courierTrackingNumber": "",
        "error": None,
    }
    assert got.json["courierOrderNumber"] == number.removesuffix("CN")
    assert kit.post(body).status == 200


def test_the_postal_code_of_the_introduction_is_the_sandboxs_delivered() -> None:
    kit = Kit(with_demos=False)
    made = kit.post(INTRODUCTION).json["id"]
    kit.wait(days=60)
    assert kit.track(made).json["tag"] == "Delivered"


def test_every_property_that_is_shown_has_a_place_in_the_schema() -> None:
    schema = load_contract(LABELS_FILE).document["components"]["schemas"]["CreateLabelRequest"]
    shown = {name for body in SAMPLES.values() for name in body}
    assert shown == set(schema["properties"])
    assert schema["additionalProperties"] is False
