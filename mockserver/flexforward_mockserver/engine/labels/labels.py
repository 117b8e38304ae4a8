"""What the operations on labels answer: a label for each idempotency key, its document, and faults on both."""

from __future__ import annotations

import re
from functools import partial
from itertools import count
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

import msgspec
from msgspec.structs import replace

from flexforward_mockserver.engine.bodies.response_body import ResponseBody, phrase, undocumented
from flexforward_mockserver.engine.decision import Decision
from flexforward_mockserver.scenarios.lifecycle import Shipment, begin, show
from flexforward_mockserver.state.label import label_uuid
from flexforward_mockserver.state.sandbox import SandboxFullError
from flexforward_openapi import as_mapping

from .label_bodies import LabelBodies
from .label_document import draw_label
from .label_faults import LabelFaults
from .label_request import read_label_request
from .names import CREATE_OPERATION, DOCUMENTS_PATH
from .new_lifecycle import NewLifecycles, numbered
from .request_body import read_body

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from flexforward_mockserver.engine.bodies.examples import Examples
    from flexforward_mockserver.engine.bodies.tracking_bodies import ResponseBodies
    from flexforward_mockserver.engine.decision import ResponseHeaders
    from flexforward_mockserver.engine.messages import Request
    from flexforward_mockserver.engine.prefer import Preference
    from flexforward_mockserver.scenarios.scenario import AccountName, ErrorStep, Scenario
    from flexforward_mockserver.state.label import Label
    from flexforward_mockserver.state.sandbox import Sandbox, Tracked
    from flexforward_mockserver.state.sandboxes import Account
    from flexforward_openapi import Contract, Json, Operation, Validation

    from .label_request import LabelRequest

__all__ = ["Labels", "open_labels"]

_DOCUMENT = re.compile(re.escape(DOCUMENTS_PATH) + r"([^/]+)/([0-9a-f-]{36})\.(pdf|png)")
_MEDIA_TYPES = {"pdf": b"application/pdf", "png": b"image/png"}
_REJECTED = 422
"""Status by which a lifecycle says that the courier did not take the label."""


class Labels:
    """Answers the operations on labels of one contract, and their documents.

    Args:
        contract: the document.
        validation: its compiled schemas.
        bodies: makes the bodies of successes, and of refusals.
        lifecycles: chooses how new labels go on.
        rejection: gives the body with which tracking answers for a label that the courier did not take.
        faults: answers in their stead where a preference or a fault takes precedence.
    """

    def __init__(
        self,
        contract: Contract,
        validation: Validation,
        *,
        bodies: LabelBodies,
        lifecycles: NewLifecycles,
        rejection: Callable[[ErrorStep], ResponseBody | None],
        faults: LabelFaults,
    ) -> None:
        self._contract = contract
        self._validation = validation
        self._bodies = bodies
        self._lifecycles = lifecycles
        self._rejection = rejection
        self._faults = faults

    def decide(
        self,
        account: Account,
        operation: Operation,
        request: Request,
        raw_values: tuple[str, ...],
        preference: Preference | None,
        now: datetime,
    ) -> Decision:
        """Answer one authenticated request: as it prefers, else under an armed fault, else as things stand."""
        if operation.id == CREATE_OPERATION:
            due = partial(self._create, account, operation, request, now)
            return self._faults.answer(account, operation, (), preference, now, due)
        text = self._text(operation, raw_values)
        if text is None:
            note = "the contract allows no such id, or it is not UTF-8"
            return Decision(self._bodies.failure(operation, 404), note=note)
        keys = tuple(filter(None, text.split(",")))
        if "," in text:
            due = partial(self._get_several, account, operation, request, keys)
        else:
            due = partial(self._get, account, operation, request, text)
        return self._faults.answer(account, operation, keys, preference, now, due)

    def home(self, path: str, find: Callable[[str], Sandbox | None]) -> Sandbox | None:
        """Return the sandbox that the address of a document leads to; None if it is no such address, or none is there.

        Args:
            path: raw.
            find: gives the sandbox of an id.
        """
        match = _DOCUMENT.fullmatch(path)
        return find(match[1]) if match else None

    def document(self, sandbox: Sandbox, request: Request, now: datetime) -> Decision:
        """Answer a request for a document, under an armed fault if there is one."""
        match = _DOCUMENT.fullmatch(request.path)
        tracked = sandbox.find(match[2]) if match else None
        if request.method not in ("GET", "HEAD"):
            text = f"a label's document has no {request.method}; allowed: GET, HEAD"
            return Decision(undocumented(405, text), note=text, headers=((b"allow", b"GET, HEAD"),), unmatched="method")
        if match is None or tracked is None or self._rejected(tracked.label) is not None:
            text = "there is no such document"
            return Decision(undocumented(404, text), note=text, unmatched="path")
        label = tracked.label
        body = ResponseBody(status=200, content=draw_label(label, match[3]), media_type=_MEDIA_TYPES[match[3]])
        armed = sandbox.apply_fault(label.account, (label.id, label.order_number), now) if sandbox.faults else None
        decision = Decision(body, label.id)
        return self._faults.under(label.account, None, armed, now, label.id, lambda: decision)

    # -- POST

    def _create(self, account: Account, operation: Operation, request: Request, now: datetime) -> Decision:
        body, mistakes = read_body(request, dict(request.headers), operation, self._validation)
        if mistakes:
            told = "; ".join(f"{mistake.field or 'the body'} {mistake.message}" for mistake in mistakes[:3])
            return Decision(self._bodies.refusal(operation, mistakes), note=f"nothing was made: {told}")
        wanted = read_label_request(body)
        made = account.sandbox.find_made(account.name, wanted.creation.key) if wanted.creation.key else None
        if made is not None:
            first = made.label.creation
            is_other = first is not None and first.digest != wanted.creation.digest
            note = "the idempotencyKey was used before" + (", with another body: the first one counts" * is_other)
            return self._made(operation, 200, made, note)
        try:
            tracked, other = self._add(account, wanted, now)
        except SandboxFullError as error:
            return Decision(undocumented(500, str(error), "undocumented-status"), note=str(error))
        return self._made(operation, 201, tracked, other)

    def _add(self, account: Account, wanted: LabelRequest, now: datetime) -> tuple[Tracked, str | None]:
        """Put in a new label; gives a note where its order number leads to another one."""
        sandbox = account.sandbox
        label_id = _free_uuid(sandbox, account.name, wanted.creation.key)
        order_number = wanted.order_number or label_id
        if sandbox.next_labels:
            scenario = sandbox.next_labels.popleft()
        else:
            scenario = self._lifecycles.choose(wanted, sandbox.new_labels)
        label = sandbox.make_label(
            numbered(scenario), order_number=order_number, label_id=label_id, account=account.name, began_at=now
        )
        tracked = sandbox.add_made(replace(label, creation=wanted.creation), wanted.creation.key or label_id)
        found = sandbox.find(order_number, account.name)
        if found is tracked or found is None:
            return tracked, None
        return tracked, f"the order number {order_number!r} finds the label {found.label.id}, which had it before"

    def _made(self, operation: Operation, status: int, tracked: Tracked, note: str | None) -> Decision:
        label = tracked.label
        rejected = self._rejected(label)
        is_numbered = rejected is None and label.scenario.numbered_from == 0
        known: dict[str, Json] = {
            "id": label.id,
            "status": "created" if rejected is None else "failed",
            "courier": label.creation.courier if label.creation else "",
            "customerOrderNumber": label.order_number,
            "courierOrderNumber": label.tracking_number.rstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ") if is_numbered else None,
            "courierTrackingNumber": label.tracking_number if is_numbered else None,
            "error": rejected,
        }
        return Decision(self._bodies.success(operation, status, known), label.id, note=note)

    def _rejected(self, label: Label) -> dict[str, Json] | None:
        """Return why the courier did not take a label, as POST tells it; None if it did."""
        shown = show(label.scenario, begin(label.scenario, label.began_at))
        if isinstance(shown, Shipment) or shown.status != _REJECTED:
            return None
        body = self._rejection(shown)
        told = as_mapping(msgspec.json.decode(body.content)) if body is not None and body.content else {}
        return {
            "code": told.get("errorCode", "COURIER_ERROR"),
            "message": told.get("errorMessage", told.get("error", phrase(_REJECTED))),
        }

    # -- GET

    def _get(self, account: Account, operation: Operation, request: Request, key: str) -> Decision:
        tracked = account.sandbox.find(key, account.name)
        if tracked is None:
            return Decision(self._bodies.failure(operation, 404), note="there is no such label")
        label = tracked.label
        if label.account != account.name:
            status = 403 if operation.response(403) else 404
            return Decision(self._bodies.failure(operation, status), label.id, note="the label is another account's")
        if self._rejected(label) is not None:
            note = "the courier did not take the label, so it has no document"
            return Decision(self._bodies.failure(operation, 404), label.id, note=note)
        return Decision(self._bodies.success(operation, 200, self._told(account, request, label)), label.id)

    def _get_several(self, account: Account, operation: Operation, request: Request, keys: tuple[str, ...]) -> Decision:
        """Answer for several labels; those that are not there, another account's or without a document are left out."""
        found = dict.fromkeys(
            tracked
            for key in keys
            if (tracked := account.sandbox.find(key, account.name)) is not None
            and tracked.label.account == account.name
            and self._rejected(tracked.label) is None
        )
        entries = [self._told(account, request, tracked.label) for tracked in found]
        left_out = len(set(keys)) - len(found)
        note = f"{len(found)} labels of {len(keys)} identifiers" + (f", {left_out} left out" if left_out > 0 else "")
        return Decision(self._bodies.several(operation, entries), note=note)

    def _told(self, account: Account, request: Request, label: Label) -> dict[str, Json]:
        label_format = label.creation.label_format if label.creation else "pdf"
        host = dict(request.headers).get(b"host", b"").decode("latin-1") or next(
            iter(self._contract.hosts), "localhost"
        )
        return {
            "id": label.id,
            "customerOrderNumber": label.order_number,
            "url": f"{request.scheme}://{host}{DOCUMENTS_PATH}{account.sandbox.id}/{label.id}.{label_format}",
            "labelFormat": label_format,
        }

    def _text(self, operation: Operation, raw_values: tuple[str, ...]) -> str | None:
        """Return the path's parameter, decoded once; None if the contract allows no such one."""
        try:
            text = unquote_to_bytes(raw_values[0]).decode()
        except UnicodeDecodeError:
            return None
        return text if self._validation.accepts(operation, operation.parameters[0], text) else None


def open_labels(
    contract: Contract,
    validation: Validation,
    *,
    examples: Examples,
    bodies: ResponseBodies | None,
    challenges: Mapping[str, ResponseHeaders],
    usual: Scenario | None,
) -> Labels:
    """Return what answers the operations on labels of a contract.

    Args:
        contract: the document.
        validation: its compiled schemas.
        examples: what it shows of failures.
        bodies: of its tracking operation; None where it has none.
        challenges: headers of a 401, by the operation's id.
        usual: lifecycle of labels whose request chooses none; None for the shipped one.
    """
    label_bodies = LabelBodies(contract, validation, examples)
    return Labels(
        contract,
        validation,
        bodies=label_bodies,
        faults=LabelFaults(label_bodies, challenges),
        lifecycles=NewLifecycles(bodies.objection if bodies else lambda _: None, usual),
        rejection=(lambda step: bodies.failure(step.status, step.body)) if bodies else lambda _: None,
    )


def _free_uuid(sandbox: Sandbox, account: AccountName, key: str) -> str:
    """Return the UUID of a new label: it follows from account, key and seed, unless something else has it."""
    seed = f" {sandbox.seed}" if sandbox.seed else ""
    names = (
        f"POST /labels{seed} {account} {key}" + f" {number}" * (number > 0)
        for number in count(0 if key else sandbox.label_count + 1)
    )
    return next(label_id for name in names if (label_id := label_uuid(name)) not in sandbox)
