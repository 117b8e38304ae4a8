"""What an object of a body is filled with: the properties that a contract gives it, and values of unknown ones."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from flexforward_openapi import Content, Json, NoSampleError, Place, as_mapping

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from flexforward_openapi import Contract, Sampler, Validation

__all__ = ["BodyPlan", "Planner", "entries"]


class BodyPlan(msgspec.Struct, frozen=True):
    """What an object of a body is filled with.

    Attributes:
        names: its properties, in the document's order.
        fixed: values of those that mean nothing to us.
        absent: those that are left out while there is no value for them: not required, and never null.
    """

    names: tuple[str, ...] = ()
    fixed: Mapping[str, Json] = MappingProxyType({})
    absent: frozenset[str] = frozenset()

    def lean(self, body: dict[str, Json]) -> dict[str, Json]:
        """Return a body without what is to be left out."""
        if not self.absent:
            return body
        return {name: value for name, value in body.items() if value is not None or name not in self.absent}


class Planner:
    """Makes the plans of one body.

    Args:
        contract: the document.
        validation: its compiled schemas.
        sampler: finds what the document shows.
        content: the form of the body that is filled.

    Attributes:
        made: dotted names of properties that are required, and for which the document shows no value.
    """

    def __init__(self, contract: Contract, validation: Validation, sampler: Sampler, content: Content) -> None:
        self._contract = contract
        self._takes = validation.takes
        self._sampler = sampler
        self._content = content
        self.made: tuple[str, ...] = ()

    def plan(
        self, place: Place, known: Mapping[str, object], where: str, shown: Iterable[Json]
    ) -> tuple[Place, BodyPlan]:
        """Return the branch of a place that is filled, and what it is filled with.

        Args:
            place: of the object.
            known: properties that mean something to us, by their names.
            where: dotted name of the place; empty for the body.
            shown: values that the document shows of it.

        Raises:
            ContractError: it has no property that could be filled, or one without a value, with its place.
        """
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
        return branch, BodyPlan(names, fixed, absent)

    def _fixed(
        self, branch: Place, known: Mapping[str, object], where: str, shown: tuple[Json, ...]
    ) -> Iterator[tuple[str, Json]]:
        """Yield a value for each property that we do not know: the document's own, else one that is made."""
        for name in branch.property_names:
            if name in known:
                continue
            inner = branch.property(name)
            for value in entries(shown, name):
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


def entries(values: Iterable[Json], name: str) -> Iterator[Json]:
    """Yield what some objects say of a property."""
    return (as_mapping(value)[name] for value in values if name in as_mapping(value))
