"""Trials that hypothesis draws: legal lifecycles with everything that gateways, couriers and the vendor may do."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
from hypothesis import strategies as st

from flexforward_contract_tests.client.transcript.guide import TERMINAL
from flexforward_fixtures.mock import START
from flexforward_fixtures.strategies import scenarios
from flexforward_mockserver.engine.bodies.shipment_body import write_time
from flexforward_mockserver.scenarios.scenario import ErrorStep, Step, StepFault
from flexforward_mockserver.scenarios.timestamp import write_timestamp

from .trial import ODD_ORDER_NUMBERS, Trial

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from flexforward_mockserver.scenarios.scenario import Event, Scenario, TimeFormat

__all__ = ["drawn_trials", "with_blip", "with_forms_of_time", "with_hurry", "with_scattered_failures"]

_FORMS: tuple[TimeFormat, ...] = ("offset", "seconds", "milliseconds")
_APART_POLLS = 3
"""Good answers between two scattered failures, which so are hours apart."""
_HURRY = timedelta(minutes=1)
"""No client of the guide's asks twice in it."""
_HABITS = ("", "", "blip", "hurry", "scattered")
"""What is known to break clients is drawn more often than it would come by chance."""


def drawn_trials() -> SearchStrategy[Trial]:
    """Trials that hypothesis draws; the simplest ones come first, so that a failure shrinks to one of them."""
    return st.builds(
        _trial,
        scenarios(faults=True, evolutions=True, triggers=("after", "polls")),
        st.sampled_from(("ORDER-1", *ODD_ORDER_NUMBERS)),
        st.sampled_from(_HABITS),
        st.integers(0, 59),
        st.sampled_from((False, False, True)),
    )


def _trial(scenario: Scenario, order_number: str, habit: str, spot: int, has_forms: bool) -> Trial:  # noqa: FBT001  # it is drawn
    if habit == "scattered":
        scenario = with_scattered_failures(scenario, 6 + spot % 5)
    elif habit == "blip":
        scenario = with_blip(scenario, spot)
    elif habit == "hurry":
        scenario = with_hurry(scenario, spot)
    return Trial(scenario=with_forms_of_time(scenario) if has_forms else scenario, order_number=order_number)


def with_scattered_failures(scenario: Scenario, count: int) -> Scenario:
    """Return a scenario with so many single failures at its beginning, hours apart, each gone at the next request.

    One that begins with a failure, a fault or an end stays as it is.
    """
    first = scenario.steps[0]
    if first.failure is not None or first.fault is not None or first.status.tag in ("Delivered", "Cancelled"):
        return scenario
    kept = Step(status=first.status, evolution=first.evolution)
    failing = (
        msgspec.structs.replace(kept, polls=_APART_POLLS, failure=ErrorStep(status=502)),
        msgspec.structs.replace(kept, polls=_APART_POLLS, fault=StepFault(kind="gateway-page")),
    )
    good = msgspec.structs.replace(kept, polls=1)
    scattered = tuple(step for number in range(count) for step in (failing[number % 2], good))
    numbered = scenario.numbered_from
    later = numbered if not numbered else numbered + len(scattered)
    return msgspec.structs.replace(scenario, steps=(first, *scattered, *scenario.steps[1:]), numbered_from=later)


def with_blip(scenario: Scenario, spot: int) -> Scenario:
    """Return a scenario with a failure of one request between two equal statuses, after one of its steps.

    Args:
        scenario: stays as it is if it has no step on the way that answers well.
        spot: decides which step.
    """
    good = [index for index, step in enumerate(scenario.steps) if _is_plain(step) and step.status.tag not in TERMINAL]
    if not good:
        return scenario
    index = good[spot % len(good)]
    kept = Step(status=scenario.steps[index].status, evolution=scenario.steps[index].evolution, polls=1)
    blip = (msgspec.structs.replace(kept, failure=ErrorStep(status=502)), kept)
    numbered = scenario.numbered_from
    return msgspec.structs.replace(
        scenario,
        steps=(*scenario.steps[: index + 1], *blip, *scenario.steps[index + 1 :]),
        numbered_from=numbered if numbered is None or numbered <= index else numbered + len(blip),
    )


def with_hurry(scenario: Scenario, spot: int) -> Scenario:
    """Return a scenario in which two changes come within a minute, so that clients see the second one only.

    Args:
        scenario: stays as it is if it has no two steps in a row that answer well.
        spot: decides which ones.
    """
    steps = scenario.steps
    pairs = [index for index in range(1, len(steps)) if _is_plain(steps[index - 1]) and _is_plain(steps[index])]
    if not pairs:
        return scenario
    index = pairs[spot % len(pairs)]
    hurried = msgspec.structs.replace(steps[index], after=_HURRY, polls=None)
    return msgspec.structs.replace(scenario, steps=(*steps[:index], hurried, *steps[index + 1 :]))


def _is_plain(step: Step) -> bool:
    return step.failure is None and step.fault is None


def with_forms_of_time(scenario: Scenario) -> Scenario:
    """Return a scenario whose checkpoints have their times in several forms, side by side.

    One in which requests open steps stays as it is: when its events happen is not known before.
    """
    if any(step.polls is not None for step in scenario.steps):
        return scenario
    opened, number = timedelta(0), 0
    steps: list[Step] = []
    for step in scenario.steps:
        opened += step.after or timedelta(0)
        event = step.event
        if event is not None:
            event = _written(event, opened, _FORMS[number % len(_FORMS)])
            number += 1
        steps.append(msgspec.structs.replace(step, event=event))
    return msgspec.structs.replace(scenario, steps=tuple(steps), time_format="seconds")


def _written(event: Event, opened: timedelta, form: TimeFormat) -> Event:
    at = START + opened + event.at if isinstance(event.at, timedelta) else event.at
    text = write_time(at, form)
    precise = at.replace(microsecond=at.microsecond // 1000 * 1000 if form == "milliseconds" else 0)
    return msgspec.structs.replace(event, at=precise, written=None if text == write_timestamp(precise) else text)
