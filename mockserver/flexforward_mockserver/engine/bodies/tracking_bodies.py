"""Bodies of the tracking operation: what the contract asks for, filled with what a shipment or a failure has to say."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS
from flexforward_mockserver.scenarios.lifecycle import Checkpoint, Shipment
from flexforward_mockserver.scenarios.scenario import ErrorStep, Event, Evolution, Scenario, Status, Step
from flexforward_mockserver.state.label import Label
from flexforward_openapi import (
    Contract,
    ContractError,
    Json,
    NoSampleError,
    Operation,
    Place,
    ResponseSpec,
    Sampler,
    Validation,
    as_list,
    as_mapping,
    place_at,
)
from flexforward_openapi.media_type import concrete, is_json

from .document_body import DocumentBodies, NotShownError, body_of
from .response_body import ResponseBody, phrase, refused
from .shipment_body import STATUS_FIELDS, ShipmentBody

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["TRACKING_OPERATION", "ResponseBodies", "tracking_operation"]

TRACKING_OPERATION = "getTracking"
_REHEARSED_AT = datetime(2026, 4, 1, tzinfo=UTC)


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

    Attributes:
        made: properties of shipments for which the document shows no value.

    Raises:
        ContractError: a body that the document asks for cannot be made, with the place in the document.
    """

    def __init__(self, contract: Contract, validation: Validation, tracking: Operation) -> None:
        self._contract = contract
        self._validation = validation
        self._sampler = sampler = Sampler(contract.document, validation.takes)
        self._documents = DocumentBodies(contract, validation, sampler)
        self._tracking = tracking
        self._check_needed()
        self._success = self._documented_success()
        content = self._success.json
        assert content is not None  # it has a schema
        self._media_type = concrete(content.media_type).encode()
        self._shipment = ShipmentBody(contract, validation, sampler, content)
        self.made = self._shipment.made
        self._failures: dict[int, ResponseBody] = {}
        needed = (status for status in (401, 403, 404) if tracking.response(status))
        listed = (status for status in tracking.statuses if status >= 300)
        self._failures = {status: self.failure(status) for status in {*needed, *listed}}
        self._rehearse()

    def shipment(self, label: Label, shipment: Shipment) -> ResponseBody:
        """Make the body of a shipment, as its label's account sees it."""
        body = self._shipment.fill(label, shipment)
        problems = self._validation.problems(self._success, body, strict=True)
        status = int(self._success.status)
        if problems:
            return refused(status, problems)
        evolution = shipment.evolution
        tag = shipment.status.tag
        kinds: list[str] = []
        if evolution is not None:
            if evolution.status is not None:
                kinds.append("new-tag" if evolution.status.tag != tag else "new-subtag")
                body.update({name: fill(evolution.status) for name, fill in STATUS_FIELDS.items() if name in body})
                tag = evolution.status.tag
            if evolution.fields or (evolution.checkpoint and shipment.checkpoints):
                kinds.append("new-field")
            body.update(evolution.fields)
            for checkpoint in map(as_mapping, as_list(body.get("checkpoints"))):
                checkpoint.update(evolution.checkpoint)
        content = _encode(body)
        return ResponseBody(status=status, content=content, media_type=self._media_type, tag=tag, kinds=tuple(kinds))

    def failure(self, status: int, body: Json = None, *, operation: Operation | None = None) -> ResponseBody:
        """Make the body of a documented failure, by default its usual one and the tracking operation's.

        Raises:
            ContractError: the document does not show enough to make one.
        """
        if body is None and operation is None and status in self._failures:
            return self._failures[status]
        response = (operation or self._tracking).response(status)
        if response is None:
            return refused(status, (f"the contract lists no {status}",))
        if response.json is None:
            return self._other_failure(status, response)
        if body is None:
            body = self._usual_body(status, response)
        problems = self._validation.problems(response, body, strict=True)
        if problems:
            return refused(status, problems)
        media_type = concrete(response.json.media_type).encode()
        return ResponseBody(status=status, content=_encode(body), media_type=media_type)

    def evolved_failure(self, failure: ErrorStep, evolution: Evolution | None) -> ResponseBody:
        """Make the body of a failing step, with the fields that a newer API might add to it."""
        body = self.failure(failure.status, failure.body)
        if evolution is None or not evolution.error or body.violation is not None:
            return body
        decoded = as_mapping(msgspec.json.decode(body.content)) if is_json(body.media_type.decode()) else {}
        if not decoded:
            return body
        content = _encode({**decoded, **evolution.error})
        return msgspec.structs.replace(body, content=content, kinds=(*body.kinds, "new-field"))

    def _other_failure(self, status: int, response: ResponseSpec) -> ResponseBody:
        """Make the body of a failure that is no JSON: none, or what the document shows."""
        try:
            forms = self._documents.forms(response)
        except NotShownError:
            forms = ()
        shown = body_of(forms[0], status, None) if forms else None
        return shown or ResponseBody(status=status, content=b"")

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
            for where, name in self._evolved_before(scenario, index):
                yield index, f"evolves {where}{name!r}, which {self._contract.source} has already"

    def _evolved_before(self, scenario: Scenario, index: int) -> Iterator[tuple[str, str]]:
        """Yield the fields that a step brings as new ones though the contract lists them, each with its object."""
        step = scenario.steps[index]
        now = step.evolution or Evolution()
        before = (scenario.steps[index - 1].evolution if index else None) or Evolution()
        yield from (("", name) for name in now.fields if name in self._shipment.fields and name not in before.fields)
        for name in now.checkpoint:
            if name in self._shipment.checkpoint_fields and name not in before.checkpoint:
                yield "a checkpoint's ", name
        if now.error and step.failure is not None and self._tracking.response(step.failure.status) is not None:
            body = self.failure(step.failure.status, step.failure.body)
            listed = as_mapping(msgspec.json.decode(body.content)) if is_json(body.media_type.decode()) else {}
            yield from (("an error's ", name) for name in now.error if name in listed)

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

    def cure(self, step: Step) -> str:
        """Return what a step that the contract cannot answer could have in its place."""
        failure = step.failure
        if failure is None or self._tracking.response(failure.status) is not None:
            return "what the contract can answer"
        listed = ", ".join(str(status) for status in self._tracking.statuses if status >= 400)
        fault = f"fault: {{kind: undocumented-status, status: {failure.status}}}"
        return f"{listed}; any other status by '{fault}' in place of 'status'"

    def _check_needed(self) -> None:
        """Refuse a document by which what happens every day could not be answered."""
        needed = {404: "an id that nobody knows"}
        if all(self._tracking.security):
            needed[401] = "a request without credentials"
        for status, situation in needed.items():
            if self._tracking.response(status) is None:
                raise self._contract.mistake(
                    f"{self._tracking.pointer}/responses",
                    found=f"no {status} stands here, so {situation} could not be answered",
                    allowed=f"a response {status}, {status // 100}XX or default",
                )

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

    def _usual_body(self, status: int, response: ResponseSpec) -> Json:
        for example in response.examples:
            # Where nothing is read past, the check of what is sent tells what is wrong with it.
            if self._contract.is_strict or not self._validation.problems(response, example, strict=False):
                return example
        if response.schema in ({}, True):
            return {}
        place = place_at(self._contract.document, response.pointer)
        branch = next((way for way in place.branches() if way.property_names), place)
        if not branch.property_names:
            return self._sample(place, response, "")
        texts = _ERRORS.get(status, {"error": phrase(status)})
        body: dict[str, Json] = {}
        for name in branch.property_names:
            text, inner = texts.get(name), branch.property(name)
            if text is not None and self._validation.takes(tuple(inner.parts), text):
                body[name] = text
            elif name in branch.required or name in texts:
                body[name] = self._sample(inner, response, name)
        return body

    def _sample(self, place: Place, response: ResponseSpec, name: str) -> Json:
        try:
            return self._sampler.sample_at(place, may_make=not self._contract.is_strict).value
        except NoSampleError as error:
            raise self._no_value(response, ".".join(filter(None, (name, error.place))) or "the body") from error

    def _no_value(self, response: ResponseSpec, where: str) -> ContractError:
        return self._contract.mistake(
            response.pointer,
            found=f"the document shows no value for {where}",
            allowed="an example, default, const or enum there",
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


def _encode(body: Json) -> bytes:
    return msgspec.json.encode(body)
