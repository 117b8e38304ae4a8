"""What a measurement returns: comparisons of our figure with another server's, and the bars that they must keep."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Literal

__all__ = ["Bar", "Measured", "Row"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What a ratio must keep.

    Attributes:
        kind: the ratio is ours over the reference where it is to be at most something, else the reference over ours.
        limit: None for a ratio that is told only.
    """

    kind: Literal["at most", "at least"]
    limit: float | None = None

    def ratio(self, ours: float, reference: float) -> float:
        """Divide in the direction of the bar."""
        return ours / reference if self.kind == "at most" else reference / ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One comparison.

    Attributes:
        what: the quantity, with its unit.
        ours: one value for each round.
        reference: the other side's, in the same rounds.
    """

    what: str
    bar: Bar
    ours: tuple[float, ...]
    reference: tuple[float, ...]
    reference_name: str

    @property
    def ratios(self) -> tuple[float, ...]:
        """The ratio of each round: their spread tells how far the median can be trusted."""
        return tuple(self.bar.ratio(*pair) for pair in zip(self.ours, self.reference, strict=True))

    @property
    def ratio(self) -> float:
        """Median of the rounds' ratios: what disturbs a whole round touches both of its sides and cancels."""
        return median(self.ratios)

    @property
    def has_held(self) -> bool | None:
        """Whether the bar was kept; None if there is none."""
        if self.bar.limit is None:
            return None
        return self.ratio <= self.bar.limit if self.bar.kind == "at most" else self.ratio >= self.bar.limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A measurement's rows, and sentences on how it went that a reader needs beside them."""

    rows: tuple[Row, ...]
    remarks: tuple[str, ...] = ()
