"""Programs are taken through trials, in virtual time or in real time, and those that hang are ended."""

from __future__ import annotations

import socket
import sys
from contextlib import contextmanager
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from flexforward_contract_tests.client.runner import program_runner as module
from flexforward_contract_tests.client.runner.notification_desk import NotificationDesk
from flexforward_contract_tests.client.runner.program_options import ProgramOptions, ProgramOptionsError
from flexforward_contract_tests.client.runner.program_runner import open_program_runner
from flexforward_contract_tests.client.runner.saved_trial import read_trial
from flexforward_contract_tests.client.runner.trial import Trial, shipped_trials
from flexforward_contract_tests.client.virtual_time.run_clock import RunClock
from flexforward_contract_tests.client.virtual_time.time_server import TimeServer
from flexforward_contract_tests.client.virtual_time.watchdog import NO_PRELOAD, UNCOVERED, Watchdog
from flexforward_mockserver.scenarios.catalogue import Catalogue
from kit import START
from mutants.program.kit import PATTERN, POLLERS, asking, program
from virtual_kit import trial as by_hand

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from flexforward_contract_tests.client.runner.program_runner import ProgramRunner
    from flexforward_contract_tests.client.transcript.run import ClientRun

TRIALS = {trial.name: trial for trial in shipped_trials()}


def script(text: str) -> Trial:
    scenario = Catalogue().find(text)
    assert scenario is not None
    return Trial(scenario=scenario, order_number="ORDER-1")


@contextmanager
def ground(*command: str, **parts: Any) -> Generator[ProgramRunner]:
    with open_program_runner(ProgramOptions(command=command, **parts), NotificationDesk(PATTERN)) as opened:
        yield opened


def take(trial: Trial | str, *command: str, **parts: Any) -> ClientRun:
    with ground(*command, **parts) as opened:
        return opened.run(TRIALS[trial] if isinstance(trial, str) else trial)


def waits(run: ClientRun) -> list[float]:
    asked = [exchange.at for exchange in run.exchanges]
    return [(after - before).total_seconds() for before, after in pairwise(asked)]


def test_a_run_says_what_was_asked_told_and_how_it_ended() -> None:
    run = take("cancelled", sys.executable, str(POLLERS / "urllib_sleep.py"))
    assert [exchange.tag for exchange in run.exchanges] == [*["Pending"] * 3, *["InfoReceived"] * 2, "Cancelled"]
    assert set(waits(run)) == {4 * 3600 + 0.12}
    assert run.notifications is not None
    assert [entry.tag for entry in run.notifications] == ["InfoReceived"]
    assert run.notifications[0].at >= run.exchanges[3].at
    assert (run.ended_by, run.is_timing_trusted) == ("client", True)
    assert str(run.last_words).startswith("ended with exit code 0; it printed last\n")


def test_one_that_goes_on_is_ended_a_day_after_the_last_step(tmp_path: Path) -> None:
    _, *command = asking(tmp_path, "while True: ask(); time.sleep(7200)")
    run = take("delivered-at-once", *command)
    assert (run.ended_by, run.ended_at - START) == ("deadline", timedelta(days=1))
    assert len(run.exchanges) == 12


def test_one_that_asks_without_end_is_cut_and_is_cut_sooner_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_REQUESTS", 30)
    monkeypatch.setattr(module, "HURRIED_REQUESTS", 10)
    with ground(*asking(tmp_path, "while True: ask()")[1:]) as opened:
        first, second = (opened.run(TRIALS["delivered-at-once"]) for _ in range(2))
    assert (first.ended_by, first.cut, first.is_timing_trusted) == ("cut", "after 30 requests", True)
    assert (len(first.exchanges), len(second.exchanges)) == (30, 10)


@pytest.mark.parametrize(("variables", "zone"), [({}, TRIALS["cancelled"].zone), ({"TZ": "Asia/Tokyo"}, "Asia/Tokyo")])
def test_it_runs_in_the_zone_of_the_trial_unless_it_has_its_own(
    variables: dict[str, str], zone: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TZ", "Pacific/Auckland")
    code = "import os; print('notify:', os.environ['TZ'].replace('/', '_'))"
    run = take("cancelled", sys.executable, "-c", code, variables=variables)
    assert run.zone == zone
    assert [told.tag for told in run.notifications or ()] == [zone.replace("/", "_")]


def test_a_loop_that_nothing_can_wake_comes_to_its_end(tmp_path: Path) -> None:
    _, *command = asking(tmp_path, "ask(); import asyncio; asyncio.run(asyncio.Event().wait())")
    run = take("delivered-at-once", *command)
    assert (run.ended_by, run.distrust, run.ended_at - START) == ("deadline", None, timedelta(days=1))
    assert run.rest is not None


def test_labels_have_ids_that_were_never_seen_and_order_numbers_of_their_own(tmp_path: Path) -> None:
    code = "import os; print('notify:', os.environ['FLEXFORWARD_LABEL_IDS'].replace('-', '_').replace(',', 'x'))"
    with ground(sys.executable, "-c", code, labels=2) as opened:
        runs = [opened.run(TRIALS["odd-order-number"]) for _ in range(2)]
    assert len({label.id for run in runs for label in run.labels}) == 4
    assert [label.order_number for label in runs[0].labels] == ["R&D 7/8 #1?", "R&D 7/8 #1?-2"]
    assert runs[0].notifications is not None
    assert runs[0].notifications[0].tag == "x".join(label.id.replace("-", "_") for label in runs[0].labels)


def test_one_that_asks_once_is_started_at_intervals_and_keeps_its_state() -> None:
    run = take("cancelled", sys.executable, str(POLLERS / "one_shot.py"), every=timedelta(hours=2))
    assert [exchange.tag for exchange in run.exchanges] == [
        *["Pending"] * 3,
        "InfoReceived",
        "InfoReceived",
        "Cancelled",
    ]
    assert (run.ended_by, run.is_timing_trusted) == ("deadline", True)


def test_one_that_keeps_when_it_is_due_by_the_time_it_is_given_asks_on(tmp_path: Path) -> None:
    text = """
        due = os.path.join(ENV["FLEXFORWARD_STATE_DIR"], "due")
        now = int(ENV["FLEXFORWARD_NOW"])
        if not os.path.exists(due) or int(open(due).read()) <= now:
            ask()
            open(due, "w").write(str(now + 4 * 3600))
        """
    _, interpreter, path = asking(tmp_path, text)
    run = take("delivered-at-once", interpreter, "-I", path, every=timedelta(hours=2), time="preload")
    hours = [round((exchange.at - run.began_at) / timedelta(hours=1), 2) for exchange in run.exchanges]
    assert hours == [0, 4, 8, 12, 16, 20]


def test_one_that_asks_once_needs_no_preload_unless_it_asks_more(tmp_path: Path) -> None:
    _, interpreter, path = asking(tmp_path, "ask()")
    run = take("delivered-at-once", interpreter, "-I", path, every=timedelta(hours=6), time="preload")
    assert (run.is_timing_trusted, len(run.exchanges)) == (True, 4)
    _, interpreter, path = asking(tmp_path, "ask(); ask()")
    run = take("delivered-at-once", interpreter, "-I", path, every=timedelta(hours=6), time="preload")
    assert run.distrust == "it asks several times in one start, and nothing was preloaded into it"


def test_the_rest_of_its_runs_is_spared_one_that_is_ended(tmp_path: Path) -> None:
    _, *command = asking(tmp_path, "time.sleep(3600 * 30)")
    run = take("delivered-at-once", *command, every=timedelta(hours=6))
    assert (run.ended_by, run.exchanges) == ("deadline", ())


def test_in_real_time_the_lifecycle_is_accelerated(tmp_path: Path) -> None:
    _, *command = asking(
        tmp_path,
        """
        scale = float(ENV["FLEXFORWARD_TIME_SCALE"])
        while b'"tag":"Delivered"' not in ask(): time.sleep(3600 / scale)
        """,
    )
    run = take(script("ID-2h-x"), *command, time="real", scale=7200.0)
    assert [exchange.tag for exchange in run.exchanges][-1] == "Delivered"
    assert (run.ended_by, run.is_timing_trusted) == ("client", True)
    assert min(waits(run)) >= 3600


def test_in_real_time_one_that_ignores_the_scale_is_not_trusted(tmp_path: Path) -> None:
    _, *command = asking(tmp_path, "ask(); time.sleep(100)")
    run = take(script("D-1h-x"), *command, time="real", scale=86400.0)
    assert (run.ended_by, run.distrust) == ("deadline", "its waits do not follow FLEXFORWARD_TIME_SCALE")


def test_in_real_time_one_that_asks_without_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_REQUESTS", 20)
    _, *command = asking(tmp_path, "while True: ask()")
    run = take(script("D-1h-x"), *command, time="real")
    assert run.ended_by == "cut"
    assert 20 <= len(run.exchanges) < 200


def test_in_real_time_one_that_asks_once_is_started_at_intervals(tmp_path: Path) -> None:
    _, *command = asking(tmp_path, "ask()")
    run = take(script("D-1h-x"), *command, time="real", scale=36000.0, every=timedelta(hours=6))
    assert run.ended_by == "deadline"
    assert 1 <= len(run.exchanges) <= 4


def test_in_real_time_slow_answers_are_accelerated_and_missing_ones_are_not(tmp_path: Path) -> None:
    file = tmp_path / "slow.yaml"
    file.write_text(
        "name: slow\nsummary: Slow, then silent.\nsteps:\n  - tag: Pending\n  - polls: 1\n    fault: {kind: latency, "
        "delay: 2m}\n  - polls: 1\n    fault: {kind: no-answer}\n"
    )
    _, *command = asking(
        tmp_path,
        """
        import socket
        ask(); ask()
        try: urllib.request.urlopen(urllib.request.Request(
            ENV["FLEXFORWARD_BASE_URL"] + "/tracking/ORDER-1",
            headers={"Authorization": "Bearer " + ENV["FLEXFORWARD_TOKEN"]}), timeout=1)
        except OSError: print("gave up")
        """,
    )
    run = take(read_trial(file), *command, time="real", scale=3600.0)
    assert "gave up" in str(run.last_words)
    assert [exchange.status for exchange in run.exchanges] == [200, 200, None]
    assert run.distrust == "an answer was withheld, which takes real seconds and not accelerated ones"


def test_a_program_reaches_the_mock_by_the_public_url(tmp_path: Path) -> None:
    _, *command = asking(
        tmp_path,
        """
        print(ENV["FLEXFORWARD_BASE_URL"], ENV["FLEXFORWARD_TIME_ADDRESS"].rpartition(":")[0])
        while b'"tag":"Delivered"' not in ask(): time.sleep(14400)
        """,
    )
    run = take("delivery", *command, bind="127.0.0.2", public_url="http://127.0.0.2")
    assert (run.ended_by, run.is_timing_trusted) == ("client", True)
    run = take("delivery", *command, bind="127.0.0.1", public_url="http://localhost")
    assert (run.ended_by, run.is_timing_trusted) == ("client", True)
    assert "| http://localhost:" in str(run.last_words)
    assert str(run.last_words).endswith(" localhost")


def test_where_nobody_can_listen_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        taken = listening.getsockname()[1]
        with pytest.raises(
            ProgramOptionsError, match=f"cannot listen on 127.0.0.1:{taken} \\(Address already in use\\)"
        ):
            take("delivery", "true", bind=f"127.0.0.1:{taken}")


ONE_SHOT = """
import os, sys, urllib.request
from pathlib import Path
url = f"{os.environ['FLEXFORWARD_BASE_URL']}/tracking/{os.environ['FLEXFORWARD_LABEL_ID']}"
request = urllib.request.Request(url, headers={"Authorization": f"Bearer {os.environ['FLEXFORWARD_TOKEN']}"})
try:
    urllib.request.urlopen(request, timeout=30).read()
except OSError as error:
    print(error)
"""


@pytest.mark.parametrize(
    ("fault", "waited_s", "distrust"),
    [
        ("latency, delay: 8s", 8.12, None),
        ("no-answer", 300, "an answer was withheld, and nothing was preloaded into it that knows how long it would"),
    ],
)
def test_answers_that_are_held_back_come_to_one_that_knows_nothing_of_virtual_time(
    fault: str, waited_s: float, distrust: str | None, tmp_path: Path
) -> None:
    path = tmp_path / "one_shot.py"
    path.write_text(ONE_SHOT)
    slow = by_hand(f"{{tag: Pending, fault: {{kind: {fault}}}}}\n{{after: 5h, tag: Delivered}}")
    run = take(slow, sys.executable, "-I", str(path), every=timedelta(hours=6), time="preload")
    assert run.exchanges[0].duration_s == pytest.approx(waited_s, abs=1)
    assert run.exchanges[1].tag == "Delivered"
    assert (run.distrust or "").startswith(distrust or "")
    assert (run.distrust is None) == (distrust is None)


def test_an_answer_that_would_come_after_the_run_ends_it(tmp_path: Path) -> None:
    path = tmp_path / "one_shot.py"
    path.write_text(ONE_SHOT)
    late = by_hand("tag: Pending\n{after: 1h, tag: InTransit, fault: {kind: no-answer}}")
    run = take(late, sys.executable, "-I", str(path), every=timedelta(hours=24, minutes=58))
    assert [exchange.tag for exchange in run.exchanges] == ["Pending", "InTransit"]
    assert (run.ended_by, run.ended_at - run.began_at) == ("deadline", timedelta(hours=25))


def test_one_stuck_start_does_not_end_those_that_follow(tmp_path: Path) -> None:
    path = tmp_path / "stuck_once.py"
    path.write_text(
        ONE_SHOT + "file = Path(os.environ['FLEXFORWARD_STATE_DIR'], 'x')\n"
        "if not file.exists():\n    file.touch()\n    import threading\n    threading.Event().wait()\n"
    )
    run = take(
        by_hand("tag: Pending\n{after: 5h, tag: Delivered}"), sys.executable, str(path), every=timedelta(hours=4)
    )
    assert len(run.exchanges) >= 7


def test_one_that_is_stuck_is_ended_at_once(tmp_path: Path) -> None:
    _, *command = program(
        tmp_path,
        """
        import json, os, socket
        host, _, port = os.environ["FLEXFORWARD_TIME_ADDRESS"].rpartition(":")
        file = socket.create_connection((host, int(port))).makefile("rw")
        def ask(**question):
            file.write(json.dumps(question) + "\\n"); file.flush()
            return json.loads(file.readline())
        print(ask(hello="own", pid=1))
        print(ask(wait=None, asked=False, traffic=None), flush=True)
        file.readline()
        """,
    )
    run = take("delivery", *command)
    assert (run.ended_by, run.distrust) == ("virtual-time", "the client waits for something that never comes")


class Asked:
    """A watchdog, with what it looks at."""

    def __init__(self, **limits: float) -> None:
        self.time = RunClock(START, limit=timedelta(days=1))
        self.times = TimeServer(("", 0))
        self.count = 0
        self.watchdog = Watchdog(self.time, self.times, lambda: self.count, is_repeated=bool(limits.pop("repeated", 0)))
        for name, seconds in limits.items():
            setattr(self.watchdog, name, seconds)


def test_a_guard_lets_a_program_start_and_go_on() -> None:
    asked = Asked()
    assert asked.watchdog.problem() is None
    asked.count = 1
    assert asked.watchdog.problem() is None
    asked.times.processes.append("node")
    assert asked.watchdog.problem() is None


@pytest.mark.parametrize(
    ("limits", "count", "processes", "has_asker", "problem"),
    [
        ({"start_s": 0}, 0, 0, False, "it neither asked, waited nor ended for 0 real seconds"),
        ({"silence_s": 0}, 0, 1, False, "it neither asked, waited nor ended for 0 real seconds"),
        ({"silence_s": 0}, 1, 1, True, "it neither asked, waited nor ended for 0 real seconds"),
        ({"silence_s": 0}, 1, 1, False, UNCOVERED),
        ({"grace_s": -1}, 1, 0, False, NO_PRELOAD),
        ({"grace_s": -1, "repeated": 1}, 1, 0, False, None),
        ({"silence_s": 0, "repeated": 1}, 1, 0, False, "it neither asked, waited nor ended for 0 real seconds"),
        ({"limit_s": 0}, 1, 1, True, "it took more than 0 real seconds"),
    ],
)
def test_a_guard_sees(limits: dict[str, float], count: int, processes: int, *, has_asker: bool, problem: str) -> None:
    asked = Asked(**limits)
    asked.count = count
    asked.times.processes += ["node"] * processes
    asked.times.has_asker = has_asker
    asked.watchdog.problem()  # by which it sees all this
    assert asked.watchdog.problem() == problem
