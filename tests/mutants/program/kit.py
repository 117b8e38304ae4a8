"""``verify-client`` as people and CI call it, on programs of tests."""

from __future__ import annotations

import os
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.testing import CliRunner

from flexforward_mockserver.commands.cli import group

if TYPE_CHECKING:
    from collections.abc import Mapping

POLLERS = Path(__file__).parents[2] / "pollers" / "python"
PATTERN = r"notify: (?P<tag>\w+)"
HEARD = ("--notify-pattern", PATTERN)


@dataclass(frozen=True)
class Ran:
    """What came of a call: exit code and all that was printed."""

    code: int
    output: str

    @property
    def last(self) -> str:
        return self.output.splitlines()[-1]


def verify(*args: str, env: Mapping[str, str] | None = None) -> Ran:
    """Call the command in this process, as ``main`` does."""
    # Not the command alone: click keeps the names of the help option that it is called with first.
    result = CliRunner().invoke(group, ["verify-client", *args], env=dict(env or {}), standalone_mode=False)
    error = result.exception
    if isinstance(error, click.ClickException):
        return Ran(2, result.output + error.format_message())
    if error is not None:
        raise error
    return Ran(result.return_value, result.output)


def scenarios(*names: str) -> list[str]:
    return [part for name in names for part in ("--scenario", name)]


def python(name: str) -> list[str]:
    """Return the command for a poller in ``pollers/python``."""
    return ["--", sys.executable, str(POLLERS / f"{name}.py")]


def program(folder: Path, text: str, name: str = "program.py") -> list[str]:
    """Write a program for Python, and return the command for it."""
    path = folder / name
    path.write_text(textwrap.dedent(text))
    return ["--", sys.executable, str(path)]


ASK = """\
import os, time, urllib.request
from urllib.error import HTTPError
from urllib.parse import quote
ENV = os.environ

def ask(token=ENV["FLEXFORWARD_TOKEN"]):
    url = ENV["FLEXFORWARD_BASE_URL"] + "/tracking/" + quote(ENV["FLEXFORWARD_ORDER_NUMBER"], safe="")
    request = urllib.request.Request(url, headers={"Authorization": "Bearer " + token})
    with urllib.request.urlopen(request, timeout=10) as response:
        return response.read()
"""
"""The beginning of programs that ask with urllib; ``asking`` puts the rest after it."""


def asking(folder: Path, text: str) -> list[str]:
    return program(folder, ASK + textwrap.dedent(text))


def rules(report: Any) -> dict[str, str]:
    """Return the outcome of each rule in a JSON report."""
    return {rule["id"]: rule["outcome"] for rule in report["rules"]}


def left_of(pids: str) -> list[int]:
    """Return which of some processes are alive still, a moment later."""
    until = time.monotonic() + 5
    while (alive := [pid for pid in map(int, pids.split()) if _is_alive(pid)]) and time.monotonic() < until:
        time.sleep(0.02)
    return alive


def _is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and that nobody has asked about does not."""
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
