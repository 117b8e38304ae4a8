"""Bodies of the operations on labels: what the contract asks for, filled with what we know of labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.engine.bodies.body_plan import BodyPlan, Planner
from flexforward_mockserver.engine.bodies.response_body import ResponseBody, phrase, refused, undocumented
from flexforward_openapi import Json, Sampler, place_at, shown_values
from flexforward_openapi.media_type import concrete

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flexforward_mockserver.engine.bodies.examples import Examples
    from flexforward_openapi import Contract, Operation, ResponseSpec, Validation

    from .request_body import FieldMistake

__all__ = ["LabelBodies"]

_ERROR = "Validation failed"
"""The vendor's words, error page."""


class LabelBodies:
    """Makes the bodies of one contract's operations on labels. Each of them is checked before it is handed out.

    Args:
        contract: the document.
        validation: its compiled schemas.
        examples: what it shows of failures.
    """

    def __init__(self, contract: Contract, validation: Validation, examples: Examples) -> None:
        self._contract = contract
        self._validation = validation
        self._examples = examples
        self._sampler = Sampler(contract.document, validation.takes)
        self._plans: dict[tuple[str, frozenset[str]], BodyPlan] = {}
        self._entries: dict[tuple[str, frozenset[str]], BodyPlan] = {}

    def success(self, operation: Operation, status: int, known: Mapping[str, Json]) -> ResponseBody:
        """Make the body of a success, with another status of the document where it does not list this one.

        Args:
            operation: that is answered.
            status: that is due.
            known: values by the names of their properties.
        """
        listed = [entry for entry in operation.statuses if 200 <= entry < 300]
        if operation.response(status) is None and listed:
            status = listed[0]
        return self._filled(operation.response(status), status, known)

    def several(self, operation: Operation, entries: Sequence[Mapping[str, Json]]) -> ResponseBody:
        """Make the body of a success that lists some labels.

        Args:
            operation: that is answered.
            entries: values of each label, by the names of their properties.
        """
        response = operation.response(200)
        names = frozenset(name for entry in entries for name in entry)
        listed: list[Json] = []
        if response is not None and response.json is not None and names:
            plan = self._entry_plan(response, names)
            listed = [plan.lean({name: _value(plan, entry, name) for name in plan.names}) for entry in entries]
        return self.success(operation, 200, {"labels": listed})

    def refusal(self, operation: Operation, mistakes: tuple[FieldMistake, ...]) -> ResponseBody:
        """Make the body of a 400 that lists all that is wrong with a request."""
        details: list[Json] = [msgspec.structs.asdict(mistake) for mistake in mistakes]
        known: dict[str, Json] = {"error": _ERROR, "details": details}
        if operation.response(400) is None:
            content = msgspec.json.encode(known)
            return ResponseBody(status=400, content=content, kinds=("undocumented-status",))
        return self._filled(operation.response(400), 400, known)

    def failure(self, operation: Operation, status: int) -> ResponseBody:
        """Return the body of a failure; one that the document does not list says so in a header."""
        shown = self._examples.find(operation, status)
        return shown or undocumented(status, phrase(status), "undocumented-status")

    def _filled(self, response: ResponseSpec | None, status: int, known: Mapping[str, Json]) -> ResponseBody:
        if response is None or response.json is None:
            return ResponseBody(status=status, content=b"")
        key = response.pointer, frozenset(known)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = self._plan(response, known)
        body = plan.lean({name: _value(plan, known, name) for name in plan.names})
        problems = self._validation.problems(response, body, strict=True)
        if problems:
            return refused(status, problems)
        media_type = concrete(response.json.media_type).encode()
        return ResponseBody(status=status, content=msgspec.json.encode(body), media_type=media_type)

    def _plan(self, response: ResponseSpec, known: Mapping[str, Json]) -> BodyPlan:
        content = response.json
        assert content is not None  # whoever plans has looked
        place = place_at(self._contract.document, content.pointer)
        shown = (*content.examples.values(), *shown_values(place))
        planner = Planner(self._contract, self._validation, self._sampler, content)
        return planner.plan(place, known, "", shown)[1]

    def _entry_plan(self, response: ResponseSpec, names: frozenset[str]) -> BodyPlan:
        key = response.pointer, names
        kept = self._entries.get(key)
        if kept is not None:
            return kept
        content = response.json
        assert content is not None  # whoever plans has looked
        planner = Planner(self._contract, self._validation, self._sampler, content)
        place = place_at(self._contract.document, content.pointer)
        branch, _ = planner.plan(place, {"labels": None}, "", ())
        _, plan = planner.plan(branch.property("labels").item(0), dict.fromkeys(names), "labels", ())
        self._entries[key] = plan
        return plan


def _value(plan: BodyPlan, known: Mapping[str, Json], name: str) -> Json:
    return plan.fixed[name] if name in plan.fixed else known[name]
