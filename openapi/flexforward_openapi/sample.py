"""A value for a schema: what the document itself shows, and where it shows nothing, one made of type and bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .place import Place, place_at
from .yaml_text import Json, as_list

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["NoSampleError", "Sample", "Sampler", "shown_values"]

_MOST_TRIED = 2_000
"""Values tried for one sample; a document that needs more is put together beyond what anybody reads."""

_DEEPEST = 32

_WELL_NESTED = 3
"""How often a schema may stand within itself where it does not have to."""


class NoSampleError(LookupError):
    """No value for a place is shown in the document, or can be made.

    Attributes:
        place: property names from the schema to the place, joined by dots; empty for the schema itself.
    """

    def __init__(self, place: str) -> None:
        super().__init__(place)
        self.place = place


class Sample(msgspec.Struct, frozen=True):
    """A value that its schema accepts.

    Attributes:
        made: the places whose values the document does not show, as dotted names; "" for the value itself.
    """

    value: Json
    made: tuple[str, ...] = ()


class Sampler:
    """Finds samples in one document.

    Args:
        document: the root of all schemas, in the words of OpenAPI 3.1.
        accepts: tells whether the schemas at all of some pointers take a value.
    """

    def __init__(self, document: Json, accepts: Callable[[tuple[str, ...], Json], bool]) -> None:
        self._document = document
        self._accepts = accepts

    def sample(self, pointer: str, *, may_make: bool = True) -> Sample:
        """Return a value for the schema at ``pointer``.

        Args:
            pointer: as in a ``ResponseSpec``.
            may_make: values may be made where the document shows none; else only what it shows counts.

        Raises:
            NoSampleError: no value was found that the schema takes.
        """
        return self.sample_at(place_at(self._document, pointer), may_make=may_make)

    def sample_at(self, place: Place, *, may_make: bool = True) -> Sample:
        """Return a value for a place, as ``sample`` does."""
        return _Search(self._accepts, may_make=may_make).found(place, (), ())


class _Search:
    """The search for one sample, which gives up after a bounded number of values."""

    def __init__(self, accepts: Callable[[tuple[str, ...], Json], bool], *, may_make: bool) -> None:
        self._accepts = accepts
        self._may_make = may_make
        self._tried = 0

    def found(self, place: Place, names: tuple[str, ...], above: tuple[frozenset[str], ...]) -> Sample:
        """Return the first value that a place takes: shown, put together, or made."""
        if len(above) <= _DEEPEST and not place.is_impossible:
            above = (*above, frozenset(place.parts))
            for sample in self._candidates(place, names, above):
                self._tried += 1
                if self._accepts(tuple(place.parts), sample.value):
                    return sample
                if self._tried > _MOST_TRIED:
                    break
        raise NoSampleError(".".join(names))

    def _candidates(self, place: Place, names: tuple[str, ...], above: tuple[frozenset[str], ...]) -> Iterator[Sample]:
        lacking: NoSampleError | None = None
        for value in shown_values(place):
            yield Sample(value)
        for branch in place.branches():
            if branch.chosen != place.chosen:
                for value in shown_values(branch):
                    yield Sample(value)
            if not branch.types and not self._may_make:
                lacking = lacking or NoSampleError(".".join(names))
                continue
            for kind in sorted(branch.types or ("object",), key="null".__eq__):
                try:
                    yield from self._of_type(branch, kind, names, above)
                except NoSampleError as error:
                    lacking = lacking or error
        if lacking is not None:
            raise lacking

    def _of_type(
        self, place: Place, kind: str, names: tuple[str, ...], above: tuple[frozenset[str], ...]
    ) -> Iterator[Sample]:
        if kind == "object":
            yield self._object(place, names, above, with_optional=True)
            yield self._object(place, names, above, with_optional=False)
        elif kind == "array":
            yield from self._arrays(place, names, above)
        elif kind == "null":
            yield Sample(None)  # no other value has the type, so it is as good as shown
        elif self._may_make:
            from .made_value import made_values  # most documents show what is answered

            for value in made_values(place, kind):
                yield Sample(value, (".".join(names),))
        else:
            raise NoSampleError(".".join(names))

    def _object(
        self, place: Place, names: tuple[str, ...], above: tuple[frozenset[str], ...], *, with_optional: bool
    ) -> Sample:
        value: dict[str, Json] = {}
        made: list[str] = []
        required = place.required
        for name in place.property_names:
            inner = place.property(name)
            if name not in required and not (with_optional and _is_for_answers(inner) and _is_flat(inner, above)):
                continue
            try:
                sample = self.found(inner, (*names, name), above)
            except NoSampleError:
                if name in required:
                    raise
                continue
            value[name] = sample.value
            made.extend(sample.made)
        for number in range(1, 1 + max((int(least) for least in place.values("minProperties")), default=0)):
            name = f"property{number}"
            if len(value) < number:
                sample = self.found(place.property(name), (*names, name), above)
                value[name] = sample.value
                made.extend(sample.made)
        return Sample(value, tuple(made))

    def _arrays(self, place: Place, names: tuple[str, ...], above: tuple[frozenset[str], ...]) -> Iterator[Sample]:
        least = max((int(bound) for bound in place.values("minItems")), default=0)
        least = max((least, *(len(as_list(first)) for first in place.values("prefixItems"))))
        lacking: NoSampleError | None = None
        if (place.item(0).parts and _is_flat(place.item(0), above)) or least:
            for count in dict.fromkeys((max(least, 1), least)):
                try:
                    yield self._array(place, names, above, count)
                except NoSampleError as error:
                    lacking = error
        if least and lacking is not None:
            raise lacking
        yield Sample([])

    def _array(self, place: Place, names: tuple[str, ...], above: tuple[frozenset[str], ...], count: int) -> Sample:
        items: list[Json] = []
        made: list[str] = []
        is_unique = any(value is True for value in place.values("uniqueItems"))
        for index in range(min(count, _MOST_TRIED)):
            item = place.item(index)
            sample = self.found(item, names, above)
            if is_unique and sample.value in items:
                sample = self._another(item, items, names, above)
            items.append(sample.value)
            made.extend(sample.made)
        return Sample(items, tuple(dict.fromkeys(made)))

    def _another(
        self, place: Place, taken: list[Json], names: tuple[str, ...], above: tuple[frozenset[str], ...]
    ) -> Sample:
        """Return a value that is not among those that stand already."""
        for sample in self._candidates(place, names, (*above, frozenset(place.parts))):
            if sample.value not in taken and self._accepts(tuple(place.parts), sample.value):
                return sample
        raise NoSampleError(".".join(names))


def shown_values(place: Place) -> Iterator[Json]:
    """Yield what the schemas of a place show themselves, outer ones first."""
    for part in place.parts.values():
        for keyword in ("example", "const", "default"):
            if keyword in part:
                yield part[keyword]
        for keyword in ("examples", "enum"):
            yield from as_list(part.get(keyword))


def _is_for_answers(place: Place) -> bool:
    return True not in place.values("writeOnly")


def _is_flat(place: Place, above: tuple[frozenset[str], ...]) -> bool:
    """Tell whether a place does not stand within itself too often."""
    own = frozenset(place.parts)
    return not own or sum(own <= outer for outer in above) < _WELL_NESTED
