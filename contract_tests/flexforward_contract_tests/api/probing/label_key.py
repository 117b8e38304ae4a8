"""Ids and order numbers: when two of them mean the same label."""

from __future__ import annotations

from uuid import UUID

__all__ = ["as_uuid", "is_same_key"]


def as_uuid(key: object) -> UUID | None:
    """Return the UUID that ``key`` spells in the usual form, in letters of any case; None if it spells none."""
    if not isinstance(key, str) or len(key) != 36 or key.count("-") != 4:
        return None
    try:
        return UUID(key)
    except ValueError:
        return None


def is_same_key(one: object, other: object) -> bool:
    """Tell whether two keys are equal, UUIDs in letters of any case."""
    uuid = as_uuid(one)
    return one == other if uuid is None else uuid == as_uuid(other)
