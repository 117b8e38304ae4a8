"""Ways to ask a strategy what it can draw, the same at every run."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, TypeVar

from hypothesis import Phase, find, settings
from hypothesis.errors import NoSuchExample

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

ENOUGH = 1000
"""Within so many examples, everything that a strategy promises has to come."""


def missing(strategy: SearchStrategy[T], wanted: Mapping[str, Callable[[T], object]]) -> list[str]:
    """Return the names of what does not come within so many examples as are enough."""
    left = dict(wanted)

    def is_all(value: T) -> bool:
        for name in [name for name, is_wanted in left.items() if is_wanted(value)]:
            del left[name]
        return not left

    _find(strategy, is_all, Phase.generate)
    return list(left)


def simplest(strategy: SearchStrategy[T], is_wanted: Callable[[T], object] = lambda _: True) -> T:
    """Return what hypothesis would show of a test that fails for every value that is wanted."""
    found = _find(strategy, lambda value: bool(is_wanted(value)), Phase.generate, Phase.shrink)
    assert found is not None
    return found


def _find(strategy: SearchStrategy[T], is_found: Callable[[T], bool], *phases: Phase) -> T | None:
    try:
        return find(
            strategy,
            is_found,
            settings=settings(max_examples=ENOUGH, database=None, phases=phases, report_multiple_bugs=False),
            random=Random(1),
        )
    except NoSuchExample:
        return None
