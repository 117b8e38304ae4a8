"""The name that a misspelt one was meant for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["did_you_mean", "nearest"]

LONGEST = 200
"""Characters beyond which a name is like no other; to compare two takes the time of their product."""


def nearest(name: str, names: Iterable[str], *, likeness: float = 0.6) -> str | None:
    """Return the one of ``names`` that is most like ``name``; None if none is like it.

    Args:
        name: as it was written.
        names: those that there are.
        likeness: from 0 (all are alike) to 1 (only the same).
    """
    if len(name) > LONGEST:
        return None
    import difflib  # costs every start some milliseconds, and few need it

    return next(iter(difflib.get_close_matches(name, names, n=1, cutoff=likeness)), None)


def did_you_mean(name: str, names: Iterable[str], *, likeness: float = 0.6) -> str:
    """Return the end of a sentence that asks for the nearest name; nothing if there is none."""
    near = nearest(name, names, likeness=likeness)
    return "" if near is None else f"; did you mean {near!r}?"
