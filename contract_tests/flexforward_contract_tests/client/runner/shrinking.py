"""Makes a trial shorter by which a client breaks a rule: the shortest lifecycle is the one that a person reads.

Steps are taken away, whole halves first, then one by one; what is left is made plain, part by part. Every lifecycle on
the way is one that a scenario file can hold, and breaks no law that the trial did not break at first.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

import msgspec

from flexforward_fixtures.strategies.walk import usual_number
from flexforward_mockserver.scenarios.invariants import broken_invariants
from flexforward_mockserver.scenarios.scenario import ErrorStep, Event, Status
from flexforward_mockserver.scenarios.scenario_reader import ScenarioError, parse_scenario
from flexforward_mockserver.scenarios.scenario_writer import write_scenario
from flexforward_openapi.yaml_text import YamlText

if TYPE_CHECKING:
    from collections.abc import Callable

    from flexforward_mockserver.scenarios.scenario import Scenario, Step

    from .trial import Trial

__all__ = ["shrunk"]

_HOUR, _NOW = timedelta(hours=1), timedelta(0)


def shrunk(trial: Trial, is_broken: Callable[[Trial], bool], has_time: Callable[[], bool] = lambda: True) -> Trial:
    """Return the simplest trial found for which ``is_broken`` holds, as it does for ``trial``.

    Args:
        trial: to begin with.
        is_broken: takes a client through a trial.
        has_time: tells whether to go on.
    """
    search = _Shrinking(trial, is_broken, has_time)
    before: Trial | None = None
    while search.trial != before:
        before = search.trial
        search.take(msgspec.structs.replace(search.trial, order_number="ORDER-1"))
        search.shorten()
        search.simplify()
    return search.trial


class _Shrinking:
    """The simplest trial found so far."""

    def __init__(self, trial: Trial, is_broken: Callable[[Trial], bool], has_time: Callable[[], bool]) -> None:
        self.trial = trial
        self._is_broken = is_broken
        self._has_time = has_time
        self._laws = trial.scenario.breaks

    @property
    def steps(self) -> tuple[Step, ...]:
        return self.trial.scenario.steps

    def shorten(self) -> None:
        """Take steps away: halves, quarters, and so on to single ones, from the end."""
        size = len(self.steps) // 2
        while size:
            first = len(self.steps) - size
            while first >= 0:
                if len(self.steps) > size:
                    self._try_steps(self.steps[:first] + self.steps[first + size :])
                first -= size
            size //= 2

    def simplify(self) -> None:
        """Make what is left plain, part by part."""
        for name, value in (("time_format", "seconds"), ("order", "newest-first"), ("tracking_number", None)):
            self._try(msgspec.structs.replace(self.trial.scenario, **{name: value}))
        self._try(msgspec.structs.replace(self.trial.scenario, numbered_from=usual_number(self.steps)))
        for index in range(len(self.steps)):
            for plainer in _PLAINER:
                self._try_steps((*self.steps[:index], plainer(self.steps[index]), *self.steps[index + 1 :]))

    def _try_steps(self, steps: tuple[Step, ...]) -> None:
        first = msgspec.structs.replace(steps[0], after=None, polls=None, manual=False)
        steps = (first, *steps[1:])
        number = None if self.trial.scenario.numbered_from is None else usual_number(steps)
        self._try(msgspec.structs.replace(self.trial.scenario, steps=steps, numbered_from=number))

    def _try(self, scenario: Scenario) -> None:
        if scenario == self.trial.scenario or not self._has_time():
            return
        made = _as_in_a_file(scenario)
        if made is not None and self._laws.issuperset(law for law, _ in broken_invariants(made)):
            self.take(msgspec.structs.replace(self.trial, scenario=made))

    def take(self, trial: Trial) -> None:
        """Go on with a simpler trial, if it breaks the rule as well."""
        if trial != self.trial and self._has_time() and self._is_broken(trial):
            self.trial = trial


def _with_plain_failure(step: Step) -> Step:
    return step if step.failure is None else msgspec.structs.replace(step, failure=ErrorStep(status=502))


def _without_body(step: Step) -> Step:
    failure = step.failure
    return step if failure is None else msgspec.structs.replace(step, failure=ErrorStep(status=failure.status))


def _with_plain_event(step: Step) -> Step:
    if step.event is None:
        return step
    status = step.event.status
    return msgspec.structs.replace(step, event=Event(status=status, message=status.subtag_message))


def _with_event_now(step: Step) -> Step:
    event = step.event
    return (
        step
        if event is None
        else msgspec.structs.replace(step, event=msgspec.structs.replace(event, at=_NOW, written=None))
    )


def _after_an_hour(step: Step) -> Step:
    return step if _is_simple(step) else msgspec.structs.replace(step, after=_HOUR, polls=None)


def _after_a_request(step: Step) -> Step:
    return step if _is_simple(step) else msgspec.structs.replace(step, after=None, polls=1)


def _is_simple(step: Step) -> bool:
    return (step.after, step.polls) in ((None, None), (_HOUR, None), (None, 1))


_PLAINER: Final[tuple[Callable[[Step], Step], ...]] = (
    lambda step: msgspec.structs.replace(step, event=None),
    lambda step: msgspec.structs.replace(step, fault=None),
    lambda step: msgspec.structs.replace(step, evolution=None),
    lambda step: msgspec.structs.replace(step, failure=None),
    lambda step: msgspec.structs.replace(step, forgets=False),
    lambda step: msgspec.structs.replace(step, status=Status.plain(step.status.tag, step.status.slug)),
    _with_plain_failure,
    _without_body,
    _with_plain_event,
    _with_event_now,
    _after_an_hour,
    _after_a_request,
)
"""Ways to make one part of a step plainer; none of them undoes what another one has done."""


def _as_in_a_file(scenario: Scenario) -> Scenario | None:
    """Return the scenario as a file says it; None for what none can say."""
    try:
        return parse_scenario(YamlText(write_scenario(scenario), source="shorter"))
    except ScenarioError:
        return None
