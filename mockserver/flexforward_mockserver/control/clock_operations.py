"""A sandbox's clock, over the control API."""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING

from .control_body import read_moment
from .control_document import ControlError
from .control_json import clock_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flexforward_openapi import Json

    from .context import ControlContext, ControlOperation, ControlOutcome
    from .control_document import Call

__all__ = ["OPERATIONS"]


def get_clock(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    return 200, clock_json(context.sandbox(call).clock)


def set_clock(context: ControlContext, call: Call, body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    at = read_moment(body.get("now"), "now")
    with sandbox.lock:
        clock = sandbox.clock
        try:
            if at is not None:
                clock.set(at)
        except ValueError as error:
            raise ControlError(409, str(error), field="now", allowed="the present instant or a later one") from error
        rate = float(body["rate"]) if "rate" in body else None
        if body.get("frozen", clock.rate == 0 and rate is None):
            clock.freeze(running_rate=rate)
        else:
            clock.run(rate)
        return 200, clock_json(clock)


def advance_clock(context: ControlContext, call: Call, body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    with sandbox.lock:
        sandbox.clock.advance(timedelta(seconds=body["seconds"]))
        return 200, clock_json(sandbox.clock)


OPERATIONS: Mapping[str, ControlOperation] = MappingProxyType(
    {
        "getClock": get_clock,
        "setClock": set_clock,
        "advanceClock": advance_clock,
    }
)
"""By operation id."""
