"""Did you mean: the known name that comes nearest to a misspelt one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["did_you_mean", "nearest"]


def nearest(name: str, known: Iterable[str], *, likeness: float = 0.6) -> str | None:
    """Return the known name that is most like ``name``; None if none is like it.

    Args:
        name: as it was given.
        known: all that there are.
        likeness: from 0, for anything, to 1, for the same.
    """
    import difflib  # only a mistake has to wait for it

    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=likeness)), None)


def did_you_mean(name: str, known: Iterable[str], *, likeness: float = 0.6) -> str:
    """Return ``; did you mean '…'?`` for a message about a name that there is not; empty if no known one is like it."""
    near = nearest(name, known, likeness=likeness)
    return "" if near is None else f"; did you mean {near!r}?"
