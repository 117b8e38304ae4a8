"""The engine: a request in, a reply out. It knows no sockets, no event loop and no framework.

The order of judgement is path, method, credentials, label. Time comes from the sandbox's clock, ids and credentials
from whoever set the sandbox up; nothing is drawn here.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

import msgspec

from flexforward_openapi import Contract, ContractError, Operation, Validation

from .answer import Answer, Answers, phrase, tracking_operation
from .credential import Way, shown_secret, shown_secrets, ways_in
from .exchange import Reply, Request
from .journal import Exchange
from .label import Label, draw_tracking_number, label_uuid
from .lifecycle import Shipment, show
from .prefer import PreferenceError, parse_prefer
from .sandbox import SandboxFullError
from .script_id import parse_script_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from .sandbox import Account, Sandbox, Sandboxes, Tracked
    from .scenario import Failure, Scenario

__all__ = ["Engine", "EngineOptions"]

_Headers = list[tuple[bytes, bytes]]
_SECOND = timedelta(seconds=1)
_JSON = (b"content-type", b"application/json")


class EngineOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How an engine behaves beyond its contract.

    Attributes:
        unknown_ids: lifecycle of every id that nobody knows; None to answer 404 to them.
        is_off_contract: ``Prefer: code=`` may ask for statuses that the contract does not list.
    """

    unknown_ids: Scenario | None = None
    is_off_contract: bool = False


class _Route(msgspec.Struct, frozen=True):
    """Where a request leads: the operation, or else those at its path with other methods.

    Attributes:
        raw_key: the tracking operation's parameter, still percent-encoded.
    """

    operation: Operation | None
    raw_key: str = ""
    at_path: tuple[Operation, ...] = ()


class _Verdict(msgspec.Struct, frozen=True):
    """An answer and what the journal says of it."""

    answer: Answer
    label: str | None = None
    poll: int | None = None
    step: int | None = None
    note: str | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Engine:
    """Answers requests as the contract says and as the sandboxes stand.

    Args:
        contract: the document that decides paths, security, statuses and bodies.
        open_sandboxes: makes the sandboxes, given the ways in that the contract knows.

    Raises:
        ContractError: the contract asks for something that cannot be honoured, with its place.
    """

    def __init__(
        self,
        contract: Contract,
        open_sandboxes: Callable[[tuple[Way, ...]], Sandboxes],
        options: EngineOptions | None = None,
    ) -> None:
        self.contract = contract
        self._options = options or EngineOptions()
        self.tracking = tracking = tracking_operation(contract)
        self._validation = Validation(contract)
        self.answers = Answers(contract, self._validation, tracking)
        self._ways = {operation.id: ways_in(contract, operation) for operation in contract.operations}
        self._refusals = dict(self._all_refusals())
        self._examples = dict(self._all_examples())
        self.sandboxes = open_sandboxes(tuple(dict.fromkeys(way for ways in self._ways.values() for way in ways)))
        self._challenge = tuple(
            (b"www-authenticate", b'Bearer realm="flexforward-mock"')
            for way in self._ways[tracking.id]
            if any(scheme.kind == "bearer" for scheme in way.schemes)
        )[:1]
        self._dates: dict[Sandbox, tuple[datetime, bytes]] = {}

    def handle(self, request: Request) -> Reply:
        """Answer one request and put the exchange into a journal."""
        headers = dict(request.headers)
        route = self._route(request)
        account = self._identify(route.operation or self.tracking, request, headers)
        sandbox = account.sandbox if account else self.sandboxes.default
        with sandbox.lock:
            now = sandbox.clock.now()
            verdict = self._judge(request, headers, route, account, now)
            answer = verdict.answer
            (sandbox.journal if account else self.sandboxes.unattributed).record(
                Exchange(
                    at=now,
                    method=request.method,
                    path=request.path,
                    status=answer.status,
                    label=verdict.label,
                    tag=answer.tag,
                    poll=verdict.poll,
                    step=verdict.step,
                    account=account.name if account else None,
                    note=answer.lie or verdict.note,
                )
            )
            date = self._date(sandbox, now)
        reply: _Headers = [date, *verdict.headers]
        if answer.body:
            reply += (_JSON, (b"content-length", b"%d" % len(answer.body)))
        if answer.kinds:
            reply.append((b"x-flexforward-mock", ", ".join(answer.kinds).encode()))
        return Reply(answer.status, reply, b"" if request.method == "HEAD" else answer.body)

    def _route(self, request: Request) -> _Route:
        tracking = self.tracking
        if tracking.method == request.method and (match := tracking.pattern.fullmatch(request.path)):
            return _Route(tracking, match[1])
        at_path = tuple(entry for entry in self.contract.operations if entry.pattern.fullmatch(request.path))
        operation = next((entry for entry in at_path if entry.method == request.method), None)
        return _Route(operation, at_path=at_path)

    def _identify(self, operation: Operation, request: Request, headers: Mapping[bytes, bytes]) -> Account | None:
        """Return the account that the credentials name; the first alternative that is met counts."""
        for way in self._ways[operation.id]:
            secrets = shown_secrets(way, request, headers)
            account = None if secrets is None else self.sandboxes.holder(way.kinds, secrets)
            if account is not None:
                return account
        return None

    def _judge(
        self,
        request: Request,
        headers: Mapping[bytes, bytes],
        route: _Route,
        account: Account | None,
        now: datetime,
    ) -> _Verdict:
        operation = route.operation
        if operation is None:
            return self._unrouted(request, route.at_path)
        if account is None:
            ways = self._ways[operation.id]
            is_shown = any(shown_secret(scheme, request, headers) for way in ways for scheme in way.schemes)
            note = "the credentials that were shown belong to nobody" if is_shown else "no credentials were shown"
            return _Verdict(self._refusals[operation.id], note=note, headers=self._challenge)
        code = None
        if b"prefer" in headers:
            try:
                code = self._preferred_code(operation, headers[b"prefer"].decode("latin-1"))
            except PreferenceError as error:
                return _Verdict(self.answers.undocumented(400, str(error), "refused-preference"), note=str(error))
        if operation is not self.tracking:
            answer = self._examples[operation.id, code or operation.statuses[0]]
            return _Verdict(answer, note="answered from the document's example")
        key = self._key(route.raw_key)
        if key is None:
            return _Verdict(self.answers.failure(404), note="the contract allows no such id, or it is not UTF-8")
        if code is not None:
            return self._preferred(account, key, code, now)
        return self._read(account, key, now)

    def _read(self, account: Account, key: str, now: datetime) -> _Verdict:
        sandbox = account.sandbox
        tracked = sandbox.find(key)
        if tracked is None:
            try:
                tracked = self._begin(account, key, now)
            except SandboxFullError as error:
                return _Verdict(self.answers.failure(404), note=str(error))
        if tracked is None:
            return _Verdict(self.answers.failure(404), note="no label of this sandbox has this id or order number")
        label = tracked.label
        if label.account != account.name:
            status = 403 if self.tracking.response(403) else 404
            return _Verdict(self.answers.failure(status), label.id, note="the label is another account's")
        progress = sandbox.poll(tracked, now)
        answer = self._drawn(tracked, progress.step)
        headers = self._challenge if answer.status == 401 else ()
        return _Verdict(answer, label.id, tracked.polls, progress.step, headers=headers)

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
        if scenario is not None and self.answers.objection(scenario) is not None:
            scenario = None
        scenario = scenario or self._options.unknown_ids
        if scenario is None:
            return None
        label_id = key.lower() if _is_uuid(key) else label_uuid(key)
        label = Label(
            id=label_id,
            order_number=key,
            tracking_number=scenario.tracking_number or draw_tracking_number(sandbox.seed, label_id),
            account=account.name,
            scenario=scenario,
            began_at=now,
        )
        return sandbox.add(label)

    def _preferred_code(self, operation: Operation, value: str) -> int | None:
        code = parse_prefer(value).code
        is_free = self._options.is_off_contract and operation is self.tracking
        if code is None or is_free or (operation.id, code) in self._examples:
            return code
        allowed = ", ".join(str(status) for operation_id, status in self._examples if operation_id == operation.id)
        raise PreferenceError(
            f"Prefer: code={code} is not a status that {operation.method} {operation.path} shows; allowed: {allowed}"
            " (or any other where the server runs with --off-contract)"
        )

    def _preferred(self, account: Account, key: str, code: int, now: datetime) -> _Verdict:
        """Answer as ``Prefer: code=`` asks. No lifecycle sees it: nothing starts and nothing counts."""
        applied = ((b"preference-applied", b"code=%d" % code),)
        note = f"Prefer: code={code}"
        example = self._examples.get((self.tracking.id, code))
        if example is None:
            answer = self.answers.undocumented(code, phrase(code), "undocumented-status")
            return _Verdict(answer, note=note, headers=applied)
        tracked = account.sandbox.find(key) if code < 300 else None
        if tracked is not None and tracked.label.account == account.name:
            progress = account.sandbox.settle(tracked, now)
            shown = show(tracked.label.scenario, progress)
            if isinstance(shown, Shipment):
                answer = self._make(tracked.label, shown)
                return _Verdict(answer, tracked.label.id, None, progress.step, note=note, headers=applied)
        headers = (*applied, *self._challenge) if code == 401 else applied
        return _Verdict(example, note=note, headers=headers)

    def _key(self, key: str) -> str | None:
        """Return the id or order number that is asked for, decoded once; None if the contract allows no such one."""
        if "%" in key:
            try:
                key = unquote_to_bytes(key).decode()
            except UnicodeDecodeError:
                return None
        return key if self._validation.accepts(self.tracking, self.tracking.parameters[0], key) else None

    def _unrouted(self, request: Request, at_path: tuple[Operation, ...]) -> _Verdict:
        if at_path:
            methods = ", ".join(dict.fromkeys(entry.method for entry in at_path))
            text = f"{at_path[0].path} has no {request.method}; allowed: {methods}"
            return _Verdict(self.answers.undocumented(405, text), note=text, headers=((b"allow", methods.encode()),))
        text = _explain(request.path, self.contract.operations)
        return _Verdict(self.answers.undocumented(404, text), note=text)

    def _date(self, sandbox: Sandbox, now: datetime) -> tuple[bytes, bytes]:
        second, header = self._dates.get(sandbox, (None, b""))
        if second is None or not second <= now < second + _SECOND:
            second = now.replace(microsecond=0)
            header = format_datetime(second.astimezone(UTC), usegmt=True).encode()
            self._dates[sandbox] = second, header
        return b"date", header

    def _all_examples(self) -> Iterator[tuple[tuple[str, int], Answer]]:
        """Yield an answer for each status of each operation; only a failure may go without one."""
        for operation in self.contract.operations:
            successes = [status for status in operation.statuses if status < 300]
            if not successes and operation is not self.tracking:
                raise self.contract.mistake(
                    f"{operation.pointer}/responses", found="no success stands here", allowed="a 2XX status"
                )
            for status in operation.statuses:
                if operation is self.tracking and status >= 300:
                    yield (operation.id, status), self.answers.failure(status)
                    continue
                try:
                    yield (operation.id, status), self.answers.example(operation, status)
                except ContractError:
                    if status < 300 and operation is not self.tracking:
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


def _is_uuid(key: str) -> bool:
    parts = key.split("-")
    return [len(part) for part in parts] == [8, 4, 4, 4, 12] and all(
        part.isascii() and part.isalnum() and not set(part.lower()) - set("0123456789abcdef") for part in parts
    )


def _explain(path: str, operations: tuple[Operation, ...]) -> str:
    """Say why no operation stands at ``path``, and what comes nearest."""
    for operation in operations:
        prefix, _, suffix = operation.path.partition("{")
        is_last = suffix.endswith("}") and suffix.count("{") == 0
        if path in (prefix, prefix.rstrip("/")):
            return f"No operation matches {path}: {operation.path} needs an id after {prefix}"
        if is_last and path.startswith(prefix):
            return (
                f"No operation matches {path}: {operation.path} takes one segment after {prefix}, "
                "so a slash in an id has to be written as %2F"
            )
    listed = ", ".join(f"{operation.method} {operation.path}" for operation in operations)
    return f"No operation matches {path}; there is {listed}"
