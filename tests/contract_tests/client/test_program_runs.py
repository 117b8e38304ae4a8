"""Trials of a program that run several at once: the same verdict, the same report, and nothing left behind."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from flexforward_contract_tests.client.runner.program_runner import Lessons
from mutants.program.kit import HEARD, asking, left_of, python, scenarios, verify
from supervisor_kit import needs_linux

if TYPE_CHECKING:
    from pathlib import Path

SOME = scenarios("delivery", "cancelled", "exception-solved", "gateway-blips", "nulls")
FEW = scenarios("delivered-at-once", "cancelled", "delivered-at-once", "cancelled")


def test_the_report_is_the_same_with_one_job_and_with_several(tmp_path: Path) -> None:
    alone, together = tmp_path / "1.json", tmp_path / "3.json"
    first = verify("--jobs", "1", "--report", str(alone), *HEARD, *SOME, *python("urllib_sleep"))
    second = verify("--jobs", "3", "--report", str(together), *HEARD, *SOME, *python("urllib_sleep"))
    assert (first.code, first.output) == (0, second.output)
    assert json.loads(alone.read_text()) == json.loads(together.read_text())


def test_what_breaks_a_rule_in_a_worker_is_reported_with_its_trial(tmp_path: Path) -> None:
    command = asking(tmp_path, 'while b\'"tag":"Delivered"\' not in ask(): time.sleep(14400)')
    ran = verify("--jobs", "2", *SOME, "--rule", "client.retry.survives", "--rule", "client.goes-on", *command)
    assert ran.code == 1
    assert "FAILED  client.goes-on" in ran.output
    assert "gateway-blips" in ran.output


def test_no_verdict_is_given_of_two_copies_that_are_in_each_others_way(tmp_path: Path) -> None:
    lock, met = tmp_path / "lock", tmp_path / "met"
    command = asking(
        tmp_path,
        f"""
        import fcntl
        from pathlib import Path
        ask()
        lock = open({str(lock)!r}, "w")
        try: fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            Path({str(met)!r}).touch()
            raise SystemExit("another one runs")
        is_first = ENV["FLEXFORWARD_ORDER_NUMBER"] == "ORDER-001"
        while not is_first and not Path({str(met)!r}).exists(): pass
        while b'"tag":"Delivered"' not in ask(): time.sleep(14400)
        """,
    )
    ran = verify("--jobs", "2", "--rule", "client.goes-on", *scenarios("delivery", *["exception-solved"] * 3), *command)
    assert met.exists()
    assert (ran.code, ran.output.rstrip()[-18:]) == (0, " 1 passed (exit 0)")


def test_a_program_that_can_no_longer_be_started_is_told_about(tmp_path: Path) -> None:
    script = tmp_path / "poller"
    script.write_text('#!/bin/sh\nrm "$0"\ncurl -s -H "Authorization: Bearer $FLEXFORWARD_TOKEN" "$1"\n')
    script.chmod(0o700)
    ran = verify("--jobs", "2", *FEW, "--", str(script), "{base_url}/tracking/{order_number}")
    assert ran.code == 2
    assert f"cannot start '{script}': No such file or directory" in ran.output


def test_lines_that_hold_no_notification_are_shown_whoever_read_them(tmp_path: Path) -> None:
    command = asking(tmp_path, 'ask(); print("Delivered by then", ENV["FLEXFORWARD_ORDER_NUMBER"])')
    options = ("--rule", "client.tell.delivered", "--notify-pattern", r"never (?P<tag>\w+)", *FEW)
    ran = [verify("--jobs", jobs, *options, *command).output for jobs in ("1", "2")]
    assert ran[0] == ran[1]
    assert "nearest come 'Delivered by then ORDER-006', 'Delivered by then ORDER-005'" in ran[0]


@needs_linux
def test_what_one_trial_teaches_is_known_to_the_next_ones(tmp_path: Path) -> None:
    command = asking(
        tmp_path,
        """
        import subprocess
        while b'"tag":"Delivered"' not in ask(): subprocess.run(["sleep", "14400"], check=True)
        """,
    )
    ran = verify("--jobs", "2", *scenarios("delivery", "delivery", "milliseconds", "offsets"), *command)
    assert ran.output.startswith("time: virtual, by a supervisor of its system calls\n")
    assert "timing not judged" not in ran.output


def test_lessons_add_up() -> None:
    first = Lessons(way="preload", has_waited=True, most_requests=10)
    other = Lessons(way="supervisor", has_waited=False, most_requests=5)
    both = Lessons(way="supervisor", has_waited=True, most_requests=5)
    assert first.joined(other) == other.joined(first) == both


@pytest.mark.parametrize("option", ["--bind=127.0.0.1:8099", "--public-url=http://127.0.0.1:8099"])
def test_with_one_port_there_is_one_trial_at_once(option: str) -> None:
    ran = verify(option, "--jobs", "2", "--", "true")
    assert (ran.code, ran.output) == (
        2,
        "--jobs above 1 needs a port for each: leave the port out of --bind and --public-url",
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_all_programs_and_workers(number: signal.Signals, tmp_path: Path) -> None:
    command = asking(
        tmp_path,
        f"""
        from pathlib import Path
        ask()
        if ENV["FLEXFORWARD_ORDER_NUMBER"] != "ORDER-001":
            Path({str(tmp_path)!r}, f"pid-{{os.getpid()}}").touch()
            import subprocess
            subprocess.run(["sleep", "300"])
        """,
    )
    options = ["verify-client", "--time", "preload", "--jobs", "2", *SOME]
    started = [sys.executable, "-m", "flexforward_mockserver", *options, *command]
    with subprocess.Popen(started, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        until = time.monotonic() + 60
        while len(found := list(tmp_path.glob("pid-*"))) < 2 and time.monotonic() < until:
            time.sleep(0.02)
        process.send_signal(number)
        _, told = process.communicate(timeout=30)
    assert (process.returncode, told) == (128 + number, "Stopped; the program has been ended.\n")
    pids = " ".join(path.name.removeprefix("pid-") for path in found)
    assert len(found) == 2
    assert left_of(pids) == []
