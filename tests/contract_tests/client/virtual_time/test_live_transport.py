"""What the server withholds, delays, drops and breaks reaches a client by a socket as it does in process."""

from __future__ import annotations

import asyncio
import select
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import httpx
import pytest
import requests

from flexforward_contract_tests.client.runner.trial_runner import open_trial_runner
from virtual_kit import HOUR, trial

if TYPE_CHECKING:
    from collections.abc import Iterator
    from urllib.parse import SplitResult

    from flexforward_contract_tests.client.runner.env import ClientEnv
    from flexforward_contract_tests.client.runner.trial_runner import Client, TransportName, TrialRunner
    from flexforward_contract_tests.client.transcript.run import ClientRun

DOORS: tuple[TransportName, ...] = ("in-process", "live")


class Seen(NamedTuple):
    at: float
    status: int | None
    waited: float


def by_requests(env: ClientEnv) -> None:
    with requests.Session() as session:
        session.headers["authorization"] = f"Bearer {env.token}"
        for _ in range(3):
            try:
                env.notify(session.get(f"{env.base_url}/tracking/{env.label_id}", timeout=10).json()["tag"])
            except requests.RequestException:
                env.notify("failed")
            time.sleep(HOUR)


def by_httpx(env: ClientEnv) -> None:
    with httpx.Client(headers={"authorization": f"Bearer {env.token}"}, timeout=10) as client:
        for _ in range(3):
            try:
                env.notify(client.get(f"{env.base_url}/tracking/{env.label_id}").json()["tag"])
            except (httpx.HTTPError, ValueError):
                env.notify("failed")
            time.sleep(HOUR)


async def by_asyncio(env: ClientEnv) -> None:
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {env.token}"}, timeout=10) as client:
        for _ in range(3):
            try:
                env.notify((await client.get(f"{env.base_url}/tracking/{env.label_id}")).json()["tag"])
            except (httpx.HTTPError, ValueError):
                env.notify("failed")
            await asyncio.sleep(HOUR)


async def by_asyncio_timeout(env: ClientEnv) -> None:
    """Its time-out is none that the HTTP library knows of."""
    async with httpx.AsyncClient(headers={"authorization": f"Bearer {env.token}"}, timeout=None) as client:
        for _ in range(3):
            try:
                async with asyncio.timeout(10):
                    env.notify((await client.get(f"{env.base_url}/tracking/{env.label_id}")).json()["tag"])
            except (TimeoutError, httpx.HTTPError, ValueError):
                env.notify("failed")
            await asyncio.sleep(HOUR)


CLIENTS = (by_requests, by_httpx, by_asyncio, by_asyncio_timeout)
FAULTS = {
    "no-answer": ("failed", None, 10.0, 10.1),
    "latency, delay: 9s": ("Pending", 200, 9.0, 9.12),
    "latency, delay: 11s": ("failed", None, 10.0, 10.1),
    "reset": ("failed", None, 0.0, 0.1),
    "close": ("failed", None, 0.0, 0.1),
    "close-mid-body": ("failed", 200, 0.0, 0.1),
    "truncated": ("failed", 200, 0.0, 0.1),
    "empty-body": ("failed", 200, 0.0, 0.1),
}
"""Kind to what the client makes of it, the status and the wait that the judge sees, and how long it all takes."""


def seen(run: ClientRun) -> list[Seen]:
    return [
        Seen((exchange.at - run.began_at).total_seconds(), exchange.status, exchange.duration_s)
        for exchange in run.exchanges
    ]


@pytest.fixture(params=DOORS)
def ground(request: pytest.FixtureRequest) -> Iterator[TrialRunner]:
    with open_trial_runner(door=request.param) as opened:
        yield opened


@pytest.mark.parametrize("client", CLIENTS)
def test_faults_are_the_same_by_both_doors(client: Client, ground: TrialRunner) -> None:
    for fault, (told, status, waited_s, takes_s) in FAULTS.items():
        run = ground.run(client, trial(f"{{tag: Pending, fault: {{kind: {fault}}}}}"))
        assert [entry.tag for entry in run.notifications or ()] == [told] * 3, fault
        assert (run.distrust, run.last_words, run.ended_by) == (None, None, "client"), fault
        for number, one in enumerate(seen(run)):
            assert one.status == status, fault
            assert one.waited == pytest.approx(waited_s, abs=0.5), fault
            assert one.at == pytest.approx(number * (HOUR + takes_s), abs=1.0), fault


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(("over", "told"), [("5s", "Pending"), ("5m", "failed")])
def test_a_body_in_drops_is_read_if_no_drop_is_late(over: str, told: str, client: Client, ground: TrialRunner) -> None:
    run = ground.run(client, trial(f"{{tag: Pending, fault: {{kind: dribble, delay: {over}}}}}"))
    assert [entry.tag for entry in run.notifications or ()] == [told] * 3
    assert run.distrust is None


def by_hand(env: ClientEnv) -> None:
    """A client without any library, that uses ``connect_ex`` and ``sendmsg``."""
    parts: SplitResult = urlsplit(env.base_url)
    connection = socket.socket()
    assert connection.connect_ex((parts.hostname or "", parts.port or 0)) == 0
    connection.settimeout(10)
    head = f"GET /tracking/{env.label_id} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {env.token}\r\n\r\n"
    connection.sendmsg([head[:9].encode(), head[9:].encode()])
    try:
        env.notify("heard" if connection.recv(65536) else "closed")
    except TimeoutError:
        env.notify("failed")
    connection.close()


@pytest.mark.parametrize(
    ("steps", "told"),
    [("tag: Pending", "heard"), ("{tag: Pending, fault: {kind: no-answer}}", "failed")],
)
def test_a_client_without_a_library_goes_through_a_socket(steps: str, told: str) -> None:
    with open_trial_runner(door="live") as ground:
        run = ground.run(by_hand, trial(steps))
    assert [entry.tag for entry in run.notifications or ()] == [told]
    assert (run.distrust, run.last_words) == (None, None)


def by_hand_beside_another(env: ClientEnv) -> None:
    """A client that also talks over sockets which are not to the mock server."""
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs, socket.socket(socket.AF_UNIX) as nowhere:
        assert nowhere.connect_ex("no such socket") != 0
        ours.send(b"x")
        assert theirs.recv(1) == b"x"
    with socket.socket() as unknown, pytest.raises(socket.gaierror):
        unknown.connect(("no.such.host.invalid", urlsplit(env.base_url).port))
    by_hand(env)


def test_other_sockets_are_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(select, "poll")  # as on Windows
    with open_trial_runner(door="live") as ground:
        run = ground.run(by_hand_beside_another, trial("tag: Pending"))
    assert [entry.tag for entry in run.notifications or ()] == ["heard"]
    assert (run.distrust, run.last_words) == (None, None)


def without_timeout(env: ClientEnv) -> None:
    try:
        requests.get(
            f"{env.base_url}/tracking/{env.label_id}",
            headers={"authorization": f"Bearer {env.token}"},
            timeout=None,
        )
    except requests.RequestException:
        env.notify("failed")


def test_who_has_no_timeout_waits_until_the_server_gives_up(ground: TrialRunner) -> None:
    run = ground.run(without_timeout, trial("{tag: Pending, fault: {kind: no-answer}}"))
    assert [entry.tag for entry in run.notifications or ()] == ["failed"]
    assert seen(run)[0].waited == pytest.approx(300, abs=1)


def retries_at_once(env: ClientEnv) -> None:
    """Catches whatever a request may end with, and asks again at once."""
    headers = {"authorization": f"Bearer {env.token}"}
    with requests.Session() as session:
        while True:
            with suppress(requests.RequestException):
                session.get(f"{env.base_url}/tracking/{env.label_id}", headers=headers, timeout=9)


def test_a_client_that_asks_on_at_the_end_of_a_run_is_not_charged_with_it_in_the_next() -> None:
    failing = trial("tag: InTransit\n{polls: 1, fault: {kind: reset}}")
    with open_trial_runner(door="live") as runner:
        runner.most_requests = 40
        for _ in range(4):
            run = runner.run(retries_at_once, failing)
            assert run.cut == "after 40 requests"
            assert {exchange.account for exchange in run.exchanges} == {"own"}


def test_no_connection_of_a_run_is_there_in_the_next_and_its_credentials_count_nowhere() -> None:
    kept: list[tuple[requests.Session, str]] = []

    def leaves_open(env: ClientEnv) -> None:
        session = requests.Session()
        session.headers["authorization"] = f"Bearer {env.token}"
        session.get(f"{env.base_url}/tracking/{env.label_id}", timeout=9)
        kept.append((session, f"{env.base_url}/tracking/{env.label_id}"))

    def asks_for_another(env: ClientEnv) -> None:
        session, url = kept[0]
        session.get(url, timeout=9)  # by a connection and a token of the run before
        session.get(
            f"{env.base_url}/tracking/{env.label_id}", headers={"authorization": f"Bearer {env.token}"}, timeout=9
        )

    pending = trial("tag: Pending")
    with open_trial_runner(door="live") as runner:
        runner.run(leaves_open, pending)
        assert runner.live is not None
        assert runner.live.watch.end_all(), "no connection is left"
        run = runner.run(asks_for_another, pending)
    assert [(exchange.status, exchange.account) for exchange in run.exchanges] == [(200, "own")]
    kept[0][0].close()
