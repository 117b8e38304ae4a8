"""What the faults look like from the other end of a real connection."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec
import pytest

from control_kit import ControlKit
from flexforward_fixtures.transports.live_server import run_in_thread
from flexforward_mockserver.engine.delivery import Delivery
from flexforward_mockserver.engine.messages import Response
from flexforward_mockserver.web import delivery
from flexforward_mockserver.web.app import create_app
from flexforward_mockserver.web.control_app import HostGuard, create_control_app
from kit import Kit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flexforward_openapi import Json

PATIENCE_S = 20.0


class Wire:
    """A live server with a sandbox, spoken to byte by byte."""

    def __init__(self, desk: ControlKit, url: str) -> None:
        self.desk = desk
        host, _, port = url.partition("//")[2].partition(":")
        self.address = (host, int(port))

    def open(self, key: str = "T-1h-a", timeout: float = PATIENCE_S, **more: str) -> socket.socket:
        connection = socket.create_connection(self.address, timeout)
        headers = {"Host": "mock", "Authorization": "Bearer YOUR_API_TOKEN", "Connection": "close", **more}
        lines = [f"GET /tracking/{key} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        connection.sendall("\r\n".join(lines).encode())
        return connection

    def ask(self, key: str = "T-1h-a", **more: str) -> tuple[int, Mapping[str, str], bytes]:
        with closing(self.open(key, PATIENCE_S, **more)) as connection:
            return parse(read_all(connection))

    def fault(self, kind: str, **more: Json) -> None:
        self.desk.get("createFault", {"kind": kind, **more})

    @property
    def last(self) -> Json:
        return self.desk.get("getJournal")["exchanges"][-1]


def read_all(connection: socket.socket) -> bytes:
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    return received


def parse(received: bytes) -> tuple[int, Mapping[str, str], bytes]:
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return int(first.split()[1]), headers, body


@pytest.fixture(scope="module")
def live() -> Iterator[Wire]:
    desk = ControlKit(Kit(with_demos=False))
    with run_in_thread(create_app(desk.kit.engine, control=create_control_app(desk.control, HostGuard()))) as url:
        yield Wire(desk, url)


@pytest.fixture
def wire(live: Wire, capfd: pytest.CaptureFixture[str]) -> Iterator[Wire]:
    live.desk.get("resetSandbox")
    yield live
    assert live.ask()[0] == 200, "whatever happened to one connection, others are served"
    assert capfd.readouterr().err == "", "a fault that was ordered is no error of the server"


def check_named(wire: Wire, headers: Mapping[str, str], kind: str, status: int | None) -> None:
    assert headers.get("x-flexforward-mock", kind) == kind
    entry = wire.last
    assert (entry["fault"], entry["status"], entry["poll"]) == (kind, status, None)


def test_a_reset_is_an_rst(wire: Wire) -> None:
    wire.fault("reset")
    with closing(wire.open()) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)
    check_named(wire, {}, "reset", None)


def test_a_close_is_an_end_before_any_byte(wire: Wire) -> None:
    wire.fault("close")
    with closing(wire.open()) as connection:
        assert connection.recv(1) == b""
    check_named(wire, {}, "close", None)


def test_a_close_in_mid_body_leaves_bytes_out(wire: Wire) -> None:
    wire.fault("close-mid-body")
    status, headers, body = wire.ask()
    whole = wire.ask()[2]
    assert (status, int(headers["content-length"])) == (200, len(whole))
    assert body == whole[: len(whole) // 2]
    assert headers["x-flexforward-mock"] == "close-mid-body"


def test_no_answer_comes_while_others_are_served(wire: Wire) -> None:
    wire.fault("no-answer")
    with closing(wire.open(timeout=0.2)) as connection:
        with pytest.raises(TimeoutError):
            connection.recv(1)
        check_named(wire, {}, "no-answer", None)
        assert wire.ask()[0] == 200
        with pytest.raises(TimeoutError):
            connection.recv(1)


def test_no_answer_ends_at_last(wire: Wire, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery, "NO_ANSWER_S", 0.1)
    with closing(wire.open(Prefer="fault=no-answer")) as connection:
        assert read_all(connection) == b""


def test_a_server_stops_though_somebody_waits_for_no_answer() -> None:
    desk = ControlKit(Kit(with_demos=False))
    with run_in_thread(create_app(desk.kit.engine)) as url:
        connection = Wire(desk, url).open(Prefer="fault=no-answer")
        while not desk.get("getJournal")["exchanges"]:
            time.sleep(0.01)
    with closing(connection):
        assert connection.recv(1) == b""


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [
        ("truncated", "application/json"),
        ("not-json", "application/json"),
        ("wrong-media-type", "text/html; charset=utf-8"),
        ("empty-body", "application/json"),
    ],
)
def test_a_spoilt_body_comes_whole(wire: Wire, kind: str, content_type: str) -> None:
    wire.fault(kind)
    status, headers, body = wire.ask()
    whole = wire.ask()[2]
    assert (status, headers["content-type"], headers["content-length"]) == (200, content_type, str(len(body)))
    expected = {"truncated": whole[: len(whole) // 2], "wrong-media-type": whole, "empty-body": b""}
    assert body == expected.get(kind, body)
    if kind != "wrong-media-type":
        with pytest.raises(msgspec.DecodeError):
            msgspec.json.decode(body)
    assert headers["x-flexforward-mock"] == kind
    wire.fault(kind)
    check_named(wire, wire.ask()[1], kind, 200)


@pytest.mark.parametrize(
    ("kind", "status", "retry_after"),
    [("undocumented-status", 429, "60"), ("undocumented-status", 503, "60"), ("unlisted-status", 423, None)],
)
def test_a_status_that_is_not_listed(wire: Wire, kind: str, status: int, retry_after: str | None) -> None:
    wire.fault(kind, status=status)
    got, headers, body = wire.ask()
    assert (got, headers.get("retry-after"), headers["x-flexforward-mock"]) == (status, retry_after, kind)
    assert list(msgspec.json.decode(body)) == ["error"]


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_none(wire: Wire, status: int) -> None:
    wire.fault("undocumented-status", status=status)
    got, headers, body = wire.ask()
    assert (got, body, headers["x-flexforward-mock"]) == (status, b"", "undocumented-status")


def test_latency_is_waited_for_and_moves_a_clock_that_stands(wire: Wire) -> None:
    wire.desk.get("setClock", {"now": "2026-04-02T00:00:00Z", "frozen": True})
    before = time.monotonic()
    status, headers, _ = wire.ask(Prefer="delay=1s")
    assert time.monotonic() - before >= 1
    assert (status, headers["preference-applied"]) == (200, "delay=1s")
    assert wire.desk.get("getClock")["now"] == "2026-04-02T00:00:01Z"
    wire.fault("latency", delay_s=0.1)
    before = time.monotonic()
    assert wire.ask()[1]["x-flexforward-mock"] == "latency"
    assert time.monotonic() - before >= 0.1
    assert wire.last["duration_s"] == 0.1


def test_virtual_latency_passes_as_fast_as_the_clock(wire: Wire) -> None:
    wire.desk.get("setClock", {"rate": 36_000})
    before = time.monotonic()
    wire.ask(Prefer="delay=1h")
    assert time.monotonic() - before >= 0.1
    assert wire.last["duration_s"] == 3600


def test_a_dribble_comes_in_pieces(wire: Wire) -> None:
    wire.fault("dribble", delay_s=0.2)
    pieces: list[bytes] = []
    before = time.monotonic()
    with closing(wire.open()) as connection:
        while chunk := connection.recv(65536):
            pieces.append(chunk)
    assert time.monotonic() - before >= 0.2
    assert len(pieces) > 3
    status, headers, body = parse(b"".join(pieces))
    assert (status, int(headers["content-length"])) == (200, len(body))
    assert headers["x-flexforward-mock"] == "dribble"
    assert body == wire.ask()[2]


def test_a_client_that_leaves_during_a_dribble_or_a_delay_is_no_error(wire: Wire) -> None:
    for kind in ("dribble", "latency"):
        wire.fault(kind, delay_s=0.2)
        with closing(wire.open()) as connection:
            if kind == "dribble":
                connection.recv(10)
    time.sleep(0.3)


@pytest.mark.parametrize("kind", ["reset", "close", "close-mid-body", "no-answer"])
def test_one_request_asks_for_a_broken_connection_by_prefer(wire: Wire, kind: str) -> None:
    connection = wire.open(timeout=0.3, Prefer=f"fault={kind}")
    with closing(connection):
        try:
            received = read_all(connection)
        except (ConnectionResetError, TimeoutError) as error:
            assert type(error) is {"reset": ConnectionResetError, "no-answer": TimeoutError}[kind]
        else:
            assert bool(received) == (kind == "close-mid-body")
    assert wire.last["fault"] == kind


def test_faults_of_many_connections_at_once_hit_as_often_as_ordered(wire: Wire) -> None:
    wire.fault("reset", times=10)
    wire.fault("close", times=10)
    outcomes: list[str] = []

    def ask() -> None:
        with closing(wire.open()) as connection:
            try:
                outcomes.append("answer" if read_all(connection) else "close")
            except ConnectionResetError:
                outcomes.append("reset")

    threads = [threading.Thread(target=ask) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_S)
    assert {name: outcomes.count(name) for name in ("reset", "close", "answer")} == {
        "reset": 10,
        "close": 10,
        "answer": 20,
    }


def test_a_broken_connection_needs_a_server_that_shows_its_own() -> None:
    async def nothing() -> dict[str, str]:
        return {"type": "http.disconnect"}

    async def send(_message: object) -> None:
        raise AssertionError

    assert delivery.transport_of(send) is None
    for manner in ("close", "reset", "close-mid-body"):
        reply = Response(200, [], b"{}", Delivery(manner=manner))
        with pytest.raises(RuntimeError, match=r"^this server does not let a connection be broken; run"):
            asyncio.run(delivery.deliver(reply, nothing, send, None))
    asyncio.run(delivery.deliver(Response(200, [], b"", Delivery(manner="no-answer")), nothing, send, None))


def test_a_delayed_response_is_not_sent_where_the_server_ends_and_shows_no_connection() -> None:
    async def waits() -> dict[str, str]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(_message: object) -> None:
        raise AssertionError

    async def end() -> None:
        reply = Response(200, [], b"{}", Delivery(manner="whole", delay_s=30))
        task = asyncio.ensure_future(delivery.deliver(reply, waits, send, None))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await task

    asyncio.run(end())
