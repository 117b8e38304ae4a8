#!/usr/bin/env bash
# junitparser throws away the time of a suite that is the root of its file.
#
# Expected: <testsuite time="2.5"> was written by a tool that measured the run as a whole; it is 2.5 after reading,
# as it is where the suite stands in <testsuites>.
# Seen: reading writes the sum of the cases' times over it, here zero, in the report and in the suite.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check junitparser==5.0.3 2>/dev/null
cat >"$work/run.py" <<'PY'
import sys
from importlib.metadata import version

from junitparser import JUnitXml

SUITE = '<testsuite name="client" tests="1" failures="0" errors="0" skipped="0" time="2.5"><testcase name="a" time="0"/></testsuite>'
FILES = {"suite": SUITE, "suites": f'<testsuites tests="1" failures="0" errors="0" skipped="0" time="2.5">{SUITE}</testsuites>'}
seen = {}
for name, text in FILES.items():
    report = JUnitXml.fromstring(text)
    seen[name] = (report.time, *(suite.time for suite in report))
print("junitparser", version("junitparser"))
print("seconds of the report and of its suite:", seen)
if seen != {"suite": (0.0, 0.0), "suites": (2.5, 2.5)}:
    sys.exit("This has changed.")
PY
"$work/venv/bin/python" "$work/run.py"
