"""Takes a program through its trials, several at once if there are many.

The first trials are taken alone, until the program has asked for something: so a program that cannot be run is told
about once. A run that ended by itself and broke a rule, or asked nothing, is taken again, alone: two copies may have
been in each other's way, as with a file that both lock or a port that both listen on, and no verdict is given of that.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .judge import judge_client
from .runner.notification_desk import NotificationDesk
from .runner.program_runner import open_program_runner
from .taken_trial import is_silent, take_trial, useless_from
from .trial_workers import open_trial_workers

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .runner.program_options import ProgramOptions
    from .runner.trial import Trial
    from .taken_trial import TakenTrial
    from .transcript.run import ClientRun
    from .trial_workers import TrialWorkers

__all__ = ["ProgramRuns", "run_trials"]

_LEAST_FOR_WORKERS = 4
"""Trials for which it is worth while to start workers."""


class ProgramRuns(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of a program in its trials.

    Attributes:
        runs: one for each trial that was taken, in their order.
        hopeless: why there was no use in further trials, as a sentence without its end; None where there was.
        last_words: how the last run ended, and what was printed last.
        time: the way in which the program lived in virtual time, and remarks on that, as clauses.
    """

    runs: tuple[ClientRun, ...]
    hopeless: str | None
    last_words: str
    time: tuple[str, ...]


def run_trials(
    options: ProgramOptions,
    pattern: str | None,
    trials: Sequence[Trial],
    *,
    jobs: int,
    on_trial: Callable[[Trial], None],
) -> ProgramRuns:
    """Take a program through trials, and return what was seen; the same for any number of jobs.

    Args:
        options: how it is run.
        pattern: finds notifications in what it prints; None for those that are posted.
        trials: at least one.
        jobs: so many at once.
        on_trial: told of each trial as it begins; more than once of one that is taken again.

    Raises:
        PatternError: the pattern finds no notifications.
        ProgramError: the program cannot be started.
        ProgramOptionsError: the options cannot be carried out.
    """
    desk = NotificationDesk(pattern, needs_label=options.labels > 1)
    jobs = min(jobs, len(trials) - 1) if len(trials) >= _LEAST_FOR_WORKERS else 1
    is_alone = jobs == 1
    with open_trial_workers(0 if is_alone else jobs, options, pattern) as workers:
        taken: list[TakenTrial] = []
        is_over = False
        with open_program_runner(options, desk) as runner:
            for trial in trials:
                on_trial(trial)
                taken.append(take_trial(runner, trial))
                is_over = useless_from(taken) is not None or is_silent(taken)
                if is_over or (taken[-1].run.exchanges and not is_alone):
                    break
        if not is_over and len(taken) < len(trials):
            taken = _at_once(taken, trials, workers, jobs, on_trial)
    for one in taken:
        desk.recall(one.lines)
    return _seen(taken, desk)


def _at_once(
    before: Sequence[TakenTrial],
    trials: Sequence[Trial],
    workers: TrialWorkers,
    jobs: int,
    on_trial: Callable[[Trial], None],
) -> list[TakenTrial]:
    """Take the trials that are left, and return all."""
    taken = [*before, *workers.take(trials[len(before) :], before, most=jobs, on_trial=on_trial)]
    for number in range(len(before), len(taken)):
        if _is_doubtful(taken[number].run):
            (again,) = workers.take([trials[number]], [taken[-1]], most=1, on_trial=on_trial)
            taken[number] = msgspec.structs.replace(again, lines=(*taken[number].lines, *again.lines))
    return taken[: useless_from(taken)]


def _is_doubtful(run: ClientRun) -> bool:
    """Tell whether another copy of the program may have brought a run to its end."""
    if run.ended_by != "client":
        return False
    heard = msgspec.structs.replace(run, notifications=run.notifications or None)
    return not run.exchanges or any(outcome.verdict == "failed" for outcome in judge_client([heard]))


def _seen(taken: Sequence[TakenTrial], desk: NotificationDesk) -> ProgramRuns:
    runs = tuple(one.run for one in taken)
    if not any(run.notifications for run in runs):
        silence, is_promised = desk.silence, desk.has_pattern
        runs = tuple(
            msgspec.structs.replace(run, notifications=None, unheard=silence, unmatched=is_promised) for run in runs
        )
    last = taken[-1]
    way = next((one.time[0] for one in taken if one.lessons.way == "supervisor"), last.time[0])
    remarks = dict.fromkeys(remark for one in taken for remark in one.time[1:])
    is_useless = useless_from(taken) is not None
    return ProgramRuns(
        runs=runs, hopeless=last.hang if is_useless else None, last_words=last.last_words, time=(way, *remarks)
    )
