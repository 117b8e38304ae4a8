"""Start a server, find its port, read its CPU time, stop it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .exchange import Answer, BenchmarkError, ask

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["PORT", "Server", "Subject", "running", "two_cores"]

PORT: Final = "{port}"
"""Stands in a command for a free port; a command without it prints the address that it listens on."""

_ADDRESS: Final = re.compile(rb"http://127\.0\.0\.1:([0-9]+)")
_POLL_S: Final = 0.002
_START_TIMEOUT_S: Final = 60.0
_STOP_TIMEOUT_S: Final = 10.0
_CPU_CLOCK_OF_PROCESS: Final = 2  # CPUCLOCK_SCHED in Linux's posix-timers: user and system time of all threads
_SETTINGS_OF_THE_SHELL: Final = ("PYTHON", "NODE_", "FLEXFORWARD", "UVICORN_", "WEB_CONCURRENCY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A server that can be measured.

    Attributes:
        name: as the report calls it.
        command: starts it in the foreground; see ``PORT``.
        is_good: tells a good answer; every round starts with one that is looked at whole.
        share: of the planned requests; below 1 for a server so slow that fewer give as steady a figure.
    """

    name: str
    command: tuple[str, ...]
    is_good: Callable[[Answer], bool]
    share: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A subject that runs and has given its first good answer.

    Attributes:
        port: on 127.0.0.1.
        started_ms: from the start of the process to the end of that answer.
        body_bytes: length of that answer's body.
    """

    subject: Subject
    pid: int
    port: int
    started_ms: float
    body_bytes: int

    def cpu_s(self) -> float:
        """Return the user and system time so far, of the process and of those that it started, to the nanosecond."""
        return sum(time.clock_gettime(~pid << 3 | _CPU_CLOCK_OF_PROCESS) for pid in _family(self.pid))


@contextmanager
def running(subject: Subject, *, core: int | None = None) -> Generator[Server]:
    """Start the subject and stop it at the end, by force if it does not follow SIGTERM.

    Args:
        subject: what to start.
        core: where it is to run; None leaves that to the system.

    Raises:
        BenchmarkError: it ended early, or gave no good answer within a minute.
    """
    port = _free_port() if any(PORT in part for part in subject.command) else None
    command = [part.replace(PORT, str(port)) for part in subject.command]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(_SETTINGS_OF_THE_SHELL)}
    with tempfile.TemporaryFile() as output:
        began = time.perf_counter()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, env=environment, start_new_session=True
        )
        try:
            if core is not None:
                os.sched_setaffinity(process.pid, {core})
            first = _FirstAnswer(subject, process, output.fileno(), port)
            answer = first.wait()
            yield Server(
                subject=subject,
                pid=process.pid,
                port=first.found_port(),
                started_ms=(first.at - began) * 1000,
                body_bytes=len(answer.body),
            )
        finally:
            _stop(process)


def two_cores() -> tuple[int, int] | tuple[None, None]:
    """Return the core for the servers and the one for the load; without a second one, none."""
    cores = sorted(os.sched_getaffinity(0))
    return (cores[-1], cores[0]) if len(cores) > 1 else (None, None)


class _FirstAnswer:
    """Asks again and again until there is a good answer.

    Attributes:
        at: when it was there, of ``time.perf_counter``.
    """

    def __init__(self, subject: Subject, process: subprocess.Popen[bytes], output: int, port: int | None) -> None:
        self.subject, self.process, self.output, self.port = subject, process, output, port
        self.at = 0.0
        self.last = "no address was printed" if port is None else "nothing"

    def wait(self) -> Answer:
        deadline = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise self.failure(f"it ended with exit code {self.process.returncode}")
            answer = self.try_once()
            if answer is not None:
                return answer
            time.sleep(_POLL_S)
        raise self.failure(f"no good answer within {_START_TIMEOUT_S:g} s; the last was {self.last}")

    def try_once(self) -> Answer | None:
        port = self.found_port()
        if not port:
            return None
        try:
            answer = ask(port)
        except OSError as error:
            self.last = str(error)
            return None
        self.at = time.perf_counter()
        self.last = str(answer)
        return answer if self.subject.is_good(answer) else None

    def found_port(self) -> int:
        """Return the port, or 0 while the process has not printed it."""
        if self.port is None:
            printed = _ADDRESS.search(os.pread(self.output, 65536, 0))
            self.port = int(printed[1]) if printed else None
        return self.port or 0

    def failure(self, reason: str) -> BenchmarkError:
        printed = os.pread(self.output, 65536, 0).decode(errors="replace").strip()
        return BenchmarkError(f"{self.subject.name}: {reason}\n$ {' '.join(self.subject.command)}\n{printed[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _family(pid: int) -> list[int]:
    pids = [pid]
    for parent in pids:  # grows while it is walked
        for children in Path(f"/proc/{parent}/task").glob("*/children"):
            pids.extend(int(child) for child in children.read_text().split())
    return pids


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)  # a session of its own: this process and those it started
        process.wait()
