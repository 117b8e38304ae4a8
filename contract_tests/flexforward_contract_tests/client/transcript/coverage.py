"""How much of the contract a client has met: statuses, tags, nulls, forms of time, permitted evolutions."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, get_args

import msgspec

from flexforward_mockserver.engine.bodies.tracking_bodies import tracking_operation
from flexforward_mockserver.scenarios.scenario import TimeFormat
from flexforward_mockserver.scenarios.tag import TAGS
from flexforward_openapi import Contract, Json, as_list, as_mapping
from flexforward_openapi.reference import followed

from .reading import EVOLUTIONS, Reading
from .track import tracks_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .run import ClientRun

__all__ = ["Coverage", "Item", "coverage_lines", "coverage_of", "nullable_fields"]


class Item(msgspec.Struct, frozen=True):
    """Something that a client of this API may meet.

    Attributes:
        group: ``status``, ``tag``, ``null``, ``history``, ``time`` or ``evolution``.
    """

    group: str
    name: str
    is_met: bool


class Coverage(msgspec.Struct, frozen=True):
    """What a client has met, and what not."""

    items: tuple[Item, ...]

    @property
    def percent(self) -> float:
        """How much of it all was met, from 0 to 100."""
        return 100 * sum(item.is_met for item in self.items) / len(self.items)


def coverage_of(runs: Iterable[ClientRun], contract: Contract) -> Coverage:
    """Return what a client has met over all its runs, of what the contract and the vendor's prose list."""
    met: set[tuple[str, str]] = set()
    for run in runs:
        for track in tracks_of(run):
            for reading in track.readings:
                met.update(_met(reading))
    return Coverage(tuple(Item(group, name, (group, name) in met) for group, name in _listed(contract)))


def coverage_lines(coverage: Coverage) -> Iterator[str]:
    """Yield the coverage for a terminal: the share, then a line for each group with what was not met."""
    met = sum(item.is_met for item in coverage.items)
    yield f"The client met {met} of {len(coverage.items)} listed things ({coverage.percent:.0f} %)"
    for group, entries in groupby(coverage.items, key=lambda item: item.group):
        items = tuple(entries)
        missing = ", ".join(item.name for item in items if not item.is_met)
        count = f"{sum(item.is_met for item in items)} of {len(items)}"
        yield f"  {group:<10} {count}" + (f", not met: {missing}" if missing else "")


def nullable_fields(contract: Contract) -> Iterator[str]:
    """Yield the fields of a shipment's body that may be null, as ``trackingNumber`` or ``checkpoints[].city``."""
    for response in tracking_operation(contract).responses.values():
        if response.status.startswith("2"):
            yield from _nullable(contract.document, response.schema, "")


def _nullable(document: Json, schema: Json, place: str) -> Iterator[str]:
    parts = as_mapping(followed(document, schema))
    types = [part.get("type") for part in (parts, *map(as_mapping, as_list(parts.get("anyOf"))))]
    if "null" in types or "null" in as_list(parts.get("type")):
        yield place
    for name, part in as_mapping(parts.get("properties")).items():
        yield from _nullable(document, part, f"{place}.{name}".lstrip("."))
    if "items" in parts:
        yield from _nullable(document, parts["items"], f"{place}[]")


def _listed(contract: Contract) -> Iterator[tuple[str, str]]:
    yield from (("status", str(status)) for status in tracking_operation(contract).statuses)
    yield from (("tag", tag) for tag in TAGS)
    yield from (("null", name) for name in nullable_fields(contract))
    yield from (("history", name) for name in ("no checkpoints", "long history", "text beyond ASCII"))
    yield from (("time", name) for name in get_args(TimeFormat))
    yield from (("evolution", name) for name in EVOLUTIONS)


def _met(reading: Reading) -> Iterator[tuple[str, str]]:
    if reading.exchange.status is not None:
        yield "status", str(reading.exchange.status)
    if reading.tag is not None:
        yield "tag", reading.tag
    yield from (("evolution", name) for name in reading.evolutions)
    for trait in reading.traits:
        if trait.startswith("null "):
            yield "null", trait.removeprefix("null ")
        elif trait.startswith("time in "):
            yield "time", trait.removeprefix("time in ")
        else:
            yield "history", trait
