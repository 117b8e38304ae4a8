"""Where programs in any language are taken through trials: each gets a Flex Forward, an environment, and a time."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack, contextmanager
from secrets import randbits
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import msgspec

from flexforward_contract_tests.client.transcript.client_profile import profile_of
from flexforward_contract_tests.client.transcript.ending import ending_of
from flexforward_contract_tests.client.transcript.redaction import secrets_in
from flexforward_contract_tests.client.transcript.run import ClientRun
from flexforward_contract_tests.client.transcript.track import tracks_of
from flexforward_contract_tests.client.virtual_time.live_transport import open_live_transport
from flexforward_contract_tests.client.virtual_time.processor import on_one_processor
from flexforward_contract_tests.client.virtual_time.real_time import distrust_of
from flexforward_contract_tests.client.virtual_time.run_clock import (
    HURRIED_REQUESTS,
    MOST_REQUESTS,
    RunClock,
    RunOver,
    SandboxClock,
)
from flexforward_contract_tests.client.virtual_time.time_server import open_time_server
from flexforward_contract_tests.client.virtual_time.watchdog import NO_PRELOAD, UNCOVERED, Watchdog
from flexforward_fixtures.mock import START, Mock
from flexforward_mockserver.engine.delivery import NO_ANSWER_S
from flexforward_mockserver.state.clock import Clock

from .program import Program, check_command
from .program_environment import known_names, program_environment, program_variables
from .program_options import ProgramOptionsError, filled
from .time_way import TimeWay, Way
from .trial import horizon
from .trial_labels import GivenLabels, MadeLabels

if TYPE_CHECKING:
    from collections.abc import Generator
    from datetime import datetime

    from flexforward_contract_tests.client.transcript.run import EndedBy
    from flexforward_contract_tests.client.virtual_time.live_transport import LiveTransport
    from flexforward_contract_tests.client.virtual_time.time_server import TimeServer
    from flexforward_fixtures import FlexForward

    from .notification_desk import NotificationDesk
    from .program_options import ProgramOptions
    from .trial import Trial
    from .trial_labels import TrialLabels

__all__ = ["Lessons", "ProgramRunner", "open_program_runner"]

_GLANCE_S = 0.02
_UNANSWERED = "an answer was withheld, and nothing was preloaded into it that knows how long it would have waited"
_ASKED_TWICE = "it asks several times in one start, and"


class _ProgramRun(msgspec.Struct, frozen=True, kw_only=True):
    """What one run is made of."""

    handle: FlexForward
    labels: TrialLabels
    run_clock: RunClock
    until: datetime
    state_dir: str
    zone: str

    @property
    def asked(self) -> int:
        return len(self.handle.journal) + len(self.handle.unattributed)


class Lessons(msgspec.Struct, frozen=True, kw_only=True):
    """What trials have taught about a program, for those that come.

    Attributes:
        way: in which it is brought into virtual time.
        has_waited: it was seen to wait.
        most_requests: after so many for each label a trial is cut.
    """

    way: Way
    has_waited: bool
    most_requests: int

    def joined(self, others: Lessons) -> Lessons:
        """Return what these and others teach together."""
        return Lessons(
            way=others.way if self.way == "preload" else self.way,
            has_waited=self.has_waited or others.has_waited,
            most_requests=min(self.most_requests, others.most_requests),
        )


class ProgramRunner:
    """Takes a program through one trial after the other.

    Attributes:
        desk: takes what the program tells.
        way: in which the program is brought into virtual time.
        hang: why the program was given up in its last run, as a sentence without its end; None if it was not.
        is_hang_final: it would be given up so in every trial.
        last_words: how its last run ended, and what it printed last.
    """

    def __init__(
        self, options: ProgramOptions, mock: Mock, live: LiveTransport, times: TimeServer, desk: NotificationDesk
    ) -> None:
        self._options, self._mock, self._live, self._times, self.desk = options, mock, live, times, desk
        self._base_url = options.reached_at(live.base_url)
        self.way = TimeWay(options, remarks=times.remarks)
        self._most_asked_at_once = 0
        self._most_requests = MOST_REQUESTS
        self._has_waited = False
        self.hang: str | None = None
        self.is_hang_final = False
        self.last_words = ""

    @property
    def lessons(self) -> Lessons:
        """What its trials have taught."""
        return Lessons(way=self.way.name, has_waited=self._has_waited, most_requests=self._most_requests)

    def take_lessons(self, lessons: Lessons) -> None:
        """Take over what other trials have taught."""
        self._has_waited, self._most_requests = lessons.has_waited, lessons.most_requests
        if lessons.way == "supervisor" and self.way.may_turn:
            self.way.turn_to_supervisor()

    def run(self, trial: Trial) -> ClientRun:
        """Take the program through one trial, and return what happened.

        Raises:
            ProgramError: it cannot be started.
        """
        taken = self._take(trial)
        tracks = tracks_of(taken)
        self._has_waited = self._has_waited or profile_of(tracks).has_waited
        is_silent = (
            taken.rest is None and not self._has_waited and any(ending is not None for ending in map(ending_of, tracks))
        )
        is_problem = taken.distrust is not None or is_silent
        is_uncovered = self.way.may_turn and is_problem
        if not is_uncovered or not self.way.turn_to_supervisor():
            return taken
        return self._take(trial)

    def _take(self, trial: Trial) -> ClientRun:
        options = self._options
        span = horizon(trial.scenario)
        most = self._most_requests * options.labels
        run_clock = RunClock(START, limit=span, most_requests=most, watch=self._live.watch)
        clock = (
            SandboxClock(run_clock)
            if options.time != "real"
            else Clock(time.monotonic, start=START, rate=options.scale)
        )
        # It may go on for a moment after the last one that counts.
        handle = self._mock.open(base_url=self._base_url, clock=clock, journal_limit=2 * most, seed=randbits(48))
        with TemporaryDirectory(prefix="flexforward-") as state_dir:
            labels = (MadeLabels if options.create else GivenLabels)(handle, trial, options.labels)
            run = _ProgramRun(
                handle=handle,
                labels=labels,
                run_clock=run_clock,
                until=START + span,
                state_dir=state_dir,
                zone=trial.zone,
            )
            self.desk.begin(clock.now, labels, secrets=_secrets(handle))
            self._times.begin(run_clock)
            self._live.begin(run_clock if options.time != "real" else None)
            self._most_asked_at_once = 0
            self.hang, self.is_hang_final = None, False
            try:
                ended_by = self._run(run)
                return ClientRun.of_exchanges(
                    [label.value for label in labels.followed],
                    self._live.seen_by_client(handle.journal),
                    unattributed=self._live.own(handle.unattributed),
                    notifications=self.desk.taken,
                    ended_by=ended_by,
                    ended_at=clock.now(),
                    distrust="; ".join(self._distrust(run, ended_by)) or None,
                    last_words=self.last_words,
                    has_crashed=run_clock.has_failed_tasks,
                    rest=run_clock.rested,
                    zone=options.variables.get("TZ", trial.zone),
                    is_accelerated=options.time == "real",
                    cut=run_clock.cut,
                    every=options.every,
                )
            finally:
                hurried = HURRIED_REQUESTS if run_clock.is_hurried else self._most_requests
                self._most_requests = min(self._most_requests, hurried)
                self._live.end(handle.token, handle.api_key, handle.api_token, handle.bad_token)
                handle.close()

    def _run(self, run: _ProgramRun) -> EndedBy:
        """Run the program, once or at intervals, and tell who ended it."""
        options = self._options
        while True:
            variables = program_variables(
                options,
                run.handle,
                run.labels.given,
                state_dir=run.state_dir,
                time_address=self._times.address,
                now=run.handle.clock.now,
            )
            command = [filled(part, known_names(variables)) for part in options.command]
            surroundings = {**os.environ, "TZ": run.zone}
            environment = program_environment(options, variables, surroundings, self.way.name)
            asked = run.asked
            is_over = self._run_once(command, environment, run)
            self._most_asked_at_once = max(self._most_asked_at_once, run.asked - asked)
            if is_over or (options.every is not None and not self._passes(run)):
                return "deadline" if run.run_clock.cut is None else "cut"
            if options.every is None:
                return run.run_clock.ended_by

    def _run_once(self, command: list[str], environment: dict[str, str], run: _ProgramRun) -> bool:
        """Run the program until it ends or the run is over, and tell whether the latter."""
        self._times.is_stuck = False
        check_command(command, environment)
        started = self.way.command(command, self._times.address)
        program = Program(started, environment=environment, on_line=self.desk.read, secrets=_secrets(run.handle))
        self._times.before_move = program.listen
        watchdog = Watchdog(run.run_clock, self._times, lambda: run.asked, is_repeated=self._options.every is not None)
        try:
            while not program.wait(_GLANCE_S):
                program.listen()
                if self._times.is_stuck:
                    return False
                if self._is_over(run):
                    return True
                if not self._let_go(run):
                    return True
                problem = watchdog.problem() if self._options.time != "real" else None
                if problem is not None:
                    self._take_hang(run, problem)
                    return True
            return False
        finally:
            self._times.before_move = None
            exit_code = program.exit_code
            program.end()
            self.last_words = program.last_words(exit_code)

    def _let_go(self, run: _ProgramRun) -> bool:
        """Let answers that are held back go to a program that nobody moves time for; False if the run is over."""
        if self._options.every is None or self._options.time == "real" or self._times.processes:
            return True
        try:
            held_s = run.run_clock.let_go()
        except RunOver:
            return False
        if held_s is not None and held_s >= NO_ANSWER_S:
            run.run_clock.note(_UNANSWERED)
        return True

    def _is_over(self, run: _ProgramRun) -> bool:
        if self._options.time == "real":
            return run.run_clock.is_cut_at(run.asked) or run.handle.clock.now >= run.until
        return run.run_clock.is_over

    def _take_hang(self, run: _ProgramRun, problem: str) -> None:
        run.run_clock.note(problem)
        self.hang, self.is_hang_final = problem, problem == NO_PRELOAD or not run.asked

    def _passes(self, run: _ProgramRun) -> bool:
        """Let the interval between two starts pass; False if the run is over before."""
        every = self._options.every
        assert every is not None
        if self._options.time == "real":
            time.sleep(every.total_seconds() / self._options.scale)
            return not self._is_over(run)
        try:
            run.run_clock.wait(run.run_clock.elapsed() + every.total_seconds(), None)
        except RunOver:
            return False
        return True

    def _distrust(self, run: _ProgramRun, ended_by: EndedBy) -> Generator[str]:
        if self._options.time == "real":
            problem = distrust_of(run.handle.journal, ended_by)
            if problem is not None:
                yield problem
            return
        yield from run.run_clock.problems
        if not run.asked or self._times.has_asker or run.run_clock.problems:
            return
        if self._options.every is None:
            yield UNCOVERED if self._times.processes else NO_PRELOAD
        elif self._most_asked_at_once > self._options.labels:
            why = (
                "what asks is not covered by virtual time" if self._times.processes else "nothing was preloaded into it"
            )
            yield f"{_ASKED_TWICE} {why}"


def _secrets(handle: FlexForward) -> tuple[str, ...]:
    return (handle.token, handle.api_key, handle.api_token, handle.bad_token, *secrets_in(os.environ))


@contextmanager
def open_program_runner(
    options: ProgramOptions, desk: NotificationDesk, processor: int | None = None
) -> Generator[ProgramRunner]:
    """Open a ground for a program for the length of the ``with`` block.

    Args:
        options: how it is run.
        desk: takes notifications.
        processor: on which all of it runs in virtual time; None for that on which this thread is.

    Raises:
        ProgramOptionsError: nobody can listen where the options wants.
    """
    host, port = options.listens_on
    with ExitStack() as stack:
        if options.time != "real":
            stack.enter_context(on_one_processor(processor))
        mock = Mock()
        try:
            live = stack.enter_context(open_live_transport(mock.engine, control=desk, host=host, port=port))
        except OSError as error:
            raise ProgramOptionsError(f"cannot listen on {host}:{port} ({error.strerror})") from error
        live.scale = options.scale
        reached = urlsplit(options.reached_at(live.base_url))
        server = (reached.hostname or "", reached.port or port)
        times = stack.enter_context(open_time_server(server, host=host))
        yield ProgramRunner(options, mock, live, times, desk)
