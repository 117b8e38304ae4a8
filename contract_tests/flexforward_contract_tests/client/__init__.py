"""The judge of clients: what one asked, was answered and told, held against the vendor's polling guide.

Everything here is a pure function of values. A journal from anywhere will do: ``ClientRun.of_exchanges`` takes labels
and exchanges, ``run_of`` takes a fixture's handle, and ``judge_client`` judges the runs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .judge import judge_client
    from .rules.registry import CLIENT_CHECKS
    from .transcript.coverage import Coverage, Item, coverage_lines, coverage_of
    from .transcript.finding import Breach, Finding, Kept, NotExercised
    from .transcript.reading import Reading, read, served_tag
    from .transcript.run import ClientRun, Notification, RunLabel, run_of
    from .transcript.story import draw_story, failure_text

__all__ = [
    "CLIENT_CHECKS",
    "Breach",
    "ClientRun",
    "Coverage",
    "Finding",
    "Item",
    "Kept",
    "NotExercised",
    "Notification",
    "Reading",
    "RunLabel",
    "coverage_lines",
    "coverage_of",
    "draw_story",
    "failure_text",
    "judge_client",
    "read",
    "run_of",
    "served_tag",
]

_MODULES = {
    **dict.fromkeys(("Coverage", "Item", "coverage_lines", "coverage_of"), "transcript.coverage"),
    **dict.fromkeys(("Breach", "Finding", "Kept", "NotExercised"), "transcript.finding"),
    "judge_client": "judge",
    **dict.fromkeys(("Reading", "read", "served_tag"), "transcript.reading"),
    "CLIENT_CHECKS": "rules.registry",
    **dict.fromkeys(("ClientRun", "Notification", "RunLabel", "run_of"), "transcript.run"),
    **dict.fromkeys(("draw_story", "failure_text"), "transcript.story"),
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
