"""The shop against flexforward-mock: from an order to a customer who was told, with everything between that fails."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from starlette.testclient import TestClient

from shop import RefusedError, Shop, create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flexforward_fixtures import FlexForward

PARCEL: dict[str, Any] = {
    "service": {"productCode": "HKMUZXR"},
    "shipment": {
        "shipTo": {
            "contact": {"firstName": "Jo"},
            "address": {
                "streetLines": ["1 Main St"],
                "city": "Los Angeles",
                "postalCode": "90210",
                "countryCode": "US",
            },
        },
        "parcels": [
            {
                "weight": 0.5,
                "items": [
                    {
                        "descriptionEn": "Ink pen",
                        "quantity": 1,
                        "unitPrice": {"amount": 3, "currency": "USD"},
                        "unitWeight": 0.5,
                    }
                ],
            }
        ],
    },
}


@pytest.fixture
def told() -> list[tuple[str, str]]:
    return []


@pytest.fixture
def open_shop(flexforward: FlexForward, told: list[tuple[str, str]]) -> Iterator[Callable[[], Shop]]:
    """Opens a shop on the live mock, whose time is the mock's."""

    def sleep(seconds: float) -> None:
        flexforward.clock.advance(seconds=seconds)

    with ExitStack() as opened:

        def open_one() -> Shop:
            shop = Shop(
                flexforward.base_url,
                flexforward.token,
                tell=lambda number, tag: told.append((number, tag)),
                now=lambda: flexforward.clock.now,
                sleep=sleep,
            )
            opened.callback(shop.close)
            return shop

        yield open_one


@pytest.fixture
def shop(open_shop: Callable[[], Shop]) -> Shop:
    return open_shop()


def pass_days(shop: Shop, mock: FlexForward, days: int) -> None:
    """Let the scheduler run every quarter of an hour."""
    for _ in range(days * 24 * 4):
        shop.tick()
        mock.clock.advance(minutes=15)


def test_a_customer_hears_of_an_order_from_label_to_delivery(
    shop: Shop, flexforward: FlexForward, told: list[tuple[str, str]]
) -> None:
    with TestClient(create_app(shop)) as web:
        answer = web.put("/orders/A-1", json=PARCEL)
        assert answer.status_code == 201
        assert httpx.get(answer.json()["document"]).content.startswith(b"%PDF-")
        pass_days(shop, flexforward, 8)
        assert web.get("/orders/A-1").json()["status"] == "Delivered"
        assert web.get("/orders/A-2").status_code == 404
    assert told == [("A-1", tag) for tag in ("InfoReceived", "InTransit", "Delivered")]
    label = flexforward.label("A-1")
    flexforward.assert_stopped(label)
    flexforward.assert_interval(label, at_least=timedelta(minutes=15))


@pytest.mark.parametrize("kind", ["close", "reset", "close-mid-body", "gateway-page"])
def test_a_label_is_made_once_whatever_the_network_does(shop: Shop, flexforward: FlexForward, kind: str) -> None:
    flexforward.fault(kind, times=2)
    order = shop.ship("A-1", PARCEL)
    assert [label.id for label in flexforward.labels] == [order.label_id]
    assert shop.ship("A-1", PARCEL) is order


def test_a_shop_that_lost_its_memory_makes_no_second_label(
    open_shop: Callable[[], Shop], flexforward: FlexForward
) -> None:
    first = open_shop().ship("A-1", PARCEL)
    flexforward.clock.advance(days=1)
    assert open_shop().ship("A-1", PARCEL).label_id == first.label_id
    assert len(flexforward.labels) == 1


def test_a_gateway_that_stays_bad_makes_no_label(shop: Shop, flexforward: FlexForward) -> None:
    flexforward.fail(502, times=None)
    with pytest.raises(httpx.HTTPStatusError, match="502"):
        shop.ship("A-1", PARCEL)
    assert not flexforward.labels
    assert not shop.orders


def test_mistakes_in_a_parcel_are_told_to_whoever_packs(shop: Shop, flexforward: FlexForward) -> None:
    with TestClient(create_app(shop)) as web:
        answer = web.put("/orders/A-1", json={"service": {}, "shipment": {"parcels": []}})
    assert answer.status_code == 422
    assert "service.productCode is required" in answer.json()["problem"]
    assert not flexforward.labels


def test_a_parcel_that_the_courier_refuses_is_told_too(shop: Shop, flexforward: FlexForward) -> None:
    flexforward.new_labels = "label-failed"
    with pytest.raises(RefusedError, match="Address validation failed"):
        shop.ship("A-1", PARCEL)


@pytest.mark.parametrize(("postal_code", "last"), [("90002", "Exception"), ("90003", "InTransit")])
def test_the_sandboxs_postal_codes(
    shop: Shop, flexforward: FlexForward, told: list[tuple[str, str]], postal_code: str, last: str
) -> None:
    shipment = PARCEL["shipment"]
    address = {**shipment["shipTo"]["address"], "postalCode": postal_code}
    parcel = {**PARCEL, "shipment": {**shipment, "shipTo": {**shipment["shipTo"], "address": address}}}
    shop.ship("A-1", parcel)
    pass_days(shop, flexforward, 12)
    assert told[-1] == ("A-1", last)


@pytest.mark.flexforward(new_labels="gateway-trouble")
def test_trouble_on_the_way_delays_the_news(shop: Shop, flexforward: FlexForward, told: list[tuple[str, str]]) -> None:
    shop.ship("A-1", PARCEL)
    pass_days(shop, flexforward, 12)
    assert told[-1] == ("A-1", "Delivered")
