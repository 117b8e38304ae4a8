"""Sandboxes, over the control API: made, looked at, reset, deleted; accounts revoked and restored."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from flexforward_mockserver.state.credentials import Credentials
from flexforward_mockserver.state.demo import add_demo_labels
from flexforward_mockserver.state.sandbox import Sandbox
from flexforward_mockserver.state.sandboxes import CredentialsTakenError, TooManySandboxesError
from flexforward_openapi import as_mapping

from .control_document import ControlError
from .control_json import credentials_json, revoked_accounts, sandbox_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flexforward_openapi import Json

    from .context import ControlContext, ControlOperation, ControlOutcome
    from .control_document import Call

__all__ = ["OPERATIONS"]


def list_sandboxes(context: ControlContext, _call: Call, _body: Json) -> ControlOutcome:
    return 200, {"sandboxes": [sandbox_json(sandbox) for sandbox in context.engine.sandboxes]}


def create_sandbox(context: ControlContext, call: Call, body: Json) -> ControlOutcome:
    start = context.clock_maker(as_mapping(body.get("clock")))
    sandbox = Sandbox(context.draw(), clock=start(), seed=body.get("seed", 0))
    given = as_mapping(body.get("accounts"))
    own, other = (_drawn_credentials(context, given.get(name), name) for name in ("own", "other"))
    bad = Credentials(token=f"bad-{context.draw()}")
    try:
        context.engine.sandboxes.add(sandbox, {"own": (own,), "other": (other,), "bad": (bad,)})
    except CredentialsTakenError as error:
        raise ControlError(409, str(error), field="accounts", allowed="credentials of no live sandbox") from error
    except TooManySandboxesError as error:
        raise ControlError(409, str(error), allowed="delete some") from error
    context.clocks[sandbox.id] = start
    accounts = {name: credentials_json(entry) for name, entry in (("own", own), ("other", other))}
    return 201, {"id": sandbox.id, "base_url": call.base_url, "accounts": accounts, "bad_token": bad.token}


def get_sandbox(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    return 200, sandbox_json(context.sandbox(call))


def delete_sandbox(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    if sandbox is context.engine.sandboxes.default:
        raise ControlError(409, "the default sandbox stays", field="sandbox", allowed="reset it instead")
    context.engine.sandboxes.remove(sandbox)
    context.clocks.pop(sandbox.id, None)
    return 204, None


def reset_sandbox(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    start = context.clocks.get(sandbox.id) or context.clock_maker({"rate": context.time_scale})
    with sandbox.lock:
        sandbox.reset(start())
        if sandbox is context.engine.sandboxes.default:
            add_demo_labels(sandbox, context.catalogue, context.demos)
    return 200, sandbox_json(sandbox)


def revoke_account(context: ControlContext, call: Call, body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    with sandbox.lock:
        sandbox.revoked.add(body.get("account", "own"))
    return 200, {"revoked": revoked_accounts(sandbox)}


def restore_account(context: ControlContext, call: Call, body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    with sandbox.lock:
        sandbox.revoked.discard(body.get("account", "own"))
    return 200, {"revoked": revoked_accounts(sandbox)}


def _drawn_credentials(context: ControlContext, given: Json, name: str) -> Credentials:
    if given is not None:
        return Credentials(**given)
    return Credentials(
        token=f"{name}-{context.draw()}",
        api_key=f"{name}-key-{context.draw()}",
        api_token=f"{name}-secret-{context.draw()}",
    )


OPERATIONS: Mapping[str, ControlOperation] = MappingProxyType(
    {
        "listSandboxes": list_sandboxes,
        "createSandbox": create_sandbox,
        "getSandbox": get_sandbox,
        "deleteSandbox": delete_sandbox,
        "resetSandbox": reset_sandbox,
        "revokeAccount": revoke_account,
        "restoreAccount": restore_account,
    }
)
"""By operation id."""
