#!/usr/bin/env bash
# pycron takes expressions that it does not understand for jobs that are never due.
#
# Expected: is_now() answers for them as croniter does, or raises: a Sunday written as 7, hours over midnight, a step
# from a number on, the last day of a month.
# Seen: none of them is due in any minute of a year, and none raises. A poller so scheduled is silent for ever.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check pycron==3.2.0 croniter==7.0.0 2>/dev/null
cat >"$work/run.py" <<'PY'
import sys
from datetime import datetime, timedelta
from importlib.metadata import version

import pycron
from croniter import croniter

START = datetime(2026, 1, 1)
# Each expression with a minute's digit that it can be due in, so that not each minute of the year must be asked.
EXPRESSIONS = {"0 9 * * 0": 0, "0 9 * * 7": 0, "0 22-2 * * *": 0, "7/20 * * * *": 27, "0 9 L * *": 0}


def due(expression: str, minute: int) -> int:
    hours = (START + timedelta(hours=hour, minutes=minute) for hour in range(365 * 24))
    return sum(pycron.is_now(expression, hour) for hour in hours)


def due_by_croniter(expression: str, minute: int) -> int:
    hours = (START + timedelta(hours=hour, minutes=minute) for hour in range(365 * 24))
    return sum(croniter.match(expression, hour) for hour in hours)


print("pycron", version("pycron"), "croniter", version("croniter"))
seen = {expression: (due(expression, minute), due_by_croniter(expression, minute)) for expression, minute in EXPRESSIONS.items()}
print("due in 2026, by pycron and by croniter:", seen)
expected = {
    "0 9 * * 0": (52, 52),
    "0 9 * * 7": (0, 52),
    "0 22-2 * * *": (0, 1825),
    "7/20 * * * *": (0, 8760),
    "0 9 L * *": (0, 12),
}
if seen != expected:
    sys.exit("This has changed.")
PY
"$work/venv/bin/python" "$work/run.py"
