"""The engine: a request in, a reply out. It knows no sockets, no event loop and no framework.

The order of judgement is path, method, credentials, label. Time comes from the sandbox's clock, ids and credentials
from whoever set the sandbox up; nothing is drawn here.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

import msgspec
from msgspec.structs import replace

from flexforward_mockserver.scenarios.lifecycle import Shipment, show
from flexforward_mockserver.scenarios.script_id import parse_script_id
from flexforward_mockserver.state.fault import DEFAULT_STATUSES
from flexforward_mockserver.state.journal import Exchange
from flexforward_mockserver.state.label import Label, is_uuid, label_uuid
from flexforward_mockserver.state.mask import masked_path
from flexforward_mockserver.state.sandbox import SandboxFullError
from flexforward_openapi import CONTRACT_FILE, Contract, ContractError, Operation, Validation

from .authentication import Way, shown_secret, shown_secrets, ways_in
from .decision import Verdict, deliver_in_process, deliver_live, spoiled
from .messages import Reply, Request
from .prefer import Preference, PreferenceError, parse_prefer
from .response_body import Answer, Answers, phrase, tracking_operation
from .route import Route, Routes
from .suggestions import explain_unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flexforward_mockserver.scenarios.scenario import Failure, Scenario
    from flexforward_mockserver.state.fault import Delivery, Laid
    from flexforward_mockserver.state.journal import Unmatched
    from flexforward_mockserver.state.sandbox import Sandbox, Tracked
    from flexforward_mockserver.state.sandboxes import Account, Sandboxes
    from flexforward_openapi import Json

__all__ = ["Engine", "EngineOptions"]

_Headers = list[tuple[bytes, bytes]]
_SECOND = timedelta(seconds=1)
_NO_WISH = Preference()
_COMPARED = 100
"""How many known ids and order numbers an unknown one is compared with."""
STATUS_KINDS = ("status", "undocumented-status", "unlisted-status")


class EngineOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How an engine behaves beyond its contract.

    Attributes:
        unknown_ids: lifecycle of every id that nobody knows; None to answer 404 to them.
        is_off_contract: ``Prefer: code=`` may ask for statuses that the contract does not list.
    """

    unknown_ids: Scenario | None = None
    is_off_contract: bool = False


class Engine:
    """Answers requests as the contract says and as the sandboxes stand.

    Args:
        contract: the document that decides paths, security, statuses and bodies.
        open_sandboxes: makes the sandboxes, given the ways in that the contract knows.
        options: how it behaves beyond the contract.
        real_time: seconds since 1970; only the journal shows it.

    Raises:
        ContractError: the contract asks for something that cannot be honoured, with its place.
    """

    def __init__(
        self,
        contract: Contract,
        open_sandboxes: Callable[[tuple[Way, ...]], Sandboxes],
        options: EngineOptions | None = None,
        *,
        real_time: Callable[[], float] = time.time,
    ) -> None:
        self.contract = contract
        self._options = options or EngineOptions()
        self._real_time = real_time
        self.tracking = tracking = tracking_operation(contract)
        self._validation = Validation(contract)
        self.answers = Answers(contract, self._validation, tracking)
        self._ways = {operation.id: ways_in(contract, operation) for operation in contract.operations}
        self._refusals = dict(self._all_refusals())
        self._serves_all = contract.source == CONTRACT_FILE.name  # tests hold that the shipped one answers everything
        self._successes: dict[str, int] = {}
        self._examples = dict(self._all_examples())
        self.sandboxes = open_sandboxes(tuple(dict.fromkeys(way for ways in self._ways.values() for way in ways)))
        self._challenge = tuple(
            (b"www-authenticate", b'Bearer realm="flexforward-mock"')
            for way in self._ways[tracking.id]
            if any(scheme.kind == "bearer" for scheme in way.schemes)
        )[:1]
        self._routes = Routes(contract, tracking)

    def handle(self, request: Request, *, patience_s: float | None = None) -> Reply:
        """Answer one request and put the exchange into a journal.

        Args:
            request: what is asked.
            patience_s: for a client without a socket, whom nobody keeps waiting in real time: virtual seconds after
                which it gives up waiting for a byte (may be infinite). None where delays are real ones.
        """
        headers = dict(request.headers)
        route = self._routes.find(request.path, request.method)
        account = self._identify(route.operation or self.tracking, request, headers)
        sandbox = account.sandbox if account else self.sandboxes.default
        with sandbox.lock:
            now = sandbox.clock.now()
            verdict = self._judge(request, headers, route, account, now)
            answer = verdict.answer
            delivery: Delivery | None = None
            waited_s = verdict.delay_s
            if verdict.fault is not None or verdict.delay_s:
                if patience_s is None:
                    delivery = deliver_live(verdict, sandbox.clock)
                else:
                    delivery = deliver_in_process(verdict, sandbox.clock, patience_s)
                    waited_s = delivery.delay_s
            is_sent = delivery is None or delivery.manner in ("whole", "dribble", "close-mid-body")
            exchange = Exchange(
                at=now,
                real_at=self._real_time(),
                method=request.method,
                # Whoever asked for a label that is there wrote no secret into the path.
                path=request.path if verdict.label is not None and not request.query else self.masked(request),
                status=answer.status if is_sent else None,
                label=verdict.label,
                tag=answer.tag,
                poll=verdict.poll,
                step=verdict.step,
                fault=verdict.fault,
                account=account.name if account else None,
                duration_s=waited_s,
                note=answer.lie or verdict.note,
                unmatched=verdict.unmatched,
                body=answer.body,
            )
            (sandbox.journal if account else self.sandboxes.unattributed).record(exchange)
            date = self._date(sandbox, now)
        reply: _Headers = [date, *verdict.headers]
        if answer.body or verdict.fault:
            reply += ((b"content-type", answer.media_type), (b"content-length", b"%d" % len(answer.body)))
        if answer.kinds:
            reply.append((b"x-flexforward-mock", ", ".join(answer.kinds).encode()))
        return Reply(answer.status, reply, b"" if request.method == "HEAD" else answer.body, delivery, exchange)

    def masked(self, request: Request) -> str:
        """Return path and query of a request as they may be kept: without credentials.

        What the request shows as a credential is masked wherever it stands, and so is every part of the path or the
        query that is somebody's credential, or whose name says that it holds one.
        """
        headers = dict(request.headers)
        schemes = (scheme for way in self._ways[self.tracking.id] for scheme in way.schemes)
        shown = [secret for scheme in schemes if (secret := shown_secret(scheme, request, headers))]
        return masked_path(request.path, request.query, shown=shown, is_secret=self.sandboxes.is_secret)

    def _identify(self, operation: Operation, request: Request, headers: Mapping[bytes, bytes]) -> Account | None:
        """Return the account that the credentials name; the first alternative that is met counts."""
        ways = self._ways[operation.id]
        for way in ways:
            secrets = shown_secrets(way, request, headers)
            account = None if secrets is None else self.sandboxes.holder(way.kinds, secrets)
            if account is not None:
                return account
        for way in ways:
            secrets = shown_secrets(way, request, headers)
            if secrets is not None and self.sandboxes.takes_unknown(secrets):
                return self.sandboxes.default_own
        return None

    def _judge(
        self,
        request: Request,
        headers: Mapping[bytes, bytes],
        route: Route,
        account: Account | None,
        now: datetime,
    ) -> Verdict:
        operation = route.operation
        if operation is None:
            return self._unrouted(request, route.at_path)
        if account is not None and account.name in account.sandbox.revoked:
            note = "the credentials are never taken" if account.name == "bad" else "the credentials are revoked"
            key = self._key(route.raw_key) if operation is self.tracking else None
            tracked = None if key is None else account.sandbox.find(key)
            label = None if tracked is None else tracked.label.id
            return Verdict(self._refusals[operation.id], label, note=note, headers=self._challenge)
        if account is None:
            ways = self._ways[operation.id]
            is_shown = any(shown_secret(scheme, request, headers) for way in ways for scheme in way.schemes)
            note = "the credentials that were shown belong to nobody" if is_shown else "no credentials were shown"
            unmatched: Unmatched | None = "credentials" if is_shown else None
            return Verdict(self._refusals[operation.id], note=note, headers=self._challenge, unmatched=unmatched)
        wish = _NO_WISH
        if b"prefer" in headers:
            try:
                wish = self._preference(operation, _joined(request, b"prefer"))
            except PreferenceError as error:
                return Verdict(self.answers.undocumented(400, str(error), "refused-preference"), note=str(error))
        if operation is not self.tracking:
            answer = self._examples[operation.id, wish.code or self._successes[operation.id]]
            return Verdict(answer, note="answered from the document's example")
        key = self._key(route.raw_key)
        if key is None:
            return Verdict(self.answers.failure(404), note="the contract allows no such id, or it is not UTF-8")
        if wish is not _NO_WISH and wish != _NO_WISH:
            return self._preferred(account, key, wish, now)
        sandbox = account.sandbox
        laid = sandbox.strike(account.name, _names(sandbox, key)) if sandbox.faults else None
        if laid is not None:
            return self._struck(account, key, laid, now)
        return self._read(account, key, now)

    def _read(self, account: Account, key: str, now: datetime, *, is_counted: bool = True) -> Verdict:
        """Answer as the label's lifecycle stands, and count the request as one of its polls."""
        sandbox = account.sandbox
        tracked = sandbox.find(key)
        if tracked is None:
            try:
                tracked = self._begin(account, key, now)
            except SandboxFullError as error:
                return Verdict(self.answers.failure(404), note=str(error))
        if tracked is None:
            return Verdict(self.answers.failure(404), note=explain_unknown(key, sandbox.newest_keys(_COMPARED)))
        label = tracked.label
        if label.account != account.name:
            status = 403 if self.tracking.response(403) else 404
            return Verdict(self.answers.failure(status), label.id, note="the label is another account's")
        progress = sandbox.poll(tracked, now) if is_counted else sandbox.settle(tracked, now)
        answer = self._drawn(tracked, progress.step)
        headers = self._challenge if answer.status == 401 else ()
        polls = tracked.polls if is_counted else None
        verdict = Verdict(answer, label.id, polls, progress.step, headers=headers)
        fault = label.scenario.steps[progress.step].fault
        if fault is not None and fault.kind in DEFAULT_STATUSES:
            ordered = self._ordered(fault.kind, fault.status, None)
            headers = _extra_headers(ordered, self._challenge)
            return replace(verdict, answer=ordered, fault=fault.kind, delay_s=fault.delay_s, headers=headers)
        return verdict if fault is None else spoiled(verdict, fault.kind, fault.delay_s)

    def _struck(self, account: Account, key: str, laid: Laid, now: datetime) -> Verdict:
        """Answer under a fault. No lifecycle counts it."""
        fault = laid.fault
        if fault.kind in STATUS_KINDS:
            verdict = Verdict(self._ordered(fault.kind, fault.status, fault.body), fault=fault.kind)
            tracked = account.sandbox.find(key)
            verdict = replace(verdict, label=tracked.label.id if tracked else None, delay_s=laid.delay_s())
            return replace(verdict, headers=_extra_headers(verdict.answer, self._challenge))
        due = self._read(account, key, now, is_counted=False)
        verdict = spoiled(due, fault.kind, laid.delay_s())
        if verdict.answer is due.answer:  # an evolution that does not fit an error: it waits for a better moment
            laid.fired -= 1
            return self._read(account, key, now)
        return verdict

    def _ordered(self, kind: str, status: int | None, body: Json) -> Answer:
        """Return the answer of a fault that answers itself."""
        if kind == "status":
            return self.answers.failure(status or 502, body)
        status = status or DEFAULT_STATUSES[kind]
        return self.answers.undocumented(status, phrase(status), kind)

    def _drawn(self, tracked: Tracked, step: int) -> Answer:
        """Return the answer of a label's open step, made and checked once for as long as the step lasts."""
        drawn = tracked.drawn
        if drawn is None or drawn[0] != step:
            drawn = tracked.drawn = (
                step,
                self._make(tracked.label, show(tracked.label.scenario, tracked.progress)),
            )
        return drawn[1]

    def _make(self, label: Label, shown: Shipment | Failure) -> Answer:
        if isinstance(shown, Shipment):
            return self.answers.shipment(label, shown)
        return self.answers.failure(shown.status, shown.body)

    def _begin(self, account: Account, key: str, now: datetime) -> Tracked | None:
        """Make a label of an order number that carries its own lifecycle, or of any id where that was wanted."""
        sandbox = account.sandbox
        scenario = parse_script_id(key)
        if scenario is not None and not self._serves_all and self.answers.objection(scenario) is not None:
            scenario = None
        scenario = scenario or self._options.unknown_ids
        if scenario is None:
            return None
        label_id = key.lower() if is_uuid(key) else label_uuid(key)
        known = sandbox.find(label_id)
        if known is not None:  # asked for by its UUID before, while every id was taken
            sandbox.name(known, key)
            return known
        label = sandbox.draw_up(scenario, order_number=key, label_id=label_id, account=account.name, began_at=now)
        return sandbox.add(label)

    def _preference(self, operation: Operation, value: str) -> Preference:
        wish = parse_prefer(value)
        is_free = self._options.is_off_contract and operation is self.tracking
        if wish.code is None or is_free or (operation.id, wish.code) in self._examples:
            return wish
        allowed = ", ".join(str(status) for operation_id, status in self._examples if operation_id == operation.id)
        raise PreferenceError(
            f"Prefer: code={wish.code} is not a status that {operation.method} {operation.path} shows; "
            f"allowed: {allowed}"
            + (" (or any other where the server runs with --off-contract)" if operation is self.tracking else "")
        )

    def _preferred(self, account: Account, key: str, wish: Preference, now: datetime) -> Verdict:
        """Answer as ``Prefer`` asks. No lifecycle counts it."""
        if wish.code is not None:
            verdict = self._with_code(account, key, wish.code, now)
        elif wish.fault in STATUS_KINDS:
            answer = self._ordered(wish.fault, None, None)
            verdict = Verdict(answer, headers=_extra_headers(answer, ()), fault=wish.fault)
        else:
            due = self._read(account, key, now, is_counted=False)
            verdict = due if wish.fault is None else spoiled(due, wish.fault, 0.0)
        applied = (b"preference-applied", str(wish).encode())
        note = f"Prefer: {wish}"
        delay_s = wish.delay_s or 0.0
        return replace(verdict, note=note, headers=(applied, *verdict.headers), delay_s=delay_s)

    def _with_code(self, account: Account, key: str, code: int, now: datetime) -> Verdict:
        example = self._examples.get((self.tracking.id, code))
        if example is None:
            answer = self.answers.undocumented(code, phrase(code), "undocumented-status")
            return Verdict(answer, headers=_extra_headers(answer, ()))
        tracked = account.sandbox.find(key) if code < 300 else None
        if tracked is not None and tracked.label.account == account.name:
            progress = account.sandbox.settle(tracked, now)
            shown = show(tracked.label.scenario, progress)
            if isinstance(shown, Shipment):
                return Verdict(self._make(tracked.label, shown), tracked.label.id, None, progress.step)
        return Verdict(example, headers=_extra_headers(example, self._challenge))

    def _key(self, key: str) -> str | None:
        """Return the id or order number that is asked for, decoded once; None if the contract allows no such one."""
        if "%" in key:
            try:
                key = unquote_to_bytes(key).decode()
            except UnicodeDecodeError:
                return None
        return key if self._validation.accepts(self.tracking, self.tracking.parameters[0], key) else None

    def _unrouted(self, request: Request, at_path: tuple[Operation, ...]) -> Verdict:
        if at_path:
            methods = ", ".join(dict.fromkeys(entry.method for entry in at_path))
            text = f"{at_path[0].path} has no {request.method}; allowed: {methods}"
            allow = ((b"allow", methods.encode()),)
            return Verdict(self.answers.undocumented(405, text), note=text, headers=allow, unmatched="method")
        text = self._routes.explain(self.masked(request).partition("?")[0])
        return Verdict(self.answers.undocumented(404, text), note=text, unmatched="path")

    def _date(self, sandbox: Sandbox, now: datetime) -> tuple[bytes, bytes]:
        kept = sandbox.date
        if kept is None or not kept[0] <= now < kept[0] + _SECOND:
            second = now.replace(microsecond=0)
            kept = sandbox.date = second, format_datetime(second.astimezone(UTC), usegmt=True).encode()
        return b"date", kept[1]

    def _all_examples(self) -> Iterator[tuple[tuple[str, int], Answer]]:
        """Yield an answer for each status of each operation; only a failure may go without one."""
        for operation in self.contract.operations:
            successes = [status for status in operation.statuses if 200 <= status < 300]
            if not successes and operation is not self.tracking:
                raise self.contract.mistake(
                    f"{operation.pointer}/responses", found="no success stands here", allowed="a 2XX status"
                )
            self._successes[operation.id] = min(successes, default=0)
            for status in operation.statuses:
                if operation is self.tracking and status >= 300:
                    yield (operation.id, status), self.answers.failure(status)
                    continue
                try:
                    yield (operation.id, status), self.answers.example(operation, status)
                except ContractError:
                    if 200 <= status < 300 and operation is not self.tracking:
                        raise

    def _all_refusals(self) -> Iterator[tuple[str, Answer]]:
        """Yield what each operation answers to somebody without credentials."""
        needed = {404: "an id that nobody knows"}
        if all(way.schemes for way in self._ways[self.tracking.id]):
            needed[401] = "a request without credentials"
        for status, situation in needed.items():
            if self.tracking.response(status) is None:
                raise self.contract.mistake(
                    f"{self.tracking.pointer}/responses",
                    found=f"no {status} stands here, so {situation} could not be answered",
                    allowed=f"a response {status}, {status // 100}XX or default",
                )
        for operation in self.contract.operations:
            if operation.response(401) is not None:
                yield operation.id, self.answers.failure(401, operation=operation)
            else:  # HTTP needs one even where the document forgot it
                yield operation.id, self.answers.undocumented(401, phrase(401), "undocumented-status")


def _joined(request: Request, name: bytes) -> str:
    """Return a header that may stand on several lines as the one line that it means."""
    return ", ".join(value.decode("latin-1") for header, value in request.headers if header == name)


def _extra_headers(answer: Answer, challenge: tuple[tuple[bytes, bytes], ...]) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers that HTTP wants with some statuses."""
    if answer.status == 401:
        return challenge
    return ((b"retry-after", b"60"),) if answer.status in (429, 503) else ()


def _names(sandbox: Sandbox, key: str) -> tuple[str, ...]:
    """Return the names by which a fault may know the label that ``key`` asks for."""
    tracked = sandbox.find(key)
    return (key, label_uuid(key)) if tracked is None else (tracked.label.id, tracked.label.order_number)
