#!/usr/bin/env bash
# schedule, given a time zone, runs a daily job once too often on the day after the clocks went forward.
#
# Expected: every().day.at("02:30", zone) on the night without 02:30 runs late or not, and at 02:30 from then on.
# Seen: at 03:30 that night, and on the day after at 01:30 and at 02:30. Without the zone (the machine's own): 03:00,
# and nothing extra.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check \
    schedule==1.2.2 pytz==2025.2 time-machine==3.6.0 tzdata==2025.2 2>/dev/null
cat >"$work/run.py" <<'PY'
import os
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from zoneinfo import ZoneInfo

os.environ["TZ"] = "Europe/Berlin"
time.tzset()
import schedule
import time_machine

BERLIN = ZoneInfo("Europe/Berlin")


def runs(*at: str) -> list[str]:
    scheduler, seen = schedule.Scheduler(), []
    with time_machine.travel(datetime(2026, 3, 28, 12, tzinfo=BERLIN), tick=False) as clock:
        job = scheduler.every().day.at(*at)
        job.do(lambda: seen.append(datetime.now(UTC).astimezone(BERLIN).strftime("%d %H:%M")))
        for _ in range(72 * 60):
            clock.shift(60)
            scheduler.run_pending()
    return seen


seen = {"zone given": runs("02:30", "Europe/Berlin"), "zone of the machine": runs("02:30")}
print("schedule", version("schedule"))
print("runs from 2026-03-28 12:00 on, Berlin:", seen)
expected = {
    "zone given": ["29 03:30", "30 01:30", "30 02:30", "31 02:30"],
    "zone of the machine": ["29 03:00", "30 02:30", "31 02:30"],
}
if seen != expected:
    sys.exit("This has changed.")
PY
"$work/venv/bin/python" "$work/run.py"
