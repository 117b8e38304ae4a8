#!/usr/bin/env bash
# The crontab library's "every half hour" is silent for ninety minutes when the clocks go back.
#
# Expected: "*/30 * * * *" is due each thirty real minutes, in the hour that comes twice as well.
# Seen: from the first 02:30 it counts an hour and a half to 03:00; cronsim goes on each half hour.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check crontab==1.0.5 cronsim==2.8 tzdata==2025.2 2>/dev/null
cat >"$work/run.py" <<'PY'
import itertools
import sys
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from zoneinfo import ZoneInfo

from cronsim import CronSim
from crontab import CronTab

BERLIN = ZoneInfo("Europe/Berlin")
START = datetime(2026, 10, 25, 1, 45, tzinfo=BERLIN)


def by_crontab() -> list[datetime]:
    now, runs = START.astimezone(UTC), []
    while len(runs) < 5:
        now += timedelta(seconds=CronTab("*/30 * * * *").next(now=now.astimezone(BERLIN), default_utc=False))
        runs.append(now)
    return runs


def minutes(runs: list[datetime]) -> list[int]:
    utc = [run.astimezone(UTC) for run in runs]
    return [round((later - earlier).total_seconds() / 60) for earlier, later in itertools.pairwise(utc)]


seen = {
    "crontab": minutes(by_crontab()),
    "cronsim": minutes(list(itertools.islice(CronSim("*/30 * * * *", START), 5))),
}
print("crontab", version("crontab"), "cronsim", version("cronsim"))
print("minutes between runs from 02:00 on, 2026-10-25, Berlin:", seen)
if seen != {"crontab": [30, 90, 30, 30], "cronsim": [30, 30, 30, 30]}:
    sys.exit("This has changed.")
PY
"$work/venv/bin/python" "$work/run.py"
