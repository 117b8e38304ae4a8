"""What the bodies of the control API ask for, made into values; what a schema cannot say of them is checked here."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from flexforward_mockserver.scenarios.scenario_reader import parse_scenario
from flexforward_mockserver.scenarios.timestamp import read_timestamp
from flexforward_mockserver.state.fault import Delay, Fault, FaultError, FaultFilter
from flexforward_openapi import Json, MistakesError, YamlText, as_mapping
from flexforward_openapi.errors import dotted

from .control_document import ControlError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from flexforward_mockserver.scenarios.scenario import Scenario

__all__ = ["read_fault", "read_inline", "read_moment"]

_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


class _Inline(YamlText):
    """A text without lines: to find the place of each of a thousand mistakes takes long, and nobody is told it."""

    def line(self, path: tuple[str | int, ...]) -> int:  # noqa: ARG002
        return 1


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
    text = json.dumps(document, ensure_ascii=False)
    # JSON that YAML reads otherwise: it takes some characters for line breaks, and others for none at all.
    text = _NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    try:
        return parse_scenario(_Inline(text, source="scenario"))
    except MistakesError as error:
        first = error.mistakes[0]
        more = f" (and {len(error.mistakes) - 1} more)" if len(error.mistakes) > 1 else ""
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
