"""What a newer API might answer, from one step of a scenario to the next: what appears stays."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from .scenario import Evolution

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flexforward_openapi import Json

    from .scenario import Status

__all__ = ["EVOLVED_PARTS", "carried_evolution", "evolved"]

EVOLVED_PARTS = ("fields", "checkpoint", "error")
"""Attributes of an ``Evolution`` that hold new fields, by the object that they appear in."""


def carried_evolution(before: Evolution | None, status: Status, *, says_status: bool) -> Evolution | None:
    """Return what of an evolution a step keeps that says nothing of its own.

    Args:
        before: of the step before.
        status: the step's.
        says_status: the step says its tag or subtag, which ends an evolved one.
    """
    if before is None:
        return None
    kept = None if says_status or before.status is None else msgspec.structs.replace(before.status, slug=status.slug)
    return _unless_empty(msgspec.structs.replace(before, status=kept))


def evolved(before: Evolution | None, news: Evolution) -> Evolution | None:
    """Return an evolution with further ones: a field of None is taken away, and a status replaces the one before."""
    before = before or Evolution()
    parts = {name: _merged(getattr(before, name), getattr(news, name)) for name in EVOLVED_PARTS}
    return _unless_empty(Evolution(**parts, status=news.status or before.status))


def _merged(before: Mapping[str, Json], news: Mapping[str, Json]) -> Mapping[str, Json]:
    merged = {**before, **news}
    return MappingProxyType({name: value for name, value in merged.items() if value is not None})


def _unless_empty(evolution: Evolution) -> Evolution | None:
    return None if evolution == Evolution() else evolution
