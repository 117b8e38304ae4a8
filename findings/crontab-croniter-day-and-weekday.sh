#!/usr/bin/env bash
# Day of the month and weekday together: three Python libraries read two expressions in three ways.
#
# Expected: the rule of Debian's cron: due where either fits, unless one begins with a star, then where both fit. So
# "0 9 1-7 * 1" is the first week and each Monday, "0 9 */2 * 1" each Monday of an odd day.
# Seen: cronsim does both. crontab wants both to fit in either; croniter takes either in both, the star with a step too.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check crontab==1.0.5 croniter==7.0.0 cronsim==2.8 2>/dev/null
cat >"$work/run.py" <<'PY'
import itertools
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.metadata import version

from croniter import croniter
from cronsim import CronSim
from crontab import CronTab

START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)


def by_crontab(expression: str) -> Iterator[datetime]:
    now = START
    while True:
        now += timedelta(seconds=round(CronTab(expression).next(now=now, default_utc=True)))
        yield now


libraries = {
    "cronsim": lambda expression: CronSim(expression, START),
    "crontab": by_crontab,
    "croniter": lambda expression: croniter(expression, START).all_next(datetime),
}
seen = {
    f"{expression} {name}": len(list(itertools.takewhile(lambda run: run < END, runs(expression))))
    for expression in ("0 9 1-7 * 1", "0 9 */2 * 1")
    for name, runs in libraries.items()
}
print(*(f"{name} {version(name)}" for name in libraries))
print("runs in November 2026:", seen)
expected = {
    "0 9 1-7 * 1 cronsim": 11,
    "0 9 1-7 * 1 crontab": 1,
    "0 9 1-7 * 1 croniter": 11,
    "0 9 */2 * 1 cronsim": 2,
    "0 9 */2 * 1 crontab": 2,
    "0 9 */2 * 1 croniter": 18,
}
if seen != expected:
    sys.exit("This has changed.")
PY
"$work/venv/bin/python" "$work/run.py"
