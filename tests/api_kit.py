"""Hand-made evidence, and small servers that are no Flex Forward, for the tests of ``verify-api``."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import msgspec

from flexforward_contract_tests.api.evidence.evidence import Evidence
from flexforward_contract_tests.api.probing.observation import Observation
from flexforward_contract_tests.api.probing.probe import Probe
from flexforward_contract_tests.api.probing.target import Target
from flexforward_mockserver.state.demo import GUIDE_LABEL_ID

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Generator, Sequence

    import pytest

    from flexforward_openapi import Json

LABEL = "0b8f2f7e-5a59-4a3b-9f0e-2d6c1a4b7e10"
DELIVERED = "2d6c1a4b-7e10-4a3b-9f0e-0b8f2f7e5a59"
OTHER = "9f0e0b8f-2f7e-4a3b-8a59-2d6c1a4b7e10"
NUMBER = "ORDER 1/ä"

TOKEN, API_KEY, API_TOKEN = "bearer-Secret-1", "key-Secret-2", "token-Secret-3"

TARGET = Target(
    base_url="http://127.0.0.1:9",
    token=TOKEN,
    api_key=API_KEY,
    api_token=API_TOKEN,
    label_id=LABEL,
    order_number=NUMBER,
    foreign_label_id=OTHER,
    failed_label_id="FAILED-1",
    delivered_label_id=DELIVERED,
)
NOBODY = Target(base_url="http://127.0.0.1:9")

MOCK = {
    "token": "test-token",
    "api_key": "test-key",
    "api_token": "test-secret",
    "label_id": GUIDE_LABEL_ID,
    "order_number": "DEMO-guide-sample",
    "foreign_label_id": "DEMO-foreign",
    "failed_label_id": "DEMO-label-failed",
    "delivered_label_id": "D-1h-x",
    "pending_label_id": "DEMO-pending-forever",
}
"""What is to be asked for in the default sandbox of our own mock."""


def checkpoint(at: str = "2026-04-02T08:00:00Z", tag: str = "InTransit", **more: Json) -> Json:
    return {
        "checkpointTime": at,
        "city": None,
        "state": None,
        "countryRegion": "CN",
        "location": None,
        "message": "Left the hub",
        "tag": tag,
        "subtag": f"{tag}_001",
        "subtagMessage": tag,
        "slug": "yunexpress",
    } | more


def shipment(*checkpoints: Json, tag: str = "InTransit", label_id: str = LABEL, **more: Json) -> Json:
    return {
        "id": label_id,
        "trackingNumber": "YT2503010001CN",
        "tag": tag,
        "subtag": f"{tag}_001",
        "subtagMessage": tag,
        "slug": "yunexpress",
        "checkpoints": list(checkpoints),
    } | more


def seen(
    purpose: Any,
    status: int | None,
    body: Json | bytes = b"",
    *,
    problem: str | None = None,
    is_repeated: bool = False,
    content_type: str | None = "application/json",
    headers: Sequence[tuple[str, str]] = (),
    sent: Sequence[tuple[str, str]] = (),
    asks_for: str = LABEL,
    **probe: Any,
) -> Observation:
    """Return an observation; a body that is no bytes is written as JSON."""
    typed = (("content-type", content_type),) if content_type is not None else ()
    known: dict[str, Any] = {"name": "a probe", "target": f"/tracking/{asks_for}", **probe}
    return Observation(
        probe=Probe(purpose=purpose, asks_for=asks_for, headers=tuple(sent), **known),
        status=status,
        headers=(*typed, *headers),
        body=body if isinstance(body, bytes) else msgspec.json.encode(body),
        problem=problem,
        is_repeated=is_repeated,
    )


def read(*checkpoints: Json, asks_for: str = LABEL, auth_method: str = "bearer", **more: Json) -> Observation:
    """Return a 200 for a label."""
    return seen("read", 200, shipment(*checkpoints, **more), asks_for=asks_for, auth_method=auth_method)


def evidence(*observations: Observation, target: Target = TARGET) -> Evidence:
    return Evidence(target=target, observations=observations)


ERROR: dict[str, str] = {"error": "No"}


def leave_schemathesis_unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep coverage out of schemathesis's processes: nothing of ours runs there, and it would take twice as long."""
    for name in [name for name in os.environ if name.startswith("COVERAGE_PROCESS")]:
        monkeypatch.delenv(name)


# -- Servers


class Asked(BaseHTTPRequestHandler):
    """A request to a fake; ``reply`` answers it."""

    protocol_version = "HTTP/1.1"

    def reply(self, status: int, body: Json | bytes = b"", **headers: str) -> None:
        data = body if isinstance(body, bytes) else msgspec.json.encode(body)
        self.send_response(status)
        names = {"Content-Type": "application/json", "Content-Length": str(len(data))}
        for name, value in (names | {name.replace("_", "-"): value for name, value in headers.items()}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    @property
    def is_let_in(self) -> bool:
        pair = (self.headers.get("x-rr-apikey"), self.headers.get("x-rr-apitoken"))
        return self.headers.get("Authorization") == f"Bearer {TOKEN}" or pair == (API_KEY, API_TOKEN)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name in the class above
        pass


def replying(status: int, body: Json | bytes = b"", **headers: str) -> Callable[[Asked], None]:
    """Return what answers everything alike."""
    return lambda asked: asked.reply(status, body, **headers)


@contextmanager
def serving(answer: Callable[[Asked], None], *, tls: ssl.SSLContext | None = None) -> Generator[str]:
    """Serve a fake on 127.0.0.1; gives its base URL, as it is without TLS."""

    class Handler(Asked):
        wbufsize = 1 << 16  # an answer in one piece: two of them are 40 ms apart

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if self.raw_requestline and self.parse_request():
                answer(self)
                self.wfile.flush()
            else:
                self.close_connection = True

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            pass

    with Server(("127.0.0.1", 0), Handler) as server:
        if tls is not None:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def conforming(asked: Asked, change: Callable[[Asked, int, Json], tuple[int, Json]] | None = None) -> None:
    """Answer as an API does that has the labels of ``TARGET``, or as ``change`` has it."""
    key = asked.path.rpartition("/")[2]
    known = (LABEL, "ORDER%201%2F%C3%A4")
    status: int = 404
    body: Json = ERROR
    if asked.command != "GET":
        asked.rfile.read(int(asked.headers.get("Content-Length", 0)))
        asked.reply(405, ERROR, Allow="GET")
        return
    if not asked.is_let_in:
        status = 401
    elif key in known:
        newest, oldest = checkpoint("2026-04-02T08:00:00Z"), checkpoint("2026-04-01T08:00:00Z", "InfoReceived")
        status, body = 200, shipment(newest, oldest, label_id=LABEL)
    elif key == TARGET.delivered_label_id:
        status, body = 200, shipment(checkpoint(tag="Delivered"), tag="Delivered", label_id=key)
    elif key == TARGET.foreign_label_id:
        status = 403
    elif key == TARGET.failed_label_id:
        status, body = 422, {"error": "Label creation failed"}
    if change is not None:
        status, body = change(asked, status, body)
    asked.reply(status, body)
