"""Memory of a process over time: is it flat once all that is bounded is full?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Final

__all__ = ["LIMIT", "WARM_UP", "Memory"]

LIMIT: Final = 0.05
"""By how much of itself memory may grow after the warm-up.

What is honest lies between two figures. The median of a minute comes out within 2 % of the next one's on a server that
keeps nothing, by what happens to live in it. One byte kept of each request, or 650 of each sandbox, would be more than
5 % after ten minutes.
"""

WARM_UP: Final = 0.2
"""Share of the run after which everything that is bounded (journals above all) has to be full."""

_WINDOW: Final = 0.1


@dataclass(slots=True)
class Memory:
    """Resident memory of the process ``pid``, as often as it is looked at.

    Attributes:
        samples: KiB, at regular times.
    """

    pid: int
    samples: list[int] = field(default_factory=list[int])

    def look(self) -> None:
        """Take a sample."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        match = re.search(r"^VmRSS:\s*(\d+) kB$", status, re.MULTILINE)
        assert match is not None
        self.samples.append(int(match[1]))

    @property
    def warm_kib(self) -> float:
        """Median of the tenth of the run that follows the warm-up."""
        return self._median(WARM_UP)

    @property
    def end_kib(self) -> float:
        """Median of the last tenth of the run."""
        return self._median(1 - _WINDOW)

    @property
    def growth(self) -> float:
        """Share by which memory grew from the one to the other."""
        return self.end_kib / self.warm_kib - 1

    def _median(self, share: float) -> float:
        first = round(share * len(self.samples))
        return median(self.samples[first : first + max(1, round(_WINDOW * len(self.samples)))])
