"""A program may go on by itself where nobody else has a say, and hears of an exchange's time as soon as it has read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, cast

from flexforward_contract_tests.client.virtual_time.run_clock import EXCHANGE_S, RunClock
from flexforward_contract_tests.client.virtual_time.time_server import TimeServer
from kit import START

if TYPE_CHECKING:
    from flexforward_contract_tests.client.virtual_time.wire_watch import WireWatch
    from flexforward_openapi import Json

PORT = 40_000


class Answering:
    """A server whose answer is out, and is known to be whole at the third look."""

    made = 0

    def __init__(self) -> None:
        self.looks = 0

    def is_answering(self, _: int) -> bool:
        self.looks += 1
        return self.looks < 3

    def has_answered(self, _: int) -> bool:
        return self.looks >= 3


def served(run_time: RunClock) -> TimeServer:
    times = TimeServer(("127.0.0.1", 8080))
    times.begin(run_time)
    times.answer(1, {"hello": "test", "pid": 1})
    return times


def wait(times: TimeServer, until: float) -> Json:
    return times.answer(1, {"wait": until, "asked": True, "traffic": {}})


def test_a_program_is_free_up_to_the_limit_and_says_how_far_it_went() -> None:
    run_time = RunClock(START, limit=timedelta(hours=10))
    times = served(run_time)
    assert wait(times, 60.0) == {"moved": True, "elapsed": 60.0, "free": 36_000.0}
    said: list[float] = []
    times.before_move = lambda: said.append(run_time.elapsed())
    assert times.answer(1, {"at": 7200.0}) == {"elapsed": 7200.0}
    assert said == [60.0], "what it has printed is of the time before"
    assert times.answer(1, {"at": 40_000.0}) == {"over": True, "elapsed": 36_000.0}
    assert run_time.is_over


def test_a_program_is_not_free_while_the_server_holds_an_answer_back() -> None:
    run_time = RunClock(START, limit=timedelta(hours=10))
    drop = run_time.hold(300.0, lambda: None)
    assert wait(served(run_time), 60.0) == {"moved": True, "elapsed": 60.0, "free": 0.0}
    drop()
    assert wait(served(run_time), 90.0) == {"moved": True, "elapsed": 90.0, "free": 36_000.0}


def test_who_has_read_an_answer_hears_of_its_time_though_the_server_has_not_noted_it_yet() -> None:
    watch = Answering()
    run_time = RunClock(START, limit=timedelta(hours=10), watch=cast("WireWatch", watch))
    run_time.take_request(PORT)
    assert served(run_time).answer(1, {"now": True}) == {"elapsed": EXCHANGE_S}
    assert watch.looks == 3
