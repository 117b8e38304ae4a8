#!/usr/bin/env bash
# croniter 7 moves a daily job out of the hour that spring leaves out, yet runs it twice in the hour of autumn.
#
# Expected: who looks after the one night, looks after the other: 03:00 in spring and once in autumn, as in cronsim
# and Debian's cron; or the wall clock taken at its word in both.
# Seen: 03:00 in spring, and 02:30 twice in autumn. APScheduler 3 runs twice as well, and at 03:30 in spring.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check \
    croniter==7.0.0 cronsim==2.8 apscheduler==3.11.3 tzdata==2025.2 2>/dev/null
cat >"$work/run.py" <<'PY'
import itertools
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from croniter import croniter
from cronsim import CronSim

BERLIN = ZoneInfo("Europe/Berlin")
DAILY = "30 2 * * *"


def by_apscheduler(start: datetime) -> Iterator[datetime]:
    trigger, last = CronTrigger.from_crontab(DAILY, timezone=BERLIN), None
    while True:
        last = trigger.get_next_fire_time(last, last or start)
        yield last


libraries = {
    "croniter": lambda start: croniter(DAILY, start).all_next(datetime),
    "cronsim": lambda start: CronSim(DAILY, start),
    "apscheduler": by_apscheduler,
}
seen = {}
for night, day in {"spring": datetime(2026, 3, 29, tzinfo=BERLIN), "autumn": datetime(2026, 10, 25, tzinfo=BERLIN)}.items():
    end = day.astimezone(UTC) + timedelta(hours=12)
    for name, runs in libraries.items():
        that_night = itertools.takewhile(lambda run: run.astimezone(UTC) < end, runs(day))
        # By way of UTC, so that an hour which does not exist is shown as the clock on the wall shows it.
        shown = [run.astimezone(UTC).astimezone(BERLIN).strftime("%H:%M %z") for run in that_night]
        seen[f"{night} {name}"] = ", ".join(shown)
print(*(f"{name} {version(name)}" for name in libraries))
print(seen)
expected = {
    "spring croniter": "03:00 +0200",
    "spring cronsim": "03:00 +0200",
    "spring apscheduler": "03:30 +0200",
    "autumn croniter": "02:30 +0200, 02:30 +0100",
    "autumn cronsim": "02:30 +0200",
    "autumn apscheduler": "02:30 +0200, 02:30 +0100",
}
if seen != expected:
    sys.exit("This has changed.")
PY
"$work/venv/bin/python" "$work/run.py"
