"""The bounds of virtual time: what it does not cover is refused and told, and what is not the program's is let be."""

from __future__ import annotations

import _thread
import asyncio
import gc
import importlib
import os
import sys
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from flexforward_contract_tests.client.virtual_time.preload.flexforward_virtual_time import (
    StuckError,
    UnsupportedError,
    VirtualTime,
)
from flexforward_contract_tests.client.virtual_time.run_clock import RunClock, RunOver
from virtual_kit import START, virtual_time

if TYPE_CHECKING:
    from pathlib import Path

    from flexforward_contract_tests.client.virtual_time.preload.flexforward_virtual_time import Traffic

HOUR = 3600.0
KEPT: list[Any] = [time.sleep]  # in a list, where it is not replaced


# -- Threads of the program


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_second_thread_that_sleeps_is_ended_and_told() -> None:
    ended: list[str] = []

    def nap() -> None:
        try:
            time.sleep(HOUR)
        finally:
            ended.append("nap")

    with virtual_time() as law:
        thread = threading.Thread(target=nap)
        thread.start()
        thread.join()
    assert ended == ["nap"]
    assert "it waits in several threads" in law.problems


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_second_thread_that_waits_is_ended_and_told() -> None:
    with virtual_time() as law:
        thread = threading.Thread(target=lambda: threading.Event().wait(HOUR))
        thread.start()
        thread.join()
    assert "it waits in several threads" in law.problems


def nap_and_return() -> int:
    KEPT[0](0.05)
    return 7


def test_a_result_of_another_thread_is_waited_for_and_told() -> None:
    with virtual_time() as law, ThreadPoolExecutor(1) as pool:
        assert pool.submit(lambda: 7).result(timeout=HOUR) == 7
        assert pool.submit(nap_and_return).result() == 7
        assert law.elapsed() == 0
    assert law.problems == ["it waits for threads of its own"]


def test_a_timeout_passes_though_other_threads_are_there() -> None:
    stop, go = threading.Event(), threading.Event()
    with virtual_time() as law:
        thread = threading.Thread(target=go.wait)
        thread.start()
        assert not stop.wait(HOUR)
        go.set()
        thread.join()
        assert law.elapsed() == HOUR
    assert law.problems == [], "a thread that waits to be told does nothing"


def busy(until: list[bool]) -> None:
    while not until:
        KEPT[0](0.005)


def test_threads_that_bring_nothing_are_not_waited_for_for_ever() -> None:
    over: list[bool] = []
    with virtual_time(patience_s=0.1) as law:
        threading.Thread(target=busy, args=(over,)).start()
        with pytest.raises(StuckError):
            threading.Event().wait()
        over.append(True)
    stuck = "it is stuck: it waits for another thread, and there is none that could end that"
    assert law.problems == ["it waits for threads of its own", stuck]
    assert law.has_cut_off, "what ends it is ours"


def test_a_loop_waits_for_its_threads_while_time_stands_still() -> None:
    async def main() -> int:
        result = await asyncio.to_thread(nap_and_return)
        await asyncio.sleep(HOUR)
        return result

    with virtual_time() as law:
        assert asyncio.run(main()) == 7
        assert law.elapsed() == pytest.approx(HOUR, abs=0.01)
    assert law.problems == []


def test_a_loop_that_resolves_a_name_has_idle_workers_from_then_on() -> None:
    async def main() -> None:
        await asyncio.get_running_loop().getaddrinfo("localhost", 80)
        await asyncio.sleep(HOUR)

    with virtual_time() as law:
        asyncio.run(main())
        assert law.elapsed() == pytest.approx(HOUR, abs=0.01)
    assert law.problems == []


def test_threads_that_work_on_and_on_are_told_of() -> None:
    over: list[bool] = []
    with virtual_time(patience_s=0.1) as law:
        threading.Thread(target=busy, args=(over,)).start()
        asyncio.run(asyncio.sleep(HOUR))
        over.append(True)
    assert "it waits while threads of its own work" in law.problems


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_loop_in_a_second_thread_that_waits_long_is_ended_and_told() -> None:
    with virtual_time() as law:
        thread = threading.Thread(target=lambda: asyncio.run(asyncio.sleep(HOUR)))
        thread.start()
        thread.join()
    assert "it waits in several threads" in law.problems
    assert law.has_cut_off


# -- Clocks beside time.time


def test_clocks_of_the_system_move_as_well() -> None:
    with virtual_time():
        before = time.clock_gettime(time.CLOCK_MONOTONIC), time.clock_gettime_ns(time.CLOCK_REALTIME)
        lived, mark = os.times().elapsed, uuid.uuid1().time
        processor = time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID)
        time.sleep(HOUR)
        assert time.clock_gettime(time.CLOCK_MONOTONIC) - before[0] == pytest.approx(HOUR, abs=0.01)
        assert time.clock_gettime_ns(time.CLOCK_REALTIME) - before[1] == pytest.approx(HOUR * 1e9, abs=1e7)
        assert os.times().elapsed - lived == pytest.approx(HOUR, abs=0.01)
        assert uuid.uuid1().time - mark == pytest.approx(HOUR * 1e7, abs=1e5)
        assert time.clock_gettime(time.CLOCK_PROCESS_CPUTIME_ID) - processor < HOUR / 2
    assert os.times().elapsed != pytest.approx(lived + HOUR, abs=1)


def test_a_loop_does_not_wait_for_idle_threads_for_ever() -> None:
    async def main() -> None:
        await asyncio.to_thread(int)
        await asyncio.Event().wait()

    with pytest.raises(RunOver), virtual_time(patience_s=0.1) as law:
        asyncio.run(main())
    assert law.rested is not None
    assert law.rested.startswith("main waits at test_virtual_time_bounds.py:")


# -- Event loops of others


@pytest.fixture
def other_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A stand-in for trio, which is not installed: only its name and what starts it matter."""
    (tmp_path / "trio.py").write_text("def run(main):\n    return main()\n")
    monkeypatch.syspath_prepend(tmp_path)  # pyright: ignore[reportUnknownMemberType]  # pytest's gap
    monkeypatch.delitem(sys.modules, "trio", raising=False)
    return "trio"


@pytest.mark.parametrize("is_loaded_before", [True, False])
def test_an_event_loop_with_timers_of_its_own_is_refused(
    other_loop: str, is_loaded_before: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_loaded_before:
        importlib.import_module(other_loop)
    with virtual_time() as law:
        trio = importlib.import_module(other_loop)
        with pytest.raises(UnsupportedError, match="trio has timers of its own"):
            trio.run(lambda: 7)
        assert law.problems == ["it runs under trio, whose timers are its own"]
    assert trio.run(lambda: 7) == 7
    monkeypatch.delitem(sys.modules, other_loop)


def test_uvloop_is_refused_in_virtual_time_only() -> None:
    uvloop = pytest.importorskip("uvloop")

    async def main() -> int:
        return 7

    with virtual_time() as law:
        coroutine = main()
        with pytest.raises(UnsupportedError, match="uvloop"):
            uvloop.run(coroutine)
        coroutine.close()
    assert law.problems == ["it runs under uvloop, whose timers are its own"]


def test_others_may_run_other_loops_meanwhile(other_loop: str) -> None:
    law = RunClock(START, limit=timedelta(days=1))
    virtual = VirtualTime(law)
    virtual.install()
    try:
        assert importlib.import_module(other_loop).run(lambda: 7) == 7
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module("trio.nothing")
    finally:
        virtual.uninstall()
        sys.modules.pop(other_loop, None)


def test_a_loop_that_is_not_there_is_not_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "trio", raising=False)
    with virtual_time(), pytest.raises(ModuleNotFoundError, match="trio"):
        importlib.import_module("trio")


# -- Threads of others


@pytest.fixture
def beat() -> list[object]:
    """A thread of somebody else's that knows no object of its own, as those of pytest-xdist, and asks who it is."""
    beats: list[object] = []
    go, is_over = _thread.allocate_lock(), _thread.allocate_lock()
    go.acquire()
    is_over.acquire()

    def run() -> None:
        while not go.acquire(timeout=0.001):  # a wait that nothing replaces
            pass
        try:
            beats.append(threading.current_thread())
            beats.append(threading.Event().wait(0.001))
        finally:
            is_over.release()

    _thread.start_new_thread(run, ())
    return [go, is_over, beats]


def test_a_thread_that_was_there_before_is_no_thread_of_the_program(beat: list[Any]) -> None:
    go, is_over, beats = beat
    with virtual_time() as law:
        go.release()
        is_over.acquire()
        assert not threading.Event().wait(HOUR)
    assert beats[1] is False
    assert law.problems == []


# -- What Python runs amid something else


class Watched(RunClock):
    """A law amid whose answers Python collects garbage."""

    depth = 0

    def elapsed(self) -> float:
        assert not self.depth
        self.depth += 1
        gc.collect()
        self.depth -= 1
        return super().elapsed()


def test_what_looks_at_a_clock_amid_an_answer_of_the_law_sees_the_last_known_time() -> None:
    seen: list[float] = []

    def look(_: str, __: object) -> None:
        seen.append(time.time())
        time.sleep(0)

    law = Watched(START, limit=timedelta(days=1))
    virtual = VirtualTime(law)
    virtual.install()
    gc.callbacks.append(look)
    try:
        with virtual.running(law):
            time.sleep(HOUR)
            seen.clear()
            assert time.time() == START.timestamp() + HOUR
    finally:
        gc.callbacks.remove(look)
        virtual.uninstall()
    assert set(seen) == {START.timestamp() + HOUR}
    assert law.problems == []


def test_a_process_that_has_frozen_its_objects_lives_in_virtual_time_too() -> None:
    gc.freeze()
    with virtual_time() as law:
        time.sleep(HOUR)
        assert law.elapsed() == HOUR
        gc.freeze()
    before = time.monotonic()
    time.sleep(0.001)
    assert time.monotonic() - before < HOUR


class Hesitant(RunClock):
    """A law that lets nobody move time at first, as where another process may."""

    refusals = 2

    def wait(self, until: float | None, traffic: Traffic | None) -> bool:
        self.refusals -= 1
        return self.refusals < 0 and super().wait(until, traffic)


def test_who_may_not_move_time_asks_again() -> None:
    law = Hesitant(START, limit=timedelta(days=1))
    virtual = VirtualTime(law)
    virtual.install()
    try:
        with virtual.running(law):
            time.sleep(HOUR)
    finally:
        virtual.uninstall()
    assert (law.elapsed(), law.refusals) == (HOUR, -1)
