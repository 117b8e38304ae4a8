"""Programs for Node run through scenarios in virtual time: the clock, the sockets and the preload, and nothing else."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from flexforward_contract_tests.client import ClientRun
from flexforward_contract_tests.client.runner.notification_desk import NOTIFY_PATH, NotificationDesk
from flexforward_contract_tests.client.runner.program_environment import PRELOADS
from flexforward_contract_tests.client.runner.trial import Trial, horizon
from flexforward_contract_tests.client.virtual_time.live_transport import LiveTransport, open_live_transport
from flexforward_contract_tests.client.virtual_time.run_clock import RunClock, SandboxClock
from flexforward_contract_tests.client.virtual_time.time_server import TimeServer, open_time_server
from flexforward_fixtures.mock import START, Mock

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence
    from datetime import timedelta

ROOT = Path(__file__).parent.parent
POLLERS = ROOT / "tests" / "pollers" / "node"
PRELOAD = PRELOADS / "preload.cjs"
NODE = shutil.which(os.environ.get("FLEXFORWARD_TEST_NODE", "node"))
_GLANCE_S = 0.02
_LONGEST_S = 60.0


@dataclass(frozen=True)
class NodeRun:
    """What came of one run.

    Attributes:
        run: as the judge takes it.
        exit_code: of the program; negative if it was ended.
        lines: what it printed.
        real_s: how long it really took.
        elapsed_s: virtual seconds at its end.
    """

    run: ClientRun
    exit_code: int
    lines: tuple[str, ...]
    real_s: float
    elapsed_s: float
    problems: tuple[str, ...]
    processes: tuple[str, ...]

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def said(self, name: str) -> list[str]:
        """Return what it said by ``name=…``."""
        return [line.partition("=")[2] for line in self.lines if line.startswith(f"{name}=")]

    @property
    def instants_s(self) -> list[float]:
        """When it asked, in virtual seconds since the start."""
        return [(exchange.at - START).total_seconds() for exchange in self.run.exchanges]

    @property
    def waits_s(self) -> list[int]:
        """From one request to the next, in whole seconds."""
        instants = self.instants_s
        return [round(after - before) for before, after in pairwise(instants)]


@dataclass(frozen=True)
class NodeGround:
    """Takes programs through one scenario after the other."""

    mock: Mock
    live: LiveTransport
    times: TimeServer
    desk: NotificationDesk

    def run(
        self,
        command: Sequence[str],
        trial: Trial,
        *,
        variables: Mapping[str, str] | None = None,
        limit: timedelta | None = None,
        cwd: Path | None = None,
        posts: bool = False,
    ) -> NodeRun:
        """Run a program until it ends or the run is over."""
        run_time = RunClock(START, limit=limit or horizon(trial.scenario), watch=self.live.watch)
        handle = self.mock.open(base_url=self.live.base_url, clock=SandboxClock(run_time))
        label = handle.ship(trial.scenario, order_number=trial.order_number)
        self.desk.begin(lambda: handle.clock.now, {label.id: label.id, label.order_number: label.id})
        self.times.begin(run_time)
        self.live.begin(run_time)
        host, port = self.times.address
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("COVERAGE", "NODE_"))},
            "FLEXFORWARD_BASE_URL": handle.base_url,
            "FLEXFORWARD_TOKEN": handle.token,
            "FLEXFORWARD_LABEL_ID": label.id,
            "FLEXFORWARD_ORDER_NUMBER": label.order_number,
            "FLEXFORWARD_TIME_ADDRESS": f"{host}:{port}",
            "NODE_OPTIONS": f'--require "{PRELOAD}"',
            "NO_PROXY": "*",
            **({"FLEXFORWARD_NOTIFY_URL": handle.base_url + NOTIFY_PATH} if posts else {}),
            **(variables or {}),
        }
        began = time.monotonic()
        try:
            listener, code, is_over = self._run(command, environment, run_time, cwd)
            real_s = time.monotonic() - began
            run = ClientRun.of_exchanges(
                [label.value],
                self.live.seen_by_client(handle.journal),
                unattributed=handle.unattributed,
                notifications=self.desk.taken,
                ended_by="deadline" if is_over else "client",
                ended_at=handle.clock.now,
                distrust="; ".join(run_time.problems) or None,
            )
        finally:
            self.live.begin(None)
            handle.close()
        return NodeRun(
            run=run,
            exit_code=code,
            lines=tuple(listener.lines),
            real_s=real_s,
            elapsed_s=run_time.elapsed(),
            problems=tuple(run_time.problems),
            processes=tuple(self.times.processes),
        )

    def _run(
        self, command: Sequence[str], environment: dict[str, str], run_time: RunClock, cwd: Path | None
    ) -> tuple[_Listener, int, bool]:
        until = time.monotonic() + _LONGEST_S
        with subprocess.Popen(
            list(command),
            cwd=cwd,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process:
            listener = _Listener(process, self.desk)
            self.times.before_move = listener.listen
            try:
                while process.poll() is None and time.monotonic() < until:
                    if run_time.is_over or self.times.is_stuck:
                        break
                    listener.listen()
                    with suppress(subprocess.TimeoutExpired):
                        process.wait(_GLANCE_S)
                is_over = process.poll() is None
            finally:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                listener.listen()
                self.times.before_move = None
            assert time.monotonic() < until, f"{command} hangs:\n" + "\n".join(listener.lines)
            return listener, process.returncode, is_over


class _Listener:
    """Takes in what a program has printed, before time moves on."""

    def __init__(self, process: subprocess.Popen[bytes], desk: NotificationDesk) -> None:
        assert process.stdout is not None
        self._output = process.stdout.fileno()
        self._desk = desk
        self._rest = ""
        self._lock = threading.Lock()
        self.lines: list[str] = []
        os.set_blocking(self._output, False)

    def listen(self) -> None:
        with self._lock:
            while True:
                try:
                    piece = os.read(self._output, 65536).decode("utf-8", "replace")
                except BlockingIOError:
                    return
                if not piece:
                    return
                *lines, self._rest = (self._rest + piece).split("\n")
                for line in lines:
                    self.lines.append(line)
                    self._desk.read(line)


@contextmanager
def open_node_ground(*, notify_pattern: str | None = r"^notify: (?P<tag>\w+)$") -> Generator[NodeGround]:
    """Open a ground for the length of the ``with`` block."""
    mock = Mock()
    desk = NotificationDesk(notify_pattern)
    with ExitStack() as stack:
        live = stack.enter_context(open_live_transport(mock.engine, control=desk))
        times = stack.enter_context(open_time_server(live.address))
        yield NodeGround(mock, live, times, desk)


def poller(name: str) -> list[str]:
    """Return the command that runs one of the pollers, or any file."""
    assert NODE is not None
    path = Path(name) if re.search(r"[/\\]", name) else POLLERS / name
    return [NODE, str(path)]
