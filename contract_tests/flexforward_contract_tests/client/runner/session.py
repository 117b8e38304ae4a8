"""All that is done to one client: the trials that ship, those that hypothesis draws, and the shortest failure."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec
from hypothesis import HealthCheck, Phase, given, settings

from flexforward_contract_tests.client.judge import judge_client
from flexforward_contract_tests.client.transcript.client_profile import profile_of
from flexforward_contract_tests.client.transcript.track import tracks_of

from .drawn_trial import drawn_trials
from .saved_trial import trial_text
from .shrinking import shrunk
from .trial import companions_of, shipped_trials
from .trial_runner import open_trial_runner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from flexforward_contract_tests.client.transcript.run import ClientRun
    from flexforward_contract_tests.result import Outcome

    from .trial import Trial
    from .trial_runner import Client, TransportName, TrialRunner

__all__ = ["Session"]

_SHRINKING_S = 10.0
"""Seconds of the CPU after which a failure is short enough; a busy machine finds the same ones."""

_MOST_TRIED = 5
"""Trials that broke a rule and are tried again, where a client is moody."""

_CHECKS_OF_OURS = (
    HealthCheck.too_slow,
    HealthCheck.data_too_large,
    HealthCheck.filter_too_much,
    HealthCheck.large_base_example,
)
"""A trial takes as long as the client does: none of hypothesis's business."""


class Session:
    """Takes one client through everything, once, and judges it rule by rule.

    Args:
        client: to be run once for each trial.
        door: how it reaches the mock.
        first: trials to begin with, such as those that broke a rule last time.
        drawn: how many more hypothesis draws.
        labels: how many the client follows at once; the first lives the trial's scenario, the others one of their own.
        is_fixed: the same ones are drawn each time.

    Attributes:
        runs: all of them, in the order of the trials.
    """

    def __init__(
        self,
        client: Client,
        *,
        door: TransportName = "in-process",
        first: Iterable[Trial] = (),
        drawn: int = 30,
        labels: int = 1,
        is_fixed: bool = False,
    ) -> None:
        self._client = client
        self._door: TransportName = door
        self._is_fixed = is_fixed
        self._labels = labels
        self._trials = [
            *(trial if len(trial.labels) == labels else self._accompanied(trial) for trial in first),
            *map(self._accompanied, shipped_trials()),
        ]
        with open_trial_runner(door=door) as runner:
            taken = [runner.run(client, trial) for trial in self._trials]
            self._draw(drawn, taken, runner)
            self._most_requests = runner.most_requests
        is_heard = any(run.notifications for run in taken)
        self.runs = tuple(run if is_heard else msgspec.structs.replace(run, notifications=None) for run in taken)
        self._profile = profile_of([track for run in self.runs for track in tracks_of(run)])
        self._outcomes = {outcome.rule.id: outcome for outcome in judge_client(self.runs)}

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """One for each rule."""
        return tuple(self._outcomes.values())

    def outcome(self, rule: str) -> Outcome:
        """Return what became of one rule."""
        return self._outcomes[rule]

    def shortest(
        self, rule: str, client: Client | None = None, *, before_last: Callable[[], None] = lambda: None
    ) -> tuple[Trial, Outcome]:
        """Return the shortest trial that is found by which the client breaks a rule, and how it does.

        Args:
            rule: its id.
            client: the same client, where what runs it has been set up anew; None for the one from the beginning.
            before_last: is called when that trial is found, before the client is taken through it once more.

        Raises:
            LookupError: it was not found again.
        """
        with open_trial_runner(door=self._door) as runner:
            runner.most_requests = self._most_requests
            return self._shortest(rule, client or self._client, runner, before_last)

    def _shortest(
        self, rule: str, client: Client, runner: TrialRunner, before_last: Callable[[], None]
    ) -> tuple[Trial, Outcome]:
        deadline = time.thread_time() + _SHRINKING_S
        known: dict[str, bool] = {}

        def judged(trial: Trial) -> Outcome:
            return self._judged(trial, rule, runner.run(client, trial))

        def is_broken(trial: Trial) -> bool:
            text = trial_text(trial)
            if text not in known and time.thread_time() < deadline:
                known[text] = judged(trial).verdict == "failed"
            return known.get(text, False)

        found = next(filter(is_broken, self._broken(rule)), None)
        if found is None:
            raise LookupError(rule)
        pinned = msgspec.structs.replace(found, own_zone=found.zone)
        trial = _named(shrunk(pinned, is_broken, lambda: time.thread_time() < deadline), rule, found.name)
        before_last()
        outcome = judged(trial)
        if outcome.verdict != "failed":
            raise LookupError(rule)
        return trial, outcome

    def _broken(self, rule: str) -> list[Trial]:
        """Return the trials by each of which alone a rule was broken, the simplest first."""
        broken = [
            trial
            for trial, run in zip(self._trials, self.runs, strict=True)
            if self._judged(trial, rule, run).verdict == "failed"
        ]
        return sorted(broken, key=lambda trial: (len(trial.scenario.steps), len(trial_text(trial))))[:_MOST_TRIED]

    def _accompanied(self, trial: Trial) -> Trial:
        return msgspec.structs.replace(trial, companions=companions_of(trial, self._labels))

    def _judged(self, trial: Trial, rule: str, run: ClientRun) -> Outcome:
        if self.runs[0].notifications is None:
            run = msgspec.structs.replace(run, notifications=None)
        (outcome,) = judge_client([run], {rule}, profile=self._profile)
        if outcome.failure is not None:
            failure = msgspec.structs.replace(outcome.failure, scenario=trial_text(trial))
            outcome = msgspec.structs.replace(outcome, failure=failure)
        return outcome

    def _draw(self, count: int, taken: list[ClientRun], runner: TrialRunner) -> None:
        @settings(
            max_examples=max(count, 1),
            derandomize=self._is_fixed,
            database=None,
            deadline=None,
            suppress_health_check=_CHECKS_OF_OURS,
            phases=(Phase.generate,),
        )
        @given(drawn_trials())
        def play(trial: Trial) -> None:
            self._trials.append(self._accompanied(trial))
            taken.append(runner.run(self._client, self._trials[-1]))

        if count:
            play()


def _named(trial: Trial, rule: str, origin: str) -> Trial:
    """Return a trial under the name of the rule that it breaks, by which it can be asked for when it is served."""
    name = rule.partition(".")[2].replace(".", "-")
    summary = f"The shortest lifecycle found that breaks {rule}, made of the trial {origin}."
    return msgspec.structs.replace(trial, scenario=msgspec.structs.replace(trial.scenario, name=name, summary=summary))
