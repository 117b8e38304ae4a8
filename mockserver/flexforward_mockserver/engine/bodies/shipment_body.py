"""What a shipment's body is made of: which properties the contract gives it, and what each of them means.

Which properties there are, and in what order, comes from the contract, by whatever composition of schemas. The tables
here only say what each of them means; a property that means nothing to us takes the document's own example.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.scenarios.timestamp import write_timestamp
from flexforward_openapi import Content, Json, as_list, place_at, shown_values

from .body_plan import BodyPlan, Planner, entries

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flexforward_mockserver.scenarios.lifecycle import Checkpoint, Shipment
    from flexforward_mockserver.scenarios.scenario import Event, Status, TimeFormat
    from flexforward_mockserver.state.label import Label
    from flexforward_openapi import Contract, Sampler, Validation

__all__ = ["STATUS_FIELDS", "ShipmentBody", "write_time"]

_OFFSET = timezone(timedelta(hours=8))


class _Subject(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a property of a shipment's body can be made of."""

    label: Label
    shipment: Shipment
    checkpoints: list[Json]


STATUS_FIELDS: Mapping[str, Callable[[Status], Json]] = MappingProxyType(
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
        "checkpointTime": lambda checkpoint, time_format: (
            _written(checkpoint.event) or write_time(checkpoint.at, time_format)
        ),
        "city": lambda checkpoint, _: checkpoint.event.city,
        "state": lambda checkpoint, _: checkpoint.event.state,
        "countryRegion": lambda checkpoint, _: checkpoint.event.country,
        "location": lambda checkpoint, _: checkpoint.event.location,
        "message": lambda checkpoint, _: checkpoint.event.message,
    }
)


class ShipmentBody:
    """Fills the body of a shipment as one contract describes it.

    Args:
        contract: the document.
        validation: its compiled schemas.
        sampler: finds what the document shows.
        content: of the success that shipments are answered with.

    Attributes:
        fields: properties at its top, in the document's order.
        made: dotted names of properties that are required, and for which the document shows no value.

    Raises:
        ContractError: there is no property that a shipment could fill, or one without a value, with its place.
    """

    def __init__(self, contract: Contract, validation: Validation, sampler: Sampler, content: Content) -> None:
        planner = Planner(contract, validation, sampler, content)
        place = place_at(contract.document, content.pointer)
        shown = (*content.examples.values(), *shown_values(place))
        branch, self._plan = planner.plan(place, {**STATUS_FIELDS, **_SHIPMENT}, "", shown)
        self.fields = self._plan.names
        self._checkpoint_plan = BodyPlan()
        if "checkpoints" in self.fields and "checkpoints" not in self._plan.fixed:
            whole = branch.property("checkpoints")
            lists = (*entries(shown, "checkpoints"), *shown_values(whole))
            array = next((way for way in whole.branches() if "array" in way.types), whole)
            items = tuple(item for entry in lists for item in as_list(entry))
            _, self._checkpoint_plan = planner.plan(
                array.item(0), {**STATUS_FIELDS, **_CHECKPOINT}, "checkpoints", items
            )
        self.made = planner.made

    @property
    def checkpoint_fields(self) -> tuple[str, ...]:
        """Properties of a checkpoint, in the document's order."""
        return self._checkpoint_plan.names

    def fill(self, label: Label, shipment: Shipment) -> dict[str, Json]:
        """Return the body of a shipment."""
        time_format = label.scenario.time_format
        checkpoints = [self._checkpoint(checkpoint, time_format) for checkpoint in shipment.checkpoints]
        subject = _Subject(label=label, shipment=shipment, checkpoints=checkpoints)
        return self._plan.lean({name: self._value(name, subject) for name in self._plan.names})

    def _value(self, name: str, subject: _Subject) -> Json:
        if name in self._plan.fixed:
            return self._plan.fixed[name]
        if name in STATUS_FIELDS:
            return STATUS_FIELDS[name](subject.shipment.status)
        return _SHIPMENT[name](subject)

    def _checkpoint(self, checkpoint: Checkpoint, time_format: TimeFormat) -> Json:
        plan = self._checkpoint_plan
        status = checkpoint.event.status
        body = {
            name: plan.fixed[name]
            if name in plan.fixed
            else STATUS_FIELDS[name](status)
            if name in STATUS_FIELDS
            else _CHECKPOINT[name](checkpoint, time_format)
            for name in plan.names
        }
        return plan.lean(body)


def _written(event: Event) -> str | None:
    """Return the text of an event's own instant, which a scenario's form of time leaves alone."""
    return event.written or write_timestamp(event.at) if isinstance(event.at, datetime) else None


def write_time(at: datetime, time_format: TimeFormat) -> str:
    """Write an instant in RFC 3339, in one of the forms that the vendor's samples and prose leave open."""
    if time_format == "offset":
        return at.astimezone(_OFFSET).isoformat(timespec="seconds")
    timespec = "milliseconds" if time_format == "milliseconds" else "seconds"
    return at.astimezone(UTC).isoformat(timespec=timespec)[:-6] + "Z"
