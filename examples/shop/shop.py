"""A small shop: it makes labels for its orders on Flex Forward, follows them, and tells its customers.

``create_app`` is the web application, ``Shop.tick`` what a scheduler calls every quarter of an hour.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

TERMINAL = frozenset({"Delivered", "Cancelled"})
TOLD = frozenset({"InfoReceived", "InTransit", "Delivered", "Exception"})
"""Tags of which the customer hears, as the vendor's guide has it."""
INTERVALS = {
    "Pending": timedelta(hours=4),
    "InfoReceived": timedelta(hours=4),
    "InTransit": timedelta(minutes=30),
    "Exception": timedelta(minutes=15),
}
ATTEMPTS = 4
BACKOFF_S = 1.0


class RefusedError(Exception):
    """Flex Forward takes an order not at all; the text is for whoever packs parcels."""


@dataclass(slots=True, kw_only=True)
class Order:
    """An order whose parcel is under way.

    Attributes:
        document: where the label is, to be printed.
        due: when it is to be asked for again; None when there is no more to hear.
    """

    number: str
    label_id: str
    document: str
    due: datetime | None
    tag: str = "Pending"
    told: list[str] = field(default_factory=list[str])


class Shop:
    """Orders, and what became of them.

    Args:
        base_url: of Flex Forward.
        token: of the shop's account.
        tell: called with an order's number and a tag when its customer is to hear of it.
        now: the present instant.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        tell: Callable[[str, str], None],
        now: Callable[[], datetime],
        sleep: Callable[[float], None],
    ) -> None:
        self._client = httpx.Client(base_url=base_url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        self._tell, self._now, self._sleep = tell, now, sleep
        self.orders: dict[str, Order] = {}

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()

    def ship(self, number: str, parcel: dict[str, Any]) -> Order:
        """Make the label of an order, however often the network fails: the order's number is the key.

        Raises:
            RefusedError: the request has mistakes, or the courier does not take the parcel.
        """
        if number in self.orders:
            return self.orders[number]
        order = {"idempotencyKey": number, "courier": "yunexpress", "order": {"customerOrderNumber": number}}
        answer = self._ask("POST", "/labels", {**order, **parcel})
        if answer.status_code == 400:
            details = answer.json()["details"]
            raise RefusedError("; ".join(f"{entry['field']} {entry['message']}" for entry in details))
        label = answer.raise_for_status().json()
        if label["status"] == "failed":
            raise RefusedError(label["error"]["message"])
        document = self._ask("GET", f"/labels/{quote(label['id'], safe='')}").raise_for_status().json()
        made = Order(number=number, label_id=label["id"], document=document["url"], due=self._now())
        self.orders[number] = made
        return made

    def tick(self) -> None:
        """Ask for every order that is due, and tell what is new."""
        for order in self.orders.values():
            if order.due is not None and order.due <= self._now():
                self._look_after(order)

    def _look_after(self, order: Order) -> None:
        answer = self._ask("GET", f"/tracking/{quote(order.label_id, safe='')}")
        if answer.status_code != 200:
            order.due = self._now() + timedelta(hours=1)
            return
        tag = answer.json()["tag"]
        if tag != order.tag:
            order.tag = tag
            if tag in TOLD:
                order.told.append(tag)
                self._tell(order.number, tag)
        order.due = None if tag in TERMINAL else self._now() + INTERVALS.get(tag, timedelta(hours=1))

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """Ask until an answer comes that is none of the gateway's, at growing intervals."""
        for attempt in range(ATTEMPTS):
            is_last = attempt + 1 == ATTEMPTS
            try:
                answer = self._client.request(method, path, json=body)
                if answer.status_code not in (500, 502) or is_last:
                    return answer
            except httpx.TransportError:
                if is_last:
                    raise
            self._sleep(BACKOFF_S * 2**attempt)
        raise AssertionError("the last attempt returns or raises")


def create_app(shop: Shop) -> Starlette:
    """Make the shop's web application: an order is put in, and looked at."""

    async def put_order(request: Request) -> Response:
        try:
            order = await run_in_threadpool(shop.ship, request.path_params["number"], await request.json())
        except RefusedError as error:
            return JSONResponse({"problem": str(error)}, 422)
        return JSONResponse({"document": order.document}, 201)

    def get_order(request: Request) -> Response:
        order = shop.orders.get(request.path_params["number"])
        if order is None:
            return Response(status_code=404)
        return JSONResponse({"status": order.tag, "told": order.told})

    return Starlette(
        routes=[
            Route("/orders/{number}", put_order, methods=["PUT"]),
            Route("/orders/{number}", get_order),
        ]
    )
