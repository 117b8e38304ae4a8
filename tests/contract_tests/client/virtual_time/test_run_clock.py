"""The time of one run: who waits for what, and when it is over."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from flexforward_contract_tests.client.runner.trial import shipped_trials
from flexforward_contract_tests.client.virtual_time.preload.flexforward_virtual_time import StuckError
from flexforward_contract_tests.client.virtual_time.run_clock import (
    EXCHANGE_S,
    MOST_REQUESTS,
    RunClock,
    RunOver,
    SandboxClock,
    Wire,
)
from flexforward_contract_tests.client.virtual_time.wire_watch import WireWatch
from flexforward_mockserver.engine.delivery import Delivery
from flexforward_mockserver.engine.messages import Response
from flexforward_mockserver.state.journal import Exchange
from kit import START, Kit
from virtual_kit import HOUR, virtual_time

if TYPE_CHECKING:
    from flexforward_contract_tests.client.virtual_time.preload.flexforward_virtual_time import Traffic


class Watch(WireWatch):
    """Knows what it is told to know."""

    is_all_quiet = True

    def is_quiet(self, traffic: Traffic) -> bool:
        return self.is_all_quiet

    def is_answering(self, port: int) -> bool:
        return False

    def has_answered(self, port: int) -> bool:
        return True


def run_time(
    limit: timedelta = timedelta(days=1), most_requests: int = MOST_REQUESTS, watch: Watch | None = None
) -> RunClock:
    return RunClock(START, limit=limit, most_requests=most_requests, watch=watch)


def exchange() -> Exchange:
    return Exchange(at=START, real_at=0.0, method="GET", path="/tracking/1", status=200)


def reply(delay_s: float | None = None) -> Response:
    delivery = None if delay_s is None else Delivery(manner="whole", delay_s=delay_s)
    return Response(200, [], b"", delivery, exchange())


def test_a_wait_moves_time_to_where_it_ends() -> None:
    law = run_time()
    assert law.wait(HOUR, None)
    assert law.wait(HOUR / 2, None)  # which has passed
    assert law.elapsed() == HOUR
    assert law.epoch == START.timestamp()


def test_nothing_moves_while_something_is_in_flight() -> None:
    watch = Watch()
    law = run_time(watch=watch)
    watch.is_all_quiet = False
    assert not law.wait(HOUR, {1: (5, 0)})
    assert law.elapsed() == 0
    assert law.wait(HOUR, None), "who sleeps reads nothing"


def test_an_answer_that_is_held_back_comes_before_a_later_timer() -> None:
    law = run_time()
    released: list[float] = []
    law.hold(60, lambda: released.append(law.elapsed()))
    law.hold(120, lambda: released.append(law.elapsed()))
    assert law.wait(HOUR, None)
    assert released == [60]
    assert law.wait(None, None)
    assert released == [60, 120]
    assert law.wait(HOUR, None)
    assert law.elapsed() == HOUR


def test_an_answer_that_is_taken_back_is_not_waited_for() -> None:
    law = run_time()
    drop = law.hold(60, lambda: pytest.fail("it was taken back"))
    drop()
    drop()
    assert law.wait(HOUR, None)
    assert law.elapsed() == HOUR


def test_waiting_for_nothing_is_stuck_unless_a_connection_stands_open() -> None:
    law = run_time()
    assert not law.wait(None, {1: (5, 5)})
    with pytest.raises(StuckError, match="never comes"):
        law.wait(None, None)


def test_it_is_over_at_the_limit() -> None:
    law = run_time(timedelta(hours=1))
    assert law.wait(HOUR, None)
    with pytest.raises(RunOver):
        law.wait(HOUR + 1, None)
    assert (law.is_over, law.elapsed()) == (True, HOUR)
    with pytest.raises(RunOver):
        law.wait(HOUR, None)


def test_it_is_over_after_the_last_request() -> None:
    law = run_time(most_requests=2)
    law.spend(reply())
    with pytest.raises(RunOver):
        law.spend(reply())
    with pytest.raises(RunOver):
        law.check()
    assert law.requests == 2


def test_a_run_with_many_requests_is_cut_for_its_real_time_too() -> None:
    law = RunClock(START, limit=timedelta(days=1), longest_real_s=0.0)
    for _ in range(999):
        law.count(exchange())
    assert (law.cut, law.is_over, law.ended_by) == (None, False, "client")
    law.count(exchange())
    assert (law.cut, law.is_over, law.ended_by) == ("after 0 real seconds, with 1,000 requests", True, "cut")
    assert law.is_hurried


def test_who_asks_each_minute_is_in_no_hurry() -> None:
    law = run_time(most_requests=3)
    for _ in range(3):
        law.wait(law.elapsed() + 60, None)
        law.count(exchange())
    assert (law.cut, law.is_hurried) == ("after 3 requests", False)


def test_who_asks_on_after_the_end_is_not_heard() -> None:
    law, asked = run_time(most_requests=1), [exchange(), exchange()]
    for one in asked:
        law.count(one)
    assert [one is asked[0] for one in law.seen_by_client(asked)] == [True]
    assert law.requests == 1


def test_who_catches_the_end_again_and_again_is_told_otherwise() -> None:
    law = run_time(most_requests=0)
    turns: list[int] = []
    law.is_over = True
    law.insist = turns.append
    for _ in range(7):
        with pytest.raises(RunOver):
            law.check()
    assert turns == [0, 1]


def test_an_exchange_takes_a_moment_and_what_it_is_delayed_by() -> None:
    law = run_time()
    law.spend(reply())
    assert law.elapsed() == EXCHANGE_S
    law.spend(reply(8))
    assert law.elapsed() == pytest.approx(2 * EXCHANGE_S + 8)
    assert law.requests == 2


def test_a_task_waits_for_its_answer_and_others_go_on() -> None:
    async def main(law: RunClock) -> list[float]:
        async def other() -> float:
            await asyncio.sleep(5)
            return law.elapsed()

        async def asking() -> float:
            await law.spend_in_loop(reply(8))
            return law.elapsed()

        return list(await asyncio.gather(asking(), other()))

    with virtual_time() as law:
        told = asyncio.run(main(law))
    assert told == [pytest.approx(8 + EXCHANGE_S, abs=0.01), pytest.approx(5, abs=0.01)]


def test_a_task_that_leaves_before_the_answer_had_none() -> None:
    held, whole = reply(600), reply()

    async def main(law: RunClock) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(30):
                await law.spend_in_loop(held)
        await law.spend_in_loop(whole)

    with virtual_time() as law:
        asyncio.run(main(law))
        assert held.exchange is not None
        assert whole.exchange is not None
        [left, seen] = law.seen_by_client([held.exchange, whole.exchange])
    assert left.status is None
    assert left.duration_s == pytest.approx(30)
    assert seen is whole.exchange


def test_a_task_after_the_end_is_left_waiting() -> None:
    async def main(law: RunClock) -> None:
        law.is_over = True
        await law.spend_in_loop(reply())

    with virtual_time() as law, pytest.raises(RunOver):
        asyncio.run(main(law))


def test_problems_are_told_once() -> None:
    law = run_time()
    law.note("a")
    law.note("b")
    law.note("a")
    assert law.problems == ["a", "b"]


def test_a_sandbox_lives_in_the_time_of_the_run() -> None:
    law = run_time()
    clock = SandboxClock(law)
    law.wait(HOUR, None)
    assert clock.now() == START + timedelta(hours=1)
    clock.on_client_wait(timedelta(hours=1))
    assert clock.now() == START + timedelta(hours=1)


def test_a_client_may_ask_as_often_as_the_rules_say() -> None:
    for trial in shipped_trials():
        minutes = timedelta(0)  # to the last step of one that asks each minute
        for step in trial.scenario.steps[1:]:
            ways = (step.after, None if step.polls is None else timedelta(minutes=step.polls))
            minutes += min(way for way in ways if way is not None)
        assert minutes + timedelta(days=1) < timedelta(minutes=MOST_REQUESTS), trial.name
    assert Kit().sandbox.clock.longest_wait_s < SandboxClock(run_time()).longest_wait_s


def test_a_program_that_may_have_been_woken_since_it_was_seen_asleep_moves_nothing() -> None:
    class Settled(Watch):
        activity = 5
        made = 0

        def is_settled(self, opened: int) -> bool:
            return True

    run_clock = RunClock(START, limit=timedelta(hours=1), watch=Settled())
    assert not run_clock.wait_for_all(60.0, Wire(opened=0, seen=4, is_patient=False))
    assert run_clock.elapsed() == 0


def test_what_is_awaited_after_a_connection_has_ended_is_not_awaited_on_it() -> None:
    run_clock, asleep = run_time(), Wire(opened=0, seen=0, is_patient=False)
    run_clock.take_request(7)
    assert run_clock.wait_for_all(30.0, asleep)
    run_clock.take_end(7)
    assert run_clock.wait_for_all(1800.0, asleep)
    assert run_clock.waited_until(7) == 30.0
    run_clock.take_request(7)  # by another connection, which got the same port
    assert run_clock.wait_for_all(2000.0, asleep)
    assert run_clock.waited_until(7) == 2000.0
