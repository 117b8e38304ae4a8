"""The yardstick: one Starlette route, the sample body of the vendor's guide, and nothing else.

Run as a program, it listens on a free port of loopback and prints its address.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Final, TypedDict

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from starlette.requests import Request

__all__ = ["SAMPLE"]


class _Tracking(TypedDict):
    id: str
    trackingNumber: str | None
    tag: str
    subtag: str
    subtagMessage: str
    slug: str
    checkpoints: list[dict[str, str | None]]


SAMPLE: Final[_Tracking] = {
    "id": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "trackingNumber": "YT2503010001CN",
    "tag": "InTransit",
    "subtag": "InTransit_001",
    "subtagMessage": "In transit",
    "slug": "yunexpress",
    "checkpoints": [
        {
            "checkpointTime": "2026-03-17T08:15:00Z",
            "city": "Los Angeles",
            "state": "CA",
            "countryRegion": "US",
            "location": "LAX Distribution Center",
            "message": "Arrived at destination country",
            "tag": "InTransit",
            "subtag": "InTransit_001",
            "subtagMessage": "In transit",
            "slug": "yunexpress",
        },
        {
            "checkpointTime": "2026-03-16T02:30:00Z",
            "city": "Shenzhen",
            "state": "Guangdong",
            "countryRegion": "CN",
            "location": None,
            "message": "Departed from sorting center",
            "tag": "InTransit",
            "subtag": "InTransit_001",
            "subtagMessage": "In transit",
            "slug": "yunexpress",
        },
        {
            "checkpointTime": "2026-03-15T10:30:00Z",
            "city": "Tokyo",
            "state": "Tokyo",
            "countryRegion": "JP",
            "location": None,
            "message": "Shipment information received",
            "tag": "InfoReceived",
            "subtag": "InfoReceived_001",
            "subtagMessage": "Shipment information received",
            "slug": "yunexpress",
        },
    ],
}


async def _track(_request: Request) -> JSONResponse:
    return JSONResponse(SAMPLE)


def _main() -> None:
    app = Starlette(routes=[Route("/tracking/{id}", _track)])
    config = uvicorn.Config(app, http="httptools", loop="uvloop", access_log=False, log_level="warning")
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    _main()
