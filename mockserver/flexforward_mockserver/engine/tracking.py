"""What the tracking operation answers: a label as its lifecycle stands, under armed faults and preferences."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from msgspec.structs import replace

from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS
from flexforward_mockserver.scenarios.lifecycle import Shipment, show
from flexforward_mockserver.scenarios.script_id import parse_script_id
from flexforward_mockserver.state.label import is_uuid, label_uuid
from flexforward_mockserver.state.sandbox import SandboxFullError
from flexforward_openapi import CONTRACT_FILE

from .bodies.response_body import phrase, supplied, undocumented
from .decision import Decision, ResponseHeaders, extra_headers, preferred, quota_headers, under_fault

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from flexforward_mockserver.scenarios.scenario import ErrorStep, Scenario
    from flexforward_mockserver.state.armed_fault import ArmedFault
    from flexforward_mockserver.state.label import Label
    from flexforward_mockserver.state.sandbox import Tracked
    from flexforward_mockserver.state.sandboxes import Account
    from flexforward_openapi import Contract, Json, Operation, Validation

    from .bodies.examples import Examples
    from .bodies.response_body import ResponseBody
    from .bodies.tracking_bodies import ResponseBodies
    from .prefer import Preference

__all__ = ["Tracking"]

_COMPARED = 100
"""How many known ids and order numbers an unknown one is compared with."""


class Tracking:
    """Answers the tracking operation of one contract.

    Args:
        contract: the document.
        operation: of the document, the one that shipments answer.
        validation: the document's compiled schemas.
        bodies: makes bodies of shipments and errors.
        examples: bodies that stand in the document.
        challenge: headers of a 401.
        unknown_ids: lifecycle of every id that is not known; None to answer 404 to them.
    """

    def __init__(
        self,
        contract: Contract,
        operation: Operation,
        *,
        validation: Validation,
        bodies: ResponseBodies,
        examples: Examples,
        challenge: ResponseHeaders,
        unknown_ids: Scenario | None,
    ) -> None:
        self._operation = operation
        self._validation = validation
        self._bodies = bodies
        self._examples = examples
        self._challenge = challenge
        self._unknown_ids = unknown_ids
        self._serves_all = contract.source == CONTRACT_FILE.name  # tests hold that the shipped one answers everything

    def key(self, raw_key: str) -> str | None:
        """Return the id or order number of a path, decoded once; None if the contract allows no such one."""
        key = raw_key
        if "%" in raw_key:
            try:
                key = unquote_to_bytes(raw_key).decode()
            except UnicodeDecodeError:
                return None
        return key if self._validation.accepts(self._operation, self._operation.parameters[0], key) else None

    def decide(self, account: Account, raw_key: str, preference: Preference | None, now: datetime) -> Decision:
        """Answer one authenticated request: as it prefers, else under an armed fault, else as the lifecycle stands."""
        key = self.key(raw_key)
        if key is None:
            return Decision(self._bodies.failure(404), note="the contract does not allow this id, or it is not UTF-8")
        if preference is not None:
            return self._preferred(account, key, preference, now)
        sandbox = account.sandbox
        armed = sandbox.apply_fault(account.name, _names(account, key), now) if sandbox.faults else None
        return self._read(account, key, now) if armed is None else self._faulty(account, key, armed, now)

    def _read(self, account: Account, key: str, now: datetime, *, is_counted: bool = True) -> Decision:
        """Answer as the label's lifecycle stands, and count the request as one of its polls."""
        sandbox = account.sandbox
        tracked = sandbox.find(key, account.name)
        if tracked is None:
            try:
                tracked = self._begin(account, key, now)
            except SandboxFullError as error:
                return Decision(self._bodies.failure(404), note=str(error))
        if tracked is None:
            return Decision(self._bodies.failure(404), note=self._explain(key, sandbox.newest_keys(_COMPARED)))
        label = tracked.label
        if label.account != account.name:
            status = 403 if self._operation.response(403) else 404
            return Decision(self._bodies.failure(status), label.id, note="the label is another account's")
        progress = sandbox.poll(tracked, now) if is_counted else sandbox.settle(tracked, now)
        body = self._rendered(tracked, progress.step)
        headers = self._challenge if body.status == 401 else ()
        polls = tracked.polls if is_counted else None
        decision = Decision(body, label.id, polls, progress.step, headers=headers)
        fault = label.scenario.steps[progress.step].fault
        if fault is None:
            return decision
        if not FAULT_KINDS[fault.kind].supplies_response:
            return under_fault(decision, fault.kind, fault.delay_s)
        body = self._supplied(fault.kind, fault.status, None)
        headers = extra_headers(body, self._challenge, fault.retry_after, now)
        return replace(decision, body=body, fault=fault.kind, delay_s=fault.delay_s, headers=headers)

    def _faulty(self, account: Account, key: str, armed: ArmedFault, now: datetime) -> Decision:
        """Answer under an armed fault. No lifecycle counts it."""
        fault = armed.fault
        if FAULT_KINDS[fault.kind].supplies_response:
            body = self._supplied(fault.kind, fault.status, fault.body)
            tracked = account.sandbox.find(key, account.name)
            left_s = armed.span_left_s(account.name, now)
            metered = FAULT_KINDS[fault.kind].is_metered
            return Decision(
                body,
                label=tracked.label.id if tracked else None,
                headers=quota_headers(fault, left_s) if metered else extra_headers(body, self._challenge),
                fault=fault.kind,
                delay_s=armed.delay_s(),
            )
        due = self._read(account, key, now, is_counted=False)
        decision = under_fault(due, fault.kind, armed.delay_s())
        if decision.body is due.body:  # an evolution that does not fit an error: it waits for a better moment
            armed.applied -= 1
            return self._read(account, key, now)
        return decision

    def _preferred(self, account: Account, key: str, preference: Preference, now: datetime) -> Decision:
        """Answer as ``Prefer`` asks. No lifecycle counts it."""
        fault = preference.fault
        if preference.code is not None:
            decision = self._with_code(account, key, preference.code, now)
        elif fault is None or not FAULT_KINDS[fault].supplies_response:
            decision = self._read(account, key, now, is_counted=False)
            decision = decision if fault is None else under_fault(decision, fault, 0.0)
        else:
            body = self._supplied(fault, None, None)
            decision = Decision(body, headers=extra_headers(body, ()), fault=fault)
        return preferred(decision, preference)

    def _with_code(self, account: Account, key: str, code: int, now: datetime) -> Decision:
        example = self._examples.find(self._operation, code)
        if example is None:
            body = undocumented(code, phrase(code), "undocumented-status")
            return Decision(body, headers=extra_headers(body, ()))
        tracked = account.sandbox.find(key, account.name) if code < 300 else None
        if tracked is not None and tracked.label.account == account.name:
            progress = account.sandbox.settle(tracked, now)
            shown = show(tracked.label.scenario, progress)
            if isinstance(shown, Shipment):
                body = self._make(tracked.label, shown, progress.step)
                return Decision(body, tracked.label.id, None, progress.step)
        return Decision(example, headers=extra_headers(example, self._challenge))

    def _supplied(self, name: str, status: int | None, body: Json) -> ResponseBody:
        """Return the response that a fault supplies by itself."""
        if FAULT_KINDS[name].listing == "listed":
            return self._bodies.failure(status or 502, body)
        return supplied(name, status)

    def _rendered(self, tracked: Tracked, step: int) -> ResponseBody:
        """Return the body of a label's open step, made and checked once for as long as the step lasts."""
        kept = tracked.rendered
        if kept is None or kept[0] != step:
            kept = tracked.rendered = (
                step,
                self._make(tracked.label, show(tracked.label.scenario, tracked.progress), step),
            )
        body: ResponseBody = kept[1]
        return body

    def _make(self, label: Label, shown: Shipment | ErrorStep, step: int) -> ResponseBody:
        if isinstance(shown, Shipment):
            return self._bodies.shipment(label, shown)
        return self._bodies.evolved_failure(shown, label.scenario.steps[step].evolution)

    def _explain(self, key: str, keys: Iterable[str]) -> str:
        """Say why there is no label with that id or order number."""
        script = parse_script_id(key)
        if script is None:
            from .suggestions import explain_unknown  # a server that knows all ids starts without

            return explain_unknown(key, keys)
        return f"the script id is understood, but not played: {self._bodies.objection(script)}"

    def _begin(self, account: Account, key: str, now: datetime) -> Tracked | None:
        """Make a label of an order number that carries its own lifecycle, or of any id where that was wanted."""
        sandbox = account.sandbox
        scenario = parse_script_id(key)
        if scenario is not None and not self._serves_all and self._bodies.objection(scenario) is not None:
            scenario = None
        scenario = scenario or self._unknown_ids
        if scenario is None:
            return None
        label_id = key.lower() if is_uuid(key) else label_uuid(key)
        known = sandbox.find(label_id)
        if known is not None:  # asked for by its UUID before, while every id was taken
            sandbox.name(known, key)
            return known
        label = sandbox.make_label(scenario, order_number=key, label_id=label_id, account=account.name, began_at=now)
        return sandbox.add(label)


def _names(account: Account, key: str) -> tuple[str, ...]:
    """Return the names by which a fault may know the label that ``key`` asks for."""
    tracked = account.sandbox.find(key, account.name)
    return (key, label_uuid(key)) if tracked is None else (tracked.label.id, tracked.label.order_number)
