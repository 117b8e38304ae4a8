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
from flexforward_openapi import Content, Json, NoSampleError, Place, as_list, as_mapping, place_at, shown_values

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

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


class _Plan(msgspec.Struct, frozen=True):
    """What an object of a body is filled with.

    Attributes:
        names: its properties, in the document's order.
        fixed: values of those that mean nothing to us.
        absent: those that are left out while there is no value for them: not required, and never null.
    """

    names: tuple[str, ...] = ()
    fixed: Mapping[str, Json] = MappingProxyType({})
    absent: frozenset[str] = frozenset()


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
        self._contract = contract
        self._takes = validation.takes
        self._sampler = sampler
        self._content = content
        self.made: tuple[str, ...] = ()
        place = place_at(contract.document, content.pointer)
        shown = (*content.examples.values(), *shown_values(place))
        branch, self._plan = self._planned(place, {**STATUS_FIELDS, **_SHIPMENT}, "", shown)
        self.fields = self._plan.names
        self._checkpoint_plan = _Plan()
        if "checkpoints" in self.fields and "checkpoints" not in self._plan.fixed:
            whole = branch.property("checkpoints")
            lists = (*_entries(shown, "checkpoints"), *shown_values(whole))
            array = next((way for way in whole.branches() if "array" in way.types), whole)
            items = tuple(item for entry in lists for item in as_list(entry))
            _, self._checkpoint_plan = self._planned(
                array.item(0), {**STATUS_FIELDS, **_CHECKPOINT}, "checkpoints", items
            )

    @property
    def checkpoint_fields(self) -> tuple[str, ...]:
        """Properties of a checkpoint, in the document's order."""
        return self._checkpoint_plan.names

    def fill(self, label: Label, shipment: Shipment) -> dict[str, Json]:
        """Return the body of a shipment."""
        time_format = label.scenario.time_format
        checkpoints = [self._checkpoint(checkpoint, time_format) for checkpoint in shipment.checkpoints]
        subject = _Subject(label=label, shipment=shipment, checkpoints=checkpoints)
        return _without(self._plan.absent, {name: self._value(name, subject) for name in self._plan.names})

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
        return _without(plan.absent, body)

    def _planned(
        self, place: Place, known: Mapping[str, object], where: str, shown: Iterable[Json]
    ) -> tuple[Place, _Plan]:
        """Return the branch of a place that a shipment fills, and what it is filled with."""
        branches = tuple(place.branches())
        branch = max(branches, key=lambda entry: len(known.keys() & entry.property_names), default=place)
        fixed = dict(self._fixed(branch, known, where, tuple(shown)))
        names = tuple(name for name in branch.property_names if name in known or name in fixed)
        if not names:
            raise self._contract.mistake(
                self._content.pointer,
                found=f"{where or 'the body'} has no property that a shipment could fill",
                allowed=", ".join(known),
            )
        optional = (name for name in names if name not in branch.required)
        absent = frozenset(name for name in optional if not self._takes(tuple(branch.property(name).parts), None))
        return branch, _Plan(names, fixed, absent)

    def _fixed(
        self, branch: Place, known: Mapping[str, object], where: str, shown: tuple[Json, ...]
    ) -> Iterator[tuple[str, Json]]:
        """Yield a value for each property that we do not know: the document's own, else one that is made."""
        for name in branch.property_names:
            if name in known:
                continue
            inner = branch.property(name)
            for value in _entries(shown, name):
                if self._takes(tuple(inner.parts), value):
                    yield name, value
                    break
            else:
                try:
                    yield name, self._sampler.sample_at(inner, may_make=False).value
                except NoSampleError as error:
                    if name in branch.required:
                        yield name, self._made(inner, ".".join(filter(None, (where, name))), error)

    def _made(self, place: Place, where: str, error: NoSampleError) -> Json:
        if not self._contract.is_strict:
            try:
                sample = self._sampler.sample_at(place)
            except NoSampleError as lacking:
                error = lacking
            else:
                self.made = (*self.made, where)
                return sample.value
        raise self._contract.mistake(
            self._content.pointer,
            found=f"the document shows no value for {'.'.join(filter(None, (where, error.place)))}",
            allowed="an example, default, const or enum there",
        ) from error


def _entries(values: Iterable[Json], name: str) -> Iterator[Json]:
    """Yield what some objects say of a property."""
    return (as_mapping(value)[name] for value in values if name in as_mapping(value))


def _without(absent: frozenset[str], body: dict[str, Json]) -> dict[str, Json]:
    if not absent:
        return body
    return {name: value for name, value in body.items() if value is not None or name not in absent}


def _written(event: Event) -> str | None:
    """Return the text of an event's own instant, which a scenario's form of time leaves alone."""
    return event.written or write_timestamp(event.at) if isinstance(event.at, datetime) else None


def write_time(at: datetime, time_format: TimeFormat) -> str:
    """Write an instant in RFC 3339, in one of the forms that the vendor's samples and prose leave open."""
    if time_format == "offset":
        return at.astimezone(_OFFSET).isoformat(timespec="seconds")
    timespec = "milliseconds" if time_format == "milliseconds" else "seconds"
    return at.astimezone(UTC).isoformat(timespec=timespec)[:-6] + "Z"
