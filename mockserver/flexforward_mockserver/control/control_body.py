"""What the bodies of the control API ask for, made into values; what a schema cannot say of them is checked here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_mockserver.scenarios.scenario_reader import parse_scenario
from flexforward_mockserver.scenarios.timestamp import read_timestamp
from flexforward_mockserver.state.fault import Delay, Fault, FaultError, FaultFilter
from flexforward_openapi import InlineValue, Json, MistakesError, as_mapping
from flexforward_openapi.errors import dotted

from .control_document import ControlError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from flexforward_mockserver.scenarios.scenario import Scenario

__all__ = ["read_fault", "read_inline", "read_moment"]

_MOST_TOLD = 20
"""Mistakes of an inline scenario that are looked for; the first is told, and the server has others to answer."""


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


def read_inline(document: dict[str, Json]) -> Scenario:
    """Read a scenario that stands in a body.

    Raises:
        ControlError: with the first of its mistakes.
    """
    try:
        return parse_scenario(InlineValue(document, source="scenario"), most_told=_MOST_TOLD)
    except MistakesError as error:
        first, others = error.mistakes[0], len(error.mistakes) - 1
        more = f" (and {'at least ' if others == _MOST_TOLD else ''}{others} more)" if others else ""
        field = dotted(("scenario", *first.path))
        raise ControlError(400, first.found + more, field=field, allowed=first.allowed) from error


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
