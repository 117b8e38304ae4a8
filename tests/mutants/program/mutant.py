"""A mutant of a program: a file that conforms, with one place changed, and the rule meant for it."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from flexforward_contract_tests.client.rules.registry import CLIENT_RULES
from mutants.program.kit import HEARD, verify

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["NODE", "Language", "ProgramMutant", "broken_by", "report_of", "unmeant_musts"]

Language: TypeAlias = Literal["Python", "Node"]

HERE: Final = Path(__file__).parent
POLLERS: Final = {"Python": HERE / "program_poller.py", "Node": HERE / "program_poller.mjs"}
NODE: Final = shutil.which("node")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramMutant:
    """One breach.

    Attributes:
        rule: the id of the rule meant for it.
        sentence: what it does wrong.
        old: a piece of the program that conforms; it stands there once.
        new: what stands in its place.
        trials: those that are enough to see it; none for all.
        also: rules of level must that the same breach breaks as well.
    """

    name: str
    rule: str
    sentence: str
    old: str
    new: str
    trials: tuple[str, ...]
    language: Language = "Python"
    also: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The program."""
        conforming = POLLERS[self.language].read_text()
        assert conforming.count(self.old) == 1, (self.name, self.old)
        return conforming.replace(self.old, self.new)


def broken_by(mutant: ProgramMutant, trials: Sequence[str]) -> tuple[str, ...]:
    """Return the rules that a mutant is reported by; no trials for all."""
    with TemporaryDirectory() as folder:
        path = Path(folder, f"poller{POLLERS[mutant.language].suffix}")
        path.write_text(mutant.text)
        interpreter = sys.executable if mutant.language == "Python" else str(NODE)
        outcomes = report_of([interpreter, str(path)], trials, *HEARD)
    return tuple(rule for rule, outcome in outcomes.items() if outcome == "failed")


def unmeant_musts(mutant: ProgramMutant, broken: Iterable[str]) -> tuple[str, ...]:
    """Return which of the rules that reported a mutant are of level must and have nothing to do with its breach."""
    musts = {rule.id for rule in CLIENT_RULES if rule.level == "must"}
    return tuple(sorted(musts.intersection(broken) - {mutant.rule, *mutant.also}))


def report_of(command: Sequence[str], trials: Sequence[str], *options: str) -> dict[str, str]:
    """Return the outcome of each rule for a program."""
    chosen = [part for name in trials for part in ("--scenario", name)]
    with TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        verify(*options, "--report", str(report), *chosen, "--", *command)
        return {rule["id"]: rule["outcome"] for rule in json.loads(report.read_text())["rules"]}
