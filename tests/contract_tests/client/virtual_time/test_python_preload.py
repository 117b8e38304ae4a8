"""The preload for Python: programs that know nothing of it live in virtual time, however they are started."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import venv
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from flexforward_contract_tests.client.runner.program_environment import PRELOADS
from flexforward_contract_tests.client.virtual_time.run_clock import RunClock
from flexforward_contract_tests.client.virtual_time.time_server import open_time_server
from kit import START
from mutants.program.kit import HEARD, POLLERS, asking, program, python, scenarios, verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FEW = scenarios("delivery", "gateway-blips", "never-answers", "nulls")
FOLLOW = """
while b'"tag":"Delivered"' not in ask():
    time.sleep(4 * 3600)
"""


@pytest.mark.parametrize("style", ["urllib_sleep", "requests_posting", "httpx_event", "sched_http_client"])
def test_of_a_conforming_program_nothing_is_reported(style: str) -> None:
    heard = () if style == "requests_posting" else HEARD
    ran = verify(*heard, "--strict", *FEW, *python(style))
    assert ran.code == 0, ran.output
    assert "timing not judged" not in ran.output
    assert "client.tell" not in ran.output


def test_of_a_conforming_program_of_tasks_nothing_is_reported() -> None:
    pattern = r"notify: (?P<label>\S+) (?P<tag>\w+)"
    ran = verify("--notify-pattern", pattern, "--strict", *FEW, *python("httpx_asyncio"))
    assert ran.code == 0, ran.output
    assert "timing not judged" not in ran.output


def test_a_module_is_run_with_a_path_of_its_own() -> None:
    ran = verify(
        *HEARD, "--strict", *FEW[:4], "--", sys.executable, "-m", "as_module", env={"PYTHONPATH": str(POLLERS)}
    )
    assert ran.code == 0, ran.output
    assert "timing not judged" not in ran.output


@pytest.mark.parametrize(
    "wrap",
    [
        pytest.param(["env", "A=B"], id="env"),
        pytest.param(["sh", "-c", '"$@"; exit $?', "sh"], id="sh"),
        pytest.param([sys.executable, "-c", "import subprocess, sys; subprocess.run(sys.argv[1:])"], id="python"),
    ],
)
def test_a_program_may_be_started_by_another(wrap: list[str]) -> None:
    ran = verify(*HEARD, "--strict", *FEW[:4], "--", *wrap, *python("urllib_sleep")[1:])
    assert ran.code == 0, ran.output
    assert "timing not judged" not in ran.output


def test_the_python_of_a_bare_environment_does(tmp_path: Path) -> None:
    venv.create(tmp_path / "bare", symlinks=True)
    interpreter = str(tmp_path / "bare" / "bin" / "python")
    assert subprocess.run([interpreter, "-c", "import click"], stderr=subprocess.DEVNULL, check=False).returncode == 1
    ran = verify(*HEARD, "--strict", *FEW[:4], "--", interpreter, *python("urllib_sleep")[2:])
    assert ran.code == 0, ran.output
    assert "timing not judged" not in ran.output


def test_a_sitecustomize_of_the_program_is_run_as_well(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import time\nMARK = 'its own'\nBOUND = time.sleep\n")
    command = asking(
        tmp_path,
        f"""
        import sitecustomize
        assert sitecustomize.MARK == "its own"
        time.sleep = sitecustomize.BOUND
        {FOLLOW.strip().replace("    ", "            ")}
        """,
    )
    ran = verify(*scenarios("delivery"), "--rule", "client.interval.stage", *command, env={"PYTHONPATH": str(tmp_path)})
    assert (ran.code, ran.last[-17:]) == (0, "1 passed (exit 0)"), ran.output


def test_without_somebody_who_keeps_the_time_nothing_happens(tmp_path: Path) -> None:
    code = "import sys, time; print(time.sleep, 'flexforward_remote_time' in sys.modules)"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("FLEXFORWARD_")}
    environment["PYTHONPATH"] = str(PRELOADS)
    for address, is_loaded in (("", False), ("127.0.0.1:1", True), ("nowhere", True)):
        environment["FLEXFORWARD_TIME_ADDRESS"] = address
        told = subprocess.check_output([sys.executable, "-c", code], env=environment, text=True)
        assert told == f"<built-in function sleep> {is_loaded}\n"


def test_two_processes_that_move_one_time_are_seen(tmp_path: Path) -> None:
    meet = """\
ends = os.pipe(), os.pipe()
mine, other = (ends[0], ends[1]) if os.fork() else (ends[1], ends[0])
ask()
os.write(other[1], b"asked")  # neither goes on before both have asked, however busy the machine is
os.read(mine[0], 5)
"""
    command = asking(tmp_path, f"import os\n{meet}{FOLLOW}")
    ran = verify("--time", "preload", *scenarios("delivery"), "--rule", "client.interval.stage", *command)
    assert ran.code == 2
    assert "timing not judged in any trial: two processes move the time of one run" in ran.output


def test_a_child_alone_may_move_the_time(tmp_path: Path) -> None:
    command = asking(
        tmp_path,
        """
        child = os.fork()
        if child:
            os.waitpid(child, 0)
        else:
            while b'"tag":"Delivered"' not in ask():
                time.sleep(4 * 3600)
        """,
    )
    ran = verify(*scenarios("delivery"), "--rule", "client.interval.stage", *command)
    assert (ran.code, ran.last[-17:]) == (0, "1 passed (exit 0)"), ran.output


def test_one_process_after_the_other_may_move_the_time(tmp_path: Path) -> None:
    asking(tmp_path, "print(ask())")
    command = program(
        tmp_path,
        """
        import subprocess, sys, time
        while b'"tag":"Delivered"' not in subprocess.check_output([sys.executable, sys.argv[1]]):
            time.sleep(4 * 3600)
        """,
        "outer.py",
    )
    rule = ("--rule", "client.interval.stage", "--rule", "client.stop.terminal")
    ran = verify(*scenarios("delivery"), *rule, *command, str(tmp_path / "program.py"))
    assert "timing not judged" not in ran.output
    assert "2 passed" in ran.output, ran.output


THREADED = """
import threading
def poll():
    while b'"tag":"Delivered"' not in ask():
        time.sleep(4 * 3600)
thread = threading.Thread(target=poll)
thread.start()
thread.join()
"""


def test_waiting_in_a_second_thread_is_seen(tmp_path: Path) -> None:
    ran = verify(
        "--time", "preload", *scenarios("delivery"), "--rule", "client.interval.stage", *asking(tmp_path, THREADED)
    )
    assert ran.code == 2
    problems = "it asks in a second thread, whose time is not covered; it waits in several threads"
    assert f"timing not judged in any trial: {problems}\n" in ran.output


def test_a_program_that_was_ended_for_its_threads_is_not_taken_to_have_ended(tmp_path: Path) -> None:
    ran = verify("--time", "preload", *scenarios("exception-solved", "gateway-blips"), *asking(tmp_path, THREADED))
    assert "FAILED" not in ran.output, ran.output


def test_a_program_that_waits_for_what_never_comes_is_ended(tmp_path: Path) -> None:
    command = asking(tmp_path, "import asyncio; ask(); asyncio.run(asyncio.Event().wait())")
    ran = verify(*scenarios("delivery"), "--rule", "client.interval.stage", *command)
    assert ran.code == 2


@pytest.fixture
def law(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The law as a program asks for it, in this process."""
    monkeypatch.setattr(sys, "path", [str(PRELOADS), *sys.path])
    monkeypatch.setattr(os, "_exit", sys.exit)
    remote = importlib.import_module("flexforward_remote_time")
    with open_time_server(("127.0.0.1", 80)) as times:
        times.begin(RunClock(START, limit=timedelta(hours=1)))
        made: Any = remote.RemoteTimeAuthority(*times.address)
        slept: list[float] = []
        made.slept, made._real_sleep[0] = slept, slept.append
        yield made
        made._file.close()


def test_a_program_that_nobody_ends_ends_itself(law: Any) -> None:
    assert law.wait(60.0, {}) is True
    law.note("it is odd")
    with pytest.raises(SystemExit):
        law.wait(3601.0, {})
    assert law.slept == [30.0]


def test_a_program_whose_time_is_gone_ends_itself(law: Any) -> None:
    law._file.close()
    law._file = SimpleNamespace(write=_broken, close=list)
    with pytest.raises(SystemExit):
        law.note("it is alone")
    assert law.slept == [30.0]


def _broken(_: bytes) -> None:
    raise BrokenPipeError
