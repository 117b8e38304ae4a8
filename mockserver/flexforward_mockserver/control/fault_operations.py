"""Faults, over the control API: armed, looked at, deleted."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from flexforward_mockserver.state.sandbox import SandboxFullError

from .control_body import read_fault
from .control_document import ControlError
from .control_json import fault_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flexforward_openapi import Json

    from .context import ControlContext, ControlOperation, ControlOutcome
    from .control_document import Call

__all__ = ["OPERATIONS"]


def list_faults(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    with sandbox.lock:
        return 200, {"faults": [fault_json(armed) for armed in sandbox.faults.values()]}


def create_fault(context: ControlContext, call: Call, body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    fault = read_fault(body, context.engine.check_fault)
    with sandbox.lock:
        try:
            return 201, fault_json(sandbox.arm(fault))
        except SandboxFullError as error:
            raise ControlError(409, str(error), allowed="delete some") from error


def delete_fault(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    with sandbox.lock:
        if sandbox.faults.pop(call.path["fault"], None) is None:
            raise ControlError(404, f"no fault {call.path['fault']!r}", field="fault", allowed="the id of a fault")
    return 204, None


OPERATIONS: Mapping[str, ControlOperation] = MappingProxyType(
    {
        "listFaults": list_faults,
        "createFault": create_fault,
        "deleteFault": delete_fault,
    }
)
"""By operation id."""
