"""Asks for one shipment each hour, by the scheduler named: poller.py NAME. Ends when it is delivered."""

import asyncio
import json
import os
import sys
import threading
import time
from urllib.request import Request, urlopen

URL = f"{os.environ['FLEXFORWARD_BASE_URL']}/tracking/{os.environ['FLEXFORWARD_LABEL_ID']}"
delivered = threading.Event()


def ask() -> None:
    request = Request(URL, headers={"Authorization": f"Bearer {os.environ['FLEXFORWARD_TOKEN']}"})
    with urlopen(request, timeout=30) as response:
        if json.load(response)["tag"] == "Delivered":
            delivered.set()


def apscheduler_blocking() -> None:
    from apscheduler.schedulers.blocking import BlockingScheduler

    scheduler = BlockingScheduler()

    def job() -> None:
        ask()
        if delivered.is_set():
            scheduler.shutdown(wait=False)

    scheduler.add_job(job, "interval", hours=1)
    scheduler.start()


def apscheduler_background() -> None:
    from apscheduler.schedulers.background import BackgroundScheduler

    scheduler = BackgroundScheduler()
    scheduler.add_job(ask, "interval", hours=1)
    scheduler.start()
    delivered.wait()
    scheduler.shutdown()


def apscheduler_asyncio() -> None:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

    async def main() -> None:
        end = asyncio.Event()

        async def job() -> None:
            ask()
            if delivered.is_set():
                end.set()

        scheduler = AsyncIOScheduler()
        scheduler.add_job(job, "interval", hours=1)
        scheduler.start()
        await end.wait()

    asyncio.run(main())


def schedule_loop() -> None:
    import schedule

    schedule.every().hour.do(ask)
    while not delivered.is_set():
        schedule.run_pending()
        time.sleep(schedule.idle_seconds())


def scheduler_loop() -> None:
    import datetime

    import scheduler

    jobs = scheduler.Scheduler()
    jobs.cyclic(datetime.timedelta(hours=1), ask)
    while not delivered.is_set():
        jobs.exec_jobs()
        time.sleep(60)


def aiocron_loop() -> None:
    import aiocron

    async def main() -> None:
        cron = aiocron.crontab("0 * * * *")
        while not delivered.is_set():
            await cron.next()
            ask()

    asyncio.run(main())


def timer_chain() -> None:
    def beat() -> None:
        ask()
        if not delivered.is_set():
            threading.Timer(3600, beat).start()

    threading.Timer(3600, beat).start()


def sleep_loop() -> None:
    while not delivered.is_set():
        ask()
        time.sleep(3600)


globals()[sys.argv[1]]()
