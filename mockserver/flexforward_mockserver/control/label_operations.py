"""Labels, over the control API: made, looked at, moved on, deleted."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.state.sandbox import LabelTakenError, NoStepError, SandboxFullError, StepPassedError

from .control_body import read_inline
from .control_document import ControlError
from .control_json import label_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flexforward_openapi import Json

    from .context import ControlContext, ControlOperation, ControlOutcome
    from .control_document import Call

__all__ = ["OPERATIONS"]


def list_labels(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    with sandbox.lock:
        labels = sandbox.tracked
        kept = labels[-int(call.query.get("limit", 1000)) :]
        found = [label_json(sandbox, tracked) for tracked in kept]
    return 200, {"labels": found, "total": len(labels)}


def create_label(context: ControlContext, call: Call, body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    wanted = body["scenario"]
    scenario = context.catalogue.find(wanted) if isinstance(wanted, str) else read_inline(wanted, context.engine.bodies)
    if scenario is None:
        raise context.no_scenario(400, wanted, "scenario")
    objection = context.engine.objection(scenario)
    if objection is not None:
        raise ControlError(400, objection, field="scenario", allowed=context.engine.cure(scenario))
    is_script = isinstance(wanted, str) and wanted not in context.catalogue.names
    order_number = body.get("order_number") or (wanted if is_script else f"{scenario.name}-{context.draw()}")
    with sandbox.lock:
        label = sandbox.make_label(
            scenario, order_number=order_number, label_id=body.get("id"), account=body.get("account")
        )
        try:
            tracked = sandbox.add(label)
        except LabelTakenError as error:
            raise ControlError(409, str(error), field="order_number", allowed="one that is not taken") from error
        except SandboxFullError as error:
            raise ControlError(409, str(error), allowed="delete some labels, or reset the sandbox") from error
        return 201, label_json(sandbox, tracked)


def get_label(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    with sandbox.lock:
        return 200, label_json(sandbox, context.label(sandbox, call))


def delete_label(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    with sandbox.lock:
        sandbox.remove(context.label(sandbox, call))
    return 204, None


def advance_label(context: ControlContext, call: Call, body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    with sandbox.lock:
        tracked = context.label(sandbox, call)
        for _ in range(int(body.get("steps", 1))):
            sandbox.advance(tracked, sandbox.clock.now())
        return 200, label_json(sandbox, tracked)


def jump_label(context: ControlContext, call: Call, body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    wanted = body["step"]
    with sandbox.lock:
        tracked = context.label(sandbox, call)
        try:
            sandbox.jump(tracked, wanted if isinstance(wanted, str) else int(wanted), sandbox.clock.now())
        except NoStepError as error:
            raise ControlError(400, str(error), field="step", allowed=error.allowed) from error
        except StepPassedError as error:
            raise ControlError(409, str(error), field="step", allowed="reset the label first") from error
        return 200, label_json(sandbox, tracked)


def reset_label(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    with sandbox.lock:
        tracked = context.label(sandbox, call)
        sandbox.remove(tracked)
        label = msgspec.structs.replace(tracked.label, began_at=sandbox.clock.now())
        return 200, label_json(sandbox, sandbox.add(label))


OPERATIONS: Mapping[str, ControlOperation] = MappingProxyType(
    {
        "listLabels": list_labels,
        "createLabel": create_label,
        "getLabel": get_label,
        "deleteLabel": delete_label,
        "advanceLabel": advance_label,
        "jumpLabel": jump_label,
        "resetLabel": reset_label,
    }
)
"""By operation id."""
