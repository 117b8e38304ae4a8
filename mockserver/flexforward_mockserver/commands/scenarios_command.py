"""``flexforward-mock scenarios``: list, draw and check scenarios."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flexforward_mockserver.engine.bodies.tracking_bodies import ResponseBodies, tracking_operation
from flexforward_mockserver.engine.scenario_mistakes import contract_mistakes, with_status_mistakes
from flexforward_mockserver.scenarios.catalogue import SHIPPED, Catalogue, scenario_files
from flexforward_mockserver.scenarios.drawing.timeline import describe_event, describe_trigger, lay_out
from flexforward_mockserver.scenarios.duration import format_duration
from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS
from flexforward_mockserver.scenarios.scenario_reader import (
    ScenarioError,
    load_scenario,
    parse_scenario,
    read_scenario_text,
)
from flexforward_mockserver.scenarios.tag import SUBTAG_MESSAGES
from flexforward_openapi import Mistake, Validation, as_mapping, load_contract

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_mockserver.scenarios.scenario import Event, Scenario, Step, StepFault

__all__ = ["draw", "scenarios"]


@click.group()
def scenarios() -> None:
    """List, draw and check scenarios."""


@scenarios.command("list")
def list_command() -> None:
    """List the shipped scenarios."""
    catalogue = Catalogue()
    width = max(map(len, catalogue.names))
    for name in catalogue.names:
        click.echo(f"{name:{width}}  {catalogue[name].summary}")


@scenarios.command(
    epilog="""\b
Examples:
  flexforward-mock scenarios show delivered
  flexforward-mock scenarios show ITE010TD-30m-x
  flexforward-mock scenarios show ./my-case.yaml
  flexforward-mock scenarios show delivered --svg delivered.svg
"""
)
@click.argument("name")
@click.option(
    "--svg", type=click.Path(dir_okay=False, path_type=Path), help="Write the drawing to this SVG file instead."
)
def show(name: str, svg: Path | None) -> None:
    """Draw the lifecycle of a scenario.

    NAME is a shipped scenario, a script id or a scenario file.
    """
    catalogue = Catalogue()
    path = Path(name)
    scenario = load_scenario(path) if path.suffix in (".yaml", ".yml") else catalogue.find(name)
    if scenario is None:
        raise click.UsageError(catalogue.explain_missing(name, "a .yaml file"))
    if svg is not None:
        _write_svg(scenario, svg)
        return
    for line in draw(scenario):
        click.echo(line)


def _write_svg(scenario: Scenario, file: Path) -> None:
    from flexforward_mockserver.scenarios.drawing.timeline_svg import draw_svg

    try:
        file.write_text(draw_svg(lay_out(scenario)) + "\n", encoding="utf-8")
    except OSError as error:
        raise click.UsageError(
            f"cannot write {file} ({error.strerror}); name a file in a folder that is there and can be written"
        ) from error
    click.echo(f"Wrote {file}.")


@scenarios.command(
    epilog="""\b
Example:
  flexforward-mock scenarios validate my-case.yaml more-cases/
"""
)
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
def validate(paths: tuple[Path, ...]) -> None:
    """Check scenario files.

    PATHS are scenario files and folders of them. All their mistakes are reported in one run.
    """
    contract = load_contract()
    answers = ResponseBodies(contract, Validation(contract), tracking_operation(contract))
    mistakes: list[Mistake] = []
    remarks: list[str] = []
    names = {name: SHIPPED / f"{name}.yaml" for name in Catalogue().names}
    count = 0
    for path in paths:
        try:
            files = scenario_files(path)
        except ScenarioError as error:
            mistakes.extend(error.mistakes)
            continue
        except OSError as error:
            mistakes.append(
                Mistake(
                    source=str(path), found=f"cannot be read ({error.strerror})", allowed="a readable file or folder"
                )
            )
            continue
        for file in files:
            found = sorted(_mistakes(file, answers, names), key=lambda mistake: mistake.line or 0)
            mistakes.extend(found)
            remarks.extend([] if found else _remarks(file))
            count += not found
    for line in (*mistakes, *remarks):
        click.echo(line, err=True)
    click.echo(f"{count} good, {len(mistakes)} {'mistake' if len(mistakes) == 1 else 'mistakes'}")
    if mistakes:
        sys.exit(2)


def _mistakes(file: Path, answers: ResponseBodies, names: dict[str, Path]) -> Iterator[Mistake]:
    """Yield what is wrong with a file beside the others, whose names are collected in ``names``."""
    try:
        text = read_scenario_text(file)
    except ScenarioError as error:
        yield from error.mistakes
        return
    try:
        scenario = parse_scenario(text)
    except ScenarioError as error:
        yield from with_status_mistakes(error, (text,), answers).mistakes
        return
    holder = names.setdefault(scenario.name, file)
    if holder.resolve() != file.resolve():
        shown = "a shipped scenario" if holder.parent == SHIPPED else holder
        yield Mistake(
            source=text.source,
            line=text.line(("name",)),
            path=("name",),
            found=f"{shown} has that name too",
            allowed="a name of its own",
        )
    yield from contract_mistakes(text, scenario, answers)


def _remarks(file: Path) -> Iterator[str]:
    """Yield what is no mistake, but perhaps not what was meant: subtags that are in no list."""
    text = read_scenario_text(file)
    for index, step in enumerate(text.value["steps"]):
        for place in (step, as_mapping(step.get("checkpoint"))):
            subtag = place.get("subtag")
            if subtag is not None and subtag not in SUBTAG_MESSAGES:
                line = text.line(("steps", index))
                told = f"its message is that of {subtag.partition('_')[0]}_001"
                yield f"{file}:{line}: steps[{index}]: remark: the subtag {subtag!r} is in no list; {told}"


def draw(scenario: Scenario) -> Iterator[str]:
    """Draw a lifecycle as a timeline, a line for each step; runs of the same step are folded."""
    yield f"{click.style(scenario.name, bold=True)}: {scenario.summary}"
    if scenario.breaks:
        yield f"breaks on purpose: {', '.join(sorted(scenario.breaks))}"
    if scenario.account == "other":
        yield "another account's label: every read by the own account is 403"
    yield ""
    rows = list(_rows(scenario))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    for when, what, detail, event in rows:
        yield f"  {when:>{widths[0]}}  {what:{widths[1]}}  {detail:{widths[2]}}  {event}".rstrip()


def _rows(scenario: Scenario) -> Iterator[tuple[str, str, str, str]]:
    index = 0
    while index < len(scenario.steps):
        step = scenario.steps[index]
        run = 1
        while index + run < len(scenario.steps) and scenario.steps[index + run] == step:
            run += 1
        event = _event(step.event) if step.event else ""
        marks = [f"({run} times)"] if run > 1 else []
        marks += ["[tracking number from here]"] if scenario.numbered_from == index else []
        marks += ["[earlier checkpoints are gone]"] if step.forgets else []
        marks += ["[evolved]"] if step.evolution else []
        marks += [f"[every response: {_fault(step.fault)}]"] if step.fault else []
        what, detail = _status(step)
        yield describe_trigger(step), what, detail, "  ".join(filter(None, (event, *marks)))
        index += run


def _status(step: Step) -> tuple[str, str]:
    if step.failure is not None:
        return f"HTTP {step.failure.status}", ""
    status = step.evolution.status if step.evolution and step.evolution.status else step.status
    return status.tag, status.subtag


def _fault(fault: StepFault) -> str:
    kind = FAULT_KINDS[fault.kind]
    status = fault.status or kind.default_status
    return f"{fault.kind}, HTTP {status}" if kind.supplies_response and status else fault.kind


def _event(event: Event) -> str:
    when = ""
    if isinstance(event.at, datetime):
        when = f" at {event.at.isoformat()}"
    elif event.at != timedelta(0):
        when = f" {format_duration(abs(event.at))} {'earlier' if event.at < timedelta(0) else 'later'}"
    return f"● {describe_event(event)}{when}"
