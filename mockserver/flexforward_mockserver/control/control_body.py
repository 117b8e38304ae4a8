"""What the bodies of the control API ask for, made into values; what a schema cannot say of them is checked here."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from flexforward_mockserver.scenarios.scenario_reader import parse_scenario
from flexforward_mockserver.scenarios.timestamp import read_instant
from flexforward_mockserver.state.fault import DEFAULT_STATUSES, Delay, Fault, Match
from flexforward_openapi import Json, MistakesError, YamlText, as_mapping
from flexforward_openapi.errors import dotted

from .control_document import ControlError

if TYPE_CHECKING:
    from datetime import datetime

    from flexforward_mockserver.engine.response_body import Answers
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
    at = read_instant(text)
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


def read_fault(body: dict[str, Json], answers: Answers, statuses: tuple[int, ...]) -> Fault:
    """Read a fault.

    Args:
        body: of the call, as its schema wants it.
        answers: of the contract.
        statuses: that the contract lists.

    Raises:
        ControlError: it asks for something that its kind does not have, or that the contract forbids.
    """
    kind = body["kind"]
    status = _status(kind, body.get("status"), statuses)
    if "body" in body:
        if kind != "status":
            raise ControlError(400, f"a fault of kind {kind} has no body", field="body", allowed="leave it out")
        lie = answers.failure(status or 0, body["body"]).lie
        if lie is not None:
            raise ControlError(400, lie, field="body", allowed="a body that the contract allows")
    delay = _delay(body.get("delay_s"))
    if kind == "latency" and delay is None:
        allowed = "seconds from 0 to 86400, or a mapping {low, high} or {median, sigma}"
        raise ControlError(400, "a fault of kind latency needs a delay", field="delay_s", allowed=allowed)
    return Fault(
        kind=kind,
        status=status,
        delay=delay,
        body=body.get("body"),
        match=Match(**as_mapping(body.get("match"))),
        times=body.get("times", 1),
        probability=float(body.get("probability", 1.0)),
        seed=body.get("seed", 0),
    )


def _status(kind: str, status: int | None, statuses: tuple[int, ...]) -> int | None:
    if kind == "status":
        listed = [entry for entry in statuses if entry >= 300]
        if status not in listed:
            found = "a fault of kind status needs one" if status is None else f"the contract lists no {status}"
            allowed = f"{', '.join(map(str, listed))}; others by kind undocumented-status"
            raise ControlError(400, found, field="status", allowed=allowed)
        return status
    if kind in DEFAULT_STATUSES:
        if status in statuses:
            allowed = "a status that it does not list; those that it does by kind status"
            raise ControlError(400, f"the contract lists {status}", field="status", allowed=allowed)
        return DEFAULT_STATUSES[kind] if status is None else status
    if status is not None:
        raise ControlError(400, f"a fault of kind {kind} has no status", field="status", allowed="leave it out")
    return None


def _delay(delay: Json) -> Delay | None:
    if delay is None:
        return None
    parts = as_mapping(delay)
    if "low" in parts and parts["low"] > parts["high"]:
        raise ControlError(
            400, f"low {parts['low']:g} is above high {parts['high']:g}", field="delay_s.low", allowed="at most high"
        )
    return Delay(**parts) if parts else Delay(fixed=float(delay))
