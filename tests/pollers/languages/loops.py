"""One poller under many loops and schedulers, LOOP says which; HABIT breaks it: often, endless or flat."""

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
from concurrent.futures import ThreadPoolExecutor
from urllib.error import HTTPError
from urllib.parse import quote

HABIT = os.environ.get("HABIT", "")
WAITS = {"Pending": 14400, "InfoReceived": 14400, "InTransit": 1800, "Exception": 900}
TOLD = ("InfoReceived", "InTransit", "Exception", "Delivered")
URL = os.environ["FLEXFORWARD_BASE_URL"] + "/tracking/" + quote(os.environ["FLEXFORWARD_ORDER_NUMBER"], safe="")


def ask():
    request = urllib.request.Request(URL, headers={"Authorization": "Bearer " + os.environ["FLEXFORWARD_TOKEN"]})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return str(json.load(answer)["tag"])


def pauses():
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


def follow(wait):
    for seconds in pauses():
        wait(seconds)


def plain():
    follow(time.sleep)


def thread():
    one = threading.Thread(target=plain)
    one.start()
    one.join()


def pool():
    with ThreadPoolExecutor() as executor:
        executor.submit(plain).result()


def timer():
    over, turns = threading.Event(), pauses()

    def turn():
        seconds = next(turns, None)
        over.set() if seconds is None else threading.Timer(seconds, turn).start()

    turn()
    over.wait()


def selecting():
    follow(lambda seconds: select.select([], [], [], seconds))


def alarm():
    signal.signal(signal.SIGALRM, lambda *_: None)

    def wait(seconds):
        signal.alarm(seconds)
        signal.pause()

    follow(wait)


def sigtimedwait():
    follow(lambda seconds: signal.sigtimedwait([signal.SIGUSR1], seconds))


def child():
    follow(lambda seconds: subprocess.run(["sleep", str(seconds)], check=True))


def processes():
    import multiprocessing

    worker = multiprocessing.get_context("spawn").Process(target=plain)
    worker.start()
    worker.join()


def busy():
    def wait(seconds):
        until = time.time() + seconds
        while time.time() < until:
            pass

    follow(wait)


def asyncio_loop():
    import asyncio

    asyncio.run(_asleep(asyncio.sleep))


async def _asleep(sleep):
    for seconds in pauses():
        await sleep(seconds)


def uvloop_loop():
    import asyncio

    import uvloop

    uvloop.run(_asleep(asyncio.sleep))


def trio_loop():
    import trio

    trio.run(_asleep, trio.sleep)


def gevent_loop():
    from gevent import monkey, sleep, spawn

    monkey.patch_all()
    spawn(follow, sleep).join()


def eventlet_loop():
    import eventlet

    eventlet.monkey_patch()
    eventlet.spawn(follow, eventlet.sleep).wait()


def twisted_loop():
    from twisted.internet import reactor

    turns = pauses()

    def turn():
        seconds = next(turns, None)
        reactor.stop() if seconds is None else reactor.callLater(seconds, turn)

    reactor.callWhenRunning(turn)
    reactor.run()


def apscheduler():
    """Its defaults: a thread that schedules, a pool that works, a job every five minutes that looks at its clock."""
    from apscheduler.schedulers.background import BackgroundScheduler

    over, turns, due = threading.Event(), pauses(), [0.0]
    scheduler = BackgroundScheduler(timezone="UTC")

    def job():
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
