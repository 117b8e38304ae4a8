"""The engine: a request in, a response out. It knows no sockets, no event loop and no framework.

The order of judgement is path, method, credentials, label. Time comes from the sandbox's clock, ids and credentials
from whoever set the sandbox up; nothing is drawn here.
"""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

import msgspec

from flexforward_mockserver.state.fault import FaultError, check_fault
from flexforward_mockserver.state.journal import Exchange
from flexforward_mockserver.state.mask import MASK, bounded, masked_path
from flexforward_openapi import Contract, Operation, Sampler, Validation

from .authentication import challenge, security_requirements, shown_secret, shown_secrets
from .bodies.document_body import DocumentBodies
from .bodies.examples import Examples
from .bodies.response_body import undocumented
from .bodies.tracking_bodies import TRACKING_OPERATION, ResponseBodies, tracking_operation
from .decision import Decision
from .delivery import deliver_in_process, deliver_live
from .labels.names import CREATE_OPERATION, DOCUMENTS_PATH, LABEL_OPERATIONS
from .messages import BODY_LIMIT, Request, Response
from .prefer import Preference, PreferenceError, parse_prefer
from .route import Route, Routes
from .tracking import Tracking

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flexforward_mockserver.scenarios.scenario import Scenario
    from flexforward_mockserver.state.credentials import SecurityRequirement
    from flexforward_mockserver.state.fault import Fault
    from flexforward_mockserver.state.journal import Unmatched
    from flexforward_mockserver.state.sandbox import Sandbox
    from flexforward_mockserver.state.sandboxes import Account, Sandboxes

    from .delivery import Delivery
    from .labels.labels import Labels

__all__ = ["Engine", "EngineOptions"]

_SECOND = timedelta(seconds=1)
_NO_PREFERENCE = Preference()
_SENT = ("whole", "dribble", "close-mid-body")
"""Manners of delivery by which the status line reaches the client."""


class EngineOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How an engine behaves beyond its contract.

    Attributes:
        unknown_ids: lifecycle of every id that is not known; None to answer 404 to them.
        new_labels: lifecycle of labels that clients make, where nothing in their request chooses one; None for the
            usual one.
        allow_undocumented: ``Prefer: code=`` may ask for statuses that the contract does not list.
    """

    unknown_ids: Scenario | None = None
    new_labels: Scenario | None = None
    allow_undocumented: bool = False


class Engine:
    """Answers requests by the contract and the state of the sandboxes.

    Args:
        contract: the document that decides paths, security, statuses and bodies.
        open_sandboxes: makes the sandboxes, given the security requirements of the contract.
        options: how it behaves beyond the contract.
        rest: makes the contract whole when something is asked for that it does not have; None if it is whole. What is
            added is let in by the same credentials.
        real_time: seconds since 1970; only the journal shows it.

    Raises:
        ContractError: the contract asks for something that cannot be honoured, with its place.
    """

    def __init__(
        self,
        contract: Contract,
        open_sandboxes: Callable[[tuple[SecurityRequirement, ...]], Sandboxes],
        options: EngineOptions | None = None,
        *,
        rest: Callable[[Contract], Contract] | None = None,
        real_time: Callable[[], float] = time.time,
    ) -> None:
        self._options = options or EngineOptions()
        self._real_time = real_time
        self._rest = rest
        self._reading = threading.Lock()
        self._labels: Labels | None = None
        self._tracking: Tracking | None = None
        self._follow(contract)
        every = (requirement for listed in self._requirements.values() for requirement in listed)
        self.sandboxes = open_sandboxes(tuple(dict.fromkeys(every)))

    def _follow(self, contract: Contract) -> None:
        """Answer by a contract; what it shares with the one before stays the same."""
        self.contract = contract
        is_tracked = contract.is_strict or contract.operation(TRACKING_OPERATION) is not None
        self.tracking = tracking = tracking_operation(contract) if is_tracked else None
        self._validation = validation = Validation(contract)
        self.bodies = bodies = None if tracking is None else ResponseBodies(contract, validation, tracking)
        self._requirements = {operation.id: security_requirements(operation) for operation in contract.operations}
        documents = DocumentBodies(contract, validation, Sampler(contract.document, validation.takes))
        self.examples = examples = Examples(contract, documents, tracking, bodies, LABEL_OPERATIONS)
        self._challenges = {name: challenge(requirements) for name, requirements in self._requirements.items()}
        if tracking is not None and bodies is not None:
            self._tracking = Tracking(
                contract,
                tracking,
                validation=validation,
                bodies=bodies,
                examples=examples,
                challenge=self._challenges[tracking.id],
                unknown_ids=self._options.unknown_ids,
            )
        if any(contract.operation(name) for name in LABEL_OPERATIONS):
            from .labels.labels import open_labels  # a server that is never asked for a label starts without

            self._labels = open_labels(
                contract,
                validation,
                examples=examples,
                bodies=bodies,
                challenges=self._challenges,
                usual=self._options.new_labels,
            )
        # By these a request is told whose path leads nowhere.
        self._usual = (tracking or contract.operations[0]).id
        self._routes = Routes(contract, tracking)  # last: whoever finds an operation finds all that belongs to it

    @property
    def makes_labels(self) -> bool:
        """Whether the contract has an operation that makes labels."""
        return self._rest is not None or self.contract.operation(CREATE_OPERATION) is not None

    def _find(self, request: Request) -> tuple[Route, Sandbox | None]:
        """Return where a request leads: to an operation, or to a document of a label in some sandbox."""
        route = self._routes.find(request.path, request.method)
        if route.operation is None and self._rest is not None:
            with self._reading:
                if self._rest is not None:
                    self._follow(self._rest(self.contract))
                    self._rest = None
            route = self._routes.find(request.path, request.method)
        if route.operation is not None or self._labels is None or not request.path.startswith(DOCUMENTS_PATH):
            return route, None
        return route, self._labels.home(request.path, self.sandboxes.get)

    def handle(self, request: Request, *, read_timeout_s: float | None = None) -> Response:
        """Answer one request and put the exchange into a journal.

        Args:
            request: what is asked.
            read_timeout_s: for a client without a socket, whom nobody keeps waiting in real time: virtual seconds
                after which it gives up waiting for a byte (may be infinite). None where delays are real ones.
        """
        headers = dict(request.headers)
        route, home = self._find(request)
        operation_id = route.operation.id if route.operation else None
        account = None if home else self._identify(operation_id or self._usual, request, headers)
        sandbox = account.sandbox if account else home or self.sandboxes.default
        with sandbox.lock:
            now = sandbox.clock.now()
            if home is None or self._labels is None:
                decision = self._decide(request, headers, route, account, now)
            else:
                decision = self._labels.document(home, request, now)
            delivery: Delivery | None = None
            if decision.fault is not None or decision.delay_s:
                if read_timeout_s is None:
                    delivery = deliver_live(decision, sandbox.clock)
                else:
                    delivery = deliver_in_process(decision, sandbox.clock, read_timeout_s)
            exchange = self._exchange(
                request, decision, operation_id, account, now, delivery, is_live=read_timeout_s is None
            )
            (sandbox.journal if account or home else self.sandboxes.unattributed).record(exchange)
            date = self._date(sandbox, now)
        body = decision.body
        sent = [date, *decision.headers]
        if body.content or decision.fault:
            sent += ((b"content-type", body.media_type), (b"content-length", b"%d" % len(body.content)))
        if body.kinds:
            sent.append((b"x-flexforward-mock", ", ".join(body.kinds).encode()))
        return Response(body.status, sent, b"" if request.method == "HEAD" else body.content, delivery, exchange)

    def knows(self, request: Request) -> bool:
        """Tell whether a request is for a document of ours, or shows the credentials of an account."""
        route, home = self._find(request)
        if home is not None:
            return True
        headers = dict(request.headers)
        operation = route.operation
        shown = (
            (requirement.names, shown_secrets(requirement, request, headers))
            for requirement in self._requirements[operation.id if operation else self._usual]
        )
        return any(secrets and self.sandboxes.holder(names, secrets) for names, secrets in shown)

    @property
    def statuses(self) -> tuple[int, ...]:
        """The statuses that the contract lists for the tracking operation, ascending."""
        return () if self.tracking is None else self.tracking.statuses

    @property
    def notes(self) -> tuple[str, ...]:
        """What is answered otherwise than the contract shows it, in sentences."""
        notes = [] if self.tracking else [f"no operation {TRACKING_OPERATION}: all answers are the document's examples"]
        if self.bodies is not None and self.bodies.made:
            notes.append(f"made values of shipments, since the document shows none: {', '.join(self.bodies.made)}")
        return (*notes, *self.examples.notes)

    def objection(self, scenario: Scenario) -> str | None:
        """Return why the contract cannot answer a scenario, as a sentence; None if it can."""
        if self.bodies is None:
            return f"{self.contract.source} has no operation {TRACKING_OPERATION}, which shipments answer"
        return self.bodies.objection(scenario)

    def cure(self, scenario: Scenario) -> str:
        """Return what could stand in place of what ``objection`` names in a scenario."""
        if self.bodies is None:
            return "a contract that has it"
        index, _ = next(self.bodies.objections(scenario))
        return self.bodies.cure(scenario.steps[index])

    def check_fault(self, fault: Fault) -> None:
        """Check a fault against the contract, whoever ordered it.

        Raises:
            FaultError: it makes no sense, or the contract forbids it.
        """
        if self.tracking is None or self.bodies is None:
            raise FaultError("kind", fault.kind, f"none: {self.contract.source} has no operation {TRACKING_OPERATION}")
        check_fault(fault, self.statuses)
        if fault.body is not None:
            violation = self.bodies.failure(fault.status or 0, fault.body).violation
            if violation is not None:
                raise FaultError("body", violation, "a body that the contract allows")

    def masked(self, request: Request) -> str:
        """Return path and query of a request as they may be kept: without credentials.

        What the request shows as a credential is masked wherever it stands, and so is every part of the path or the
        query that is somebody's credential, or whose name says that it holds one.
        """
        headers = dict(request.headers)
        schemes = (scheme for requirement in self._requirements[self._usual] for scheme in requirement.schemes)
        shown = [secret for scheme in schemes if (secret := shown_secret(scheme, request, headers))]
        return masked_path(request.path, request.query, shown=shown, is_secret=self.sandboxes.is_secret)

    def _exchange(
        self,
        request: Request,
        decision: Decision,
        operation_id: str | None,
        account: Account | None,
        now: datetime,
        delivery: Delivery | None,
        *,
        is_live: bool,
    ) -> Exchange:
        """Return what the journal says of a request."""
        body = decision.body
        is_sent = delivery is None or delivery.manner in _SENT
        # Whoever asked for a label that is there wrote no secret into the path.
        path = bounded(request.path) if decision.label is not None and not request.query else self.masked(request)
        note = body.violation or decision.note
        if note is not None and MASK in path:
            note = note.partition(";")[0]  # what follows may repeat a part of the path
        return Exchange(
            at=now,
            real_at=self._real_time(),
            method=request.method,
            path=path,
            status=body.status if is_sent else None,
            label=decision.label,
            tag=body.tag,
            poll=decision.poll,
            step=decision.step,
            fault=decision.fault,
            account=account.name if account else None,
            duration_s=decision.delay_s if delivery is None or is_live else delivery.delay_s,
            note=note,
            operation=operation_id,
            unmatched=decision.unmatched,
            body=body.content,
        )

    def _identify(self, operation_id: str, request: Request, headers: Mapping[bytes, bytes]) -> Account | None:
        """Return the account that the credentials name; the first alternative that is met counts."""
        requirements = self._requirements[operation_id]
        for requirement in requirements:
            secrets = shown_secrets(requirement, request, headers)
            account = None if secrets is None else self.sandboxes.holder(requirement.names, secrets)
            if account is not None:
                return account
        for requirement in requirements:
            secrets = shown_secrets(requirement, request, headers)
            if secrets is not None and self.sandboxes.takes_unknown(secrets):
                return self.sandboxes.default_own
        return None

    def _decide(
        self,
        request: Request,
        headers: Mapping[bytes, bytes],
        route: Route,
        account: Account | None,
        now: datetime,
    ) -> Decision:
        operation = route.operation
        if operation is None:
            return self._unrouted(request, route.at_path)
        if account is None:
            return self._unknown_credentials(operation, request, headers)
        if account.name in account.sandbox.revoked:
            return self._revoked(operation, account, route.raw_key)
        preference: Preference | None = None
        if b"prefer" in headers:
            try:
                preference = self._preference(operation, _joined(request, b"prefer"))
            except PreferenceError as error:
                return Decision(undocumented(400, str(error), "refused-preference"), note=str(error))
        if operation is self.tracking and self._tracking is not None:
            if preference is not None and preference.example is not None:
                return self._from_document(operation, route, headers, preference)
            return self._tracking.decide(account, route.raw_key, preference, now)
        if (
            self._labels is not None
            and operation.id in LABEL_OPERATIONS
            and (preference is None or preference.example is None)
        ):
            if len(request.body) > BODY_LIMIT:
                text = f"the body is longer than {BODY_LIMIT} bytes"
                return Decision(undocumented(413, text, "undocumented-status"), note=text)
            return self._labels.decide(account, operation, request, route.raw_values, preference, now)
        return self._from_document(operation, route, headers, preference or _NO_PREFERENCE)

    def _from_document(
        self, operation: Operation, route: Route, headers: Mapping[bytes, bytes], preference: Preference
    ) -> Decision:
        """Answer as the document shows it."""
        if not self._takes(operation, route.raw_values):
            text = f"the contract allows no such path: {operation.path}"
            body = self.examples.find(operation, 404) or undocumented(404, text)
            return Decision(body, note=text)
        accept = headers.get(b"accept")
        accepted = None if accept is None else accept.decode("latin-1")
        try:
            body, note = self.examples.answer(operation, preference.code, preference.example, accepted)
        except PreferenceError as error:
            return Decision(undocumented(400, str(error), "refused-preference"), note=str(error))
        is_preferred = preference != _NO_PREFERENCE
        applied = ((b"preference-applied", str(preference).encode()),) if is_preferred else ()
        challenged = self._challenges[operation.id] if body.status == 401 else ()
        return Decision(body, note=note, headers=(*applied, *challenged), delay_s=preference.delay_s or 0.0)

    def _takes(self, operation: Operation, raw_values: tuple[str, ...]) -> bool:
        """Tell whether the contract allows the parameters of a path."""
        try:
            values = [unquote_to_bytes(value).decode() for value in raw_values]
        except UnicodeDecodeError:
            return False
        pairs = zip(operation.parameters, values, strict=False)
        return all(self._validation.accepts(operation, parameter, value) for parameter, value in pairs)

    def _unknown_credentials(self, operation: Operation, request: Request, headers: Mapping[bytes, bytes]) -> Decision:
        requirements = self._requirements[operation.id]
        schemes = (scheme for requirement in requirements for scheme in requirement.schemes)
        is_shown = any(shown_secret(scheme, request, headers) for scheme in schemes)
        note = "the credentials match no account" if is_shown else "no credentials were sent"
        unmatched: Unmatched | None = "credentials" if is_shown else None
        return Decision(
            self.examples.refusal(operation), note=note, headers=self._challenges[operation.id], unmatched=unmatched
        )

    def _revoked(self, operation: Operation, account: Account, raw_key: str) -> Decision:
        note = "these credentials always get 401" if account.name == "bad" else "the credentials are revoked"
        key = self._tracking.key(raw_key) if self._tracking is not None and operation is self.tracking else None
        tracked = None if key is None else account.sandbox.find(key, account.name)
        label = None if tracked is None else tracked.label.id
        return Decision(self.examples.refusal(operation), label, note=note, headers=self._challenges[operation.id])

    def _preference(self, operation: Operation, value: str) -> Preference | None:
        """Return what a ``Prefer`` header asks for; None if nothing that is ours.

        Raises:
            PreferenceError: it cannot be met.
        """
        preference = parse_prefer(value)
        code = preference.code
        if preference == _NO_PREFERENCE:
            return None
        is_free = self._options.allow_undocumented and operation is self.tracking
        if code is None or is_free or self.examples.find(operation, code) is not None:
            return preference
        statuses = self.examples.statuses(operation)
        raise PreferenceError(
            f"Prefer: code={code} is not possible for {operation.method} {operation.path}; "
            f"allowed: {', '.join(map(str, statuses))}"
            + (" (or any other with the option --off-contract of serve)" if operation is self.tracking else "")
        )

    def _unrouted(self, request: Request, at_path: tuple[Operation, ...]) -> Decision:
        if at_path:
            methods = ", ".join(dict.fromkeys(entry.method for entry in at_path))
            text = f"{at_path[0].path} has no {request.method}; allowed: {methods}"
            allow = ((b"allow", methods.encode()),)
            return Decision(undocumented(405, text), note=text, headers=allow, unmatched="method")
        text = self._routes.explain(self.masked(request).partition("?")[0])
        return Decision(undocumented(404, text), note=text, unmatched="path")

    def _date(self, sandbox: Sandbox, now: datetime) -> tuple[bytes, bytes]:
        kept = sandbox.date
        if kept is None or not kept[0] <= now < kept[0] + _SECOND:
            second = now.replace(microsecond=0)
            kept = sandbox.date = second, format_datetime(second.astimezone(UTC), usegmt=True).encode()
        return b"date", kept[1]


def _joined(request: Request, name: bytes) -> str:
    """Return a header that may stand on several lines as the one line that it means."""
    return ", ".join(value.decode("latin-1") for header, value in request.headers if header == name)
