"""Processes that take a program through trials, each with a mock server of its own.

What a trial teaches, such as that a preload does not cover the program, goes to each worker with its next trial.
"""

from __future__ import annotations

import multiprocessing
import signal
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.reduction import ForkingPickler
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

import msgspec

from flexforward_contract_tests.interruption import Interruption, interruptible

from .runner.notification_desk import NotificationDesk
from .runner.program_runner import open_program_runner
from .taken_trial import TakenTrial, take_trial, useless_from
from .virtual_time.processor import processors

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping, Sequence
    from multiprocessing.context import SpawnProcess

    from .runner.program_options import ProgramOptions
    from .runner.program_runner import Lessons
    from .runner.trial import Trial

__all__ = ["TrialWorkers", "open_trial_workers"]

_ENDING_S = 10.0
"""Real seconds that a worker has to end its program and itself."""


class _Worker(msgspec.Struct, frozen=True):
    process: SpawnProcess
    line: Connection


class TrialWorkers:
    """Workers that wait for trials."""

    def __init__(self, workers: Sequence[_Worker]) -> None:
        self._lines = [worker.line for worker in workers]

    def take(
        self, trials: Sequence[Trial], before: Sequence[TakenTrial], *, most: int, on_trial: Callable[[Trial], None]
    ) -> list[TakenTrial]:
        """Take the program through trials; return them in the given order, up to where there is no use in more.

        Args:
            trials: to be taken.
            before: those that were taken already, at least one.
            most: so many at once.
            on_trial: told of each trial as it begins.

        Raises:
            ProgramError: the program cannot be started.
        """
        lessons = before[-1].lessons
        idle = self._lines[:most]
        busy: dict[Connection, int] = {}
        found: dict[int, TakenTrial] = {}
        coming = iter(enumerate(trials))
        while True:
            while idle and useless_from((*before, *found.values())) is None:
                number, trial = next(coming, (-1, None))
                if trial is None:
                    break
                on_trial(trial)
                line = idle.pop()
                line.send((trial, lessons))
                busy[line] = number
            if not busy:
                return [found[number] for number in sorted(found)]
            for line in cast("list[Connection]", wait(list(busy))):
                answer: TakenTrial | Exception = line.recv()
                if isinstance(answer, Exception):
                    raise answer
                found[busy.pop(line)] = answer
                lessons = lessons.joined(answer.lessons)
                idle.append(line)


@contextmanager
def open_trial_workers(count: int, options: ProgramOptions, pattern: str | None) -> Generator[TrialWorkers]:
    """Start workers, which make themselves ready at once, and end them and their programs at the end of the block.

    Args:
        count: of workers.
        options: how the program is run.
        pattern: finds notifications in what it prints; None for those that are posted.
    """
    _carry_mappings()
    context = multiprocessing.get_context("spawn")  # whoever calls may have threads, which a fork would not survive
    workers: list[_Worker] = []
    allowed = processors()
    try:
        for number in range(count):
            ours, theirs = context.Pipe()
            processor = allowed[number % len(allowed)] if allowed else None
            process = context.Process(target=work, args=(theirs, options, pattern, processor), daemon=True)
            process.start()
            theirs.close()
            workers.append(_Worker(process, ours))
        yield TrialWorkers(workers)
    finally:
        for worker in workers:
            worker.process.terminate()
        for worker in workers:
            worker.process.join(_ENDING_S)
            worker.process.kill()
            worker.process.join()
            worker.line.close()


def work(line: Connection, options: ProgramOptions, pattern: str | None, processor: int | None) -> None:
    """Take the trials that come down a line, one after the other, until it is closed or the process is ended.

    Args:
        line: brings trials, each with what was learned from those before, and takes what became of them.
        options: how the program is run.
        pattern: finds notifications in what it prints; None for those that are posted.
        processor: on which it runs in virtual time; None for any.
    """
    _carry_mappings()
    desk = NotificationDesk(pattern, needs_label=options.labels > 1)
    with suppress(Interruption, EOFError, BrokenPipeError), interruptible():
        signal.signal(signal.SIGINT, _leave_it)
        with open_program_runner(options, desk, processor) as runner:
            while True:
                trial: Trial
                lessons: Lessons
                trial, lessons = line.recv()
                runner.take_lessons(lessons)
                try:
                    answer: TakenTrial | Exception = take_trial(runner, trial)
                except Exception as error:  # noqa: BLE001  # it is raised where somebody can read it
                    answer = error
                line.send(answer)


def _carry_mappings() -> None:
    """Let lines carry scenarios: their mappings cannot be changed, and for those pickle has no form of its own."""
    ForkingPickler.register(MappingProxyType, _taken_apart)


def _taken_apart(mapping: Mapping[Any, Any]) -> tuple[Callable[[dict[Any, Any]], Mapping[Any, Any]], tuple[Any]]:
    return _put_together, (dict(mapping),)


def _put_together(parts: dict[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(parts)


def _leave_it(_number: int, _frame: object) -> None:
    """Leave Ctrl-C to whoever started the worker, and is about to end it."""
