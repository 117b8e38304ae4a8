"""What is there to look at, over the control API: timelines, events, a command to copy."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from flexforward_mockserver.engine.authentication import security_requirements
from flexforward_mockserver.scenarios.drawing.timeline import Poll, lay_out
from flexforward_mockserver.scenarios.drawing.timeline_svg import draw_svg

from .context import Drawing
from .control_document import ControlError
from .curl import curl_command, show_secret
from .sandbox_events import SandboxEvents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flexforward_openapi import Json

    from .context import ControlContext, ControlOperation, ControlOutcome
    from .control_document import Call

__all__ = ["OPERATIONS"]

MOST_POLLS = 500


def draw_scenario(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    scenario = context.catalogue.find(call.path["name"])
    if scenario is None:
        raise context.no_scenario(404, call.path["name"], "name")
    return 200, Drawing(draw_svg(lay_out(scenario, width=_width(call))))


def draw_label(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    with sandbox.lock:
        tracked = context.label(sandbox, call)
        now = sandbox.clock.now()
        progress = sandbox.settle(tracked, now)
        label = tracked.label
        exchanges = [entry for entry in sandbox.journal.exchanges if entry.label == label.id]
    polls = [Poll(at=entry.at, status=entry.status) for entry in exchanges if entry.at >= label.began_at][-MOST_POLLS:]
    timeline = lay_out(
        label.scenario, name=label.order_number, width=_width(call), progress=progress, now=now, polls=polls
    )
    return 200, Drawing(draw_svg(timeline))


def get_curl(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    with sandbox.lock:
        label = context.label(sandbox, call).label
    engine = context.engine
    tracking = engine.tracking
    if tracking is None:
        raise ControlError(404, "the contract has no operation that asks for a shipment", allowed="another contract")
    for requirement in security_requirements(tracking):
        secrets = engine.sandboxes.secrets_of(sandbox, label.account, requirement.names)
        if secrets is not None:
            shown = [show_secret(*pair) for pair in zip(requirement.schemes, secrets, strict=True)]
            # curl, like browsers, takes the segments "." and ".." away.
            key = label.id if label.order_number in (".", "..") else label.order_number
            return 200, {"curl": curl_command(tracking, call.base_url, key, shown)}
    raise ControlError(
        404,
        f"the account {label.account!r} holds no credentials that the contract takes",
        field="label",
        allowed="a label whose account can show what one of the contract's security requirements wants",
    )


def get_events(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    return 200, SandboxEvents(context, sandbox.id, int(call.query.get("newest", 0)))


def _width(call: Call) -> int:
    return int(call.query.get("width", 720))


OPERATIONS: Mapping[str, ControlOperation] = MappingProxyType(
    {
        "drawScenario": draw_scenario,
        "drawLabel": draw_label,
        "getCurl": get_curl,
        "getEvents": get_events,
    }
)
"""By operation id."""
