"""Programs under the supervisor, with a law of their own and no server."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from flexforward_contract_tests.client.virtual_time.run_clock import RunClock
from flexforward_contract_tests.client.virtual_time.supervisor.build import SOURCE, compiler, supervisor
from flexforward_contract_tests.client.virtual_time.time_server import open_time_server
from kit import START

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

YEARS = timedelta(days=3650)
NOWHERE = ("127.0.0.1", 1)
"""Where no mock server is."""

needs_linux = pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="the supervisor needs Linux on x86-64"
)


@dataclass(frozen=True)
class Supervised:
    """What came of a program.

    Attributes:
        code: exit code; negative for a signal.
        elapsed: virtual seconds that it took.
    """

    code: int
    output: str
    errors: str
    elapsed: float
    problems: tuple[str, ...]


@contextmanager
def law(limit: timedelta = YEARS) -> Generator[tuple[RunClock, str]]:
    """Keep a law; gives it, and where it is asked."""
    run_clock = RunClock(START, limit=limit)
    with open_time_server(NOWHERE) as times:
        times.begin(run_clock)
        yield run_clock, "{}:{}".format(*times.address)


def supervised(*command: str, binary: Path | None = None, limit: timedelta = YEARS) -> Supervised:
    """Run a program under the supervisor to its end."""
    with law(limit) as (run_clock, address):
        done = subprocess.run(
            [str(binary or supervisor()), address, *command],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "TZ": "UTC", "LC_ALL": "C"},
        )
        return Supervised(done.returncode, done.stdout, done.stderr, run_clock.elapsed(), tuple(run_clock.problems))


def compiled(source: Path, target: Path, *options: str) -> Path:
    """Compile a program of tests."""
    command = [*compiler(os.environ), "-O1", "-pthread", *options, "-o", str(target), str(source)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return target


def sanitized(target: Path) -> Path | None:
    """Compile the supervisor so that it watches its own memory; None where the compiler cannot."""
    parts = [str(path) for path in sorted(SOURCE.glob("*.c"))]
    options = ("-O1", "-g", "-std=gnu11", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    command = [*compiler(os.environ), *options, "-o", str(target), *parts, "-lm"]
    done = subprocess.run(command, check=False, capture_output=True, timeout=120)
    return target if done.returncode == 0 else None
