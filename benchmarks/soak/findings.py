"""What a soak found: how much was asked, what went wrong, and how long answers took."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from benchmarks.control_client import Outcome

__all__ = ["Findings", "Latencies"]

_KEPT: Final = 20
_LONGEST: Final = 500
_BUCKETS_PER_E: Final = 50  # a bucket is 2 % wide


@dataclass(slots=True)
class Latencies:
    """Times of answers, in buckets that are 2 % wide, so that ten minutes of them take no room."""

    buckets: Counter[int] = field(default_factory=Counter[int])
    greatest_s: float = 0.0

    def add(self, seconds: float) -> None:
        """Count one answer."""
        self.buckets[math.ceil(math.log(max(seconds, 1e-6)) * _BUCKETS_PER_E)] += 1
        self.greatest_s = max(self.greatest_s, seconds)

    def quantile_ms(self, share: float) -> float:
        """Return the milliseconds within which that share of the answers came; 0 if there are none."""
        missing = share * self.buckets.total()
        for bucket, count in sorted(self.buckets.items()):
            missing -= count
            if missing <= 0:
                return math.exp(bucket / _BUCKETS_PER_E) * 1000
        return 0.0

    def merge(self, other: Latencies) -> None:
        """Add the answers of another one."""
        self.buckets += other.buckets
        self.greatest_s = max(self.greatest_s, other.greatest_s)


@dataclass(slots=True)
class Findings:
    """What one or several who sent traffic have seen.

    Attributes:
        asked: requests, by what for.
        unanswered: requests that got no whole answer though nobody had ordered that.
        ordered: requests that got no whole answer because that was ordered.
        sandboxes: made, used and deleted.
        polls: counted requests whose step was compared with the script, and with the journal.
        problem_count: of all problems, of which ``problems`` are the first.
        alone: latencies of ordinary reads without abusers.
        abused: and with them.
        abuse: what the abusers did, and how it was met.
    """

    asked: Counter[str] = field(default_factory=Counter[str])
    unanswered: int = 0
    ordered: int = 0
    sandboxes: int = 0
    polls: int = 0
    problem_count: int = 0
    problems: list[str] = field(default_factory=list[str])
    alone: Latencies = field(default_factory=Latencies)
    abused: Latencies = field(default_factory=Latencies)
    abuse: Counter[str] = field(default_factory=Counter[str])

    def problem(self, text: str) -> None:
        """Note that something is not as it should be."""
        self.problem_count += 1
        if len(self.problems) < _KEPT:
            self.problems.append(text[:_LONGEST])

    def check(self, holds: object, what: str, outcome: Outcome) -> None:
        """Note a problem with ``outcome`` unless ``holds``."""
        if not holds:
            self.problem(f"{what}: {outcome}")

    def merge(self, other: Findings) -> None:
        """Add what another one has seen."""
        self.asked += other.asked
        self.unanswered += other.unanswered
        self.ordered += other.ordered
        self.sandboxes += other.sandboxes
        self.polls += other.polls
        self.problem_count += other.problem_count
        self.problems += other.problems[: _KEPT - len(self.problems)]
        self.alone.merge(other.alone)
        self.abused.merge(other.abused)
        self.abuse += other.abuse
