"""How much is measured, and of which servers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .server import Subject

__all__ = ["Plan", "Sides"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is done.

    Attributes:
        rounds: of the measurement under load, each with servers started afresh.
        warm_up: unmeasured requests to each server of a round. Prism's CPU per request falls threefold over its
            first ten thousand, while Node compiles; few would flatter us.
        turns: how often the servers of a round take turns. Noise of other programs comes in spans longer than a
            turn, so it meets all sides alike, and a turn that it spoils does not move the median.
        requests: to each server in each turn, times its ``share``.
        starts: rounds of the measurement of the start.
        label_rounds: of the measurement with many labels, each with servers started afresh.
        labels: how many those are.
        days: rounds of the measurement of virtual time.
    """

    rounds: int
    warm_up: int
    turns: int
    requests: int
    starts: int
    label_rounds: int
    labels: int
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """The servers that are compared.

    Attributes:
        raw: the least that a server in Python does.
        prism: as it comes; None if it cannot be had.
        silent_prism: with its log of some six lines for each request turned off.
    """

    ours: Subject
    bare: Subject
    raw: Subject
    prism: Subject | None = None
    silent_prism: Subject | None = None

    @property
    def all(self) -> tuple[Subject, ...]:
        """Those that are there."""
        return tuple(side for side in (self.bare, self.ours, self.raw, self.prism, self.silent_prism) if side)
