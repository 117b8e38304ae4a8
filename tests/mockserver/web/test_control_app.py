from __future__ import annotations

import asyncio
import errno
import re
import signal
import socket
from contextlib import closing
from http.client import HTTPConnection, HTTPResponse
from importlib.machinery import SourceFileLoader
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec
import pytest

from control_kit import ControlKit, check
from flexforward_fixtures.transports.live_server import run_in_thread
from flexforward_mockserver.web.app import create_app
from flexforward_mockserver.web.control_app import MAX_BODY_BYTES, HostGuard, create_control_app
from kit import Got
from server_process import running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flexforward_openapi import Json

TOKEN = "the-control-token"
NOTHING: Mapping[str, str] = {}


class Door:
    """A live server with a control API."""

    def __init__(self, desk: ControlKit, url: str) -> None:
        self.desk = desk
        self.host = url.partition("//")[2]
        name, _, port = self.host.partition(":")
        self.address = (name, int(port))

    def ask(self, method: str, path: str, body: bytes | Json = b"", headers: Mapping[str, str] = NOTHING) -> Got:
        with closing(HTTPConnection(*self.address, timeout=20)) as connection:
            sent = body if isinstance(body, bytes) else msgspec.json.encode(body)
            connection.request(method, path, body=sent or None, headers=dict(headers))
            response = connection.getresponse()
            got = Got(response.status, {name.lower(): value for name, value in response.getheaders()}, response.read())
        if got.body:
            assert got.headers["content-type"] == "application/json"
        return got

    def raw(self, *lines: str) -> Got:
        with closing(socket.create_connection(self.address, 20)) as connection:
            connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
            response = HTTPResponse(connection)
            response.begin()
            return Got(response.status, dict(response.getheaders()), response.read())


@pytest.fixture(scope="module")
def door() -> Iterator[Door]:
    desk = ControlKit()
    with run_in_thread(create_app(desk.kit.engine, control=create_control_app(desk.control, HostGuard()))) as url:
        yield Door(desk, url)


@pytest.fixture(scope="module")
def guarded() -> Iterator[Door]:
    desk = ControlKit()
    control = create_control_app(desk.control, HostGuard(token=TOKEN))
    with run_in_thread(create_app(desk.kit.engine, control=control)) as url:
        yield Door(desk, url)


def test_a_shipped_file_that_cannot_be_opened_is_no_fault_of_the_call(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_loader: SourceFileLoader, _path: str) -> bytes:
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(SourceFileLoader, "get_data", full)
    got = door.ask("GET", "/_mock/scenario.schema.json")
    told = msgspec.json.decode(got.body)
    assert (got.status, "Too many open files" in told["error"], told["allowed"]) == (503, True, "to ask again")


def test_a_call_over_http_from_making_a_sandbox_to_its_end(door: Door) -> None:
    made = door.ask("POST", "/_mock/sandboxes")
    assert made.status == 201
    check("createSandbox", 201, made.json)
    assert made.json["base_url"] == f"http://{door.host}"
    place = f"/_mock/sandboxes/{made.json['id']}"
    label = door.ask("POST", f"{place}/labels", {"scenario": "TD-1x-a", "order_number": "A"})
    assert label.status == 201
    bearer = {"Authorization": f"Bearer {made.json['accounts']['own']['token']}"}
    assert [door.ask("GET", "/tracking/A", headers=bearer).json["tag"] for _ in range(2)] == ["InTransit", "Delivered"]
    journal = door.ask("GET", f"{place}/journal?status=200&limit=1")
    check("getJournal", 200, journal.json)
    assert [entry["poll"] for entry in journal.json["exchanges"]] == [2]
    assert door.ask("GET", f"{place}/journal.har").json["log"]["entries"][1]["request"]["url"] == (
        f"http://{door.host}/tracking/A"
    )
    gone = door.ask("DELETE", place)
    assert (gone.status, gone.body) == (204, b"")
    assert door.ask("GET", place).status == 404


def test_the_document_that_is_served_lists_every_path_that_is(door: Door) -> None:
    document = door.ask("GET", "/_mock/openapi.json").json
    assert document["openapi"].startswith("3.1")
    for path, item in document["paths"].items():
        for method in ("get", "put", "post", "delete", "patch"):
            url = re.sub(r"\{[a-z]+\}", "no-such-thing", path)
            assert (door.ask(method.upper(), url).status == 405) == (method not in item)


# -- Names in paths


@pytest.mark.parametrize(
    "order_number",
    ["a/b", "a//b", "/", "a%2Fb", "a?b#c d", "订单/一", "..", ".", "labels/x/advance", "+", "{label}", "%"],
)
def test_a_label_is_found_by_any_order_number(door: Door, order_number: str) -> None:
    made = door.ask("POST", "/_mock/sandboxes/default/labels", {"scenario": "PITD-1h-a", "order_number": order_number})
    assert made.status == 201
    path = f"/_mock/sandboxes/default/labels/{quote(order_number, safe='')}"
    assert door.ask("GET", path).json == made.json
    assert door.ask("POST", f"{path}/advance").json["step"] == 1
    assert door.ask("POST", f"{path}/jump", {"step": 3}).json["step"] == 3
    assert door.ask("POST", f"{path}/reset").json["step"] == 0
    assert door.ask("DELETE", path).status == 204
    assert door.ask("GET", path).json["error"] == f"no label {order_number!r}"


@pytest.mark.parametrize(
    "path",
    [
        "/_mock/nothing",
        "/_mock/health/",
        "/_mock/health/more",
        "/_mock//health",
        "/_mock/sandboxes/default/labels/",
        "/_mock/sandboxes/default/labels/a/b",
        "/_mock/sandboxes//clock",
        "/_mock/%2Fhealth",
        "/_mock/%FF",
    ],
)
def test_an_unknown_path_is_a_404_that_lists_the_known_ones(door: Door, path: str) -> None:
    got = door.ask("GET", path)
    assert got.status == 404
    assert (got.json["error"], got.json["field"]) == (f"no control path {path}", "path")
    assert got.json["allowed"].startswith("/_mock/health, /_mock/openapi.json, ")


def test_an_encoded_path_is_the_same_path(door: Door) -> None:
    assert door.ask("GET", "/_mock/%68ealth").status == 200
    assert door.ask("GET", "/_mock/sandboxes/defaul%74/clock").status == 200


def test_bytes_that_are_no_text_name_nothing(door: Door) -> None:
    assert door.ask("GET", "/_mock/sandboxes/%FF/clock").status == 404


def test_without_a_raw_path_the_decoded_one_serves() -> None:
    desk = ControlKit()
    app = create_control_app(desk.control, HostGuard())
    sent: list[Json] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: object) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": "/_mock/scenarios/TD-1h-a b",
        "query_string": b"",
        "headers": [(b"host", b"localhost")],
        "scheme": "http",
        "server": ("localhost", 80),
    }
    asyncio.run(app(scope, receive, send))
    assert (sent[0]["status"], msgspec.json.decode(sent[1]["body"])["name"]) == (200, "TD-1h")
    asyncio.run(app({"type": "websocket", "path": "/_mock/health", "headers": []}, receive, send))
    assert sent[2:] == [{"type": "websocket.close", "code": 1000}]


# -- Methods and bodies


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/_mock/health", "GET, HEAD"),
        ("/_mock/sandboxes", "GET, HEAD, POST"),
        ("/_mock/sandboxes/default/clock", "GET, HEAD, PATCH"),
        ("/_mock/sandboxes/default/labels/DEMO-x", "DELETE, GET, HEAD"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "TRACE"])
def test_another_method_is_a_405_with_allow(door: Door, method: str, path: str, allowed: str) -> None:
    got = door.ask(method, path)
    assert (got.status, got.headers["allow"]) == (405, allowed)
    assert got.json["error"].endswith(f"has no {method}")
    assert (got.json["field"], got.json["allowed"]) == ("method", allowed)


def test_head_is_answered_as_get_is_without_the_body(door: Door) -> None:
    whole, bare = door.ask("GET", "/_mock/health"), door.ask("HEAD", "/_mock/health")
    assert (bare.status, bare.body) == (200, b"")
    assert bare.headers["content-length"] == whole.headers["content-length"]
    posted = door.ask("HEAD", "/_mock/sandboxes/default/reset")
    assert (posted.status, posted.headers["allow"]) == (405, "POST")


def test_a_body_up_to_the_bound_is_read_and_one_beyond_is_a_413(door: Door) -> None:
    start, end = b'{"seed": 1', b"}"
    fits = start + b" " * (MAX_BODY_BYTES - len(start) - len(end)) + end
    assert door.ask("POST", "/_mock/sandboxes", fits).status == 201
    got = door.ask("POST", "/_mock/sandboxes", fits + b" ")
    assert (got.status, got.json) == (
        413,
        {"error": "the body is longer than 1048576 bytes", "field": "body", "allowed": "less"},
    )


@pytest.mark.parametrize("body", [b"not json", b"\xff\xfe", b'"\xff"', b"{'a': 1}", b"null", b"[]", b"\x00"])
def test_a_body_that_is_no_json_object_is_a_400(door: Door, body: bytes) -> None:
    got = door.ask("POST", "/_mock/sandboxes", body)
    assert got.status == 400
    assert got.json["field"] == "body"
    check("createSandbox", 400, got.json)


def test_the_media_type_of_a_body_does_not_matter(door: Door) -> None:
    for media_type in ("text/plain", "application/json; charset=utf-8", "x"):
        assert door.ask("POST", "/_mock/sandboxes", {"seed": 1}, {"Content-Type": media_type}).status == 201


def test_a_body_that_an_offer_to_change_the_protocol_hides_is_not_taken_for_none(door: Door) -> None:
    offer = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2-Settings": "AAEAAEAAAAIAAAAA"}
    got = door.ask("POST", "/_mock/sandboxes", {"seed": 1}, offer)
    assert (got.status, got.json) == (
        400,
        {
            "error": "the request offers to change to h2c, so its body was not read",
            "field": "upgrade",
            "allowed": "the same request without it: plain HTTP/1.1",
        },
    )
    assert door.ask("POST", "/_mock/sandboxes", b"", offer).status == 201
    assert door.ask("GET", "/_mock/health", b"", offer).status == 200


def test_a_client_that_leaves_before_the_end_of_its_body_is_no_error(
    door: Door, capfd: pytest.CaptureFixture[str]
) -> None:
    with closing(socket.create_connection(door.address, 20)) as connection:
        connection.sendall(b"POST /_mock/sandboxes HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
    assert door.ask("GET", "/_mock/health").status == 200
    assert capfd.readouterr().err == ""


# -- The guard


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8080", 200),
        ("localhost:1", 200),
        ("LOCALHOST", 200),
        ("[::1]", 200),
        ("[::1]:8080", 200),
        ("evil.test", 403),
        ("evil.test:8080", 403),
        ("localhost.evil.test", 403),
        ("127.0.0.1.evil.test:80", 403),
        ("127.0.0.1:", 403),
        ("[::2]", 403),
        ("", 403),
    ],
)
def test_the_server_answers_to_its_own_names_only(door: Door, host: str, status: int) -> None:
    got = door.raw("GET /_mock/scenarios HTTP/1.1", f"Host: {host}")
    assert got.status == status
    if status == 403:
        assert (got.json["field"], got.json["allowed"]) == ("host", "127.0.0.1, localhost, [::1]")


def test_a_request_without_a_host_is_refused(door: Door) -> None:
    assert door.raw("GET /_mock/scenarios HTTP/1.0").json["error"] == "the server is not called ''"


@pytest.mark.parametrize(
    ("origin", "status"),
    [("http://evil.test", 403), ("null", 403), ("http://127.0.0.1", 403), ("own", 200), ("own over https", 200)],
)
def test_a_foreign_page_is_refused(door: Door, origin: str, status: int) -> None:
    own = {"own": f"http://{door.host}", "own over https": f"https://{door.host}"}
    got = door.ask("GET", "/_mock/scenarios", headers={"Origin": own.get(origin, origin)})
    assert got.status == status
    if status == 403:
        assert got.json == {
            "error": f"a page of {origin} asks",
            "field": "origin",
            "allowed": "programs, not foreign pages",
        }


def test_a_refused_call_changes_nothing_and_learns_nothing(door: Door) -> None:
    before = len(list(door.desk.kit.engine.sandboxes))
    assert door.ask("POST", "/_mock/sandboxes", headers={"Origin": "http://evil.test"}).status == 403
    assert len(list(door.desk.kit.engine.sandboxes)) == before
    assert door.ask("GET", "/_mock/nothing", headers={"Host": "evil.test"}).status == 403
    assert door.ask("PUT", "/_mock/health", headers={"Host": "evil.test"}).status == 403


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer  {TOKEN}", 200),
        (f"Bearer {TOKEN}x", 401),
        (f"Basic {TOKEN}", 401),
        (TOKEN, 401),
        ("Bearer", 401),
        ("Bearer ", 401),
        ("Bearer tökén", 401),
        ("Bearer YOUR_API_TOKEN", 401),
    ],
)
def test_where_there_is_a_token_it_has_to_be_shown(guarded: Door, header: str, status: int) -> None:
    got = guarded.ask("GET", "/_mock/scenarios", headers={"Authorization": header})
    assert got.status == status
    if status == 401:
        assert got.headers["www-authenticate"].startswith("Bearer ")
        assert got.json == {
            "error": "the control token is missing or wrong",
            "field": "authorization",
            "allowed": "Bearer and the token",
        }


def test_health_is_open_and_nothing_else_is(guarded: Door) -> None:
    assert guarded.ask("GET", "/_mock/health").status == 200
    assert guarded.ask("GET", "/_mock/%68ealth").status == 200
    for method, path in (
        ("POST", "/_mock/health"),
        ("GET", "/_mock/health/"),
        ("GET", "/_mock/openapi.json"),
        ("GET", "/_mock/nothing"),
        ("GET", "/_mock/scenarios/..%2Fhealth"),
    ):
        assert guarded.ask(method, path).status == 401


def test_with_a_token_any_name_will_do_and_a_foreign_page_still_not(guarded: Door) -> None:
    token = {"Authorization": f"Bearer {TOKEN}"}
    assert guarded.ask("GET", "/_mock/scenarios", headers={"Host": "mock.test", **token}).status == 200
    assert guarded.ask("GET", "/_mock/scenarios", headers={"Origin": "http://evil.test", **token}).status == 403
    assert guarded.ask("GET", "/_mock/health", headers={"Host": "mock.test"}).status == 200


# -- Secrets

TOKEN_, KEY, PAIR, OWN, WRONG, QUERY = (f"s3cret-{name}" for name in ("token", "key", "pair", "own", "no/one", "query"))
SECRETS = (TOKEN_, KEY, PAIR, OWN, WRONG, QUERY, TOKEN)
OPTIONS = ("--token", TOKEN_, "--api-key", KEY, "--api-token", PAIR, "--control-token", TOKEN, "--access-log")
SHOWN: tuple[Mapping[str, str], ...] = (
    {"Authorization": f"Bearer {TOKEN_}"},
    {"x-rr-apikey": KEY, "x-rr-apitoken": PAIR},
    {"Authorization": f"Bearer {OWN}"},
    {"Authorization": f"Bearer {WRONG}"},
)


def outputs_of(paths: tuple[str, ...]) -> list[bytes]:
    """Ask for paths in which ``{}`` is the secret that is shown beside; return all that comes out of the server."""
    with running(*OPTIONS) as server:
        door = Door(ControlKit(), server.url)
        operator = {"Authorization": f"Bearer {TOKEN}"}
        made = door.ask("POST", "/_mock/sandboxes", {"accounts": {"own": {"token": OWN}}}, operator).json
        outputs: list[bytes] = []
        for headers in SHOWN:
            secret = next(iter(headers.values())).removeprefix("Bearer ")
            asked = [path.format(quote(secret, safe="")) for path in paths]
            outputs += [door.ask(method, path, b"", headers).body for path in asked for method in ("GET", "POST")]
            outputs.append(door.ask("GET", "/tracking/a", b"", {**headers, "Prefer": "code=999"}).body)
            outputs.append(door.ask("GET", "/_mock/sandboxes", b"", headers).body)
        for accounts in (
            {"own": {"token": OWN}},
            {"own": {"token": f"{OWN} "}},
            {"own": OWN},
            {"own": {"api_key": KEY}},
        ):
            got = door.ask("POST", "/_mock/sandboxes", {"accounts": accounts}, operator)
            assert got.status in (400, 409)
            outputs.append(got.body)
        places = [
            f"/_mock/sandboxes/{name}/{what}"
            for name in ("default", made["id"])
            for what in ("journal", "journal.har", "labels", "faults", "clock")
        ]
        for place in (*places, "/_mock/journal", "/_mock/sandboxes"):
            got = door.ask("GET", place, b"", operator)
            assert got.status == 200
            outputs.append(got.body)
        _, out, err = server.stop(signal.SIGTERM)
        assert "/tracking/DEMO-delivered 200" in out
        return [*outputs, "\n".join(server.screen).encode(), out.encode(), err.encode()]


def leaks(outputs: list[bytes]) -> set[tuple[str, bytes]]:
    return {
        (secret, output[max(0, output.index(secret.encode()) - 60) :][:120])
        for secret in SECRETS
        for output in outputs
        if secret.encode() in output
    }


def test_no_secret_of_headers_or_queries_stands_in_any_output() -> None:
    query = f"apiKey={QUERY}&access_token={QUERY}"
    assert leaks(outputs_of(("/tracking/DEMO-delivered", f"/tracking/a?{query}&x={{}}", f"/nowhere?{query}"))) == set()


def test_no_secret_of_paths_stands_in_any_output() -> None:
    assert leaks(outputs_of(("/tracking/DEMO-delivered", "/tracking/{}", "/nowhere/{}"))) == set()
