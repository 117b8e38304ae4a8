"""Runs a Python client through trials, in this process and in virtual time."""

from __future__ import annotations

import asyncio
import gc
import inspect
import sys
import sysconfig
import traceback
import warnings
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

import flexforward_fixtures as fixtures
from flexforward_contract_tests.client.transcript.run import ClientRun, Notification
from flexforward_contract_tests.client.virtual_time.force_stop import close_coroutine, insist_on
from flexforward_contract_tests.client.virtual_time.preload.flexforward_virtual_time import (
    StuckError,
    UnsupportedError,
    VirtualTime,
)
from flexforward_contract_tests.client.virtual_time.run_clock import (
    HURRIED_REQUESTS,
    MOST_REQUESTS,
    RunClock,
    RunOver,
    SandboxClock,
)
from flexforward_contract_tests.client.virtual_time.zone import in_zone
from flexforward_fixtures.mock import START, Mock

from .env import ClientEnv
from .thread_errors import taken_thread_errors

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Iterator
    from contextlib import AbstractContextManager

    from flexforward_contract_tests.client.virtual_time.live_transport import LiveTransport

    from .trial import Trial

__all__ = ["LABORIOUS_WORK_S", "LONGEST_WORK_S", "Client", "TransportName", "TrialRunner", "open_trial_runner"]

TransportName: TypeAlias = Literal["in-process", "live"]
Client: TypeAlias = "Callable[[ClientEnv], Awaitable[None] | None]"


class TrialRunner:
    """Runs a client through one trial after the other.

    Args:
        mock: answers.
        virtual: puts the client's thread under virtual time.
        live: the live server, where the client is to go through a socket.

    Attributes:
        live: as given.
        most_requests: after so many a run is cut,
        longest_work_s: or after so many seconds of the processor.
    """

    def __init__(self, mock: Mock, virtual: VirtualTime, live: LiveTransport | None) -> None:
        self._mock = mock
        self._virtual = virtual
        self.live = live
        self.most_requests = MOST_REQUESTS
        self.longest_work_s = LONGEST_WORK_S

    def run(self, client: Client, trial: Trial) -> ClientRun:
        """Run a client through one trial, and return what happened.

        Whatever the client raises ends it, as a crash would; the run says that it ended by itself.
        """
        live = self.live
        run_clock = RunClock(
            START,
            limit=trial.horizon,
            most_requests=self.most_requests * len(trial.labels),
            longest_work_s=self.longest_work_s,
            watch=None if live is None else live.watch,
        )
        handle = self._mock.open(
            base_url=live.base_url if live else None,
            clock=SandboxClock(run_clock),
            journal_limit=2 * self.most_requests * len(trial.labels),
        )
        labels = [handle.ship(scenario, order_number=number) for number, scenario in trial.labels]
        known = {name: label.id for label in labels for name in (label.id, label.order_number)}
        told: list[Notification] = []

        def notify(tag: str, label: str | None = None) -> None:
            if not run_clock.is_over:  # a client that does not let itself be ended
                named = labels[0].id if len(labels) == 1 else None if label is None else known.get(label, label)
                told.append(Notification(at=handle.clock.now, tag=str(tag), label=named))

        env = ClientEnv(
            base_url=handle.base_url,
            token=handle.token,
            api_key=handle.api_key,
            api_token=handle.api_token,
            label_id=labels[0].id,
            order_number=labels[0].order_number,
            label_ids=tuple(label.id for label in labels),
            order_numbers=tuple(label.order_number for label in labels),
            notify=notify,
        )
        secrets = (handle.token, handle.api_key, handle.api_token, handle.bad_token)
        try:
            with (
                in_zone(trial.zone),
                self._in_run(run_clock, secrets),
                taken_thread_errors(_error_words) as thread_errors,
            ):
                last_words = self._run(client, env, run_clock)
                if self._virtual.has_open_sockets():
                    _collect_quietly()
                seen = tuple((run_clock if live is None else live).seen_by_client(handle.journal))
                elsewhere = tuple(handle.unattributed if live is None else live.own(handle.unattributed))
            return ClientRun.of_exchanges(
                [label.value for label in labels],
                seen,
                unattributed=run_clock.seen_by_client(elsewhere),
                notifications=told,
                ended_by=run_clock.ended_by,
                ended_at=handle.clock.now,
                distrust="; ".join(run_clock.problems) or None,
                last_words=last_words,
                has_crashed=last_words is not None or run_clock.has_failed_tasks,
                rest=run_clock.rested,
                zone=trial.zone,
                thread_errors=thread_errors,
                cut=run_clock.cut,
            )
        finally:
            self.longest_work_s = LABORIOUS_WORK_S if run_clock.is_laborious else self.longest_work_s
            self.most_requests = (
                min(self.most_requests, HURRIED_REQUESTS) if run_clock.is_hurried else self.most_requests
            )
            handle.close()

    @contextmanager
    def _in_run(self, run_clock: RunClock, secrets: tuple[str, ...]) -> Generator[None]:
        before, self._mock.pace = self._mock.pace, run_clock
        if self.live is not None:
            self.live.begin(run_clock)
        try:
            yield
        finally:
            self._mock.pace = before
            if self.live is not None:
                self.live.end(*secrets)

    def _run(self, client: Client, env: ClientEnv, run_clock: RunClock) -> str | None:
        """Run the client until it ends, and return what it ended with, if that was an error."""
        server = None if self.live is None else self.live.address
        before = sys.gettrace()
        run_clock.insist = lambda turn: insist_on(RunOver, above=TrialRunner._run.__code__, turn=turn)
        with self._virtual.running(run_clock, server):
            try:
                ending = client(env)
                if inspect.isawaitable(ending):
                    _run_in_loop(ending)
            except _ENDINGS as error:
                last_words = _last_words(error, run_clock)
            else:
                last_words = None
            finally:
                if sys.gettrace() is not before:
                    sys.settrace(before)  # pragma: no cover  # nothing measures until then
        return last_words


LONGEST_WORK_S, LABORIOUS_WORK_S = 20.0, 2.0
"""Seconds of the processor for one trial, which mostly takes a tenth of one; and for those after one that was cut."""

_ERRORS = (Exception, SystemExit, asyncio.CancelledError, RunOver, StuckError, UnsupportedError)
_ENDINGS = (*_ERRORS, BaseExceptionGroup)
"""Ways in which a client ends; what is left are those of whoever runs the tests."""


def _run_in_loop(ending: Awaitable[None]) -> None:
    try:
        with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
            runner.run(_awaited(ending))
    finally:
        if inspect.iscoroutine(ending):
            close_coroutine(ending, RunOver)


async def _awaited(ending: Awaitable[None]) -> None:
    await ending


def _collect_quietly() -> None:
    """Let go of what a client has left open that had to end: no test that comes later is to be warned of it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()


def _last_words(error: BaseException, run_clock: RunClock) -> str | None:
    """Take down what ended the client, and return it as words, if it was an error of its own.

    Raises:
        BaseException: it was not the client's.
    """
    if isinstance(error, BaseExceptionGroup):
        group = cast("BaseExceptionGroup[BaseException]", error)
        _, foreign = group.split(_ERRORS)
        if foreign is not None:
            raise foreign
        parts = [_last_words(part, run_clock) for part in group.exceptions]
        return next(filter(None, parts), None)
    if isinstance(error, StuckError):
        run_clock.note(f"it is stuck: {error}", is_end=True)
    elif isinstance(error, UnsupportedError):
        run_clock.note(f"not in virtual time: {error}", is_end=True)
    elif not isinstance(error, RunOver):
        return f"raised {_error_words(error)}"
    return None


def _error_words(error: BaseException) -> str:
    """Return an error as words, with the place in the client that it came through."""
    return f"{traceback.format_exception_only(error)[-1].strip()}{_place(error)}"


def _place(error: BaseException) -> str:
    """Return the line of the client's that an error came through: the innermost that is in no library."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_library(frame.filename)]
    return f" ({Path(own[-1].filename).name}:{own[-1].lineno})" if own else ""


def _is_library(file: str) -> bool:
    return file.startswith("<") or any(Path(file).is_relative_to(folder) for folder in _libraries())


@cache
def _libraries() -> tuple[Path, ...]:
    folders = {Path(path) for path in (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib"))}
    ours = Path(__file__).parents[2]
    return (*folders, ours, Path(fixtures.__file__ or "").parent)


@contextmanager
def open_trial_runner(mock: Mock | None = None, *, door: TransportName = "in-process") -> Generator[TrialRunner]:
    """Open a trial runner for the length of the ``with`` block.

    Args:
        mock: answers; None for a new one with the shipped contract.
        door: how clients reach it: in process through httpx, httpx2 and requests, or over a socket.
    """
    mock = mock or Mock()
    with ExitStack() as stack:
        live: LiveTransport | None = None
        if door == "live":
            from flexforward_contract_tests.client.virtual_time.live_transport import open_live_transport

            live = stack.enter_context(open_live_transport(mock.engine))
        else:
            for opened in _transports(mock):
                stack.enter_context(opened)
        virtual = VirtualTime(RunClock(START, limit=timedelta(0)))
        virtual.install()
        stack.callback(virtual.uninstall)
        yield TrialRunner(mock, virtual, live)


def _transports(mock: Mock) -> Iterator[AbstractContextManager[None]]:
    """Yield the in-process transports of the libraries that are there."""
    if find_spec("respx") is not None:
        from flexforward_fixtures.transports.respx_transport import open_respx_transport

        yield open_respx_transport(mock)
    if find_spec("requests") is not None:
        from flexforward_fixtures.transports.requests_transport import open_requests_transport

        yield open_requests_transport(mock)
