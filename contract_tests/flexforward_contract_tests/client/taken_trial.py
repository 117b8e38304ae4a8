"""One trial that a program was taken through, and what a row of them comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .runner.program_runner import Lessons, ProgramRunner
    from .runner.trial import Trial
    from .transcript.run import ClientRun

__all__ = ["TakenTrial", "is_silent", "take_trial", "useless_from"]

_SILENT_TRIALS = 3
_MOST_HANGS = 2


class TakenTrial(msgspec.Struct, frozen=True, kw_only=True):
    """A trial that was taken.

    Attributes:
        run: what happened.
        hang: why the program was given up, as a sentence without its end; None if it was not.
        is_hang_final: it would be given up so in every trial.
        last_words: how it ended, and what it printed last.
        time: the way in which it lived in virtual time, and remarks on that, as clauses.
        lines: what it printed and held no notification, each line once in all trials of one runner.
        lessons: what its runner has learned so far.
    """

    run: ClientRun
    hang: str | None
    is_hang_final: bool
    last_words: str
    time: tuple[str, ...]
    lines: tuple[str, ...]
    lessons: Lessons


def take_trial(runner: ProgramRunner, trial: Trial) -> TakenTrial:
    """Take a program through one trial.

    Raises:
        ProgramError: it cannot be started.
    """
    run = runner.run(trial)
    return TakenTrial(
        run=run,
        hang=runner.hang,
        is_hang_final=runner.is_hang_final,
        last_words=runner.last_words,
        time=runner.way.words,
        lines=runner.desk.take_unmatched(),
        lessons=runner.lessons,
    )


def useless_from(taken: Sequence[TakenTrial]) -> int | None:
    """Return how many trials it takes to see that there is no use in further ones; None if there is."""
    hangs = 0
    for number, one in enumerate(taken, start=1):
        hangs += one.hang is not None
        if one.hang is not None and (one.is_hang_final or hangs == _MOST_HANGS):
            return number
    return None


def is_silent(taken: Sequence[TakenTrial]) -> bool:
    """Tell whether there were trials enough, all without any request, that nothing more is to be expected."""
    return len(taken) == _SILENT_TRIALS and not any(one.run.exchanges for one in taken)
