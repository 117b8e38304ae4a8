"""What the supervisor costs: pollers that a preload covers over that preload, others over accelerated real time."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from benchmarks.exchange import BenchmarkError
from benchmarks.row import Bar, Measured, Row
from flexforward_contract_tests.client.runner.notification_desk import NotificationDesk
from flexforward_contract_tests.client.runner.program_options import ProgramOptions
from flexforward_contract_tests.client.runner.program_runner import open_program_runner
from flexforward_contract_tests.client.runner.trial import Trial, shipped_trials
from flexforward_fixtures.mock import START
from flexforward_mockserver.scenarios.duration import parse_duration
from flexforward_mockserver.scenarios.scenario import Scenario, Status, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.plan import Plan, Sides
    from flexforward_contract_tests.client.runner.program_options import TimeKind
    from flexforward_contract_tests.client.transcript.run import ClientRun


__all__ = ["supervisor_cost"]

_ROOT: Final = Path(__file__).resolve().parents[2]
_PYTHON: Final = (sys.executable, str(_ROOT / "tests" / "mutants" / "program" / "program_poller.py"))
_NODE: Final = ("node", str(_ROOT / "examples" / "poller_node" / "poller.mjs"))
_GO: Final = _ROOT / "examples" / "poller_go" / "poller.go"
_JAVA: Final = _ROOT / "tests" / "pollers" / "languages" / "Poller.java"
_HEARD: Final = r"notify: (?P<tag>\w+)"
_DAYS: Final = 9
_REAL_SCALE: Final = 3600.0
_GO_BAR_S: Final = 5.0
_JAVA_BAR_S: Final = 15.0
_LOOP_BAR_S: Final = 90.0
_BY_PRELOAD: Final = 1.5
_BY_REAL_TIME: Final = 20.0

# Looks each second whether it is time to ask, as schedulers do.
_LOOP: Final = """
import os, time, urllib.request
url = os.environ["FLEXFORWARD_BASE_URL"] + "/tracking/" + os.environ["FLEXFORWARD_LABEL_ID"]
request = urllib.request.Request(url, headers={"Authorization": "Bearer " + os.environ["FLEXFORWARD_TOKEN"]})
due = 0.0
while True:
    if time.time() >= due:
        with urllib.request.urlopen(request, timeout=30) as answer:
            if b'"tag":"Delivered"' in answer.read():
                break
        due = time.time() + 1800
    time.sleep(1)
"""


def supervisor_cost(sides: Sides, plan: Plan) -> Measured:
    """Measure what virtual time by the supervisor costs; no server of ``sides`` takes part."""
    del sides
    rows = [_over_preload("Python", _PYTHON, plan)]
    remarks = [
        f"supervisor: {plan.days} rounds of all {len(shipped_trials())} trials, each by the preload and by the "
        "supervisor, in turns. The CPU time is that of all: the judge with its mock, the supervisor, the program."
    ]
    rows += [] if shutil.which("node") is None else [_over_preload("Node", _NODE, plan)]
    with TemporaryDirectory() as built:
        if shutil.which("go") is None:
            remarks.append("Go is not installed, so that its poller was not measured.")
        else:
            poller = (_built_go(Path(built)),)
            rows += [_over_real_time("Go", poller, plan), _nine_days("a Go poller", poller, _GO_BAR_S, plan)]
        if shutil.which("javac") is None:
            remarks.append("Java is not installed, so that its poller was not measured.")
        else:
            subprocess.run(["javac", "-d", built, _JAVA], check=True, timeout=300)
            java = ("java", "-cp", built, "Poller")
            rows.append(_nine_days("a Java poller", java, _JAVA_BAR_S, plan))
    rows.append(_nine_days("a loop of `sleep(1)`", (sys.executable, "-c", _LOOP), _LOOP_BAR_S, plan))
    return Measured(
        rows=tuple(rows),
        remarks=(
            *remarks,
            f"accelerated real time: what the trials last at least, at {_REAL_SCALE:.0f} virtual seconds a second.",
            f"{_DAYS} days: a shipment that is that long in transit, asked for each half hour.",
        ),
    )


def _built_go(folder: Path) -> str:
    binary = folder / "poller"
    environment = {**os.environ, "GO111MODULE": "off"}
    subprocess.run(["go", "build", "-o", binary, _GO], check=True, env=environment, timeout=300)
    return str(binary)


# -- Rows


def _over_preload(name: str, command: Sequence[str], plan: Plan) -> Row:
    taken: dict[TimeKind, list[float]] = {"supervisor": [], "preload": []}
    for number in range(plan.days):
        print(f"round {number + 1} of {plan.days} of the supervisor by {name}", file=sys.stderr, flush=True)
        for way in ("supervisor", "preload") if number % 2 else ("preload", "supervisor"):
            before_s = _cpu_s()
            _runs(command, way, shipped_trials())
            taken[way].append(_cpu_s() - before_s)
    return Row(
        what=f"CPU for all trials of a {name} poller by the supervisor, s",
        bar=Bar(kind="at most", limit=_BY_PRELOAD),
        ours=tuple(taken["supervisor"]),
        reference=tuple(taken["preload"]),
        reference_name="the preload",
    )


def _over_real_time(name: str, command: Sequence[str], plan: Plan) -> Row:
    ours: list[float] = []
    reference: list[float] = []
    for number in range(plan.days):
        print(f"round {number + 1} of {plan.days} of the supervisor by {name}", file=sys.stderr, flush=True)
        began_s = time.monotonic()
        runs = _runs(command, "supervisor", shipped_trials())
        ours.append(time.monotonic() - began_s)
        reference.append(sum((run.ended_at - START).total_seconds() for run in runs) / _REAL_SCALE)
    return Row(
        what=f"all trials of a {name} poller by the supervisor, s",
        bar=Bar(kind="at least", limit=_BY_REAL_TIME),
        ours=tuple(ours),
        reference=tuple(reference),
        reference_name="accelerated real time",
    )


def _nine_days(name: str, command: Sequence[str], bar_s: float, plan: Plan) -> Row:
    steps = (
        Step(status=Status.plain("InTransit", "yunexpress")),
        Step(status=Status.plain("Delivered", "yunexpress"), after=parse_duration(f"{_DAYS}d")),
    )
    scenario = Scenario(name="nine-days", summary="Nine days in transit.", steps=steps, numbered_from=None)
    taken: list[float] = []
    for number in range(plan.days):
        print(f"round {number + 1} of {plan.days} of nine days by {name}", file=sys.stderr, flush=True)
        began_s = time.monotonic()
        _runs(command, "supervisor", [Trial(scenario=scenario, order_number="ORDER-9")])
        taken.append(time.monotonic() - began_s)
    return Row(
        what=f"{_DAYS} days of {name} by the supervisor, s",
        bar=Bar(kind="at most", limit=1.0),
        ours=tuple(taken),
        reference=(bar_s,) * plan.days,
        reference_name=f"{bar_s:.0f} seconds",
    )


# -- Runs


def _cpu_s() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _runs(command: Sequence[str], way: TimeKind, trials: Sequence[Trial]) -> list[ClientRun]:
    options = ProgramOptions(command=tuple(command), time=way)
    with open_program_runner(options, NotificationDesk(_HEARD)) as runner:
        runs = [runner.run(trial) for trial in trials]
    for trial, run in zip(trials, runs, strict=True):
        if run.distrust or not run.exchanges:
            raise BenchmarkError(f"{trial.name} by the {way}: {run.distrust or run.last_words}")
    return runs
