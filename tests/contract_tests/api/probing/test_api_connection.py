"""One exchange: its deadline, its bounds, its encodings, its certificates and proxies."""

from __future__ import annotations

import gzip
import ssl
import subprocess
import threading
import time
import zlib
from base64 import b64encode
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from api_kit import Asked, replying, serving
from flexforward_contract_tests.api.probing.api_connection import MAX_BODY_BYTES, Answer, ApiConnection
from flexforward_contract_tests.api.probing.target import Target
from flexforward_contract_tests.api.probing.trust import TrustError, trusted_certificates

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

VARIABLES = ("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
LARGE = f"it had not ended after {MAX_BODY_BYTES} bytes"


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    for name in (*VARIABLES, *PROXIES, *map(str.upper, PROXIES)):
        monkeypatch.delenv(name, raising=False)


def asked(url: str, *, timeout_s: float = 5, target: str = "/tracking/a", **headers: str) -> Answer:
    connection = ApiConnection(Target(base_url=url), timeout_s=timeout_s, clock=time.monotonic)
    try:
        sent = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        return connection.exchange("GET", target, sent)
    finally:
        connection.close()


def answered(answer: Callable[[Asked], None], *, timeout_s: float = 5, **headers: str) -> Answer:
    with serving(answer) as url:
        return asked(url, timeout_s=timeout_s, **headers)


# -- Time


@contextmanager
def dripping(start: bytes, drop: bytes) -> Generator[str]:
    """Send a start, and then a drop every few milliseconds, for ever."""
    import socket

    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                try:
                    connection.sendall(start)
                    while True:
                        connection.sendall(drop)
                        time.sleep(0.02)
                except OSError:
                    return

        threading.Thread(target=drip, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    ("start", "drop", "status"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"x", None, id="a head"),
        pytest.param(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", None, id="interim answers"),
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n", b" ", 200, id="a body"),
        pytest.param(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 200, id="chunks"),
    ],
)
def test_one_deadline_holds_for_a_whole_exchange(start: bytes, drop: bytes, status: int | None) -> None:
    """In real time, for a socket's time-outs are the kernel's; how long it takes is not asked."""
    with dripping(start, drop) as url:
        answer = asked(url, timeout_s=0.1)
    assert (answer.status, answer.problem) == (status, "it had not ended in time")


def test_a_deadline_that_is_over_sends_nothing() -> None:
    now = iter((0.0, 99.0, 99.0, 99.0))
    connection = ApiConnection(Target(base_url="http://127.0.0.1:9"), timeout_s=1, clock=lambda: next(now))
    assert connection.exchange("GET", "/", ()).problem == "it had not ended in time"
    connection.close()


# -- Bodies


def test_what_is_sent_is_understood_and_comes_back() -> None:
    got: list[tuple[str | None, ...]] = []

    def answer(it: Asked) -> None:
        got.append(tuple(it.headers.get(name) for name in ("User-Agent", "Accept", "Accept-Encoding", "Host")))
        it.reply(200, {}, X_Name="ä")

    with serving(answer) as url:
        assert asked(url).headers[-1] == ("x-name", "ä")
        assert asked(url, Accept="text/html").body == b"{}"
    host = url.removeprefix("http://")
    assert got == [("flexforward-mock", kind, "gzip, deflate", host) for kind in ("*/*", "text/html")]


BODY = b'{"a": 1}' * 100


@pytest.mark.parametrize(
    ("body", "encoding", "read", "problem"),
    [
        pytest.param(gzip.compress(BODY), "gzip", BODY, None, id="gzip"),
        pytest.param(zlib.compress(BODY), "deflate", BODY, None, id="deflate"),
        pytest.param(gzip.compress(zlib.compress(BODY)), "deflate, GZIP", BODY, None, id="twice"),
        pytest.param(BODY, "identity", BODY, None, id="identity"),
        pytest.param(b"", "gzip", b"", None, id="nothing"),
        pytest.param(BODY, "br", BODY, "its encoding is 'br', which was not asked for", id="not asked for"),
        pytest.param(BODY, "gzip", BODY, "it is no gzip, though Content-Encoding says so", id="not what it says"),
        pytest.param(gzip.compress(BODY)[:-9], "gzip", BODY, "its gzip breaks off", id="broken off"),
    ],
)
def test_a_body_is_unpacked(body: bytes, encoding: str, read: bytes, problem: str | None) -> None:
    answer = answered(replying(200, body, Content_Encoding=encoding))
    assert (answer.body, answer.problem) == (read, problem)


@pytest.mark.parametrize("times", [1, 2, 3])
def test_what_unpacks_to_much_is_cut(times: int) -> None:
    body = b"0" * (MAX_BODY_BYTES + 1)
    for _ in range(times):
        body = gzip.compress(body)
    answer = answered(replying(200, body, Content_Encoding=", ".join(["gzip"] * times)))
    assert (len(answer.body), answer.problem) == (MAX_BODY_BYTES, LARGE)


def test_what_comes_without_end_is_cut() -> None:
    def endless(it: Asked) -> None:
        it.send_response(200)
        it.end_headers()
        it.close_connection = True
        for _ in range(200):
            it.wfile.write(b" " * 1_000_000)

    answer = answered(endless)
    assert answer.problem == LARGE
    assert len(answer.body) < MAX_BODY_BYTES + 1_000_000


# -- Certificates


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with an authority of one's own, and a certificate of its for localhost."""
    folder = tmp_path_factory.mktemp("authority")
    (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    signed = ("-CAcreateserial", "-days", "2", "-out", "server.pem", "-extfile", "names")
    for command in (
        ("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Test CA"),
        ("req", *key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost"),
        ("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", *signed),
    ):
        subprocess.run(("openssl", *command), cwd=folder, check=True, capture_output=True, timeout=60)
    (folder / "empty").mkdir()
    return folder


@pytest.fixture
def secure_url(authority: Path) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "server.pem", authority / "server.key")
    with serving(replying(200, {}), tls=context) as url:
        yield url.replace("http://127.0.0.1", "https://localhost")


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_a_private_authority_is_trusted_by_each_usual_variable_on_loopback_too(
    secure_url: str, authority: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    assert "certificate verify failed" in (asked(secure_url).problem or "")
    monkeypatch.chdir(authority)
    monkeypatch.setenv(variable, "ca.pem")
    assert asked(secure_url).status == 200
    if variable != "SSL_CERT_FILE":
        monkeypatch.setenv("SSL_CERT_FILE", str(authority / "server.pem"))
        assert asked(secure_url).status == 200, "what any of them names is trusted"


def test_a_folder_of_certificates_is_trusted(
    secure_url: str, authority: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    name = ("openssl", "x509", "-hash", "-noout", "-in", str(authority / "ca.pem"))
    shown = subprocess.run(name, check=True, capture_output=True, text=True, timeout=60).stdout.strip()
    (tmp_path / f"{shown}.0").write_bytes((authority / "ca.pem").read_bytes())
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    assert asked(secure_url).status == 200


@pytest.mark.parametrize(
    ("name", "problem"),
    [("nowhere.pem", "no such file or directory"), ("names", "there is no certificate in it")],
)
def test_certificates_that_cannot_be_read_are_told(
    authority: Path, monkeypatch: pytest.MonkeyPatch, name: str, problem: str
) -> None:
    monkeypatch.chdir(authority)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", name)
    with pytest.raises(TrustError) as told:
        trusted_certificates()
    assert str(told.value) == (
        f"REQUESTS_CA_BUNDLE names {name} ({problem}); allowed: a PEM file of certificates, or a folder of them; "
        "set it to one, or unset it"
    )


# -- Proxies


def test_a_proxy_of_the_environment_is_asked_for_other_hosts(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, str | None]] = []

    def proxy(it: Asked) -> None:
        seen.append((it.path, it.headers.get("Proxy-Authorization")))
        it.reply(200, {})

    with serving(proxy) as url:
        monkeypatch.setenv("http_proxy", url.replace("http://", "http://me:a%20b@"))
        assert asked("http://api.example.com/v1", target="/v1/tracking/a").status == 200
        monkeypatch.delenv("http_proxy")
        monkeypatch.setenv("all_proxy", url.removeprefix("http://"))
        assert asked("http://api.example.com", target="/tracking/b").status == 200
    login = "Basic " + b64encode(b"me:a b").decode()
    assert seen == [("http://api.example.com/v1/tracking/a", login), ("http://api.example.com/tracking/b", None)]


def test_a_proxy_that_speaks_tls_is_checked_too(secure_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", secure_url)
    assert "certificate verify failed" in (asked("http://api.example.com").problem or "")


def test_without_a_proxy_a_host_is_asked_itself() -> None:
    assert asked("http://127.0.0.1.nip.invalid:9", timeout_s=1).status is None


def test_a_proxy_of_another_kind_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks5://127.0.0.1:9")
    assert asked("http://api.example.com").problem == (
        "the proxy that the environment names is no HTTP proxy, but socks5"
    )
    monkeypatch.setenv("no_proxy", "example.invalid")
    assert "socks5" not in (asked("http://example.invalid:9", timeout_s=1).problem or "")
