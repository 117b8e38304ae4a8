"""Bodies: what the document's schemas ask for, filled with what a shipment or a failure has to say.

Which properties a body has, and in what order, comes from the contract. The tables here only say what each of them
means; a property that means nothing to us takes the document's own example.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS
from flexforward_mockserver.scenarios.lifecycle import Checkpoint, Shipment
from flexforward_mockserver.scenarios.scenario import Event, Scenario, Status, Step, TimeFormat
from flexforward_mockserver.state.label import Label
from flexforward_openapi import (
    Contract,
    Json,
    NoSampleError,
    Operation,
    ResponseSpec,
    Validation,
    as_list,
    as_mapping,
    sample,
)
from flexforward_openapi.keyword import followed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["TRACKING_OPERATION", "ResponseBodies", "ResponseBody", "phrase", "tracking_operation"]

TRACKING_OPERATION = "getTracking"
_REHEARSED_AT = datetime(2026, 4, 1, tzinfo=UTC)
_OFFSET = timezone(timedelta(hours=8))


class ResponseBody(msgspec.Struct, frozen=True, kw_only=True):
    """A body that was checked, and its status.

    Attributes:
        tag: tag at the top of a shipment's body.
        kinds: in what ways the answer leaves the contract on purpose; named in ``X-Flexforward-Mock``.
        violation: why the body could not be sent, if it was refused; the client is told so by ``status`` and
            ``content``.
    """

    status: int
    content: bytes
    media_type: bytes = b"application/json"
    tag: str | None = None
    kinds: tuple[str, ...] = ()
    violation: str | None = None


class _Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a property of a shipment's body can be made of."""

    label: Label
    shipment: Shipment
    checkpoints: list[Json]


_STATUS: Mapping[str, Callable[[Status], Json]] = MappingProxyType(
    {
        "tag": lambda status: status.tag,
        "subtag": lambda status: status.subtag,
        "subtagMessage": lambda status: status.subtag_message,
        "slug": lambda status: status.slug,
    }
)
_SHIPMENT: Mapping[str, Callable[[_Subject], Json]] = MappingProxyType(
    {
        "id": lambda subject: subject.label.id,
        "trackingNumber": lambda subject: subject.label.tracking_number if subject.shipment.is_numbered else None,
        "checkpoints": lambda subject: subject.checkpoints,
    }
)
_CHECKPOINT: Mapping[str, Callable[[Checkpoint, TimeFormat], Json]] = MappingProxyType(
    {
        "checkpointTime": lambda checkpoint, time_format: write_time(checkpoint.at, time_format),
        "city": lambda checkpoint, _: checkpoint.event.city,
        "state": lambda checkpoint, _: checkpoint.event.state,
        "countryRegion": lambda checkpoint, _: checkpoint.event.country,
        "location": lambda checkpoint, _: checkpoint.event.location,
        "message": lambda checkpoint, _: checkpoint.event.message,
    }
)

# Texts of errors. "Unauthorized" and "Forbidden" are the vendor's (authentication page); the others are ours.
# What is listed as None is taken from the contract's example.
_ERRORS: Mapping[int, Mapping[str, str | None]] = MappingProxyType(
    {
        401: {"error": "Unauthorized"},
        403: {"error": "Forbidden"},
        404: {"error": "Label not found"},
        422: {"error": "Label creation failed", "errorCode": None, "errorMessage": None},
        502: {"error": "The courier did not answer", "code": None},
    }
)


def tracking_operation(contract: Contract) -> Operation:
    """Return the operation that shipments answer.

    Raises:
        ContractError: there is none, or its path does not have exactly one parameter.
    """
    operation = contract.operation(TRACKING_OPERATION)
    if operation is None:
        raise contract.mistake(
            "#/paths",
            found=f"no operation has the operationId {TRACKING_OPERATION}",
            allowed="one that has: it is the one that shipments answer",
        )
    if len(operation.parameters) != 1:
        raise contract.mistake(
            operation.pointer, found=f"{len(operation.parameters)} parameters in its path", allowed="one"
        )
    return operation


class ResponseBodies:
    """Makes the bodies of one contract's answers. Each of them is checked before it is handed out.

    Args:
        contract: the document.
        validation: its compiled schemas.
        tracking: the operation that shipments answer.

    Raises:
        ContractError: a body that the document asks for cannot be made, with the place in the document.
    """

    def __init__(self, contract: Contract, validation: Validation, tracking: Operation) -> None:
        self._contract = contract
        self._validation = validation
        self._tracking = tracking
        self._success = self._documented_success()
        shipment_known = {**_STATUS, **_SHIPMENT}
        self._shipment_fields, self._shipment_fixed = self._plan(self._success.schema, shipment_known, "")
        self._checkpoint_fields: tuple[str, ...] = ()
        self._checkpoint_fixed: dict[str, Json] = {}
        if "checkpoints" in self._shipment_fields:
            properties = as_mapping(self._resolved(self._success.schema).get("properties"))
            items = self._resolved(properties["checkpoints"]).get("items")
            known = {**_STATUS, **_CHECKPOINT}
            self._checkpoint_fields, self._checkpoint_fixed = self._plan(items, known, "checkpoints")
        self._failures: dict[int, ResponseBody] = {}
        needed = (status for status in (401, 403, 404) if tracking.response(status))
        listed = (status for status in tracking.statuses if status >= 300)
        self._failures = {status: self.failure(status) for status in {*needed, *listed}}
        self._rehearse()

    def shipment(self, label: Label, shipment: Shipment) -> ResponseBody:
        """Make the body of a shipment, as its label's account sees it."""
        scenario = label.scenario
        checkpoints = [self._checkpoint(checkpoint, scenario.time_format) for checkpoint in shipment.checkpoints]
        subject = _Subject(label=label, shipment=shipment, checkpoints=checkpoints)
        body = {name: self._fill(name, subject) for name in self._shipment_fields}
        problems = self._validation.problems(self._success, body, strict=True)
        status = int(self._success.status)
        if problems:
            return self._refuse(status, problems)
        evolution = shipment.evolution
        tag = shipment.status.tag
        kinds: list[str] = []
        if evolution is not None:
            if evolution.status is not None:
                kinds.append("new-tag" if evolution.status.tag != tag else "new-subtag")
                body.update({name: fill(evolution.status) for name, fill in _STATUS.items() if name in body})
                tag = evolution.status.tag
            if evolution.fields:
                kinds.append("new-field")
                body.update(evolution.fields)
        return ResponseBody(status=status, content=_encode(body), tag=tag, kinds=tuple(kinds))

    def failure(self, status: int, body: Json = None, *, operation: Operation | None = None) -> ResponseBody:
        """Make the body of a documented failure, by default its usual one and the tracking operation's.

        Raises:
            ContractError: the document does not show enough to make one.
        """
        if body is None and operation is None and status in self._failures:
            return self._failures[status]
        response = (operation or self._tracking).response(status)
        if response is None:
            return self._refuse(status, (f"the contract lists no {status}",))
        if body is None:
            body = self._usual_body(status, response)
        problems = () if response.schema is None else self._validation.problems(response, body, strict=True)
        if problems:
            return self._refuse(status, problems)
        return ResponseBody(status=status, content=b"" if response.schema is None else _encode(body))

    def objections(self, scenario: Scenario) -> Iterator[tuple[int, str]]:
        """Yield what in a scenario this contract cannot answer: the step's index, and the rest of a sentence on it."""
        for index, step in enumerate(scenario.steps):
            if step.failure is not None and self._tracking.response(step.failure.status) is None:
                yield index, f"fails with {step.failure.status}, which {self._contract.source} does not list"
            elif step.failure is not None:
                violation = self.failure(step.failure.status, step.failure.body).violation
                if violation is not None:
                    yield index, f"has a body that cannot be sent: {violation}"
            else:
                violation = self._violation_at(scenario, index)
                if violation is not None:
                    yield index, f"shows what cannot be sent: {violation}"
            fault = step.fault
            is_unlisted = fault is not None and FAULT_KINDS[fault.kind].listing == "unlisted"
            if fault is not None and is_unlisted and fault.status in self._tracking.statuses:
                source = self._contract.source
                yield index, f"has the fault {fault.kind} with {fault.status}, which {source} does list"
            for name in step.evolution.fields if step.evolution else ():
                if name in self._shipment_fields:
                    yield index, f"evolves {name!r}, which {self._contract.source} has already"

    def _violation_at(self, scenario: Scenario, index: int) -> str | None:
        """Say why what a step shows could not be sent, with at most two checkpoints, so that long ones stay quick."""
        step = scenario.steps[index]
        events = [entry.event for entry in scenario.steps[: index + 1] if entry.event is not None][-2:]
        shipment = Shipment(
            status=step.status,
            is_numbered=scenario.numbered_from is not None and index >= scenario.numbered_from,
            checkpoints=tuple(Checkpoint(at=_REHEARSED_AT, event=event) for event in events),
            evolution=None,
        )
        return self.shipment(_invented_label(scenario), shipment).violation

    def objection(self, scenario: Scenario) -> str | None:
        """Return the first objection as a sentence that counts steps from 1; None if there is none."""
        return next((f"step {index + 1} {text}" for index, text in self.objections(scenario)), None)

    def undocumented(self, status: int, text: str, *kinds: str) -> ResponseBody:
        """Make a body for a status that the contract does not list."""
        body = b"" if status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED) else _encode({"error": text})
        return ResponseBody(status=status, content=body, kinds=kinds)

    def example(self, operation: Operation, status: int) -> ResponseBody:
        """Make an answer of what the document itself shows of a status that it lists.

        Raises:
            ContractError: it shows nothing, or something that breaks its own schema.
        """
        response = operation.responses[str(status)]
        if response.schema is None:
            return ResponseBody(status=status, content=b"")
        body = response.examples[0] if response.examples else self._sample(response.schema, response, "")
        problems = self._validation.problems(response, body, strict=False)
        if problems:
            raise self._contract.mistake(
                response.pointer,
                found=f"its example breaks its own schema: {problems[0]}",
                allowed="a true example",
            )
        return ResponseBody(status=status, content=_encode(body))

    def _documented_success(self) -> ResponseSpec:
        for status in self._tracking.statuses:
            response = self._tracking.responses[str(status)]
            if 200 <= status < 300 and response.schema is not None:
                return response
        raise self._contract.mistake(
            f"{self._tracking.pointer}/responses",
            found="no success with a JSON body stands here",
            allowed="a 2XX status whose schema describes a shipment",
        )

    def _plan(self, schema: Json, known: Mapping[str, object], place: str) -> tuple[tuple[str, ...], dict[str, Json]]:
        """Return the properties to send, in the document's order, and the values of those that we do not know."""
        parts = self._resolved(schema)
        properties, required = as_mapping(parts.get("properties")), as_list(parts.get("required"))
        fixed: dict[str, Json] = {}
        for name in required:
            if name not in known:
                fixed[name] = self._sample(properties.get(name), self._success, f"{place}.{name}".lstrip("."))
        names = [name for name in dict.fromkeys((*properties, *required)) if name in known or name in fixed]
        if not names:
            raise self._contract.mistake(
                self._success.pointer,
                found=f"{place or 'the body'} has no property that a shipment could fill",
                allowed=", ".join(known),
            )
        return tuple(names), fixed

    def _resolved(self, schema: Json) -> dict[str, Json]:
        return as_mapping(followed(self._contract.document, schema))

    def _fill(self, name: str, subject: _Subject) -> Json:
        if name in self._shipment_fixed:
            return self._shipment_fixed[name]
        if name in _STATUS:
            return _STATUS[name](subject.shipment.status)
        return _SHIPMENT[name](subject)

    def _checkpoint(self, checkpoint: Checkpoint, time_format: TimeFormat) -> Json:
        fixed = self._checkpoint_fixed
        status = checkpoint.event.status
        return {
            name: fixed[name]
            if name in fixed
            else _STATUS[name](status)
            if name in _STATUS
            else _CHECKPOINT[name](checkpoint, time_format)
            for name in self._checkpoint_fields
        }

    def _usual_body(self, status: int, response: ResponseSpec) -> Json:
        if response.schema is None:
            return None
        if response.examples:
            return response.examples[0]
        schema = self._resolved(response.schema)
        if schema and "properties" not in schema:
            return self._sample(schema, response, "")
        properties = as_mapping(schema.get("properties"))
        texts = _ERRORS.get(status, {"error": phrase(status)})
        body: dict[str, Json] = {}
        required = as_list(schema.get("required"))
        for name in dict.fromkeys((*properties, *required)):
            text = texts.get(name)
            listed = self._resolved(properties.get(name, {})).get("enum")
            if text is not None and (listed is None or text in listed):
                body[name] = text
            elif name in required or name in texts:
                body[name] = self._sample(properties.get(name), response, name)
        return body

    def _sample(self, schema: Json, response: ResponseSpec, place: str) -> Json:
        try:
            return sample(schema, self._contract.document)
        except NoSampleError as error:
            where = ".".join(filter(None, (place, error.place)))
            raise self._contract.mistake(
                response.pointer,
                found=f"the document shows no value for {where or 'the body'}",
                allowed="an example, default, const or enum there",
            ) from error

    def _refuse(self, status: int, problems: tuple[str, ...]) -> ResponseBody:
        violation = f"the {status} that was due would break the contract: {'; '.join(problems[:3])}"
        return ResponseBody(
            status=500, content=_encode({"error": violation}), kinds=("contract-violation",), violation=violation
        )

    def _rehearse(self) -> None:
        """ResponseBody once for an invented shipment: what the schemas refuse now they would refuse always."""
        at = _REHEARSED_AT
        status = Status.plain("InTransit", "yunexpress")
        event = Event(status=status, message="In transit", city="Shenzhen", country="CN")
        step = Step(status=status, event=event)
        label = _invented_label(Scenario(name="rehearsal", summary="", steps=(step,), numbered_from=0))
        full = Shipment(status=status, is_numbered=True, checkpoints=(Checkpoint(at=at, event=event),), evolution=None)
        bare = msgspec.structs.replace(event, city=None, country=None)
        sparse = msgspec.structs.replace(full, is_numbered=False, checkpoints=(Checkpoint(at=at, event=bare),))
        answers = (self.shipment(label, full), self.shipment(label, sparse), *self._failures.values())
        violations = [answer.violation for answer in answers if answer.violation]
        if violations:
            raise self._contract.mistake(
                self._tracking.pointer + "/responses",
                found=violations[0],
                allowed="schemas that the mock's answers can meet",
            )


def _invented_label(scenario: Scenario) -> Label:
    return Label(
        id="f47ac10b-58cc-4372-a567-0e02b2c3d479",
        order_number="rehearsal",
        tracking_number="YT0000000000CN",
        account="own",
        scenario=scenario,
        began_at=_REHEARSED_AT,
    )


def phrase(status: int) -> str:
    """Return the usual words for a status, whatever its number."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"


def write_time(at: datetime, time_format: TimeFormat) -> str:
    """Write an instant in RFC 3339, in one of the forms that the vendor's samples and prose leave open."""
    if time_format == "offset":
        return at.astimezone(_OFFSET).isoformat(timespec="seconds")
    timespec = "milliseconds" if time_format == "milliseconds" else "seconds"
    return at.astimezone(UTC).isoformat(timespec=timespec)[:-6] + "Z"


def _encode(body: Json) -> bytes:
    return msgspec.json.encode(body)
