#!/usr/bin/env bash
# APScheduler and Celery read "MON#1", the first Monday of a month, as each Monday.
#
# Expected: the first Monday, as in croniter and cronsim, or an error, as for the other signs that they do not know
# ("L" and "?" are refused).
# Seen: what follows the name is dropped without a word; the job runs four or five times a month.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check \
    apscheduler==3.11.3 celery==5.6.3 croniter==7.0.0 tzdata==2025.2 2>/dev/null
cat >"$work/run.py" <<'PY'
import itertools
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

from apscheduler.triggers.cron import CronTrigger
from celery.schedules import crontab
from croniter import croniter

START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def by_apscheduler() -> list[int]:
    trigger, last, days = CronTrigger.from_crontab("0 9 * * MON#1", timezone=UTC), None, []
    while (last := trigger.get_next_fire_time(last, last or START)) < END:
        days.append(last.day)
    return days


def by_celery() -> list[int]:
    weekdays = crontab(minute=0, hour=9, day_of_week="MON#1").day_of_week
    month = (START + timedelta(days=day) for day in range(30))
    return [day.day for day in month if day.isoweekday() % 7 in weekdays]


def by_croniter() -> list[int]:
    runs = croniter("0 9 * * MON#1", START).all_next(datetime)
    return [run.day for run in itertools.takewhile(lambda run: run < END, runs)]


seen = {"apscheduler": by_apscheduler(), "celery": by_celery(), "croniter": by_croniter()}
print(*(f"{name} {version(name)}" for name in seen))
print("days of November 2026 for MON#1:", seen)
mondays = [2, 9, 16, 23, 30]
if seen != {"apscheduler": mondays, "celery": mondays, "croniter": [2]}:
    sys.exit("This has changed.")
PY
"$work/venv/bin/python" "$work/run.py"
