"""Virtual time: time stands still while a program works, and jumps when it waits."""

from __future__ import annotations

import asyncio
import functools
import importlib
import logging
import queue
import sched
import selectors
import sys
import threading
import time
import types
from datetime import UTC, date, datetime, timedelta
from time import monotonic as bound_monotonic
from time import sleep as bound_sleep
from typing import TYPE_CHECKING, Any, ClassVar

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flexforward_contract_tests.client.virtual_time.preload.flexforward_virtual_time import (
    StuckError,
    UnsupportedError,
    VirtualTime,
)
from flexforward_contract_tests.client.virtual_time.run_clock import RunClock, RunOver
from virtual_kit import START, virtual_time

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

EPOCH = START.timestamp()
HOUR = 3600.0
REAL_SLEEP = time.sleep
KEPT: list[Any] = [time.sleep]  # in a list, where it is not replaced


class Day(datetime):
    """A subclass, as pendulum and freezegun have."""


class Holder:
    nap: ClassVar[Any] = bound_sleep

    def __init__(self) -> None:
        self.instance_nap = bound_sleep


class Slotted:
    __slots__ = ("nap",)

    def __init__(self) -> None:
        self.nap = bound_sleep


def nap_by_default(seconds: float, nap: Any = bound_sleep) -> None:
    nap(seconds)


def nap_by_keyword(seconds: float, *, nap: Any = bound_sleep) -> None:
    nap(seconds)


def closure() -> Callable[[float], None]:
    nap = bound_sleep
    return lambda seconds: nap(seconds)


NAP_IN_CLOSURE = closure()
UTCNOW: Any = lambda: getattr(datetime, "utcnow")()  # noqa: B009, E731  # deprecated, and still in use
UTCNOW_OF_DAY: Any = lambda: getattr(Day, "utcnow")()  # noqa: B009, E731
HOLDER, SLOTTED = Holder(), Slotted()
PART = functools.partial(bound_sleep, HOUR)
TABLE = {"nap": bound_sleep}


# -- Reading clocks


def test_clocks_stand_still_and_tell_virtual_time() -> None:
    with virtual_time():
        assert [time.time() for _ in range(3)] == [EPOCH] * 3
        assert time.time_ns() == int(EPOCH * 1e9)
        before, before_ns, perf = time.monotonic(), time.monotonic_ns(), time.perf_counter()
        time.sleep(1.5 * HOUR)
        assert time.time() == EPOCH + 1.5 * HOUR
        assert time.monotonic() - before == pytest.approx(1.5 * HOUR)
        assert time.monotonic_ns() - before_ns == pytest.approx(1.5 * HOUR * 1e9)
        assert time.perf_counter() - perf == pytest.approx(1.5 * HOUR)
        assert time.perf_counter_ns() == pytest.approx(time.perf_counter() * 1e9)


def test_steady_clocks_go_on_from_the_real_ones() -> None:
    real = time.monotonic()
    with virtual_time():
        assert time.monotonic() == pytest.approx(real, abs=2)


def test_calendars_tell_virtual_time() -> None:
    with virtual_time():
        time.sleep(HOUR)
        at = EPOCH + HOUR
        assert datetime.now(UTC) == START + timedelta(hours=1)
        assert datetime.now() == datetime.fromtimestamp(at)  # noqa: DTZ005, DTZ006
        assert UTCNOW() == datetime(2026, 4, 1, 1)  # noqa: DTZ001
        assert datetime.today() == datetime.fromtimestamp(at)  # noqa: DTZ002, DTZ006
        assert date.today() == date.fromtimestamp(at)  # noqa: DTZ011, DTZ012
        assert isinstance(Day.now(), Day)
        assert Day.now(UTC) == START + timedelta(hours=1)
        assert Day.today() == datetime.fromtimestamp(at)  # noqa: DTZ006
        assert isinstance(UTCNOW_OF_DAY(), Day)
        assert time.gmtime() == time.gmtime(at)
        assert time.localtime() == time.localtime(at)
        assert time.ctime() == time.ctime(at)
        assert time.asctime() == time.asctime(time.localtime(at))
        assert time.strftime("%c") == time.strftime("%c", time.localtime(at))


def test_given_instants_are_left_alone() -> None:
    with virtual_time():
        assert time.gmtime(0)[:3] == (1970, 1, 1)
        assert time.asctime(time.gmtime(0)) == "Thu Jan  1 00:00:00 1970"
        assert time.strftime("%Y", time.gmtime(0)) == "1970"


# -- Names bound before


@pytest.mark.parametrize(
    "nap",
    [
        pytest.param(lambda: bound_sleep(HOUR), id="module global"),
        pytest.param(lambda: nap_by_default(HOUR), id="default"),
        pytest.param(lambda: nap_by_keyword(HOUR), id="keyword default"),
        pytest.param(lambda: NAP_IN_CLOSURE(HOUR), id="closure"),
        pytest.param(lambda: HOLDER.nap(HOUR), id="class attribute"),
        pytest.param(lambda: Holder.nap(HOUR), id="class attribute of the class"),
        pytest.param(lambda: HOLDER.instance_nap(HOUR), id="instance attribute"),
        pytest.param(lambda: SLOTTED.nap(HOUR), id="slot"),
        pytest.param(PART, id="partial"),
        pytest.param(lambda: TABLE["nap"](HOUR), id="dictionary"),
    ],
)
def test_a_name_that_was_bound_before_counts(nap: Callable[[], None]) -> None:
    HOLDER.nap(0)  # so that Python has looked the attribute up once
    with virtual_time() as law:
        nap()
        assert law.elapsed() == HOUR
    HOLDER.nap(0)


def test_everything_is_put_back() -> None:
    names = ("time", "monotonic", "perf_counter", "sleep", "gmtime", "localtime", "ctime", "asctime", "strftime")
    before = [getattr(time, name) for name in names]
    methods = [vars(datetime)["now"], vars(date)["today"], threading.Condition.wait, sys.meta_path[:]]
    with virtual_time():
        assert all(getattr(time, name) is not real for name, real in zip(names, before, strict=True))
    assert [getattr(time, name) for name in names] == before
    assert [vars(datetime)["now"], vars(date)["today"], threading.Condition.wait, sys.meta_path] == methods
    held = (Holder.nap, HOLDER.nap, HOLDER.instance_nap, SLOTTED.nap, PART.func, TABLE["nap"], bound_sleep)
    assert set(held) == {REAL_SLEEP}
    assert nap_by_default.__defaults__ == (REAL_SLEEP,)
    assert nap_by_keyword.__kwdefaults__ == {"nap": REAL_SLEEP}
    assert abs(datetime.now(UTC) - START) > timedelta(days=1)


def test_everything_is_put_back_after_an_error() -> None:
    with pytest.raises(ZeroDivisionError), virtual_time():
        _ = 1 / 0
    assert time.sleep is REAL_SLEEP is bound_sleep


def test_a_module_that_is_imported_meanwhile_is_put_back_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "late_napper.py").write_text("from time import sleep\nfrom datetime import datetime\n")
    monkeypatch.syspath_prepend(tmp_path)  # pyright: ignore[reportUnknownMemberType]  # pytest's gap
    with virtual_time() as law:
        module = importlib.import_module("late_napper")
        module.sleep(HOUR)
        assert (law.elapsed(), module.datetime.now(UTC)) == (HOUR, START + timedelta(hours=1))
    assert module.sleep is REAL_SLEEP
    del sys.modules["late_napper"]


def test_logging_still_formats_times() -> None:
    """Its formatter holds ``time.localtime`` as a class attribute."""
    formatter = logging.Formatter("%(asctime)s")
    with virtual_time():
        record = logging.LogRecord("a", 20, "a.py", 1, "said", (), None)
        assert formatter.format(record).startswith(time.strftime("%Y-%m-%d %H", time.localtime(EPOCH)))


# -- Who lives in it


def test_other_threads_live_in_real_time() -> None:
    told: list[float] = []
    may_look, has_looked = threading.Event(), threading.Event()

    def look() -> None:
        may_look.wait()
        time.sleep(0.001)
        told.extend((time.time(), datetime.now(UTC).timestamp(), bound_monotonic()))
        has_looked.set()

    before = time.time()
    thread = threading.Thread(target=look)
    thread.start()
    with virtual_time():
        may_look.set()
        while thread.is_alive():
            pass
    thread.join()
    assert all(before <= instant <= time.time() for instant in told[:2])
    assert told[2] == pytest.approx(time.monotonic(), abs=10)


def test_between_runs_the_thread_lives_in_real_time() -> None:
    law = RunClock(START, limit=timedelta(days=1))
    virtual = VirtualTime(law)
    virtual.install()
    try:
        with virtual.running(law):
            assert time.time() == EPOCH
        assert time.time() > EPOCH + HOUR
        assert datetime.today().year == time.localtime().tm_year  # noqa: DTZ002
        assert UTCNOW() - datetime.now(UTC).replace(tzinfo=None) < timedelta(seconds=9)
        assert time.asctime()[-4:] == str(time.localtime().tm_year) == time.strftime("%Y")
        assert not threading.Event().wait(0.001)
        time.sleep(0.001)
        assert asyncio.run(asyncio.sleep(0.001, "woke")) == "woke"
    finally:
        virtual.uninstall()


@settings(deadline=timedelta(minutes=1), max_examples=5)
@given(st.integers(1, 5))
def test_deadlines_of_hypothesis_measure_real_time(days: int) -> None:
    with virtual_time():
        time.sleep(days * 24 * HOUR)


def test_durations_of_pytest_measure_real_time(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import time
        from virtual_kit import virtual_time

        def test_it():
            with virtual_time():
                time.sleep(9 * 86400)
        """
    )
    plugins = ("-p", "no:randomly", "-p", "no:asyncio", "-p", "no:cacheprovider")
    recorder = pytester.inline_run("-q", *plugins)  # pyright: ignore[reportUnknownMemberType]  # pytest's gap
    assert [report.duration < 60 for report in recorder.getreports("pytest_runtest_logreport")] == [True] * 3


# -- Waiting


def test_sleeping_moves_time_by_what_was_asked_for() -> None:
    with virtual_time() as law:
        for seconds in (0, 1e-9, 0.25, 9 * 24 * HOUR):
            time.sleep(seconds)
        assert law.elapsed() == pytest.approx(0.25 + 9 * 24 * HOUR, abs=1e-5)
        with pytest.raises(ValueError, match="sleep length must be non-negative"):
            time.sleep(-1)


def test_waits_with_a_timeout_move_time() -> None:
    condition = threading.Condition()
    with virtual_time() as law:
        assert not threading.Event().wait(HOUR)
        with pytest.raises(queue.Empty):
            queue.Queue[int]().get(timeout=HOUR)
        with condition:
            assert not condition.wait(-1)
        assert law.elapsed() == 2 * HOUR
        assert law.problems == []


def test_a_scheduler_goes_through_its_list() -> None:
    seen: list[float] = []
    with virtual_time() as law:
        scheduler = sched.scheduler()
        for hours in (5, 2):
            scheduler.enter(hours * HOUR, 0, lambda: seen.append(law.elapsed()))
        scheduler.run()
    assert seen == [pytest.approx(2 * HOUR), pytest.approx(5 * HOUR)]


def test_timers_of_asyncio_fire_in_their_order() -> None:
    seen: list[tuple[str, float]] = []

    async def nap(name: str, law: RunClock, hours: float) -> None:
        await asyncio.sleep(hours * HOUR)
        seen.append((name, round(law.elapsed() / HOUR, 6)))

    async def main(law: RunClock) -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(HOUR):
                await asyncio.Event().wait()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), HOUR)
        await asyncio.gather(nap("late", law, 3), nap("early", law, 2))

    with virtual_time() as law:
        asyncio.run(main(law))
    assert seen == [("early", 4.0), ("late", 5.0)]


def test_timers_of_anyio_fire() -> None:
    async def main() -> None:
        await anyio.sleep(HOUR)
        with pytest.raises(TimeoutError), anyio.fail_after(HOUR):
            await anyio.sleep_forever()
        with anyio.move_on_after(HOUR) as scope:
            await anyio.sleep(2 * HOUR)
        assert scope.cancelled_caught

    with virtual_time() as law:
        anyio.run(main)
        assert law.elapsed() == pytest.approx(3 * HOUR, abs=0.01)


# -- The end


def test_time_ends_at_the_limit() -> None:
    with pytest.raises(RunOver), virtual_time(timedelta(hours=1)) as law:
        time.sleep(2 * HOUR)
    assert (law.is_over, law.elapsed()) == (True, HOUR)


@pytest.mark.parametrize(
    "wait",
    [
        pytest.param(lambda: selectors.DefaultSelector().select(), id="a loop that is nobody's"),
        pytest.param(lambda: threading.Event().wait(), id="event"),
        pytest.param(lambda: queue.Queue[int]().get(), id="queue"),
    ],
)
def test_waiting_for_nothing_is_told(wait: Callable[[], object]) -> None:
    with pytest.raises(StuckError), virtual_time():
        wait()


def test_a_loop_that_nothing_can_wake_comes_to_the_end() -> None:
    with pytest.raises(RunOver), virtual_time(timedelta(hours=1)) as law:
        asyncio.run(asyncio.Event().wait())
    assert (law.ended_by, law.elapsed(), law.rested) == ("deadline", HOUR, "no code of its own waits")


def look_at_clock() -> None:
    while time.time() < EPOCH + HOUR:
        pass


def nap_for_nothing() -> None:
    while time.monotonic() < HOUR + EPOCH:
        time.sleep(0)


async def yield_for_nothing() -> None:
    until = time.time() + HOUR
    while time.time() < until:
        await asyncio.sleep(0)


@pytest.mark.parametrize("wait", [look_at_clock, nap_for_nothing, lambda: asyncio.run(yield_for_nothing())])
def test_a_loop_that_waits_by_looking_at_the_clock_is_told(wait: Callable[[], object]) -> None:
    with pytest.raises(UnsupportedError, match="looks at the clock"), virtual_time(most_looks=5_000) as law:
        wait()
    assert law.problems == ["it waits by looking at the clock again and again"]


def test_a_loop_of_short_naps_is_borne() -> None:
    with virtual_time(most_looks=5_000) as law:
        while time.time() < EPOCH + 6 * HOUR:
            time.sleep(1)
    assert law.problems == []


def test_types_are_still_types() -> None:
    with virtual_time():
        assert isinstance(datetime.now(UTC), datetime)
        assert isinstance(time.sleep, types.MethodType)
        assert time.sleep.__name__ == "sleep"
