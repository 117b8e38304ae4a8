"""Makes its label itself, in one go with a retry for an answer that was lost, and follows it as the guide says."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from typing import Any

BASE = os.environ["FLEXFORWARD_BASE_URL"]
HEADERS = {"Authorization": f"Bearer {os.environ['FLEXFORWARD_TOKEN']}", "Content-Type": "application/json"}
ADDRESS = {"streetLines": ["1 Main St"], "city": "Los Angeles", "postalCode": "90003", "countryCode": "US"}
ITEM = {"descriptionEn": "Ink pen", "quantity": 1, "unitPrice": {"amount": 3, "currency": "USD"}, "unitWeight": 0.5}
ORDER = {
    "idempotencyKey": "order-1",
    "courier": "yunexpress",
    "service": {"productCode": "HKMUZXR"},
    "order": {"customerOrderNumber": "ORDER-1"},
    "shipment": {
        "shipTo": {"contact": {"firstName": "Jo"}, "address": ADDRESS},
        "parcels": [{"weight": 0.5, "items": [ITEM]}],
    },
}
assert "FLEXFORWARD_LABEL_ID" not in os.environ
assert "FLEXFORWARD_ORDER_NUMBER" not in os.environ


def ask(path: str, body: dict[str, Any] | None = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(BASE + path, data, HEADERS), timeout=30) as answer:
        return json.load(answer)


label_id = ask("/labels", ORDER)["id"]
assert ask("/labels", ORDER)["id"] == label_id
ask(f"/labels/{label_id}")
last, failures = None, 0
while last not in ("Delivered", "Cancelled"):
    try:
        tag = ask(f"/tracking/{label_id}")["tag"]
        failures = 0
    except urllib.error.HTTPError as error:
        if error.code != 502:
            break
        failures += 1
        time.sleep(60 * 2**failures)
        continue
    except (OSError, ValueError, LookupError):
        failures += 1
        time.sleep(60 * 2**failures)
        continue
    if tag != last and tag not in ("Pending", "Unknown"):
        print(f"told {tag}", flush=True)
    last = tag
    if last not in ("Delivered", "Cancelled"):
        time.sleep(4 * 3600 if tag in ("Pending", "InfoReceived") else 1800)
