"""What the bodies of the control API ask for, made into values; what a schema cannot say of them is checked here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_mockserver.engine.scenario_mistakes import contract_mistakes, with_status_mistakes
from flexforward_mockserver.scenarios.scenario_reader import ScenarioError, parse_scenario
from flexforward_mockserver.scenarios.timestamp import read_timestamp
from flexforward_mockserver.state.fault import Delay, Fault, FaultError, FaultFilter
from flexforward_openapi import InlineValue, Json, as_mapping
from flexforward_openapi.errors import dotted

from .control_document import ControlError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from flexforward_mockserver.engine.bodies.tracking_bodies import ResponseBodies
    from flexforward_mockserver.scenarios.scenario import Scenario
    from flexforward_openapi import Mistake

__all__ = ["read_fault", "read_inline", "read_moment"]

_MOST_TOLD = 20
"""Mistakes of an inline scenario that are looked for: the server has others to answer."""


def read_moment(text: str | None, field: str) -> datetime | None:
    """Read an instant that a clock can stand at; None if there is none to read.

    Raises:
        ControlError: it is no such instant.
    """
    if text is None:
        return None
    at = read_timestamp(text)
    if at is None:
        allowed = "an instant such as 2026-04-01T00:00:00Z, from 1970 to 8999"
        raise ControlError(400, f"{text!r} is not allowed here", field=field, allowed=allowed)
    return at


def read_inline(document: dict[str, Json], bodies: ResponseBodies | None) -> Scenario:
    """Read a scenario that stands in a body.

    Args:
        document: the scenario.
        bodies: those of the contract; None where it has no operation for tracking.

    Raises:
        ControlError: with its mistakes, also with what the contract cannot answer.
    """
    value = InlineValue(document, source="scenario")
    try:
        scenario = parse_scenario(value, most_told=_MOST_TOLD)
    except ScenarioError as error:
        whole = error if bodies is None else with_status_mistakes(error, (value,), bodies)
        raise _told(whole.mistakes, is_all=len(error.mistakes) <= _MOST_TOLD) from error
    unanswerable = () if bodies is None else tuple(contract_mistakes(value, scenario, bodies))
    if unanswerable:
        raise _told(unanswerable, is_all=True)
    return scenario


def _told(mistakes: Sequence[Mistake], *, is_all: bool) -> ControlError:
    told = [
        {"error": mistake.found, "field": dotted(("scenario", *mistake.path)), "allowed": mistake.allowed}
        for mistake in mistakes
    ]
    first, others = told[0], len(told) - 1
    more = f" (and {'' if is_all else 'at least '}{others} more)" if others else ""
    return ControlError(
        400, first["error"] + more, field=first["field"], allowed=first["allowed"], mistakes=told if others else ()
    )


def read_fault(body: dict[str, Json], check: Callable[[Fault], None]) -> Fault:
    """Read a fault.

    Args:
        body: of the call, as its schema wants it.
        check: raises ``FaultError`` where the fault makes no sense, or the contract forbids it.

    Raises:
        ControlError: it was not passed.
    """
    fault = Fault(
        kind=body["kind"],
        status=body.get("status"),
        delay=_delay(body.get("delay_s")),
        body=body.get("body"),
        match=FaultFilter(**as_mapping(body.get("match"))),
        times=body.get("times", 1),
        probability=float(body.get("probability", 1.0)),
        seed=body.get("seed", 0),
        requests=body.get("requests"),
        per_s=body.get("per_s"),
    )
    try:
        check(fault)
    except FaultError as error:
        raise ControlError(400, error.found, field=error.field, allowed=error.allowed) from error
    return fault


def _delay(delay: Json) -> Delay | None:
    if delay is None:
        return None
    parts = as_mapping(delay)
    return Delay(**parts) if parts else Delay(fixed=float(delay))
