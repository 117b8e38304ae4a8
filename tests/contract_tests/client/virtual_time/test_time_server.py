"""Time is told and moved over a socket, for whatever process it is the turn of."""

from __future__ import annotations

import json
import socket
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from flexforward_contract_tests.client.virtual_time.run_clock import RunClock
from flexforward_contract_tests.client.virtual_time.time_server import TimeServer, open_time_server
from kit import START

if TYPE_CHECKING:
    from collections.abc import Generator


class Asker:
    def __init__(self, address: tuple[str, int]) -> None:
        self._socket = socket.create_connection(address)
        self._file = self._socket.makefile("rwb")

    def ask(self, **question: Any) -> Any:
        self._file.write(json.dumps(question).encode() + b"\n")
        self._file.flush()
        return json.loads(self._file.readline())

    def hello(self) -> Any:
        return self.ask(hello="test", pid=1)

    def wait(self, until: float | None, *, asked: bool = True, traffic: Any = None) -> Any:
        return self.ask(wait=until, asked=asked, traffic=traffic)

    def leave(self) -> None:
        self._file.close()
        self._socket.close()


@pytest.fixture
def run_time() -> RunClock:
    return RunClock(START, limit=timedelta(hours=10))


@pytest.fixture
def times(run_time: RunClock) -> Generator[TimeServer]:
    with open_time_server(("127.0.0.1", 8080)) as opened:
        opened.begin(run_time)
        yield opened


@contextmanager
def asker(times: TimeServer, *, silent: bool = False) -> Generator[Asker]:
    made = Asker(times.address)
    if not silent:
        made.hello()
    try:
        yield made
    finally:
        made.leave()


def test_whoever_says_hello_is_told_where_and_when(times: TimeServer, run_time: RunClock) -> None:
    with asker(times, silent=True) as one:
        assert one.hello() == {"epoch": START.timestamp(), "elapsed": 0.0, "server": ["127.0.0.1", 8080]}
        assert times.processes == ["test"]
        assert not times.has_asker
        assert one.ask(now=True, asked=True) == {"elapsed": 0.0}
        assert times.has_asker


def test_waits_move_time_and_what_was_said_before_is_heard(times: TimeServer, run_time: RunClock) -> None:
    heard: list[float] = []
    times.before_move = lambda: heard.append(run_time.elapsed())
    with asker(times) as one:
        assert one.wait(60.0, traffic={}) == {"moved": True, "elapsed": 60.0, "free": 36000.0}
        assert one.wait(60.0) == {"moved": True, "elapsed": 60.0}
        assert one.wait(90.0) == {"moved": True, "elapsed": 90.0, "free": -1.0}
        assert one.ask(at=300.0) == {"elapsed": 300.0}
        assert one.wait(None, traffic={"5": [0, 0]}) == {"moved": False, "elapsed": 300.0, "free": -1.0}
        times.before_move = None
        assert one.ask(at=400.0) == {"elapsed": 400.0}
        assert one.wait(500.0) == {"moved": True, "elapsed": 500.0, "free": -1.0}
    assert heard == [0.0, 60.0, 90.0, 300.0]


def test_past_the_end_it_is_over(times: TimeServer, run_time: RunClock) -> None:
    with asker(times) as one, asker(times) as other:
        assert one.wait(1e6) == {"over": True, "elapsed": 36000.0}
        assert other.ask(at=1e6) == {"over": True, "elapsed": 36000.0}


def test_who_can_hear_of_nothing_any_more_comes_to_the_end(times: TimeServer, run_time: RunClock) -> None:
    heard: list[float] = []
    times.before_move = lambda: heard.append(run_time.elapsed())
    with asker(times) as one:
        drop = run_time.hold(60.0, lambda: None)
        assert one.ask(rest=["main waits at a.py:1"], ended=[], waking=None) == {"moved": False, "elapsed": 0.0}
        drop()
        assert one.ask(rest=["main waits at a.py:1"], ended=["poll ended"], waking=None)["over"]
    assert (run_time.ended_by, run_time.rested) == ("deadline", "poll ended; main waits at a.py:1")
    assert heard == [0.0, 0.0]


def test_who_is_not_the_one_to_move_time_does_not_end_it(times: TimeServer, run_time: RunClock) -> None:
    with asker(times) as one, asker(times):
        assert one.ask(rest=[], ended=[], waking=None) == {"elapsed": 0.0}
        times.before_move = None


def test_who_may_be_woken_or_was_cut_off_is_stuck(times: TimeServer, run_time: RunClock) -> None:
    with asker(times) as one:
        assert one.ask(rest=[], ended=[], waking="it handles SIGUSR1")["stuck"]
        assert one.ask(rest=[], ended=[], waking=None)["stuck"]
    assert run_time.ended_by == "virtual-time"


def test_who_waits_for_nothing_is_stuck(times: TimeServer, run_time: RunClock) -> None:
    with asker(times) as one:
        assert one.wait(None) == {"stuck": True, "elapsed": 0.0}
    assert times.is_stuck
    assert run_time.problems == ["the client waits for something that never comes"]


def test_between_runs_and_after_its_own_it_is_over_for_everybody(times: TimeServer, run_time: RunClock) -> None:
    with open_time_server(("127.0.0.1", 1)) as idle, asker(idle, silent=True) as one:
        assert one.hello() == {"over": True}
    with asker(times) as one, asker(times, silent=True) as silent:
        assert silent.ask(now=True) == {"over": True}
        times.begin(run_time)
        assert one.wait(5.0) == {"over": True}


def test_problems_are_noted_once(times: TimeServer, run_time: RunClock) -> None:
    with asker(times) as one:
        for _ in range(2):
            assert one.ask(note="it is odd") == {"elapsed": 0.0}
    assert run_time.problems == ["it is odd"]


def test_the_one_that_came_last_moves_time_until_one_asks(times: TimeServer, run_time: RunClock) -> None:
    with asker(times) as outer, asker(times) as inner:
        assert outer.wait(10.0, asked=False) == {"moved": False, "elapsed": 0.0}
        assert inner.wait(20.0, asked=False)["moved"]
        assert outer.wait(30.0)["moved"]
        assert inner.wait(40.0, asked=False) == {"moved": False, "elapsed": 30.0}
    assert run_time.problems == []


def test_two_that_ask_are_a_problem_and_one_after_the_other_is_none(times: TimeServer, run_time: RunClock) -> None:
    with asker(times) as outer:
        for until in (10.0, 20.0):
            with asker(times) as inner:
                assert inner.wait(until)["moved"]
            while not outer.wait(until + 1, asked=False)["moved"]:
                pass  # its end has not been heard of yet
    assert run_time.problems == []
    with asker(times) as one, asker(times) as two:
        assert one.wait(30.0)["moved"]
        assert two.wait(40.0)["moved"]
    assert run_time.problems == ["two processes move the time of one run"]
