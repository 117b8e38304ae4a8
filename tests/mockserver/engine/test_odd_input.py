"""Whatever bytes arrive: an answer that the contract lists, 400 of the HTTP parser, 404 or 405; and it goes on."""

from __future__ import annotations

import signal
import socket
import struct
import threading
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING
from urllib.parse import quote_from_bytes

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flexforward_mockserver.engine.bodies.tracking_bodies import tracking_operation
from flexforward_openapi import Json, Validation, load_contract
from server_process import running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONTRACT = load_contract()
TRACKING = tracking_operation(CONTRACT)
VALIDATION = Validation(CONTRACT)

END = b"\r\n\r\n"
AUTHORIZED = b"Host: x\r\nAuthorization: Bearer test-token"
DELIVERED = b"GET /tracking/DEMO-delivered HTTP/1.1\r\n" + AUTHORIZED + END
HEALTH = b"GET /_mock/health HTTP/1.1" + END


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        return msgspec.json.decode(self.body)


@dataclass(frozen=True)
class Server:
    """A server in a process of its own, asked with bytes."""

    address: tuple[str, int]

    def connect(self) -> socket.socket:
        connection = socket.create_connection(self.address, timeout=30)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return connection

    def ask(self, raw: bytes) -> Answer:
        (answer,) = self.ask_for(1, raw)
        return answer

    def ask_for(self, count: int, raw: bytes, *, is_head: bool = False) -> list[Answer]:
        """Send ``raw`` over a connection of its own, and read so many answers."""
        with self.connect() as connection, connection.makefile("rb") as stream:
            connection.sendall(raw)
            return [read(stream, is_head=is_head) for _ in range(count)]


def read(stream: IO[bytes], *, is_head: bool = False) -> Answer:
    protocol, status, _ = stream.readline().split(maxsplit=2)
    assert protocol == b"HTTP/1.1"
    headers: dict[str, str] = {}
    while (line := stream.readline()) != b"\r\n":
        name, _, value = line.decode("latin-1").rstrip("\r\n").partition(": ")
        headers[name] = value
    return Answer(int(status), headers, b"" if is_head else stream.read(int(headers["content-length"])))


def assert_lawful(answer: Answer) -> None:
    if answer.status == 400 and answer.headers["content-type"] != "application/json":
        assert answer.body == b"Invalid HTTP request received."
        assert answer.headers["connection"] == "close"
        return
    assert answer.headers["content-type"] == "application/json"
    if answer.status == 431:
        assert (answer.headers["connection"], list(answer.json)) == ("close", ["error"])
    elif answer.status == 405:
        assert answer.headers["allow"] == "GET"
        assert list(answer.json) == ["error"]
    elif answer.status == 400:
        assert answer.headers["x-flexforward-mock"] == "refused-preference"
        assert list(answer.json) == ["error"]
    else:
        assert answer.status in TRACKING.statuses
        response = TRACKING.response(answer.status)
        assert response is not None
        assert VALIDATION.problems(response, answer.json, strict=True) == ()


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running("--access-log") as process:
        logged: list[str] = []
        drain = threading.Thread(target=lambda: logged.extend(process.out))
        drain.start()
        server = Server(process.address)
        yield server
        still = server.ask(HEALTH).status
        process.process.send_signal(signal.SIGINT)
        drain.join(30)
        assert (still, process.process.wait(30)) == (200, 0)
        assert process.complaints() == ""
        assert logged[-1] == "Stopped.\n"
        assert all(line[:-1].isprintable() for line in logged), "nothing in a path moves the terminal's cursor"


# --- Drawn -------------------------------------------------------------------


@given(raw=st.binary(min_size=1, max_size=2700), safe=st.sampled_from(["", "/", "!$&'()*+,;=:@"]))
@example(raw=bytes(range(256)), safe="")
@example(raw=b"\xff" * 2730, safe="")  # 8 KiB
@example(raw=b"a" * 8192, safe="")
@example(raw=b"\n", safe="")
@example(raw=b"P-1h-a\nb", safe="")
@example(raw=b"\0", safe="")
@example(raw=b"..", safe="")
@example(raw=b"%2F%", safe="")
@settings(max_examples=300)
def test_any_id_is_an_id(server: Server, raw: bytes, safe: str) -> None:
    answer = server.ask(b"GET /tracking/%s HTTP/1.1\r\n%s" % (quote_from_bytes(raw, safe).encode(), AUTHORIZED) + END)
    assert_lawful(answer)
    if b"/" not in raw:
        known = b"-" in raw and answer.status == 200  # a script id
        assert known or answer.json == {"error": "Label not found"}


@given(st.binary(max_size=8192).map(lambda raw: raw.translate(None, b" \r\n")))
@example(b"DEMO-delivered?a=%zz&b#c")
@example(b"%")
@example(b"%4")
@example("订单".encode())
@example(b"\x1b[2J")
@example(b"?")
@example(b"#")
@example(b"//")
@settings(max_examples=300)
def test_any_bytes_in_the_path_are_answered(server: Server, raw: bytes) -> None:
    assert_lawful(server.ask(b"GET /tracking/%s HTTP/1.1\r\n%s" % (raw, AUTHORIZED) + END))
    assert_lawful(server.ask(b"GET %s HTTP/1.1\r\n%s" % (raw or b"/", AUTHORIZED) + END))


NAMES = st.sampled_from(
    [
        *(b"Authorization", b"Prefer", b"x-rr-apikey", b"x-rr-apitoken", b"Cookie", b"Host", b"Connection"),
        *(b"Content-Length", b"Transfer-Encoding", b"Expect", b"Upgrade", b"X-Odd"),
    ]
)
VALUES = st.sampled_from(
    [
        *(b"Bearer test-token", b"bearer  test-token ", b"Bearer \xff", b"Basic eDp5", b"test-key", b"test-secret"),
        *(b"code=502", b"code=200", b"code=429", b"code=\xb2", b"close", b"upgrade", b"keep-alive", b"websocket"),
        *(b"chunked", b"gzip, chunked", b"0", b"5", b"-1", b"99999999999999999999", b"100-continue"),
    ]
)


@given(st.lists(st.tuples(NAMES | st.binary(max_size=20), VALUES | st.binary(max_size=200)), max_size=6))
@example([(b"Transfer-Encoding", b"chunked"), (b"Content-Length", b"3")])
@example([(b"Content-Length", b"3"), (b"Content-Length", b"4")])
@example([(b"Authorization", b"Bearer test-token"), (b"Authorization", b"Bearer other-token")])
@settings(max_examples=400)
def test_any_headers_are_answered(server: Server, headers: list[tuple[bytes, bytes]]) -> None:
    lines = b"".join(b"\r\n%s: %s" % header for header in headers)
    assert_lawful(server.ask(b"GET /tracking/DEMO-delivered HTTP/1.1" + lines + END))


@given(st.binary(min_size=1, max_size=2000).filter(lambda raw: raw.strip(b"\r\n")))
@example(b"GET /tracking/DEMO-delivered")
@example(b"GET")
@example(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")  # a client that speaks TLS
@example(b"HTTP/1.1 200 OK")
@settings(max_examples=300)
def test_any_bytes_at_all_are_answered(server: Server, raw: bytes) -> None:
    assert_lawful(server.ask(raw + END))


# --- By hand -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "status"),
    [
        pytest.param(b"GET http://api.flexforward.com/tracking/DEMO-delivered HTTP/1.1", 200, id="absolute target"),
        pytest.param(b"GET http://api.flexforward.com HTTP/1.1", 400, id="absolute target without a path"),
        pytest.param(b"GET /tracking/DEMO-delivered HTTP/1.0", 200, id="HTTP/1.0"),
        pytest.param(b"GET /tracking/DEMO-delivered", 200, id="HTTP/0.9"),
        pytest.param(b"GET /tracking/DEMO-delivered HTTP/3.0", 400, id="HTTP/3.0"),
        pytest.param(b"GET  /tracking/DEMO-delivered  HTTP/1.1", 200, id="two spaces"),
        pytest.param(b"get /tracking/DEMO-delivered HTTP/1.1", 400, id="method in small letters"),
        pytest.param(b"BREW /tracking/DEMO-delivered HTTP/1.1", 400, id="method that nobody knows"),
        pytest.param(b"PROPFIND /tracking/DEMO-delivered HTTP/1.1", 405, id="method of WebDAV"),
        pytest.param(b"CONNECT /tracking/DEMO-delivered HTTP/1.1", 405, id="CONNECT to a path"),
        pytest.param(b"CONNECT api.flexforward.com:443 HTTP/1.1", 400, id="CONNECT to a host"),
        pytest.param(b"OPTIONS * HTTP/1.1", 404, id="OPTIONS *"),
        pytest.param(b"OPTIONS /tracking/DEMO-delivered HTTP/1.1", 405, id="OPTIONS"),
        pytest.param(b"\r\n\r\nGET /tracking/DEMO-delivered HTTP/1.1", 200, id="empty lines before the request"),
        pytest.param(b"GET tracking/DEMO-delivered HTTP/1.1", 400, id="no slash at the front"),
        pytest.param(b"GET //tracking/DEMO-delivered HTTP/1.1", 404, id="two slashes at the front"),
        pytest.param(b"GET /tracking/../tracking/DEMO-delivered HTTP/1.1", 404, id="dots"),
        pytest.param(b"PRI * HTTP/2.0\r\n\r\nSM", 400, id="HTTP/2 preface"),
        pytest.param(b"GET /tracking/DEMO-delivered?" + b"a" * 30_000 + b" HTTP/1.1", 200, id="long query"),
        pytest.param(b"GET /tracking/" + b"a" * 70_000 + b" HTTP/1.1", 400, id="path beyond 64 KiB"),
    ],
)
def test_an_odd_request_line_has_a_plain_answer(server: Server, line: bytes, status: int) -> None:
    answer = server.ask(line + b"\r\n" + AUTHORIZED + END)
    assert_lawful(answer)
    assert answer.status == status


@pytest.mark.parametrize(
    ("header", "status"),
    [
        pytest.param(b"X-Odd: " + b"a" * 1_000_000, 431, id="a megabyte in one header"),
        pytest.param(b"\r\n".join(b"X-%d: a" % index for index in range(5000)), 200, id="five thousand headers"),
        pytest.param(b"X-Odd:", 200, id="empty value"),
        pytest.param(b"X-Odd: \xff\xfe", 200, id="value that is not ASCII"),
        pytest.param(b"X-Odd: \0", 400, id="NUL"),
        pytest.param(b"X Odd: a", 400, id="space in a name"),
        pytest.param(b"no colon", 400, id="no colon"),
        pytest.param(b"Prefer: code=abc", 400, id="Prefer that cannot be met"),
        pytest.param(b"Content-Length: -1", 400, id="negative length"),
        pytest.param(b"Content-Length: 1\r\nTransfer-Encoding: chunked", 400, id="two framings"),
        pytest.param(b"Expect: 100-continue\r\nContent-Length: 5", 200, id="Expect"),
        pytest.param(b"Expect: something else", 200, id="Expect of something else"),
    ],
)
def test_an_odd_header_has_a_plain_answer(server: Server, header: bytes, status: int) -> None:
    answer = server.ask(b"GET /tracking/DEMO-delivered HTTP/1.1\r\n" + AUTHORIZED + b"\r\n" + header + END)
    assert_lawful(answer)
    assert answer.status == status


@pytest.mark.parametrize(
    ("method", "status", "header", "body"),
    [
        pytest.param(b"GET", 200, b"Content-Length: 5", b"hello", id="GET, with its length"),
        pytest.param(b"GET", 200, b"Transfer-Encoding: chunked", b"5\r\nhello\r\n0\r\n\r\n", id="GET, chunked"),
        pytest.param(b"GET", 200, b"Content-Length: 1000000", b"a" * 1_000_000, id="GET, a megabyte"),
        pytest.param(b"POST", 405, b"Content-Length: 5", b"hello", id="POST, with its length"),
        pytest.param(b"POST", 405, b"Content-Length: 1000000", b"a" * 1_000_000, id="POST, a megabyte"),
        pytest.param(b"GET", 200, b"Expect: 100-continue\r\nContent-Length: 5", b"hello", id="GET, expecting"),
    ],
)
def test_a_body_is_passed_over(server: Server, method: bytes, status: int, header: bytes, body: bytes) -> None:
    head = method + b" /tracking/DEMO-delivered HTTP/1.1\r\n" + AUTHORIZED + b"\r\n" + header + END
    first, second = server.ask_for(2, head + body + DELIVERED)
    assert_lawful(first)
    assert (first.status, second.status) == (status, 200)


def test_a_broken_chunk_is_the_parsers_to_refuse(server: Server) -> None:
    head = b"GET /tracking/DEMO-delivered HTTP/1.1\r\n" + AUTHORIZED + b"\r\nTransfer-Encoding: chunked" + END
    answer = server.ask(head + b"ZZ\r\n")
    assert_lawful(answer)
    assert answer.status in (200, 400)


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(
            b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Version: 13",
            id="WebSocket",
        ),
        pytest.param(
            b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB",
            id="HTTP/2, as the client of Java asks at first",
        ),
    ],
)
def test_an_upgrade_is_passed_over_and_the_connection_goes_on(server: Server, header: bytes) -> None:
    with server.connect() as connection, connection.makefile("rb") as stream:
        for raw in (b"GET /tracking/DEMO-delivered HTTP/1.1\r\n" + AUTHORIZED + b"\r\n" + header + END, DELIVERED):
            connection.sendall(raw)
            answer = read(stream)
            assert_lawful(answer)
            assert answer.status == 200


def test_head_has_the_headers_of_its_refusal_and_no_body(server: Server) -> None:
    request = b"HEAD /tracking/DEMO-delivered HTTP/1.1\r\n" + AUTHORIZED + END
    for answer in server.ask_for(2, request + request, is_head=True):
        assert (answer.status, answer.headers["allow"]) == (405, "GET")
        assert int(answer.headers["content-length"]) > 0


def test_pipelined_requests_are_answered_in_their_order(server: Server) -> None:
    paths = (b"/tracking/DEMO-delivered", b"/tracking/DEMO-foreign", b"/nothing", b"/tracking/DEMO-label-failed")
    raw = b"".join(b"GET %s HTTP/1.1\r\n%s" % (path, AUTHORIZED) + END for path in paths)
    answers = server.ask_for(12, raw * 3)
    for answer in answers:
        assert_lawful(answer)
    assert [answer.status for answer in answers] == [200, 403, 404, 422] * 3


def test_a_request_may_come_byte_by_byte(server: Server) -> None:
    with server.connect() as connection, connection.makefile("rb") as stream:
        for byte in DELIVERED:
            connection.send(bytes([byte]))
        assert read(stream).status == 200


@pytest.mark.parametrize("is_reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\r\n\r\n", id="empty request lines"),
        pytest.param(DELIVERED[:30], id="half a request"),
        pytest.param(DELIVERED, id="a request whose answer nobody reads"),
        pytest.param(DELIVERED[:-2] + b"Content-Length: 9" + END + b"half", id="half a body"),
        pytest.param(b"GET /tracking/DEMO-long-history HTTP/1.1\r\n" + AUTHORIZED + END, id="a long answer"),
    ],
)
def test_a_client_that_goes_away_harms_nobody(server: Server, raw: bytes, *, is_reset: bool) -> None:
    for _ in range(5):
        connection = server.connect()
        connection.sendall(raw)
        if is_reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()
    assert server.ask(DELIVERED).status == 200


def test_many_idle_connections_keep_nobody_out(server: Server) -> None:
    idle = [server.connect() for _ in range(100)]
    assert server.ask(DELIVERED).status == 200
    for connection in idle:
        connection.close()
