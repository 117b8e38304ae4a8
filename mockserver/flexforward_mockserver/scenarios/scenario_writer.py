"""A scenario written as the shortest scenario file that says it: what carries over or is the default is left out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from flexforward_openapi import Json, Mistake, YamlText

from .duration import format_duration
from .evolution import EVOLVED_PARTS, carried_evolution
from .scenario import Evolution
from .scenario_reader import DEFAULT_COURIER, ScenarioError, parse_scenario
from .tag import TAGS, subtag_message
from .timestamp import write_timestamp
from .yaml_writer import Flow, FlowList, flowing, write_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .scenario import Event, Scenario, Status, Step, StepFault

__all__ = ["as_expression", "write_scenario"]

SOURCE = "written"


def write_scenario(scenario: Scenario) -> str:
    """Write a scenario as YAML from which ``parse_scenario`` makes an equal one.

    Raises:
        ScenarioError: no file can hold it (a step that changes nothing, a name in capitals, such as a script id's);
            places and lines are those of the text that would have been.
    """
    text = write_yaml(dict(_document(scenario)))
    read = parse_scenario(YamlText(text, source=SOURCE))
    if read != scenario:
        where = ", ".join(_differences(scenario, read))
        found = f"{where} would be read back as another value"
        raise ScenarioError(Mistake(source=SOURCE, found=found, allowed="what a file can say: docs/scenarios.md"))
    return text


def as_expression(scenario: Scenario) -> str:
    """Write a scenario as Python that makes it, by its file where there can be one."""
    try:
        text = write_scenario(scenario)
    except ScenarioError:
        return repr(scenario)
    quoted = repr(text) if "'''" in text else f"r'''\n{text}'''"
    return f'parse_scenario(YamlText({quoted}, source="{scenario.name}"))'


def _document(scenario: Scenario) -> Iterator[tuple[str, Json]]:
    yield "name", scenario.name
    yield "summary", scenario.summary
    courier = scenario.steps[0].status.slug
    if courier != DEFAULT_COURIER:
        yield "courier", courier
    if scenario.account != "own":
        yield "account", scenario.account
    if number := Flow(_number(scenario)):
        yield "tracking_number", number
    if scenario.time_format != "seconds":
        yield "time_format", scenario.time_format
    if scenario.order != "newest-first":
        yield "order", scenario.order
    if scenario.breaks:
        yield "breaks", FlowList(sorted(scenario.breaks))
    yield "steps", list(_steps(scenario))


def _number(scenario: Scenario) -> Iterator[tuple[str, Json]]:
    at = scenario.numbered_from
    usual = next((index for index, step in enumerate(scenario.steps) if _brings_number(step)), None)
    if at != usual:
        yield "from", "never" if at is None else "start" if at == 0 else scenario.steps[at].name or f"step {at + 1}"
    if scenario.tracking_number is not None:
        yield "value", scenario.tracking_number


def _brings_number(step: Step) -> bool:
    known = TAGS.get(step.status.tag)
    return known is not None and known.is_with_courier and step.failure is None


def _steps(scenario: Scenario) -> Iterator[Json]:
    before: Step | None = None
    index = 0
    while index < len(scenario.steps):
        step = scenario.steps[index]
        again = msgspec.structs.replace(step, name=None)
        run = 1
        while index and index + run < len(scenario.steps) and scenario.steps[index + run] == again:
            run += 1
        yield {**dict(_triggers(step)), **({"repeat": run} if run > 1 else {}), **dict(_changes(step, before))}
        before = step
        index += run


def _triggers(step: Step) -> Iterator[tuple[str, Json]]:
    if step.name is not None:
        yield "name", step.name
    if step.after is not None:
        yield "after", format_duration(step.after)
    if step.polls is not None:
        yield "polls", step.polls
    if step.manual:
        yield "manual", True


def _changes(step: Step, before: Step | None) -> Iterator[tuple[str, Json]]:
    said: dict[str, Json] = {}
    if step.failure is None:
        said = dict(_status(step.status, None if before is None else before.status))
        if before is not None and _ends_status(step, before) and not said.keys() & {"tag", "subtag"}:
            said = {"subtag": step.status.subtag, **said}
        yield from said.items()
    else:
        yield "status", step.failure.status
        if step.failure.body is not None:
            yield "body", flowing(step.failure.body)
    if step.event is not None:
        yield "checkpoint", Flow(_event(step.event, step.status))
    if step.fault is not None:
        yield "fault", Flow(_fault(step.fault))
    if step.forgets:
        yield "forget", True
    says_status = not said.keys().isdisjoint(("tag", "subtag"))
    kept = carried_evolution(None if before is None else before.evolution, step.status, says_status=says_status)
    if news := Flow(_evolution(step.evolution or Evolution(), kept or Evolution(), step.status)):
        yield "evolve", news


def _ends_status(step: Step, before: Step) -> bool:
    """Tell whether an evolved tag or subtag holds no longer: the step's own then has to be said."""
    is_evolved = step.evolution is not None and step.evolution.status is not None
    return before.evolution is not None and before.evolution.status is not None and not is_evolved


def _status(status: Status, before: Status | None) -> Iterator[tuple[str, str]]:
    """Yield what has to be said of a status after another one; None stands for the beginning."""
    says_tag = before is None or status.tag != before.tag
    if says_tag:
        yield "tag", status.tag
    if status.subtag != (f"{status.tag}_001" if before is None or says_tag else before.subtag):
        yield "subtag", status.subtag
    if before is not None and not says_tag and status.subtag == before.subtag:
        message = before.subtag_message
    else:
        message = subtag_message(status.subtag) if status.tag in TAGS else status.subtag
    if status.subtag_message != message:
        yield "subtag_message", status.subtag_message
    if before is not None and status.slug != before.slug:
        yield "courier", status.slug


def _event(event: Event, status: Status) -> Iterator[tuple[str, str]]:
    yield from _status(event.status, status)
    if event.message != event.status.subtag_message:
        yield "message", event.message
    for key in ("city", "state", "country", "location"):
        value = getattr(event, key)
        if value is not None:
            yield key, value
    if isinstance(event.at, datetime):
        yield "at", event.written or write_timestamp(event.at)
    elif event.at != timedelta(0):
        yield "at", ("+" if event.at > timedelta(0) else "") + format_duration(event.at)


def _fault(fault: StepFault) -> Iterator[tuple[str, Json]]:
    yield "kind", fault.kind
    if fault.status is not None:
        yield "status", fault.status
    if fault.retry_after is not None:
        yield "retry_after", fault.retry_after
    if fault.delay_s:
        yield "delay", format_duration(timedelta(seconds=fault.delay_s))


def _evolution(evolution: Evolution, kept: Evolution, status: Status) -> Iterator[tuple[str, Json]]:
    """Yield what has to be said of an evolution beside what is kept of the one before."""
    for part in EVOLVED_PARTS:
        before, now = getattr(kept, part), getattr(evolution, part)
        news = {name: value for name, value in now.items() if name not in before or before[name] != value}
        gone = dict.fromkeys(name for name in before if name not in now)
        if news or gone:
            yield part, flowing({**news, **gone})
    new = evolution.status
    if new is not None and new != kept.status:
        if new.tag != status.tag:
            yield "tag", new.tag
        if new.subtag != f"{new.tag}_001" or new.tag == status.tag:
            yield "subtag", new.subtag
        if new.subtag_message != new.subtag:
            yield "subtag_message", new.subtag_message


def _differences(scenario: Scenario, read: Scenario) -> Iterator[str]:
    for index, (step, other) in enumerate(zip(scenario.steps, read.steps, strict=True)):
        for name in step.__struct_fields__:
            if getattr(step, name) != getattr(other, name):
                yield f"steps[{index}].{name}"
