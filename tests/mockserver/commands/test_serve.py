"""The command ``serve``: as a process where signals, sockets and time count, else in this process.

One file, though a long one: each test is an option or a refusal of the same command, and they share two fixtures.
"""

from __future__ import annotations

import os
import pickle
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
import pytest
import uvicorn
import yaml
from click.testing import CliRunner

from flexforward_mockserver.commands import cli
from flexforward_mockserver.commands.access_log import access_line
from flexforward_mockserver.commands.banner import invocation
from flexforward_mockserver.web.app import create_app
from flexforward_mockserver.web.assembly import OptionError, ServerOptions, build_server
from flexforward_openapi import CONTRACT_FILE
from kit import OTHER, OWN, PAIR, Got, Kit
from label_kit import label_body
from server_process import Process, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from starlette.applications import Starlette
    from starlette.types import ASGIApp

    from flexforward_mockserver.engine.engine import Engine
    from flexforward_mockserver.engine.messages import Request, Response

SCENARIO = """\
name: {}
summary: For a test.
steps:
  - tag: Exception
    checkpoint: {{}}
"""
NONE: Mapping[str, str] = {}


# --- A process ---------------------------------------------------------------


@pytest.fixture(scope="module")
def plain() -> Iterator[Process]:
    with running() as process:
        yield process
        elapsed, out, err = process.stop(signal.SIGINT)
        *told, last = out.splitlines()
        assert (process.process.returncode, last, err) == (0, "Stopped.", "")
        assert all(re.search(r" (401|404|422)( |$)", line) for line in told), "what a test of this module asked for"
        assert elapsed < 2


# --- Without a process -------------------------------------------------------


class ServerParts(Kit):
    """The engine that ``serve`` made of its options."""

    def __post_init__(self) -> None:
        self.replies: list[tuple[Request, Response]] = []


class Start(NamedTuple):
    kit: ServerParts
    out: str
    uvicorn: uvicorn.Server
    on_reply: Callable[[Request, Response], None] | None
    places: Sequence[tuple[str, int]]


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Start]]:
    """Run ``serve`` with its server left out: nothing is served, everything else happens."""
    kit = ServerParts()
    servers: list[uvicorn.Server] = []
    told: list[Callable[[Request, Response], None] | None] = []
    places: list[tuple[str, int]] = []

    def made(
        engine: Engine,
        *,
        control: ASGIApp,
        on_reply: Callable[[Request, Response], None] | None,
        cors: str | None,
        leads_to_page: bool,
    ) -> Starlette:
        kit.engine = engine
        told.append(on_reply)
        return create_app(engine, control=control, on_reply=on_reply, cors=cors, leads_to_page=leads_to_page)

    def run(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        servers.append(server)
        for each in sockets:
            with closing(each) as listener, closing(socket.create_connection(listener.getsockname()[:2])):
                """It takes connections before the server runs."""
                places.append(listener.getsockname()[:2])

    def start(*args: str) -> Start:
        ran = CliRunner().invoke(cli.group, ["serve", "--port", "0", *args], catch_exceptions=False)
        assert (ran.exit_code, ran.stderr) == (0, ""), ran.output
        return Start(kit, ran.stdout, servers[-1], told[-1], places)

    monkeypatch.setattr("flexforward_mockserver.commands.serve.create_app", made)
    monkeypatch.setattr(uvicorn.Server, "run", run)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield start
    for number, handler in handlers.items():
        signal.signal(number, handler)


@pytest.fixture
def refused(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., list[str]]:
    """Run a command line that ``serve`` must refuse, and return what it says on stderr."""

    def served(*_: object, **__: object) -> None:
        pytest.fail("it was not refused")

    def refused(*args: str) -> list[str]:
        monkeypatch.setattr(sys, "argv", ["flexforward-mock", "serve", *args])
        monkeypatch.setattr(uvicorn.Server, "run", served)
        with pytest.raises(SystemExit) as end:
            cli.main()
        out, err = capsys.readouterr()
        assert (end.value.code, out) == (2, "")
        return err.splitlines()

    return refused


# --- The first screen --------------------------------------------------------


def test_the_first_screen_tells_all_that_a_beginner_needs(plain: Process) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:[1-9][0-9]*", plain.url)
    assert plain.screen == [
        "Flex Forward mock (unofficial), following flex-forward.yaml 1.0.0",
        f"Listening on {plain.url}  (Ctrl-C stops it)",
        f"Watch and drive it in a browser: {plain.url}/_mock/",
        "",
        "Credentials",
        "  Authorization: Bearer YOUR_API_TOKEN",
        "  x-rr-apikey: test-key   x-rr-apitoken: test-secret",
        "",
        "Shipments to ask for",
        "  f47ac10b-58cc-4372-a567-0e02b2c3d479   the sample of the vendor's guide",
        "  DEMO-delivered",
        "  DEMO-exception-returned",
        "  DEMO-gateway-trouble",
        "  DEMO-label-failed",
        "  PITD-10s-hello   any lifecycle you spell: here Pending, InfoReceived, InTransit, Delivered, 10 s each",
        f"  (all scenarios: {os.path.relpath(sys.executable)} -m flexforward_mockserver scenarios list)",
        "Any other id is answered with 404; --unknown-ids delivered plays a lifecycle for each of them.",
        "Labels made by POST /labels play delivered (--new-labels).",
        f"Control API: {plain.url}/_mock/openapi.json",
        "",
        "Try",
        f"  curl -H 'Authorization: Bearer YOUR_API_TOKEN' {plain.url}/tracking/PITD-10s-hello",
    ]


def curl(line: str) -> Got:
    ran = subprocess.run(
        line + " -sS -w '\\n%{http_code}'",
        shell=True,
        check=True,
        capture_output=True,
        env={**os.environ, "NO_PROXY": "*"},
        timeout=60,
    )
    body, _, status = ran.stdout.rpartition(b"\n")
    return Got(int(status), {}, body)


def test_the_curl_line_works_as_it_stands(plain: Process) -> None:
    got = curl(plain.screen[-1])
    assert (got.status, got.json["tag"]) == (200, "Pending")


def test_the_shown_credentials_let_in_and_the_shown_ids_are_there(plain: Process) -> None:
    bearer, pair = (dict(header.split(": ") for header in line.strip().split("   ")) for line in plain.screen[5:7])
    answers = {line.split()[0]: plain.ask(f"/tracking/{line.split()[0]}", bearer) for line in plain.screen[9:15]}
    assert [got.status for got in answers.values()] == [200, 200, 200, 502, 422, 200]
    assert plain.ask("/tracking/DEMO-delivered", pair).json == answers["DEMO-delivered"].json
    assert plain.ask("/tracking/DEMO-delivered", NONE).status == 401
    assert plain.ask("/_mock/health", NONE).json["status"] == "ok"


# --- The end -----------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_signal_ends_it_soon_and_cleanly_though_a_connection_is_idle(number: signal.Signals) -> None:
    with running() as process, closing(HTTPConnection(*process.address, timeout=30)) as connection:
        connection.request("GET", "/tracking/DEMO-delivered", headers=OWN)
        assert connection.getresponse().read()
        elapsed, out, err = process.stop(number)
        assert (process.process.returncode, out, err) == (0, "Stopped.\n", "")
        assert elapsed < 2


def test_clients_that_do_not_take_their_answers_are_left_soon_and_without_a_word() -> None:
    request = b"GET /tracking/DEMO-long-history HTTP/1.1\r\nAuthorization: Bearer test-token\r\n\r\n"
    with running("--time-scale", "1000000") as process, closing(socket.socket()) as connection:
        while len(process.ask("/tracking/DEMO-long-history").body) < 100_000:
            """Time runs until its hundreds of checkpoints are there."""
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(process.address)
        connection.sendall(request * 300)  # more than 30 MB of answers: no buffer takes them all
        assert process.ask("/tracking/DEMO-delivered").status == 200
        elapsed, out, err = process.stop(signal.SIGTERM)
        assert (process.process.returncode, out, err) == (0, "Stopped.\n", "")
        assert elapsed < 3, "a second of patience, and some for a busy machine"


@pytest.mark.parametrize("wish", ["delay=25s", "fault=no-answer", "fault=dribble, delay=25s"])
def test_what_is_held_back_at_the_end_gets_no_answer_of_the_servers_own(wish: str) -> None:
    request = f"GET /tracking/DEMO-delivered HTTP/1.1\r\nAuthorization: Bearer test-token\r\nPrefer: {wish}\r\n\r\n"
    with running() as process, closing(socket.create_connection(process.address, 30)) as connection:
        connection.sendall(request.encode())
        while not msgspec.json.decode(process.ask("/_mock/sandboxes/default/journal").body)["exchanges"]:
            """The request has not come in yet."""
        _, out, err = process.stop(signal.SIGTERM)
        assert (process.process.returncode, out, err) == (0, "Stopped.\n", "")
        received = b""
        with suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                received += piece
        assert b" 500 " not in received
        assert received == b"" or "dribble" in wish


def test_a_signal_that_comes_with_the_first_line_ends_it_as_cleanly() -> None:
    with running(until="Flex Forward mock") as process:
        _, out, err = process.stop(signal.SIGTERM)
        assert (process.process.returncode, err) == (0, "")
        assert out.endswith("PITD-10s-hello\nStopped.\n")


# --- Options -----------------------------------------------------------------


def test_real_time_is_scaled() -> None:
    with running("--time-scale", "1000000") as process:
        deadline = time.monotonic() + 30
        tags = [""]
        while tags[-1] != "Delivered" and time.monotonic() < deadline:
            tag = process.ask("/tracking/PITD-6h-x").json["tag"]
            tags += [tag] if tag != tags[-1] else []
    assert tags[1] == "Pending"
    assert tags[-1] == "Delivered", "18 hours passed in 65 ms"


@pytest.mark.parametrize(
    ("args", "rate"),
    [
        pytest.param([], 1, id="by default"),
        pytest.param(["--time-scale", "0"], 0, id="frozen"),
        pytest.param(["--time-scale", "0.5"], 0.5, id="slow"),
        pytest.param(["--time-scale", "1000000"], 1_000_000, id="the fastest"),
    ],
)
def test_the_clock_runs_at_the_rate_that_was_asked_for(start: Callable[..., Start], args: list[str], rate: int) -> None:
    clock = start(*args).kit.sandbox.clock
    assert clock.rate == rate
    if rate == 0:
        assert clock.now() == clock.now()


def test_a_seed_decides_the_tracking_numbers(start: Callable[..., Start]) -> None:
    numbers = {
        seed: [
            start("--seed", seed).kit.track(key).json["trackingNumber"] for key in ("T-1h-a", "DEMO-equal-timestamps")
        ]
        for seed in ("0", "7", "-7")
    }
    for seed, drawn in numbers.items():
        assert drawn == [
            start("--seed", seed).kit.track(key).json["trackingNumber"] for key in ("T-1h-a", "DEMO-equal-timestamps")
        ]
    assert len({number for drawn in numbers.values() for number in drawn}) == 6
    assert start().kit.track("T-1h-a").json["trackingNumber"] == numbers["0"][0]


def test_credentials_of_ones_own_are_let_in_beside_the_known_ones(start: Callable[..., Start]) -> None:
    kit, out, *_ = start("--token", "mine", "--token", "also mine", "--api-key", "my key", "--api-token", "my-secret")
    assert "  and 3 of your own\n" in out
    assert "mine" not in out
    for headers in (
        OWN,
        PAIR,
        {"Authorization": "Bearer mine"},
        {"Authorization": "Bearer also mine"},
        {"x-rr-apikey": "my key", "x-rr-apitoken": "my-secret"},
    ):
        assert kit.track("DEMO-delivered", headers).status == 200
    assert kit.track("DEMO-delivered", {"x-rr-apikey": "my key", "x-rr-apitoken": "test-secret"}).status == 401
    assert kit.track("DEMO-delivered", {"Authorization": "Bearer my-secret"}).status == 401


def test_any_token_lets_all_credentials_in_but_not_none(start: Callable[..., Start]) -> None:
    kit = start("--any-token").kit
    assert kit.track("DEMO-delivered", {"Authorization": "Bearer whatever"}).status == 200
    assert kit.track("DEMO-delivered", {"x-rr-apikey": "what", "x-rr-apitoken": "ever"}).status == 200
    assert kit.track("DEMO-foreign", OTHER).status == 200, "the other account stays another"
    assert kit.track("DEMO-delivered", NONE).status == 401
    assert kit.track("DEMO-delivered", {"x-rr-apikey": "what"}).status == 401


@pytest.mark.parametrize(
    ("wanted", "status", "tag"),
    [
        pytest.param("exception-unresolved", 200, "Pending", id="name"),
        pytest.param("T-1h-x", 200, "InTransit", id="script id"),
        pytest.param("label-failed", 422, None, id="a failure"),
        pytest.param("case", 200, "Exception", id="scenario of ones own"),
    ],
)
def test_unknown_ids_live_the_lifecycle_that_was_asked_for(
    start: Callable[..., Start], tmp_path: Path, wanted: str, status: int, tag: str | None
) -> None:
    file = tmp_path / "case.yaml"
    file.write_text(SCENARIO.format("case"))
    kit = start("--unknown-ids", wanted, "--scenario", str(file)).kit
    got = kit.track("ORDER-1")
    assert (got.status, got.json.get("tag")) == (status, tag)
    assert kit.track("0D2A0D2C-8B22-4D3B-9D0A-5D1D2F9D3A11").status == status
    assert kit.track("P-1h-a").json["tag"] == "Pending", "a script id is no unknown id"


@pytest.mark.parametrize(
    ("wanted", "tag"),
    [((), "Pending"), (("--new-labels", "T-1h-x"), "InTransit"), (("--new-labels", "case"), "Exception")],
)
def test_new_labels_live_the_lifecycle_that_was_asked_for(
    start: Callable[..., Start], tmp_path: Path, wanted: tuple[str, ...], tag: str
) -> None:
    file = tmp_path / "case.yaml"
    file.write_text(SCENARIO.format("case"))
    kit = start(*wanted, "--scenario", str(file)).kit
    made = kit.post(label_body())
    assert (made.status, kit.track(made.json["id"]).json["tag"]) == (201, tag)


def test_documents_of_labels_are_open_beside_a_guarded_control_api(plain: Process) -> None:
    got = plain.ask("/labels/DEMO-delivered")
    document = plain.ask(got.json["url"].removeprefix(plain.url), {})
    assert (document.status, document.body[:5]) == (200, b"%PDF-")
    assert plain.ask("/_mock/documents/default/x.pdf", {}).status == 404


def test_scenarios_of_ones_own_have_labels(start: Callable[..., Start], tmp_path: Path) -> None:
    folder = tmp_path / "more"
    folder.mkdir()
    for file in (tmp_path / "one.yaml", tmp_path / "two.yml", folder / "three.yaml", folder / "four.yml"):
        file.write_text(SCENARIO.format(file.stem))
    (folder / "notes.txt").write_text("no scenario")
    kit = start(
        *("--scenarios", str(folder), "--scenario", str(tmp_path / "one.yaml"), "--scenario", str(tmp_path / "two.yml"))
    ).kit
    for name in ("one", "two", "three", "four"):
        assert kit.track(f"DEMO-{name}").json["tag"] == "Exception"
    assert kit.track("DEMO-delivered").status == 200


def test_off_contract_lets_a_request_ask_for_any_status(start: Callable[..., Start]) -> None:
    got = start("--off-contract").kit.track("DEMO-delivered", Prefer="code=429")
    assert (got.status, got.json) == (429, {"error": "Too Many Requests"})
    assert got.headers["x-flexforward-mock"] == "undocumented-status"
    assert start().kit.track("DEMO-delivered", Prefer="code=429").status == 400


@pytest.mark.parametrize("code", [204, 304])
def test_off_contract_keeps_to_http(start: Callable[..., Start], code: int) -> None:
    got = start("--off-contract").kit.track("DEMO-delivered", Prefer=f"code={code}")
    assert (got.status, got.body) == (code, b"")
    assert "content-length" not in got.headers


def test_the_access_log_has_a_line_for_each_exchange_and_never_a_credential() -> None:
    with running("--access-log", "--token", "s3cret") as process:
        assert (
            process.ask(
                "/tracking/DEMO-delivered?token=s3cret&x-rr-apikey=s3cret", {"Authorization": "Bearer s3cret"}
            ).status
            == 200
        )
        process.ask("/tracking/a%2Fb%0A?s3cret", {"Authorization": "Bearer wrong-s3cret"})
        process.ask("/nothing", {"x-rr-apikey": "s3cret"})
        _, out, err = process.stop(signal.SIGTERM)
    *lines, last = out.splitlines()
    times, told = zip(*(line.split(" ", 1) for line in lines), strict=True)
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ", at) for at in times)
    assert told == (
        "GET /tracking/DEMO-delivered 200 Pending poll 1",
        "GET /tracking/a%2Fb%0A 401  (the credentials match no account)",
        "GET /nothing 404  (No operation matches /nothing; there is "
        "POST /labels, GET /tracking/{id}, GET /labels/{id})",
    )
    assert last == "Stopped."
    assert "s3cret" not in "\n".join(process.screen) + err


def test_without_an_access_log_a_4xx_is_told_with_its_reason() -> None:
    with running() as process:
        statuses = [process.ask(f"/tracking/{key}").status for key in ("DEMO-delivered", "ORDER-1", "F-1h-a", "G-1h-a")]
        assert statuses == [200, 404, 422, 502]
        _, out, _ = process.stop(signal.SIGTERM)
    cure = "give a label that order number, or start the server with --unknown-ids delivered"
    assert [line.split(" ", 1)[-1] for line in out.splitlines()] == [
        f"GET /tracking/ORDER-1 404  (no label of this sandbox has this id or order number; {cure})",
        "GET /tracking/F-1h-a 422 poll 1",
        "Stopped.",
    ]


def test_a_credential_in_a_path_is_not_repeated_by_the_reason() -> None:
    with running("--token", "pitd-6h-s3cret") as process:
        process.ask("/tracking/pitd-6h-s3cret")
        assert b"s3cret" not in process.ask("/_mock/sandboxes/default/journal").body
        _, out, _ = process.stop(signal.SIGTERM)
    assert "s3cret" not in out
    assert "(no label of this sandbox has this id or order number)" in out


def test_a_line_of_the_access_log_tells_a_fault_and_an_answer_that_was_not_sent() -> None:
    kit = Kit()
    kit.track("PITD-1h-a", Prefer="fault=reset")
    line = access_line(kit.last)
    assert line.endswith("GET /tracking/PITD-1h-a no-answer Pending fault reset  (Prefer: fault=reset)")


# --- What the banner says of the options ----------------------------------------


def test_the_banner_repeats_what_was_ordered(start: Callable[..., Start], tmp_path: Path) -> None:
    for number in range(7):
        (tmp_path / f"case-{number}.yaml").write_text(SCENARIO.format(f"case-{number}"))
    out = start(
        *("--scenarios", str(tmp_path), "--time-scale", "3600", "--unknown-ids", "PITD-1h-x", "--any-token"),
        *("--new-labels", "case-0"),
        *("--control-token", "only-here"),
    ).out
    for line in (
        "  DEMO-case-0   your own",
        "  DEMO-case-4   your own",
        "2 more scenarios of your own have a label.",
        "  and any other (--any-token)",
        "Any other id plays PITD-1h-x (--unknown-ids).",
        "Labels made by POST /labels play case-0 (--new-labels).",
        "3600 virtual seconds pass per real second (--time-scale).",
    ):
        assert f"{line}\n" in out
    assert "DEMO-case-5" not in out
    assert "/_mock/openapi.json  (with the token of --control-token)\n" in out
    assert "only-here" not in out
    assert "Time stands still (--time-scale 0).\n" in start("--time-scale", "0").out


def test_a_scenario_of_ones_own_of_a_shown_name_is_listed_once(start: Callable[..., Start], tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(SCENARIO.format("own"))
    assert start("--scenario", str(file)).out.count("DEMO-own") == 1


@pytest.mark.parametrize(
    ("gone", "shown", "hidden"),
    [
        pytest.param("tags", ["DEMO-label-failed"], ["PITD-10s-hello", "f47ac10b"], id="no tag but Unknown"),
        pytest.param("422", ["PITD-10s-hello", "f47ac10b"], ["DEMO-label-failed"], id="no 422"),
        pytest.param("tags, 422", [], ["DEMO-", "PITD-10s-hello", "f47ac10b", "curl"], id="nothing"),
    ],
)
def test_the_banner_offers_only_what_the_contract_can_answer(
    start: Callable[..., Start], tmp_path: Path, gone: str, shown: list[str], hidden: list[str]
) -> None:
    document = yaml.safe_load(CONTRACT_FILE.read_text())
    if "422" in gone:
        del document["paths"]["/tracking/{id}"]["get"]["responses"]["422"]
    if "tags" in gone:
        document["components"]["schemas"]["TrackingResponse"]["properties"]["tag"]["enum"] = ["InTransit"]
    file = tmp_path / "contract.yaml"
    file.write_text(yaml.safe_dump(document))
    lines = start("--contract", str(file)).out.splitlines()
    offered = [line for line in lines if line.startswith("  ") and "left out" not in line]
    assert all(any(key in line for line in offered) for key in shown)
    assert not any(key in line for line in offered for key in hidden)
    assert any(line.startswith("  curl ") for line in lines) == bool(shown)


def test_the_banners_commands_work_where_it_was_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = Path(sys.executable).with_name("flexforward-mock")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert invocation(str(program)) == os.path.relpath(program), "as after 'make serve'"
    monkeypatch.setenv("PATH", str(program.parent))
    assert invocation(str(program)) == "flexforward-mock"
    assert invocation("__main__.py").endswith(" -m flexforward_mockserver")
    ran = subprocess.run(f"{invocation('__main__.py')} scenarios list", shell=True, check=True, capture_output=True)
    assert b"delivered" in ran.stdout


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        pytest.param("127.0.0.1", "127.0.0.1", id="IPv4"),
        pytest.param("127.9.9.9", "127.9.9.9", id="another of loopback"),
        pytest.param("localhost", "localhost", id="name"),
        pytest.param("::1", "[::1]", id="IPv6"),
    ],
)
def test_loopback_addresses_need_no_control_token(start: Callable[..., Start], host: str, shown: str) -> None:
    try:
        socket.create_server((host, 0), family=socket.getaddrinfo(host, 0)[0][0]).close()
    except OSError:
        pytest.skip(f"this machine has no {host}")
    assert f"Listening on http://{shown}:" in start("--host", host).out


def test_with_a_control_token_it_listens_to_others(start: Callable[..., Start]) -> None:
    out = start("--host", "0.0.0.0", "--control-token", "s3cret").out
    assert re.search(r"Listening on http://0\.0\.0\.0:\d+ ", out)
    assert re.search(r"curl .*http://127\.0\.0\.1:\d+/tracking/", out)
    assert "s3cret" not in out


def test_the_control_token_may_stand_in_the_environment(
    start: Callable[..., Start], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEXFORWARD_MOCK_CONTROL_TOKEN", "s3cret")
    assert "Listening on http://0.0.0.0:" in start("--host", "0.0.0.0").out


# --- Another contract --------------------------------------------------------


def contract(tmp_path: Path, *changes: tuple[str, str]) -> str:
    """Write the shipped contract with changes, and return the new file's name."""
    text = CONTRACT_FILE.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "other.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


SECURITY = "        - bearerAuth: []\n        - apiKey: []\n          apiToken: []\n"


def test_another_contract_decides_path_credentials_and_statuses(start: Callable[..., Start], tmp_path: Path) -> None:
    file = contract(
        tmp_path,
        ("/tracking/{id}", "/v2/parcels/{id}/status"),
        (SECURITY, SECURITY.removeprefix("        - bearerAuth: []\n")),
        ("x-rr-apikey", "X-Key"),
        ("version: 1.0.0", "version: 2.0.0"),
        ("        '502':", "        '503':"),
        ("        '403':\n", "        '403':\n          x-note: kept\n"),
    )
    kit, out, *_ = start("--contract", file)
    assert f"following {file} 2.0.0\n" in out
    assert "\nCredentials\n  x-key: test-key   x-rr-apitoken: test-secret\n\n" in out
    assert "DEMO-gateway-trouble\n" not in out
    assert f"\nNote: left out DEMO-gateway-trouble: step 1 fails with 502, which {file} does not list\n" in out
    shown = r"curl -H 'x-key: test-key' -H 'x-rr-apitoken: test-secret' http://\S+/v2/parcels/PITD-10s-hello/status"
    assert re.search(f"\n  {shown}\nStopped.\n$", out)
    headers = {"x-key": "test-key", "x-rr-apitoken": "test-secret"}
    assert kit.ask("/v2/parcels/DEMO-delivered/status", headers).status == 200
    assert kit.ask("/v2/parcels/DEMO-delivered/status", OWN).status == 401
    assert kit.track("DEMO-delivered", headers).status == 404
    assert kit.ask("/v2/parcels/DEMO-delivered/status", headers, Prefer="code=503").status == 503


@pytest.mark.parametrize(
    ("changes", "credentials", "line"),
    [
        pytest.param([(SECURITY, "        - {}\n")], "none needed", "curl {url}", id="none needed"),
        pytest.param(
            [("in: header\n      name: x-rr-apikey", "in: query\n      name: api key"), (SECURITY[:25], "")],
            "?api+key=test-key   x-rr-apitoken: test-secret",
            "curl -H 'x-rr-apitoken: test-secret' '{url}?api+key=test-key'",
            id="in the query",
        ),
        pytest.param(
            [("in: header\n      name: x-rr-apitoken", "in: cookie\n      name: token"), (SECURITY[:25], "")],
            "x-rr-apikey: test-key   Cookie: token=test-secret",
            "curl -H 'x-rr-apikey: test-key' -H 'Cookie: token=test-secret' {url}",
            id="in a cookie",
        ),
        pytest.param(
            [("    get:\n", "    post:\n")],
            "Authorization: Bearer YOUR_API_TOKEN",
            "curl -X POST -H 'Authorization: Bearer YOUR_API_TOKEN' {url}",
            id="another method",
        ),
    ],
)
def test_the_curl_line_follows_the_contract(
    tmp_path: Path, changes: list[tuple[str, str]], credentials: str, line: str
) -> None:
    with running("--contract", contract(tmp_path, *changes)) as process:
        assert process.screen[5] == f"  {credentials}"
        assert process.screen[-1].strip() == line.format(url=f"{process.url}/tracking/PITD-10s-hello")
        assert curl(process.screen[-1]).json["tag"] == "Pending"


def test_what_of_a_contract_is_not_checked_is_told(start: Callable[..., Start], tmp_path: Path) -> None:
    parameter = "        - {in: query, name: page, schema: {type: integer}}\n"
    out = start("--contract", contract(tmp_path, ("      parameters:\n", f"      parameters:\n{parameter}"))).out
    assert "\nNote: GET /tracking/{id}: not checked: query parameter 'page'\n" in out


# --- Refusals ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("args", "sentence"),
    [
        pytest.param(
            ["--api-key", "k"],
            "--api-key and --api-token work only together; give one of each, or the key as --api-key NAME=VALUE",
            id="key alone",
        ),
        pytest.param(
            ["--api-token", "t"],
            "--api-key and --api-token work only together; give one of each, or the key as --api-key NAME=VALUE",
            id="token alone",
        ),
        pytest.param(
            ["--host", "0.0.0.0"],
            "--host 0.0.0.0 is not a loopback address: the control API would be open to others; "
            "give it a secret with --control-token or FLEXFORWARD_MOCK_CONTROL_TOKEN, or leave --host at 127.0.0.1",
            id="open to others",
        ),
        pytest.param(
            ["--host", "example.test"],
            "--host example.test is not a loopback address: the control API would be open to others; "
            "give it a secret with --control-token or FLEXFORWARD_MOCK_CONTROL_TOKEN, or leave --host at 127.0.0.1",
            id="name of a host that may be anything",
        ),
        pytest.param(
            ["--host", "a..b", "--control-token", "x", "--port", "0"],
            "cannot listen on a..b port 0 (not the name of a host); "
            "choose another with --port (0 takes a free one) or --host",
            id="no name of a host",
        ),
        pytest.param(
            ["--time-scale", "nan"],
            "Invalid value for --time-scale: nan is no number; allowed: 0 to 1000000",
            id="not a number",
        ),
        *(
            pytest.param(
                ["--cors", origin],
                f"Invalid value for --cors: {origin!r} is not an origin; allowed: scheme and host in lower case, "
                "without a path, such as http://localhost:3000",
                id=f"no origin: {name}",
            )
            for name, origin in {
                "a host": "localhost:3000",
                "a path": "http://localhost:3000/",
                "capitals": "http://LOCALHOST:3000",
                "no host": "http://",
                "two": "http://a http://b",
            }.items()
        ),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    refused: Callable[..., list[str]], args: list[str], sentence: str
) -> None:
    assert refused(*args)[-1] == f"Error: {sentence}"


@pytest.mark.parametrize(
    ("option", "value"),
    [
        pytest.param("--port", "-1", id="port below 0"),
        pytest.param("--port", "65536", id="port too great"),
        pytest.param("--port", "http", id="port as a word"),
        pytest.param("--time-scale", "-1", id="time backwards"),
        pytest.param("--time-scale", "1000001", id="time too fast"),
        pytest.param("--time-scale", "inf", id="time without end"),
        pytest.param("--time-scale", "fast", id="time as a word"),
        pytest.param("--seed", "1.5", id="seed with a fraction"),
        pytest.param("--seed", "", id="empty seed"),
        pytest.param("--scenarios", "/nowhere", id="no such folder"),
        pytest.param("--scenarios", __file__, id="a file for a folder"),
        pytest.param("--scenario", "/nowhere.yaml", id="no such scenario file"),
        pytest.param("--scenario", "/", id="a folder for a file"),
        pytest.param("--contract", "/nowhere.yaml", id="no such contract"),
        pytest.param("--token", "", id="empty token"),
        pytest.param("--token", " x", id="token that begins with a space"),
        pytest.param("--token", "x\ny", id="token with a line break"),
        pytest.param("--token", "schlüssel", id="token that is not ASCII"),
        pytest.param("--control-token", "", id="empty control token"),
        pytest.param("--control-token", "  ", id="blank control token"),
        pytest.param("--control-token", "x\ny", id="control token with a line break"),
        pytest.param("--control-token", "schlüssel\udcff", id="control token that is not UTF-8"),
        pytest.param("--unknown-ids", "deliverd", id="no such scenario"),
        pytest.param("--unknown-ids", "", id="no scenario at all"),
        pytest.param("--new-labels", "deliverd", id="no scenario for new labels"),
    ],
)
def test_a_nonsense_value_is_refused_with_its_option(
    refused: Callable[..., list[str]], option: str, value: str
) -> None:
    *_, sentence = refused(option, value)
    assert sentence.startswith((f"Error: Invalid value for {option}: ", f"Error: Invalid value for '{option}': "))


def test_an_empty_control_token_in_the_environment_is_refused(
    refused: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEXFORWARD_MOCK_CONTROL_TOKEN", "")
    *_, sentence = refused("--port", "0")
    assert sentence.startswith("Error: Invalid value for --control-token: it is empty")


@pytest.mark.parametrize(("key", "token"), [("", "x"), ("x", ""), ("", "")])
def test_an_empty_half_of_a_pair_is_refused(refused: Callable[..., list[str]], key: str, token: str) -> None:
    *_, sentence = refused("--api-key", key, "--api-token", token)
    assert "it is empty, or a header cannot carry it" in sentence


def test_a_secret_is_never_repeated_to_the_terminal(refused: Callable[..., list[str]]) -> None:
    assert "s3cret" not in "\n".join(refused("--token", "s3cret "))


def test_a_wrong_name_for_unknown_ids_is_answered_with_what_was_meant_or_all_names(
    refused: Callable[..., list[str]],
) -> None:
    wrong = "Error: Invalid value for --unknown-ids: no scenario"
    script = "or a script id such as PITD-6h-1"
    shown = f"llowed: one of 28 names ('flexforward-mock scenarios list' shows the shipped ones) {script}"
    assert refused("--unknown-ids", "deliverd")[-1] == f"{wrong} 'deliverd'; did you mean 'delivered'? A{shown}"
    unit = "as a script id it would need a unit after 6 (s, m, h, d, or x for requests): 'PITD-6h-1'"
    assert refused("--unknown-ids", "PITD-6-1")[-1] == f"{wrong} 'PITD-6-1'; {unit}; a{shown}"
    *_, sentence = refused("--unknown-ids", "xyzzy")
    assert sentence.startswith(f"{wrong} 'xyzzy'; allowed: cancelled-before-pickup, ")
    assert sentence.endswith(f", unknown-then-recovering {script}")


def test_a_port_that_is_taken_is_told_in_a_sentence(refused: Callable[..., list[str]]) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        assert refused("--port", str(port))[-1] == (
            f"Error: cannot listen on 127.0.0.1 port {port} (Address already in use); "
            "choose another with --port (0 takes a free one) or --host"
        )


def test_an_empty_folder_of_scenarios_is_refused(refused: Callable[..., list[str]], tmp_path: Path) -> None:
    assert refused("--scenarios", str(tmp_path)) == [
        f"{tmp_path}: a folder without scenario files; allowed: files that end in .yaml or .yml"
    ]


def test_all_mistakes_of_all_scenario_files_are_told_at_once(refused: Callable[..., list[str]], tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SCENARIO.format("a").replace("Exception", "Excepted") + "  - tag: Pending\n")
    (tmp_path / "b.yaml").write_text("name: }\n")
    (tmp_path / "c.yaml").write_text(SCENARIO.format("delivered"))
    (tmp_path / "d.yaml").write_text(SCENARIO.format("twice"))
    other = tmp_path / "other.yml"
    other.write_text(SCENARIO.format("twice"))
    allowed = "a name of its own"
    assert refused("--scenarios", str(tmp_path)) == [
        f'{tmp_path}/a.yaml:4: steps[0].tag: "Excepted"; allowed: '
        "Pending, InfoReceived, InTransit, Delivered, Exception, Cancelled or Unknown",
        f"{tmp_path}/a.yaml:6: steps[1]: the step has no trigger; allowed: after, polls or manual, or several of them",
        f"{tmp_path}/b.yaml:1: not YAML: did not find expected node content; allowed: YAML 1.2 or JSON",
        f"{tmp_path}/c.yaml:1: name: the name 'delivered' is taken by a scenario that is there already; "
        f"allowed: {allowed}",
        f"{other}:1: name: the name 'twice' is taken by {tmp_path}/d.yaml; allowed: {allowed}",
    ]


def test_unknown_ids_that_the_contract_cannot_answer_are_refused(
    refused: Callable[..., list[str]], tmp_path: Path
) -> None:
    file = contract(tmp_path, ("        '502':", "        '503':"))
    assert refused("--contract", file, "--unknown-ids", "gateway-trouble")[-1] == (
        "Error: Invalid value for --unknown-ids: scenario 'gateway-trouble': "
        f"step 1 fails with 502, which {file} does not list"
    )


def test_all_that_the_contract_cannot_answer_in_scenarios_is_told_with_its_line(
    refused: Callable[..., list[str]], tmp_path: Path
) -> None:
    file = contract(tmp_path, ("        '502':", "        '503':"))
    case, good = tmp_path / "case.yaml", tmp_path / "good.yaml"
    good.write_text(SCENARIO.format("good"))
    steps = "  - status: 502\n  - after: 1h\n    status: 503\n  - {after: 1h, status: 418, repeat: 2}\n"
    case.write_text(f"name: case\nsummary: For a test.\nsteps:\n{steps}")

    def unlisted(status: int) -> str:
        fault = f"fault: {{kind: undocumented-status, status: {status}}}"
        allowed = f"401, 403, 404, 422, 503; any other status by '{fault}' in place of 'status'"
        return f"the step fails with {status}, which {file} does not list; allowed: {allowed}"

    assert refused("--contract", file, "--scenario", str(good), "--scenario", str(case)) == [
        f"{case}:4: steps[0]: {unlisted(502)}",
        f"{case}:7: steps[2]: {unlisted(418)}",
    ]


def test_unlisted_statuses_are_told_together_with_the_other_mistakes(
    refused: Callable[..., list[str]], tmp_path: Path
) -> None:
    first, second, broken = (tmp_path / f"{name}.yaml" for name in ("first", "second", "third"))
    steps = "  - tag: Pending\n  - after: 1h\n    status: 503\n"
    first.write_text(f"name: first\nsummary: A.\nsteps:\n{steps}  - after: 3 hours\n    tag: InTransit\n")
    second.write_text(f"name: second\nsummary: A.\nsteps:\n{steps}")
    broken.write_text("name: }\n")
    told = [line.partition(", which")[0].partition("; allowed")[0] for line in refused("--scenarios", str(tmp_path))]
    assert told == [
        f"{first}:5: steps[1]: the step fails with 503",
        f'{first}:7: steps[2].after: "3 hours"',
        f"{broken}:1: not YAML: did not find expected node content",
        f"{second}:5: steps[1]: the step fails with 503",
    ]


def test_without_an_operation_for_shipments_only_the_files_own_mistakes_are_told(
    refused: Callable[..., list[str]], tmp_path: Path
) -> None:
    file = contract(tmp_path, ("operationId: getTracking", "operationId: getParcel"))
    case = tmp_path / "case.yaml"
    case.write_text("name: case\nsummary: A.\nsteps:\n  - status: 503\n  - tag: Delivered\n")
    (told,) = refused("--contract", file, "--scenario", str(case))
    assert told.startswith(f"{case}:5: steps[1]: the step has no trigger; allowed: ")
    case.write_text(SCENARIO.format("good"))
    assert refused("--contract", file, "--scenario", str(case))[-1] == (
        "Error: Invalid value for --scenario: scenario 'good': "
        f"{file} has no operation getTracking, which shipments answer"
    )


def test_a_broken_contract_is_told_with_file_and_line(refused: Callable[..., list[str]], tmp_path: Path) -> None:
    file = contract(tmp_path, ("        '404':", "        '410':"))
    (mistake,) = refused("--contract", file)
    assert re.fullmatch(
        re.escape(file) + r":\d+: paths\./tracking/\{id\}\.get\.responses: no 404 stands here, "
        r"so an id that nobody knows could not be answered; allowed: a response 404, 4XX or default",
        mistake,
    )
    Path(file).write_text("openapi: 3.1.0\npaths:\n  /a: {get: {callbacks: {}}}\n  /b: {gett: {}}\n")
    first, second = refused("--strict-contract", "--contract", file)
    assert first.startswith(f"{file}:3: paths./a.get.callbacks: 'callbacks' is not supported in a")
    assert second.startswith(f"{file}:4: paths./b.gett: 'gett' is not supported in a")


def test_a_refusal_of_the_real_program_has_no_traceback(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "flexforward_mockserver", "serve", "--scenarios", str(tmp_path)]
    ran = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == f"{tmp_path}: a folder without scenario files; allowed: files that end in .yaml or .yml\n"


def test_a_wrong_option_is_an_error_that_keeps_its_facts() -> None:
    with pytest.raises(OptionError) as caught:
        build_server(ServerOptions(unknown_ids="nothing"))
    again = pickle.loads(pickle.dumps(caught.value))
    assert str(again).startswith("Invalid value for --unknown-ids: no scenario 'nothing'; allowed: ")
    assert again.option == "--unknown-ids"


def test_localhost_listens_on_all_its_addresses(start: Callable[..., Start], monkeypatch: pytest.MonkeyPatch) -> None:
    real: Callable[..., Any] = socket.getaddrinfo
    found = [
        (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in ("127.0.0.1", "127.0.0.2", "192.0.2.1")
    ]

    def resolve(host: str, *args: Any, **more: Any) -> Any:
        return found if host == "LOCALHOST" else real(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    started = start("--host", "LOCALHOST")
    assert "Listening on http://LOCALHOST:" in started.out
    (first, port), (second, same_port) = started.places
    assert (first, second, port == same_port) == ("127.0.0.1", "127.0.0.2", True)
