"""Makes a trial shorter by which a client breaks a rule: the shortest lifecycle is the one that a person reads.

Steps are taken away, whole halves first, then one by one; what is left is made plain, part by part. Every lifecycle on
the way is one that a scenario file can hold, and breaks no law that the trial did not break at first.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from flexforward_fixtures.strategies.walk import usual_number
from flexforward_mockserver.scenarios.invariants import broken_invariants
from flexforward_mockserver.scenarios.scenario import ErrorStep, Event, Status
from flexforward_mockserver.scenarios.scenario_reader import ScenarioError, parse_scenario
from flexforward_mockserver.scenarios.scenario_writer import write_scenario
from flexforward_openapi.yaml_text import YamlText

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flexforward_mockserver.scenarios.scenario import Scenario, Step

    from .trial import Trial

__all__ = ["shrunk"]

_HOUR = timedelta(hours=1)


def shrunk(trial: Trial, is_broken: Callable[[Trial], bool]) -> Trial:
    """Return the simplest trial found for which ``is_broken`` holds, as it does for ``trial``."""
    simpler = next(filter(is_broken, _simpler(trial)), None)
    while simpler is not None:
        trial = simpler
        simpler = next(filter(is_broken, _simpler(trial)), None)
    return trial


def _simpler(trial: Trial) -> Iterator[Trial]:
    """Yield trials that differ from this one by being simpler, the boldest first."""
    laws = trial.scenario.breaks
    if trial.order_number != "ORDER-1":
        yield msgspec.structs.replace(trial, order_number="ORDER-1")
    for scenario in (*_shorter(trial.scenario), *_plainer(trial.scenario)):
        made = _as_in_a_file(scenario)
        if made is not None and made != trial.scenario and laws.issuperset(law for law, _ in broken_invariants(made)):
            yield msgspec.structs.replace(trial, scenario=made)


def _shorter(scenario: Scenario) -> Iterator[Scenario]:
    steps = scenario.steps
    size = len(steps) // 2
    while size:
        for first in range(len(steps) - size, -1, -size):
            yield _with_steps(scenario, steps[:first] + steps[first + size :])
        size //= 2


def _plainer(scenario: Scenario) -> Iterator[Scenario]:
    plain = {"time_format": "seconds", "order": "newest-first", "tracking_number": None}
    yield msgspec.structs.replace(scenario, **plain)
    for name, value in plain.items():
        yield msgspec.structs.replace(scenario, **{name: value})
    yield msgspec.structs.replace(scenario, numbered_from=usual_number(scenario.steps))
    for index, step in enumerate(scenario.steps):
        for plainer in _plainer_steps(step, is_first=not index):
            if plainer != step:
                yield _with_steps(scenario, (*scenario.steps[:index], plainer, *scenario.steps[index + 1 :]))


def _plainer_steps(step: Step, *, is_first: bool) -> Iterator[Step]:
    change = msgspec.structs.replace
    yield change(step, event=None)
    yield change(step, fault=None)
    yield change(step, evolution=None)
    yield change(step, failure=None)
    yield change(step, forgets=False)
    yield change(step, status=Status.plain(step.status.tag, step.status.slug))
    if step.failure is not None:
        yield change(step, failure=ErrorStep(status=502))
        yield change(step, failure=ErrorStep(status=step.failure.status))
    if step.event is not None:
        event = step.event
        yield change(step, event=Event(status=event.status, message=event.status.subtag_message))
        yield change(step, event=change(event, at=timedelta(0), written=None))
    if not is_first:
        yield change(step, after=_HOUR, polls=None)
        yield change(step, after=None, polls=1)


def _with_steps(scenario: Scenario, steps: tuple[Step, ...]) -> Scenario:
    first = msgspec.structs.replace(steps[0], after=None, polls=None, manual=False)
    steps = (first, *steps[1:])
    number = None if scenario.numbered_from is None else usual_number(steps)
    return msgspec.structs.replace(scenario, steps=steps, numbered_from=number)


def _as_in_a_file(scenario: Scenario) -> Scenario | None:
    """Return the scenario as a file says it; None for what none can say."""
    try:
        return parse_scenario(YamlText(write_scenario(scenario), source="shorter"))
    except ScenarioError:
        return None
