"""One poller under many loops and schedulers, LOOP says which; HABIT breaks it: often, endless or flat."""

import asyncio
import http.client
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote

HABIT = os.environ.get("HABIT", "")
WAITS = {"Pending": 14400, "InfoReceived": 14400, "InTransit": 1800, "Exception": 900}
TOLD = ("InfoReceived", "InTransit", "Exception", "Delivered")
URL = os.environ["FLEXFORWARD_BASE_URL"] + "/tracking/" + quote(os.environ["FLEXFORWARD_ORDER_NUMBER"], safe="")


def ask() -> str:
    request = urllib.request.Request(URL, headers={"Authorization": "Bearer " + os.environ["FLEXFORWARD_TOKEN"]})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(json.load(answer)["tag"])


def pauses() -> Iterator[int]:
    """Ask, and yield how long to wait before the next time, until there is no more to ask."""
    last, failures = "", 0
    while True:
        try:
            tag = ask()
        except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
            if isinstance(error, HTTPError) and error.code in (401, 403, 404, 422):
                return
            failures += 1
            yield 45 if HABIT == "flat" else min(30 * 2 ** min(failures, 10), 1800)
            continue
        failures = 0
        if tag in TOLD and tag != last:
            print("notify:", tag, flush=True)
            last = tag
        if tag in ("Delivered", "Cancelled") and HABIT != "endless":
            return
        yield 300 if HABIT == "often" else WAITS.get(tag, 3600)


def follow(wait: Callable[[int], object]) -> None:
    for seconds in pauses():
        wait(seconds)


def plain() -> None:
    follow(time.sleep)


def thread() -> None:
    one = threading.Thread(target=plain)
    one.start()
    one.join()


def pool() -> None:
    with ThreadPoolExecutor() as executor:
        executor.submit(plain).result()


def timer() -> None:
    over, turns = threading.Event(), pauses()

    def turn() -> None:
        seconds = next(turns, None)
        over.set() if seconds is None else threading.Timer(seconds, turn).start()

    turn()
    over.wait()


def selecting() -> None:
    follow(lambda seconds: select.select([], [], [], seconds))


def _wake(_number: int, _frame: object) -> None:
    """Let the wait for it end."""


def alarm() -> None:
    signal.signal(signal.SIGALRM, _wake)

    def wait(seconds: int) -> None:
        signal.alarm(seconds)
        signal.pause()

    follow(wait)


def sigtimedwait() -> None:
    follow(lambda seconds: signal.sigtimedwait([signal.SIGUSR1], seconds))


def child() -> None:
    follow(lambda seconds: subprocess.run(["sleep", str(seconds)], check=True))


def processes() -> None:
    import multiprocessing

    worker = multiprocessing.get_context("spawn").Process(target=plain)
    worker.start()
    worker.join()


def busy() -> None:
    def wait(seconds: int) -> None:
        until = time.time() + seconds
        while time.time() < until:
            pass

    follow(wait)


def asyncio_loop() -> None:
    asyncio.run(_asleep(asyncio.sleep))


async def _asleep(sleep: Callable[[float], Awaitable[object]]) -> None:
    for seconds in pauses():
        await sleep(seconds)


def uvloop_loop() -> None:
    uvloop: Any = import_module("uvloop")
    uvloop.run(_asleep(asyncio.sleep))


def trio_loop() -> None:
    trio: Any = import_module("trio")
    trio.run(_asleep, trio.sleep)


def gevent_loop() -> None:
    gevent: Any = import_module("gevent")
    import_module("gevent.monkey").patch_all()
    gevent.spawn(follow, gevent.sleep).join()


def eventlet_loop() -> None:
    eventlet: Any = import_module("eventlet")
    eventlet.monkey_patch()
    eventlet.spawn(follow, eventlet.sleep).wait()


def twisted_loop() -> None:
    reactor: Any = import_module("twisted.internet.reactor")
    turns = pauses()

    def turn() -> None:
        seconds = next(turns, None)
        reactor.stop() if seconds is None else reactor.callLater(seconds, turn)

    reactor.callWhenRunning(turn)
    reactor.run()


def apscheduler() -> None:
    """Its defaults: a thread that schedules, a pool that works, and a job each five minutes that reads its clock."""
    over, turns, due = threading.Event(), pauses(), [0.0]
    background: Any = import_module("apscheduler.schedulers.background")
    scheduler = background.BackgroundScheduler(timezone="UTC")

    def job() -> None:
        if time.monotonic() >= due[0] - 1:
            seconds = next(turns, None)
            if seconds is None:
                over.set()
            else:
                due[0] = time.monotonic() + seconds

    scheduler.add_job(job, "interval", seconds=15 if HABIT == "flat" else 300)
    scheduler.start()
    over.wait()
    scheduler.shutdown()


if __name__ == "__main__":
    name = os.environ.get("LOOP") or sys.argv[1]
    globals()[name]()
