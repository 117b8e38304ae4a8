"""Where programs in any language are taken through trials: each gets a Flex Forward, an environment, and a time."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from flexforward_fixtures.mock import START, Mock
from flexforward_mockserver.clock import Clock

from .live_door import open_live_door
from .notification_desk import NOTIFY_PATH
from .program import Program
from .run import ClientRun
from .run_time import MOST_REQUESTS, RunClock, RunOver, RunTime
from .time_server import open_time_server
from .trial import horizon

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from datetime import datetime

    from flexforward_fixtures import FlexForward, LabelHandle

    from .live_door import LiveDoor
    from .notification_desk import NotificationDesk
    from .run import EndedBy
    from .time_server import TimeServer
    from .trial import Trial

__all__ = ["PRELOADS", "Plan", "ProgramGround", "TimeKind", "open_program_ground"]

PRELOADS = Path(__file__).with_name("preload")
TimeKind: TypeAlias = Literal["virtual", "real"]

_GLANCE_S = 0.02
_SILENCE_S = 20.0
"""Real seconds without a request, a wait or an end after which a program is taken to hang."""
_REAL_LIMIT_S = 120.0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How a program is run.

    Attributes:
        command: the program and its arguments, with placeholders such as ``{base_url}``.
        variables: further environment variables, name to template.
        every: start it again at such intervals; None for a program that goes on by itself.
        labels: how many shipments it is to follow at once.
        bind: host that the mock listens on.
        public_url: how the program reaches it, where that differs.
        time: whether it lives in virtual time or in real, accelerated one.
        scale: virtual seconds for each real one, in real time.
    """

    command: tuple[str, ...]
    variables: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    every: timedelta | None = None
    labels: int = 1
    bind: str = "127.0.0.1"
    public_url: str | None = None
    time: TimeKind = "virtual"
    scale: float = 3600.0


class ProgramGround:
    """Takes a program through one trial after the other.

    Attributes:
        starts: how often it was started.
        last_exit: exit code of its last run that ended by itself; None before.
        last_lines: what it printed last, in the last run.
    """

    def __init__(self, plan: Plan, mock: Mock, live: LiveDoor, times: TimeServer, desk: NotificationDesk) -> None:
        self._plan, self._mock, self._live, self._times, self._desk = plan, mock, live, times, desk
        self.starts = 0
        self.last_exit: int | None = None
        self.last_lines: tuple[str, ...] = ()

    def take(self, trial: Trial) -> ClientRun:
        """Take the program through one trial, and return what happened.

        Raises:
            ProgramError: it cannot be started.
        """
        plan = self._plan
        span = horizon(trial.scenario)
        run_time = RunTime(START, limit=span, most_requests=MOST_REQUESTS * plan.labels, watch=self._live.watch)
        clock = RunClock(run_time) if plan.time == "virtual" else Clock(time.monotonic, start=START, rate=plan.scale)
        handle = self._mock.open(base_url=plan.public_url or self._live.base_url, clock=clock)
        labels = [self._ship(handle, trial, number) for number in range(plan.labels)]
        names = {name: label.id for label in labels for name in (label.id, label.order_number)}
        self._desk.begin(clock.now, names)
        self._times.begin(run_time)
        self._live.begin(run_time if plan.time == "virtual" else None)
        try:
            ended_by = self._run(handle, labels, run_time, START + span)
            return ClientRun.of_exchanges(
                [label.value for label in labels],
                self._live.seen_by_client(handle.journal),
                unattributed=handle.unattributed,
                notifications=self._desk.taken,
                ended_by=ended_by,
                ended_at=clock.now(),
                distrust="; ".join(self._distrust(run_time, handle)) or None,
            )
        finally:
            self._live.begin(None)
            handle.close()

    def _ship(self, handle: FlexForward, trial: Trial, number: int) -> LabelHandle:
        order_number = trial.order_number if not number else f"{trial.order_number}-{number + 1}"
        return handle.ship(trial.scenario, order_number=order_number)

    def _run(self, handle: FlexForward, labels: list[LabelHandle], run_time: RunTime, until: datetime) -> EndedBy:
        """Run the program, once or at intervals, and tell who ended it."""
        variables = self._environment(handle, labels)
        known = {name.removeprefix("FLEXFORWARD_").lower(): value for name, value in variables.items()}
        command = [_filled(part, known) for part in self._plan.command]
        own = {name: _filled(template, known) for name, template in self._plan.variables.items()}
        environment = {**os.environ, **variables, **own}
        while True:
            is_over = self._run_once(command, environment, handle, run_time, until)
            if self._plan.every is None:
                return "deadline" if is_over else "client"
            if is_over or not self._passes(run_time, handle, until):
                return "deadline"

    def _run_once(
        self,
        command: list[str],
        environment: dict[str, str],
        handle: FlexForward,
        run_time: RunTime,
        until: datetime,
    ) -> bool:
        """Run the program until it ends or the run is over, and tell whether the latter."""
        program = Program(command, environment=environment, on_line=self._desk.read)
        self.starts += 1
        self._times.before_move = program.listen
        guard = _Guard(run_time, handle)
        try:
            while not program.wait(_GLANCE_S):
                program.listen()
                if run_time.is_over or handle.clock.now >= until:
                    return True
                problem = guard.problem(is_virtual=self._plan.time == "virtual")
                if problem is not None:
                    run_time.note(problem)
                    return True
            self.last_exit = program.exit_code
            return False
        finally:
            self._times.before_move = None
            program.end()
            self.last_lines = program.last_lines

    def _passes(self, run_time: RunTime, handle: FlexForward, until: datetime) -> bool:
        """Let the interval between two starts pass; False if the run is over before."""
        every = self._plan.every
        assert every is not None
        if self._plan.time == "real":
            time.sleep(every.total_seconds() / self._plan.scale)
            return handle.clock.now < until
        try:
            run_time.wait(run_time.elapsed() + every.total_seconds(), None)
        except RunOver:
            return False
        return True

    def _environment(self, handle: FlexForward, labels: list[LabelHandle]) -> dict[str, str]:
        first = labels[0]
        variables = {
            "FLEXFORWARD_BASE_URL": handle.base_url,
            "FLEXFORWARD_TOKEN": handle.token,
            "FLEXFORWARD_API_KEY": handle.api_key,
            "FLEXFORWARD_API_TOKEN": handle.api_token,
            "FLEXFORWARD_LABEL_ID": first.id,
            "FLEXFORWARD_ORDER_NUMBER": first.order_number,
            "FLEXFORWARD_NOTIFY_URL": handle.base_url + NOTIFY_PATH,
        }
        if self._plan.labels > 1:
            variables["FLEXFORWARD_LABEL_IDS"] = ",".join(label.id for label in labels)
        if self._plan.time == "real":
            variables["FLEXFORWARD_TIME_SCALE"] = f"{self._plan.scale:g}"
            return variables
        host, port = self._times.address
        variables["FLEXFORWARD_TIME_ADDRESS"] = f"{host}:{port}"
        variables["PYTHONPATH"] = os.pathsep.join(filter(None, (str(PRELOADS), os.environ.get("PYTHONPATH"))))
        variables["PYTHONUNBUFFERED"] = "1"  # what it tells is to be heard before it waits
        preload = f'--require "{PRELOADS / "preload.cjs"}"'
        variables["NODE_OPTIONS"] = " ".join(filter(None, (os.environ.get("NODE_OPTIONS"), preload)))
        return variables

    def _distrust(self, run_time: RunTime, handle: FlexForward) -> list[str]:
        if self._plan.time == "virtual":
            return run_time.problems
        waits = [after.at - before.at for before, after in zip(handle.journal, handle.journal[1:], strict=False)]
        follows = bool(waits) and max(waits) >= timedelta(minutes=5)
        return [] if follows else ["its waits do not follow FLEXFORWARD_TIME_SCALE"]


class _Guard:
    """Sees that a program hangs: neither time nor requests go on."""

    def __init__(self, run_time: RunTime, handle: FlexForward) -> None:
        self._run_time, self._handle = run_time, handle
        self._began = self._since = time.monotonic()
        self._seen = self._state()

    def _state(self) -> tuple[float, int]:
        return self._run_time.elapsed(), len(self._handle.journal)

    def problem(self, *, is_virtual: bool) -> str | None:
        now, state = time.monotonic(), self._state()
        if state != self._seen:
            self._seen, self._since = state, now
        if not is_virtual:
            return None
        if now - self._since > _SILENCE_S:
            return f"it neither asked, waited nor ended for {_SILENCE_S:g} real seconds"
        return f"it took more than {_REAL_LIMIT_S:g} real seconds" if now - self._began > _REAL_LIMIT_S else None


def _filled(template: str, known: Mapping[str, str]) -> str:
    """Put values in the place of ``{base_url}`` and the like; other braces stay as they are."""
    for name, value in known.items():
        template = template.replace(f"{{{name}}}", value)
    return template


@contextmanager
def open_program_ground(plan: Plan, desk: NotificationDesk) -> Generator[ProgramGround]:
    """Open a ground for a program for the length of the ``with`` block."""
    mock = Mock()
    with ExitStack() as stack:
        live = stack.enter_context(open_live_door(mock.engine, control=desk, host=plan.bind))
        times = stack.enter_context(open_time_server(live.address, host=plan.bind))
        yield ProgramGround(plan, mock, live, times, desk)
