"""Requests for labels: a whole one, and ways to change it."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flexforward_openapi import Json

_WHOLE: Json = {
    "idempotencyKey": "key-1",
    "courier": "yunexpress",
    "service": {"productCode": "HKMUZXR"},
    "shipment": {
        "shipTo": {
            "contact": {"firstName": "Jo", "lastName": "Doe"},
            "address": {
                "streetLines": ["18 Distribution Blvd"],
                "city": "Edison",
                "state": "New jersey",
                "postalCode": "08817",
                "countryCode": "US",
            },
        },
        "parcels": [
            {
                "weight": 0.5,
                "items": [
                    {
                        "descriptionEn": "Wireless earbuds",
                        "quantity": 1,
                        "unitPrice": {"amount": 29.99, "currency": "USD"},
                        "unitWeight": 0.5,
                    }
                ],
            }
        ],
    },
}


def label_body(key: str = "key-1", *, order: str | None = None, postal_code: Json = None, form: str = "") -> Json:
    """Return a body of POST /labels that breaks nothing; it can be changed."""
    body: Json = deepcopy(_WHOLE)
    body["idempotencyKey"] = key
    if order is not None:
        body["order"] = {"customerOrderNumber": order}
    if postal_code is not None:
        body["shipment"]["shipTo"]["address"]["postalCode"] = postal_code
    if form:
        body["label"] = {"format": form}
    return body
