"""Unmodified clients of every style are taken through trials by both doors, with one and the same timeline."""

from __future__ import annotations

import asyncio
import gc
import queue
import re
import signal
import socket
import sys
import threading
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx
import pytest
import requests
import tenacity
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from flexforward_contract_tests.client import judge_client
from flexforward_contract_tests.client.runner.trial_runner import TrialRunner, open_trial_runner
from flexforward_contract_tests.client.virtual_time.run_clock import HURRIED_REQUESTS
from flexforward_fixtures.mock import Mock
from virtual_kit import HOUR, shipped, trial

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_contract_tests.client.runner.env import ClientEnv
    from flexforward_contract_tests.client.runner.trial_runner import Client, TransportName
    from flexforward_contract_tests.client.transcript.run import ClientRun

DOORS: tuple[TransportName, ...] = ("in-process", "live")
FOUR_WAITS_S = (2.0, 4.0, 8.0, 16.0)


@pytest.fixture(params=DOORS)
def runner(request: pytest.FixtureRequest) -> Iterator[TrialRunner]:
    with open_trial_runner(door=request.param) as opened:
        yield opened


@pytest.fixture
def live() -> Iterator[TrialRunner]:
    with open_trial_runner(door="live") as opened:
        yield opened


def url(env: ClientEnv) -> str:
    return f"{env.base_url}/tracking/{env.label_id}"


def headers(env: ClientEnv) -> dict[str, str]:
    return {"authorization": f"Bearer {env.token}"}


# -- One timeline, whatever the style and the door


def requests_loop(env: ClientEnv) -> None:
    with requests.Session() as session:
        while True:
            tag = ""
            for wait_s in FOUR_WAITS_S:
                try:
                    answer = session.get(url(env), headers=headers(env), timeout=10)
                    answer.raise_for_status()
                    tag = answer.json()["tag"]
                    break
                except requests.RequestException:
                    time.sleep(wait_s)
            env.notify(tag)
            if tag == "Delivered":
                return
            time.sleep(HOUR)


def httpx_loop(env: ClientEnv) -> None:
    with httpx.Client(headers=headers(env), timeout=10) as client:
        while True:
            tag = ""
            for wait_s in FOUR_WAITS_S:
                try:
                    tag = client.get(url(env)).raise_for_status().json()["tag"]
                    break
                except (httpx.HTTPError, ValueError):
                    time.sleep(wait_s)
            env.notify(tag)
            if tag == "Delivered":
                return
            time.sleep(HOUR)


async def asyncio_httpx(env: ClientEnv) -> None:
    async with httpx.AsyncClient(headers=headers(env), timeout=10) as client:
        while True:
            tag = ""
            for wait_s in FOUR_WAITS_S:
                try:
                    tag = (await client.get(url(env))).raise_for_status().json()["tag"]
                    break
                except (httpx.HTTPError, ValueError):
                    await asyncio.sleep(wait_s)
            env.notify(tag)
            if tag == "Delivered":
                return
            await asyncio.sleep(HOUR)


def own_loop(env: ClientEnv) -> None:
    asyncio.run(asyncio_httpx(env))


def tenacious(env: ClientEnv) -> None:
    @tenacity.retry(wait=tenacity.wait_exponential(multiplier=2))
    def ask() -> str:
        answer = requests.get(url(env), headers=headers(env), timeout=10)
        answer.raise_for_status()
        tag: str = answer.json()["tag"]
        return tag

    while True:
        tag = ask()
        env.notify(tag)
        if tag == "Delivered":
            return
        time.sleep(HOUR)


class _NoFirstRetryAtOnce(Retry):
    def get_backoff_time(self) -> float:
        return 2.0 ** len(self.history)


def by_urllib3(env: ClientEnv) -> None:
    retry = _NoFirstRetryAtOnce(total=4, status_forcelist=(502,), allowed_methods=("GET",))
    with requests.Session() as session:
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=retry))
        while True:
            tag = session.get(url(env), headers=headers(env), timeout=10).json()["tag"]
            env.notify(tag)
            if tag == "Delivered":
                return
            time.sleep(HOUR)


STYLES = (requests_loop, httpx_loop, asyncio_httpx, own_loop, tenacious, by_urllib3)
STEPS = """
tag: Pending
{after: 3h, tag: InTransit, checkpoint: {}}
{after: 3h, WHAT}
{polls: 2, tag: InTransit, subtag: InTransit_002, checkpoint: {}}
{after: 5d, tag: Delivered, checkpoint: {}}
"""


def timeline(run: ClientRun) -> list[tuple[float, str]]:
    events = [(exchange.at, str(exchange.status)) for exchange in run.exchanges]
    events += [(told.at, told.tag) for told in run.notifications or ()]
    return [(round((at - run.began_at).total_seconds(), 1), what) for at, what in sorted(events)]


@pytest.mark.parametrize(
    "what",
    [
        "status: 502",
        *(f"tag: InTransit, fault: {{kind: {kind}}}" for kind in ("reset", "close", "no-answer", "latency, delay: 3s")),
    ],
)
def test_every_style_has_the_same_timeline_by_both_doors(what: str) -> None:
    given = trial(STEPS.replace("WHAT", what))
    runs: dict[tuple[str, TransportName], ClientRun] = {}
    for door in DOORS:
        with open_trial_runner(door=door) as runner:
            runs |= {(style.__name__, door): runner.run(style, given) for style in STYLES}
    timelines = {name: timeline(run) for name, run in runs.items()}
    expected = timelines["requests_loop", "in-process"]
    assert len(expected) > 200
    assert expected[-1][1] == "Delivered"
    for name, run in runs.items():
        assert (run.ended_by, run.distrust, run.last_words) == ("client", None, None), name
        assert [what for _, what in timelines[name]] == [what for _, what in expected], name
        assert [at for at, _ in timelines[name]] == pytest.approx([at for at, _ in expected], abs=1.0), name


# -- How a run ends


def ask_for_ever(env: ClientEnv) -> None:
    while True:
        requests.get(url(env), headers=headers(env), timeout=10)
        env.notify("x")


def nap_for_ever(env: ClientEnv) -> None:
    while True:
        requests.get(url(env), headers=headers(env), timeout=10)
        time.sleep(3 * HOUR)


async def gather_for_ever(env: ClientEnv) -> None:
    async def poll() -> None:
        async with httpx.AsyncClient(headers=headers(env)) as client:
            while True:
                await client.get(url(env))
                await asyncio.sleep(3 * HOUR)

    async with asyncio.TaskGroup() as group:
        group.create_task(poll())


async def block_in_a_group(env: ClientEnv) -> None:
    async def poll() -> None:
        while True:
            requests.get(url(env), headers=headers(env), timeout=10)
            await asyncio.sleep(3 * HOUR)

    async with asyncio.TaskGroup() as group:
        group.create_task(poll())


def catch_everything(env: ClientEnv) -> None:
    while True:
        try:
            requests.get(url(env), headers=headers(env), timeout=10)
            time.sleep(3 * HOUR)
            env.notify("x")
        except:  # noqa: E722
            env.notify("caught")


def catch_within(env: ClientEnv) -> None:
    def poll() -> None:
        catch_everything(env)

    poll()


async def catch_everything_in_loop(env: ClientEnv) -> None:
    async with httpx.AsyncClient(headers=headers(env)) as client:
        while True:
            try:
                await client.get(url(env))
                await asyncio.sleep(3 * HOUR)
            except:  # noqa: E722
                pass


def test_a_run_is_cut_at_many_requests(runner: TrialRunner) -> None:
    runner.most_requests = HURRIED_REQUESTS + 100
    run = runner.run(ask_for_ever, shipped("delivery"))
    assert (len(run.exchanges), run.ended_by, run.last_words) == (HURRIED_REQUESTS + 100, "cut", None)
    assert run.cut == "after 1,600 requests"
    assert runner.most_requests == HURRIED_REQUESTS, "the next one is cut sooner"
    runner.most_requests = 300
    assert runner.run(ask_for_ever, shipped("delivery")).cut == "after 300 requests"
    assert runner.most_requests == 300, "and never later"


@pytest.mark.parametrize("client", [nap_for_ever, gather_for_ever, block_in_a_group, catch_everything, catch_within])
def test_a_run_is_over_a_day_after_the_last_step(client: Client, runner: TrialRunner) -> None:
    run = runner.run(client, trial("tag: Pending\n{after: 1d, tag: Delivered}"))
    assert (run.ended_by, run.last_words, run.distrust) == ("deadline", None, None)
    assert (run.ended_at - run.began_at).total_seconds() == pytest.approx(48 * HOUR, abs=1)
    assert len(run.exchanges) == 16
    assert not [told for told in run.notifications or () if told.tag == "caught"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")
def test_a_coroutine_that_catches_everything_is_ended(runner: TrialRunner) -> None:
    run = runner.run(catch_everything_in_loop, trial("tag: Pending\n{after: 1d, tag: Delivered}"))
    assert (run.ended_by, len(run.exchanges)) == ("deadline", 16)


def crash(_: ClientEnv) -> None:
    raise KeyError("a")


def leave(_: ClientEnv) -> None:
    sys.exit("enough")


async def cancel(_: ClientEnv) -> None:
    raise asyncio.CancelledError


async def crash_in_a_group(env: ClientEnv) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.to_thread(crash, env))


def crash_in_a_library(env: ClientEnv) -> None:
    requests.get(f"nowhere://{env.label_id}", timeout=1)


@pytest.mark.parametrize(
    ("client", "words"),
    [
        (crash, "raised KeyError: 'a' (test_trial_runner.py:"),
        (leave, "raised SystemExit: enough (test_trial_runner.py:"),
        (cancel, "raised asyncio.exceptions.CancelledError (test_trial_runner.py:"),
        (crash_in_a_group, "raised KeyError: 'a' (test_trial_runner.py:"),
        (crash_in_a_library, "raised requests.exceptions.InvalidSchema: No connection adapters were found"),
    ],
)
def test_whatever_a_client_raises_ends_it_and_is_told(client: Client, words: str, runner: TrialRunner) -> None:
    run = runner.run(client, shipped("delivery"))
    assert (run.ended_by, run.exchanges) == ("client", ())
    assert (run.last_words or "").startswith(words)


def test_an_error_from_nowhere_has_no_place(runner: TrialRunner) -> None:
    client: Any = object()
    assert (runner.run(client, shipped("delivery")).last_words or "").endswith("is not callable")


def promises(_: ClientEnv) -> Any:
    """Give what can be awaited, and is no coroutine."""

    class Promise:
        def __await__(self) -> Any:
            return asyncio.sleep(HOUR).__await__()

    return Promise()


def test_a_client_may_be_anything_that_can_be_awaited(runner: TrialRunner) -> None:
    run = runner.run(promises, shipped("delivery"))
    assert (run.ended_by, run.last_words) == ("client", None)
    assert (run.ended_at - run.began_at).total_seconds() == pytest.approx(HOUR, abs=1)


def test_without_respx_and_requests_there_are_no_doors_for_them(monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing(_: str) -> None:
        return None

    monkeypatch.setattr(sys.modules[TrialRunner.__module__], "find_spec", nothing)
    with open_trial_runner() as runner:
        run = runner.run(lambda _: time.sleep(HOUR), shipped("delivery"))
    assert (run.exchanges, run.ended_by) == ((), "client")


async def never_closes(env: ClientEnv) -> None:
    client = httpx.AsyncClient(headers=headers(env), timeout=10)
    while True:
        await client.get(url(env))
        await asyncio.sleep(HOUR)


@pytest.mark.filterwarnings("error::ResourceWarning")
def test_nobody_is_warned_of_what_a_client_left_open_that_had_to_end(live: TrialRunner) -> None:
    assert live.run(never_closes, shipped("delivery")).ended_by == "deadline"
    gc.collect()  # a warning would fail this test


def test_who_runs_the_tests_may_stop_them(runner: TrialRunner) -> None:
    def interrupt(_: ClientEnv) -> None:
        raise KeyboardInterrupt

    def interrupt_one_of_many(_: ClientEnv) -> None:
        raise BaseExceptionGroup("many", [ValueError(), KeyboardInterrupt()])

    with pytest.raises(KeyboardInterrupt):
        runner.run(interrupt, shipped("delivery"))
    with pytest.raises(BaseExceptionGroup):
        runner.run(interrupt_one_of_many, shipped("delivery"))
    run = runner.run(crash, shipped("delivery"))
    assert run.ended_by == "client"
    assert time.time() > run.began_at.timestamp() + HOUR


# -- What cannot be trusted is told


async def watch_a_socket(_: ClientEnv) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        asyncio.get_running_loop().add_reader(ours, ours.close)
        await asyncio.Event().wait()


async def handle_a_signal(_: ClientEnv) -> None:
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, loop.stop)  # which only ends it
    loop.add_signal_handler(signal.SIGUSR1, loop.stop)
    await asyncio.Event().wait()


def wait_in_vain(_: ClientEnv) -> None:
    queue.Queue[int]().get()


def look_at_the_clock(_: ClientEnv) -> None:
    until = time.time() + HOUR
    while time.time() < until:
        pass


def poll_in_a_thread(env: ClientEnv) -> None:
    thread = threading.Thread(target=nap_for_ever, args=(env,))
    thread.start()
    thread.join()


def poll_by_a_pool(env: ClientEnv) -> None:
    with ThreadPoolExecutor(1) as pool:
        for _ in range(3):
            pool.submit(requests.get, url(env), headers=headers(env), timeout=10).result(timeout=30)
            time.sleep(HOUR)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize(
    ("client", "problem"),
    [
        (
            watch_a_socket,
            "it is stuck: the client waits for something that never comes, unless it watches 1 other conn",
        ),
        (handle_a_signal, "it is stuck: the client waits for something that never comes, unless it handles SIGUSR1"),
        (wait_in_vain, "it is stuck: it waits for another thread"),
        (look_at_the_clock, "it waits by looking at the clock again and again; not in virtual time: "),
        (poll_in_a_thread, "it waits in several threads"),
        (poll_by_a_pool, "it waits for threads of its own"),
    ],
)
def test_what_is_not_covered_is_told(client: Client, problem: str, runner: TrialRunner) -> None:
    run = runner.run(client, shipped("delivery"))
    assert problem in (run.distrust or "")
    assert not run.is_timing_trusted


# -- What waits for what can never come is silent for good


async def die_in_silence(env: ClientEnv) -> None:
    done = asyncio.Event()

    async def poll() -> None:
        async with httpx.AsyncClient(headers=headers(env)) as client:
            while True:
                tag = (await client.get(url(env))).json()["tag"]
                await asyncio.sleep({"Pending": 4 * HOUR}[tag])

    task = asyncio.create_task(poll(), name="poller")
    await done.wait()
    await task


def test_silence_for_good_is_known_for_what_it_is(runner: TrialRunner) -> None:
    run = runner.run(die_in_silence, shipped("delivery"))
    assert (run.ended_by, run.distrust, run.has_crashed) == ("deadline", None, True)
    place = r"\(test_trial_runner.py:\d+\)"
    waiting = r"die_in_silence waits at test_trial_runner.py:\d+"
    assert re.fullmatch(rf"poll ended by KeyError: 'InfoReceived' {place}; {waiting}", run.rest or "")
    # It bore no other body with anything like what the last one brought.
    (failed,) = (outcome for outcome in judge_client([run]) if outcome.failure is not None)
    assert failed.rule.id == "client.body.legal"
    assert failed.failure is not None
    assert re.match(
        r"it asked no more for \S+ after InfoReceived, and never would: poll ended by", failed.failure.actual
    )


def test_a_call_in_an_old_pool_may_end_it(runner: TrialRunner) -> None:
    release = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()

        async def wait_for_the_pool(_: ClientEnv) -> None:
            await asyncio.get_running_loop().run_in_executor(pool, release.wait, 300)

        run = runner.run(wait_for_the_pool, shipped("delivery"))
        release.set()
    assert "unless a thread of its own is at work" in (run.distrust or "")


# -- Sockets that are left open, and others than requests and httpx


def by_urllib(env: ClientEnv) -> None:
    for _ in range(4):
        asked = urllib.request.Request(url(env), headers=headers(env))
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                answer.read()
        except OSError:
            env.notify("failed")
        time.sleep(HOUR)


def by_forgotten_connections(env: ClientEnv) -> None:
    for _ in range(4):
        connection = HTTPConnection(urlsplit(env.base_url).netloc, timeout=10)
        connection.request("GET", f"/tracking/{env.label_id}", headers=headers(env))
        connection.getresponse()
        del connection
        asyncio.run(asyncio.sleep(HOUR))


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("client", [by_urllib, by_forgotten_connections])
def test_other_libraries_go_by_the_socket(client: Client, live: TrialRunner) -> None:
    run = live.run(client, trial("tag: Pending\n{after: 1d, tag: Delivered}"))
    assert (len(run.exchanges), run.distrust, run.last_words) == (4, None, None)
    assert (run.ended_at - run.began_at).total_seconds() == pytest.approx(4 * HOUR, abs=3)


def test_a_body_in_drops_meets_the_clients_own_timeout(live: TrialRunner) -> None:
    """The connection is closed by the header, and yet read on: its file keeps it open."""
    run = live.run(by_urllib, trial("{tag: Pending, fault: {kind: dribble, delay: 10m}}"))
    assert [told.tag for told in run.notifications or ()] == ["failed"] * 4


def test_a_mock_of_ones_own_is_used() -> None:
    mock = Mock()
    with open_trial_runner(mock) as runner:
        runner.most_requests = 300
        assert len(runner.run(ask_for_ever, shipped("delivered-at-once")).exchanges) == 300
    assert mock.pace is not None
