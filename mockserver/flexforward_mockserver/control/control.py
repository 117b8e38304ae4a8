"""The control API as plain functions: a call in, a status and JSON out.

Which operations there are, what they take and what they answer stands in ``control.yaml``; a method here carries out
the operation of its name. Whatever is drawn (ids, credentials) and real time are the caller's to give.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.engine.authentication import Credentials
from flexforward_mockserver.scenarios.scenario_reader import SCHEMA_FILE
from flexforward_mockserver.state.clock import Clock
from flexforward_mockserver.state.demo import add_demo_labels
from flexforward_mockserver.state.har import write_har
from flexforward_mockserver.state.sandbox import (
    LabelTakenError,
    NoStepError,
    Sandbox,
    SandboxFullError,
    StepPassedError,
)
from flexforward_mockserver.state.sandboxes import CredentialsTakenError, TooManySandboxesError
from flexforward_openapi import Json, as_mapping

from .control_body import read_fault, read_inline, read_moment
from .control_document import Call, ControlDocument, ControlError
from .control_json import (
    clock_json,
    credentials_json,
    fault_json,
    journal_json,
    label_json,
    revoked_accounts,
    sandbox_json,
    scenario_json,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from flexforward_mockserver.engine.engine import Engine
    from flexforward_mockserver.scenarios.catalogue import Catalogue
    from flexforward_mockserver.state.sandbox import Tracked

__all__ = ["Control", "Outcome"]

_NO_CONTENT = 204
Outcome = tuple[int, Json]


class Control:
    """Carries out the operations of the control API.

    Args:
        engine: whose sandboxes are controlled.
        catalogue: scenarios that can be named.
        draw: returns a new token of letters and digits each time.
        wall: seconds that only grow; drives the clocks of new sandboxes.
        today: returns the real present instant; new clocks begin there.
        demos: names of the scenarios that have a label in the default sandbox.
        time_scale: rate of the default sandbox's clock after a reset.
    """

    def __init__(
        self,
        engine: Engine,
        catalogue: Catalogue,
        *,
        draw: Callable[[], str],
        wall: Callable[[], float],
        today: Callable[[], datetime] = lambda: datetime.now(UTC),
        demos: tuple[str, ...] = (),
        time_scale: float = 1.0,
    ) -> None:
        self._engine = engine
        self._catalogue = catalogue
        self._draw = draw
        self._wall = wall
        self._today = today
        self._demos = demos
        self._time_scale = time_scale
        self._clocks: dict[str, Callable[[], Clock]] = {}
        self._document: ControlDocument | None = None

    @property
    def document(self) -> ControlDocument:
        """The control API's own document, read when it is first needed: a server may never be controlled."""
        if self._document is None:
            self._document = ControlDocument()
        return self._document

    def handle(self, call: Call) -> Outcome:
        """Carry out one call.

        Raises:
            ControlError: it cannot be carried out; nothing was changed.
        """
        method: Callable[[Call, Json], Outcome] = getattr(self, _snake(call.operation))
        self.document.check_query(call)
        return method(call, self.document.read_body(call))

    # -- The server

    def get_health(self, _call: Call, _body: Json) -> Outcome:
        return 200, {"status": "ok", "version": version("flexforward-mock")}

    def get_document(self, _call: Call, _body: Json) -> Outcome:
        return 200, self.document.json

    def get_scenario_schema(self, _call: Call, _body: Json) -> Outcome:
        return 200, msgspec.json.decode(SCHEMA_FILE.read_bytes())

    def list_scenarios(self, _call: Call, _body: Json) -> Outcome:
        named = ((name, self._catalogue[name].summary) for name in self._catalogue.names)
        return 200, {"scenarios": [{"name": name, "summary": summary} for name, summary in named]}

    def get_scenario(self, call: Call, _body: Json) -> Outcome:
        scenario = self._catalogue.find(call.path["name"])
        if scenario is None:
            raise self._no_scenario(404, call.path["name"], "name")
        return 200, scenario_json(scenario)

    def get_server_journal(self, call: Call, _body: Json) -> Outcome:
        return 200, journal_json(self._engine.sandboxes.unattributed, call.query)

    # -- Sandboxes

    def list_sandboxes(self, _call: Call, _body: Json) -> Outcome:
        return 200, {"sandboxes": [sandbox_json(sandbox) for sandbox in self._engine.sandboxes]}

    def create_sandbox(self, call: Call, body: Json) -> Outcome:
        start = self._clock_of(as_mapping(body.get("clock")))
        sandbox = Sandbox(self._draw(), clock=start(), seed=body.get("seed", 0))
        given = as_mapping(body.get("accounts"))
        own, other = (self._credentials(given.get(name), name) for name in ("own", "other"))
        bad = Credentials(token=f"bad-{self._draw()}")
        try:
            self._engine.sandboxes.add(sandbox, {"own": (own,), "other": (other,), "bad": (bad,)})
        except CredentialsTakenError as error:
            raise ControlError(409, str(error), field="accounts", allowed="credentials of no live sandbox") from error
        except TooManySandboxesError as error:
            raise ControlError(409, str(error), allowed="delete some") from error
        self._clocks[sandbox.id] = start
        accounts = {name: credentials_json(entry) for name, entry in (("own", own), ("other", other))}
        return 201, {"id": sandbox.id, "base_url": call.base_url, "accounts": accounts, "bad_token": bad.token}

    def get_sandbox(self, call: Call, _body: Json) -> Outcome:
        return 200, sandbox_json(self._sandbox(call))

    def delete_sandbox(self, call: Call, _body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        if sandbox is self._engine.sandboxes.default:
            raise ControlError(409, "the default sandbox stays", field="sandbox", allowed="reset it instead")
        self._engine.sandboxes.remove(sandbox)
        self._clocks.pop(sandbox.id, None)
        return _NO_CONTENT, None

    def reset_sandbox(self, call: Call, _body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        start = self._clocks.get(sandbox.id) or self._clock_of({"rate": self._time_scale})
        with sandbox.lock:
            sandbox.reset(start())
            if sandbox is self._engine.sandboxes.default:
                add_demo_labels(sandbox, self._catalogue, self._demos)
        return 200, sandbox_json(sandbox)

    def revoke_account(self, call: Call, body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        with sandbox.lock:
            sandbox.revoked.add(body.get("account", "own"))
        return 200, {"revoked": revoked_accounts(sandbox)}

    def restore_account(self, call: Call, body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        with sandbox.lock:
            sandbox.revoked.discard(body.get("account", "own"))
        return 200, {"revoked": revoked_accounts(sandbox)}

    # -- Labels

    def list_labels(self, call: Call, _body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        with sandbox.lock:
            labels = sandbox.tracked
            kept = labels[-int(call.query.get("limit", 1000)) :]
            found = [label_json(sandbox, tracked) for tracked in kept]
        return 200, {"labels": found, "total": len(labels)}

    def create_label(self, call: Call, body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        wanted = body["scenario"]
        scenario = self._catalogue.find(wanted) if isinstance(wanted, str) else read_inline(wanted)
        if scenario is None:
            raise self._no_scenario(400, wanted, "scenario")
        objection = self._engine.answers.objection(scenario)
        if objection is not None:
            raise ControlError(400, objection, field="scenario", allowed="what the contract can answer")
        is_script = isinstance(wanted, str) and wanted not in self._catalogue.names
        order_number = body.get("order_number") or (wanted if is_script else f"{scenario.name}-{self._draw()}")
        with sandbox.lock:
            label = sandbox.draw_up(
                scenario, order_number=order_number, label_id=body.get("id"), account=body.get("account")
            )
            try:
                tracked = sandbox.add(label)
            except LabelTakenError as error:
                raise ControlError(409, str(error), field="order_number", allowed="one that is not taken") from error
            except SandboxFullError as error:
                raise ControlError(409, str(error), allowed="delete some labels, or reset the sandbox") from error
            return 201, label_json(sandbox, tracked)

    def get_label(self, call: Call, _body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        with sandbox.lock:
            return 200, label_json(sandbox, self._label(sandbox, call))

    def delete_label(self, call: Call, _body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        with sandbox.lock:
            sandbox.remove(self._label(sandbox, call))
        return _NO_CONTENT, None

    def advance_label(self, call: Call, body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        with sandbox.lock:
            tracked = self._label(sandbox, call)
            for _ in range(int(body.get("steps", 1))):
                sandbox.advance(tracked, sandbox.clock.now())
            return 200, label_json(sandbox, tracked)

    def jump_label(self, call: Call, body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        wanted = body["step"]
        with sandbox.lock:
            tracked = self._label(sandbox, call)
            try:
                sandbox.jump(tracked, wanted if isinstance(wanted, str) else int(wanted), sandbox.clock.now())
            except NoStepError as error:
                raise ControlError(400, str(error), field="step", allowed=error.allowed) from error
            except StepPassedError as error:
                raise ControlError(409, str(error), field="step", allowed="reset the label first") from error
            return 200, label_json(sandbox, tracked)

    def reset_label(self, call: Call, _body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        with sandbox.lock:
            tracked = self._label(sandbox, call)
            sandbox.remove(tracked)
            label = msgspec.structs.replace(tracked.label, began_at=sandbox.clock.now())
            return 200, label_json(sandbox, sandbox.add(label))

    # -- Clock

    def get_clock(self, call: Call, _body: Json) -> Outcome:
        return 200, clock_json(self._sandbox(call).clock)

    def set_clock(self, call: Call, body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        at = read_moment(body.get("now"), "now")
        with sandbox.lock:
            clock = sandbox.clock
            try:
                if at is not None:
                    clock.set(at)
            except ValueError as error:
                raise ControlError(
                    409, str(error), field="now", allowed="the present instant or a later one"
                ) from error
            rate = body.get("rate", clock.rate or 1.0)
            clock.run(0.0 if body.get("frozen", clock.rate == 0 and "rate" not in body) else float(rate))
            return 200, clock_json(clock)

    def advance_clock(self, call: Call, body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        with sandbox.lock:
            sandbox.clock.advance(timedelta(seconds=body["seconds"]))
            return 200, clock_json(sandbox.clock)

    # -- Faults

    def list_faults(self, call: Call, _body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        with sandbox.lock:
            return 200, {"faults": [fault_json(laid) for laid in sandbox.faults.values()]}

    def create_fault(self, call: Call, body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        fault = read_fault(body, self._engine.answers, self._engine.tracking.statuses)
        with sandbox.lock:
            try:
                return 201, fault_json(sandbox.lay(fault))
            except SandboxFullError as error:
                raise ControlError(409, str(error), allowed="delete some") from error

    def delete_fault(self, call: Call, _body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        with sandbox.lock:
            if sandbox.faults.pop(call.path["fault"], None) is None:
                raise ControlError(404, f"no fault {call.path['fault']!r}", field="fault", allowed="the id of a fault")
        return _NO_CONTENT, None

    # -- Journal

    def get_journal(self, call: Call, _body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        with sandbox.lock:
            return 200, journal_json(sandbox.journal, call.query)

    def clear_journal(self, call: Call, _body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        with sandbox.lock:
            sandbox.journal = type(sandbox.journal)()
        return _NO_CONTENT, None

    def get_journal_har(self, call: Call, _body: Json) -> Outcome:
        sandbox = self._sandbox(call)
        with sandbox.lock:
            exchanges = sandbox.journal.exchanges
        return 200, write_har(exchanges, base_url=call.base_url, version=version("flexforward-mock"))

    def _sandbox(self, call: Call) -> Sandbox:
        sandbox = self._engine.sandboxes.get(call.path["sandbox"])
        if sandbox is None:
            raise ControlError(
                404, f"no sandbox {call.path['sandbox']!r}", field="sandbox", allowed="default, or a live one's id"
            )
        return sandbox

    def _label(self, sandbox: Sandbox, call: Call) -> Tracked:
        tracked = sandbox.find(call.path["label"])
        if tracked is None:
            raise ControlError(
                404, f"no label {call.path['label']!r}", field="label", allowed="the UUID or order number of a label"
            )
        return tracked

    def _no_scenario(self, status: int, name: str, field: str) -> ControlError:
        allowed = f"{', '.join(self._catalogue.names)}, a script id such as PITD-6h-1, or a scenario as a mapping"
        return ControlError(status, f"no scenario {name!r}", field=field, allowed=allowed)

    def _credentials(self, given: Json, name: str) -> Credentials:
        if given is not None:
            return Credentials(**given)
        return Credentials(
            token=f"{name}-{self._draw()}",
            api_key=f"{name}-key-{self._draw()}",
            api_token=f"{name}-secret-{self._draw()}",
        )

    def _clock_of(self, wanted: dict[str, Json]) -> Callable[[], Clock]:
        """Return what makes a sandbox's clock, at its creation and at each reset."""
        now = read_moment(wanted.get("now"), "clock.now")
        rate = 0.0 if wanted.get("frozen") else float(wanted.get("rate", 1.0))
        return lambda: Clock(self._wall, start=now or self._today(), rate=rate)


def _snake(operation_id: str) -> str:
    return re.sub(r"([A-Z])", r"_\1", operation_id).lower()
