"""Prints the rows of Python's schedulers and cron libraries, but for virtual time."""

import itertools
import os
import time
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from zoneinfo import ZoneInfo

os.environ["TZ"] = "Europe/Berlin"
time.tzset()
import schedule
import time_machine
from apscheduler.triggers.cron import CronTrigger
from croniter import croniter
from cronsim import CronSim
from crontab import CronTab

BERLIN = ZoneInfo("Europe/Berlin")
DAILY = "30 2 * * *"
NIGHTS = (datetime(2026, 3, 29, tzinfo=BERLIN), datetime(2026, 10, 25, tzinfo=BERLIN))


def by_apscheduler(start):
    trigger, last = CronTrigger.from_crontab(DAILY, timezone=BERLIN), None
    while True:
        last = trigger.get_next_fire_time(last, last or start)
        yield last


def by_crontab(start):
    now = start.astimezone(UTC)
    while True:
        now += timedelta(seconds=CronTab(DAILY).next(now=now.astimezone(BERLIN), default_utc=False))
        yield now


def by_schedule(make, start, hours=12, jump=0):
    scheduler, runs = schedule.Scheduler(), []
    with time_machine.travel(start, tick=False) as clock:
        make(scheduler).do(lambda: runs.append(datetime.now(UTC)))
        for minute in range(hours * 60):
            clock.shift(60 + (jump * 3600 if minute == 60 else 0))
            scheduler.run_pending()
    return runs


def shown(runs, start):
    end = start.astimezone(UTC) + timedelta(hours=12)
    night = [run.astimezone(UTC) for run in itertools.takewhile(lambda run: run.astimezone(UTC) < end, runs)]
    return ", ".join(run.astimezone(BERLIN).strftime("%H:%M %z") for run in night)


def row(name, library, nights, jump="-"):
    print(f"| {name} {version(library)} | {' | '.join(nights)} | {jump} | - |")


jumped = by_schedule(lambda jobs: jobs.every(15).minutes, datetime(2026, 6, 1, 12, 2, tzinfo=BERLIN), 3, jump=3)
late = [run.astimezone(BERLIN).strftime("%H:%M %z") for run in jumped if run.astimezone(BERLIN).hour >= 15]
for name, at in {"schedule": ("02:30",), "schedule, zone given": ("02:30", "Europe/Berlin")}.items():
    row(name, "schedule", [shown(by_schedule(lambda jobs, at=at: jobs.every().day.at(*at), night), night) for night in NIGHTS], f"one run, at {late[0]}")
row("APScheduler, CronTrigger", "apscheduler", [shown(by_apscheduler(night), night) for night in NIGHTS])
row("croniter (aiocron)", "croniter", [shown(croniter(DAILY, night).all_next(datetime), night) for night in NIGHTS])
row("cronsim", "cronsim", [shown(CronSim(DAILY, night), night) for night in NIGHTS])
row("crontab", "crontab", [shown(by_crontab(night), night) for night in NIGHTS])
