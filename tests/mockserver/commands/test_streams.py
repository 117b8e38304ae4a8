from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from server_process import running

COMMAND = [sys.executable, "-m", "flexforward_mockserver"]
BREAK = """
import os, signal, sys

class Breaking:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Breaking())
from flexforward_mockserver.__main__ import main
sys.argv = ["flexforward-mock", "serve", "--port", "0"]
main()
"""
needs_full = pytest.mark.skipif(not Path("/dev/full").exists(), reason="a disk that is full is Linux's /dev/full")


def shell(line: str) -> subprocess.CompletedProcess[str]:
    command = " ".join(COMMAND)
    return subprocess.run(
        ["bash", "-c", line.replace("MOCK", command)], check=False, capture_output=True, text=True, timeout=100
    )


@pytest.mark.parametrize(
    ("line", "code"),
    [
        pytest.param("MOCK contract | head -1; exit ${PIPESTATUS[0]}", 0, id="a reader that goes"),
        pytest.param("MOCK scenarios list >&-", 0, id="no standard output"),
        pytest.param("MOCK scenarios validate nowhere.yaml 2>&-", 2, id="no standard error"),
        pytest.param(
            "MOCK scenarios validate nowhere.yaml >/dev/full", 2, id="mistakes, on a full disk", marks=needs_full
        ),
    ],
)
def test_what_becomes_of_the_streams_costs_neither_verdict_nor_a_traceback(line: str, code: int) -> None:
    ran = shell(line)
    assert (ran.returncode, "Traceback" in ran.stderr, "Exception" in ran.stderr) == (code, False, False)


@needs_full
def test_output_that_is_all_there_is_is_missed() -> None:
    ran = shell("MOCK contract >/dev/full")
    assert (ran.returncode, ran.stderr) == (2, "Standard output cannot be written: No space left on device\n")


JUDGE = """
import sys, types
import click
from flexforward_mockserver.commands import cli

@click.command()
def judge():
    click.echo("told")
    return {verdict}

sys.modules["judge"] = module = types.ModuleType("judge")
module.judge = judge
cli.COMMANDS = {{"judge": ("judge:judge", "A judge.")}}
sys.argv = ["flexforward-mock", "judge"]
cli.main()
"""


@needs_full
@pytest.mark.parametrize("verdict", [0, 1])
def test_a_verdict_stays_what_it_is_on_a_full_disk(verdict: int) -> None:
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-c", JUDGE.format(verdict=verdict)]
        ran = subprocess.run(command, check=False, stdout=full, stderr=full, timeout=100)
    assert ran.returncode == verdict


def test_a_server_goes_on_when_its_reader_has_gone() -> None:
    with running() as process:
        process.out.close()
        assert process.ask("/tracking/ORDER-1").status == 404, "which is told on standard output"
        assert process.ask("/tracking/DEMO-delivered").status == 200
        process.process.send_signal(signal.SIGTERM)
        assert process.process.wait(60) == 0
        assert process.complaints() == ""


@pytest.mark.parametrize("name", ["click", "uvicorn"])
def test_ctrl_c_before_the_command_runs_is_no_traceback(name: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", BREAK.format(name=name)], check=False, capture_output=True, text=True, timeout=100
    )
    assert ran.returncode in (-signal.SIGINT, 130)
    assert (ran.stdout, ran.stderr) == ("", "")


@pytest.mark.parametrize("command", ["scenarios validate", "scenarios show", "serve --scenario", "serve --contract"])
def test_a_pipe_or_a_device_is_no_file(command: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    for path in (tmp_path / "pipe.yaml", tmp_path / "zero.yaml"):
        ran = subprocess.run(
            [*COMMAND, *command.split(), path], check=False, capture_output=True, text=True, timeout=100
        )
        assert ran.returncode == 2
        assert f"{path}: not a regular file; allowed: a readable file\n" in ran.stderr
        assert "Traceback" not in ran.stderr
