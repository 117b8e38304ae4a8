"""The engine: a request in, a response out. It knows no sockets, no event loop and no framework.

The order of judgement is path, method, credentials, label. Time comes from the sandbox's clock, ids and credentials
from whoever set the sandbox up; nothing is drawn here.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.state.fault import FaultError, check_fault
from flexforward_mockserver.state.journal import Exchange
from flexforward_mockserver.state.mask import bounded, masked_path
from flexforward_openapi import Contract, Operation, Validation

from .authentication import security_requirements, shown_secret, shown_secrets
from .decision import Decision
from .delivery import deliver_in_process, deliver_live
from .examples import Examples
from .messages import Request, Response
from .prefer import Preference, PreferenceError, parse_prefer
from .response_body import ResponseBodies, tracking_operation
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

__all__ = ["Engine", "EngineOptions"]

_SECOND = timedelta(seconds=1)
_NO_PREFERENCE = Preference()
_SENT = ("whole", "dribble", "close-mid-body")
"""Manners of delivery by which the status line reaches the client."""


class EngineOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How an engine behaves beyond its contract.

    Attributes:
        unknown_ids: lifecycle of every id that is not known; None to answer 404 to them.
        allow_undocumented: ``Prefer: code=`` may ask for statuses that the contract does not list.
    """

    unknown_ids: Scenario | None = None
    allow_undocumented: bool = False


class Engine:
    """Answers requests as the contract says and as the sandboxes stand.

    Args:
        contract: the document that decides paths, security, statuses and bodies.
        open_sandboxes: makes the sandboxes, given the security requirements of the contract.
        options: how it behaves beyond the contract.
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
        real_time: Callable[[], float] = time.time,
    ) -> None:
        self.contract = contract
        self._options = options or EngineOptions()
        self._real_time = real_time
        self.tracking = tracking = tracking_operation(contract)
        validation = Validation(contract)
        self.bodies = ResponseBodies(contract, validation, tracking)
        self._requirements = {
            operation.id: security_requirements(contract, operation) for operation in contract.operations
        }
        self._examples = Examples(contract, self.bodies, tracking, self._requirements)
        every = (requirement for listed in self._requirements.values() for requirement in listed)
        self.sandboxes = open_sandboxes(tuple(dict.fromkeys(every)))
        self._challenge = tuple(
            (b"www-authenticate", b'Bearer realm="flexforward-mock"')
            for requirement in self._requirements[tracking.id]
            if any(scheme.kind == "bearer" for scheme in requirement.schemes)
        )[:1]
        self._routes = Routes(contract, tracking)
        self._tracking = Tracking(
            contract,
            tracking,
            validation=validation,
            bodies=self.bodies,
            examples=self._examples,
            challenge=self._challenge,
            unknown_ids=self._options.unknown_ids,
        )

    def handle(self, request: Request, *, read_timeout_s: float | None = None) -> Response:
        """Answer one request and put the exchange into a journal.

        Args:
            request: what is asked.
            read_timeout_s: for a client without a socket, whom nobody keeps waiting in real time: virtual seconds
                after which it gives up waiting for a byte (may be infinite). None where delays are real ones.
        """
        headers = dict(request.headers)
        route = self._routes.find(request.path, request.method)
        account = self._identify(route.operation or self.tracking, request, headers)
        sandbox = account.sandbox if account else self.sandboxes.default
        with sandbox.lock:
            now = sandbox.clock.now()
            decision = self._decide(request, headers, route, account, now)
            delivery: Delivery | None = None
            if decision.fault is not None or decision.delay_s:
                if read_timeout_s is None:
                    delivery = deliver_live(decision, sandbox.clock)
                else:
                    delivery = deliver_in_process(decision, sandbox.clock, read_timeout_s)
            exchange = self._exchange(request, decision, account, now, delivery, is_live=read_timeout_s is None)
            (sandbox.journal if account else self.sandboxes.unattributed).record(exchange)
            date = self._date(sandbox, now)
        body = decision.body
        sent = [date, *decision.headers]
        if body.content or decision.fault:
            sent += ((b"content-type", body.media_type), (b"content-length", b"%d" % len(body.content)))
        if body.kinds:
            sent.append((b"x-flexforward-mock", ", ".join(body.kinds).encode()))
        return Response(body.status, sent, b"" if request.method == "HEAD" else body.content, delivery, exchange)

    def knows(self, request: Request) -> bool:
        """Tell whether the credentials that a request shows are those of an account."""
        headers = dict(request.headers)
        operation = self._routes.find(request.path, request.method).operation or self.tracking
        shown = (
            (requirement.kinds, shown_secrets(requirement, request, headers))
            for requirement in self._requirements[operation.id]
        )
        return any(secrets and self.sandboxes.holder(kinds, secrets) for kinds, secrets in shown)

    def check_fault(self, fault: Fault) -> None:
        """Check a fault against the contract, whoever ordered it.

        Raises:
            FaultError: it makes no sense, or the contract forbids it.
        """
        check_fault(fault, self.tracking.statuses)
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
        schemes = (scheme for requirement in self._requirements[self.tracking.id] for scheme in requirement.schemes)
        shown = [secret for scheme in schemes if (secret := shown_secret(scheme, request, headers))]
        return masked_path(request.path, request.query, shown=shown, is_secret=self.sandboxes.is_secret)

    def _exchange(
        self,
        request: Request,
        decision: Decision,
        account: Account | None,
        now: datetime,
        delivery: Delivery | None,
        *,
        is_live: bool,
    ) -> Exchange:
        """Return what the journal says of a request."""
        body = decision.body
        is_sent = delivery is None or delivery.manner in _SENT
        return Exchange(
            at=now,
            real_at=self._real_time(),
            method=request.method,
            # Whoever asked for a label that is there wrote no secret into the path.
            path=bounded(request.path) if decision.label is not None and not request.query else self.masked(request),
            status=body.status if is_sent else None,
            label=decision.label,
            tag=body.tag,
            poll=decision.poll,
            step=decision.step,
            fault=decision.fault,
            account=account.name if account else None,
            duration_s=decision.delay_s if delivery is None or is_live else delivery.delay_s,
            note=body.violation or decision.note,
            unmatched=decision.unmatched,
            body=body.content,
        )

    def _identify(self, operation: Operation, request: Request, headers: Mapping[bytes, bytes]) -> Account | None:
        """Return the account that the credentials name; the first alternative that is met counts."""
        requirements = self._requirements[operation.id]
        for requirement in requirements:
            secrets = shown_secrets(requirement, request, headers)
            account = None if secrets is None else self.sandboxes.holder(requirement.kinds, secrets)
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
                return Decision(self.bodies.undocumented(400, str(error), "refused-preference"), note=str(error))
        if operation is self.tracking:
            return self._tracking.decide(account, route.raw_key, preference, now)
        example = self._examples.find(operation, preference.code if preference else None)
        assert example is not None  # the preference was checked, and a success stands for each operation
        return Decision(example, note="answered from the document's example")

    def _unknown_credentials(self, operation: Operation, request: Request, headers: Mapping[bytes, bytes]) -> Decision:
        requirements = self._requirements[operation.id]
        schemes = (scheme for requirement in requirements for scheme in requirement.schemes)
        is_shown = any(shown_secret(scheme, request, headers) for scheme in schemes)
        note = "the credentials match no account" if is_shown else "no credentials were shown"
        unmatched: Unmatched | None = "credentials" if is_shown else None
        return Decision(self._examples.refusal(operation), note=note, headers=self._challenge, unmatched=unmatched)

    def _revoked(self, operation: Operation, account: Account, raw_key: str) -> Decision:
        note = "the credentials are never taken" if account.name == "bad" else "the credentials are revoked"
        key = self._tracking.key(raw_key) if operation is self.tracking else None
        tracked = None if key is None else account.sandbox.find(key, account.name)
        label = None if tracked is None else tracked.label.id
        return Decision(self._examples.refusal(operation), label, note=note, headers=self._challenge)

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
        if code is None or is_free or code in (statuses := self._examples.statuses(operation)):
            return preference
        raise PreferenceError(
            f"Prefer: code={code} is not a status that {operation.method} {operation.path} shows; "
            f"allowed: {', '.join(map(str, statuses))}"
            + (" (or any other where the server runs with --off-contract)" if operation is self.tracking else "")
        )

    def _unrouted(self, request: Request, at_path: tuple[Operation, ...]) -> Decision:
        if at_path:
            methods = ", ".join(dict.fromkeys(entry.method for entry in at_path))
            text = f"{at_path[0].path} has no {request.method}; allowed: {methods}"
            allow = ((b"allow", methods.encode()),)
            return Decision(self.bodies.undocumented(405, text), note=text, headers=allow, unmatched="method")
        text = self._routes.explain(self.masked(request).partition("?")[0])
        return Decision(self.bodies.undocumented(404, text), note=text, unmatched="path")

    def _date(self, sandbox: Sandbox, now: datetime) -> tuple[bytes, bytes]:
        kept = sandbox.date
        if kept is None or not kept[0] <= now < kept[0] + _SECOND:
            second = now.replace(microsecond=0)
            kept = sandbox.date = second, format_datetime(second.astimezone(UTC), usegmt=True).encode()
        return b"date", kept[1]


def _joined(request: Request, name: bytes) -> str:
    """Return a header that may stand on several lines as the one line that it means."""
    return ", ".join(value.decode("latin-1") for header, value in request.headers if header == name)
