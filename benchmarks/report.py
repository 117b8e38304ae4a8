"""Write the figures down as Markdown."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .row import Measured, Row

__all__ = ["method", "report"]

_PACKAGES: Final = ("flexforward-mock", "starlette", "uvicorn", "uvloop", "httptools", "msgspec", "jsonschema-rs")


def report(measured: Iterable[Measured], *, method: Mapping[str, str]) -> str:
    """Lay out all rows as one table, then the remarks and the method as a list."""
    measured = tuple(measured)
    rows = [row for one in measured for row in one.rows]
    remarks = [remark for one in measured for remark in one.remarks]
    lines = (
        "# Results",
        "",
        "Written by `make bench`. Figures are medians of all rounds. The ratio is the median of the single",
        "rounds' ratios, and the spread their least and greatest: ours over the reference where the bar is *at most*,",
        "else the reference over ours.",
        "",
        *_table(rows),
        "",
        *(f"- {remark}" for remark in remarks),
        *(f"- {name}: {fact}" for name, fact in method.items()),
    )
    return "\n".join(lines) + "\n"


def method(**more: str) -> dict[str, str]:
    """Tell when and on what the figures were taken, and ``more`` that only the caller knows."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "Python": f"{platform.python_implementation()} {platform.python_version()}",
        "packages": ", ".join(f"{name} {version(name)}" for name in _PACKAGES),
        "machine": f"{os.cpu_count()} cores, {_cpu_model()}, {platform.system()} {platform.release()}",
        **{name.replace("_", " "): fact for name, fact in more.items()},
    }


def _table(rows: Iterable[Row]) -> Iterable[str]:
    yield "| what | ours | reference | its figure | ratio | spread | bar | held |"
    yield "|---|--:|---|--:|--:|--:|---|---|"
    for row in rows:
        cells = (
            row.what,
            f"{median(row.ours):.1f}",
            row.reference_name,
            f"{median(row.reference):.1f}",
            f"{row.ratio:.2f}",
            f"{min(row.ratios):.2f} to {max(row.ratios):.2f}",
            "none" if row.bar.limit is None else f"{row.bar.kind} {row.bar.limit:g}",
            {True: "yes", False: "**no**", None: ""}[row.has_held],
        )
        yield f"| {' | '.join(cells)} |"


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()
