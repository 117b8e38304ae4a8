"""What became of one program, conforming or not, with all trials."""

from __future__ import annotations

import sys
from typing import Final

import msgspec

from mutants.program.kit import HEARD
from mutants.program.kit import POLLERS as PYTHON_POLLERS
from mutants.program.mutant import NODE, POLLERS, broken_by, report_of, unmeant_musts
from mutants.program.mutants import PROGRAM_MUTANTS

__all__ = ["PROGRAMS", "ProgramRow", "row_of_program", "row_of_program_mutant"]

EXAMPLE: Final = PYTHON_POLLERS.parents[2] / "examples" / "poller_node" / "poller.mjs"
_LABELS: Final = ("--labels", "12", "--notify-pattern", r"notify: (?P<label>\S+) (?P<tag>\w+)")


class _Program(msgspec.Struct, frozen=True):
    name: str
    sentence: str
    path: str
    options: tuple[str, ...] = HEARD
    unrun: frozenset[str] = frozenset(("client.rate",))

    @property
    def command(self) -> list[str]:
        return [sys.executable if self.path.endswith(".py") else str(NODE), self.path]


def _python(name: str, sentence: str, options: tuple[str, ...] = HEARD, unrun: str = "client.rate") -> _Program:
    return _Program(f"python-{name}", sentence, str(PYTHON_POLLERS / f"{name}.py"), options, frozenset((unrun,)))


PROGRAMS: Final = (
    _Program("python-template", "The program that the mutants are made of.", str(POLLERS["Python"])),
    _python("urllib_sleep", "time.sleep and urllib."),
    _python("requests_posting", "time.sleep and requests; posts its notifications.", ()),
    _python("httpx_event", "threading.Event.wait and httpx."),
    _python("sched_http_client", "sched and http.client."),
    _python("httpx_asyncio", "asyncio and httpx; twelve labels at once.", _LABELS, "client.id.escaped"),
    _python("one_shot", "Asks once if it is time to; started every two hours.", (*HEARD, "--every", "2h")),
    _Program("node-template", "The program that the mutants are made of.", str(POLLERS["Node"])),
    _Program("node-example", "examples/poller_node; posts its notifications.", str(EXAMPLE), ()),
)


class ProgramRow(msgspec.Struct, frozen=True, kw_only=True):
    """One program.

    Attributes:
        rule: the rule meant for it; empty for a conforming one.
        broken: the rules that reported it.
        unjudged: rules that were not run and should have been.
        unmeant: rules of level must that reported a mutant and are not meant for it.
    """

    name: str
    rule: str = ""
    sentence: str
    broken: tuple[str, ...]
    unjudged: tuple[str, ...] = ()
    unmeant: tuple[str, ...] = ()

    @property
    def is_caught(self) -> bool:
        return self.rule in self.broken and not self.unmeant


def row_of_program_mutant(name: str, _: int = 0) -> ProgramRow:
    """Try a mutant."""
    mutant = next(mutant for mutant in PROGRAM_MUTANTS if mutant.name == name)
    broken = broken_by(mutant, ())
    return ProgramRow(
        name=name,
        rule=mutant.rule,
        sentence=mutant.sentence,
        broken=broken,
        unmeant=unmeant_musts(mutant, broken),
    )


def row_of_program(name: str, _: int = 0) -> ProgramRow:
    """Try a conforming program."""
    program = next(program for program in PROGRAMS if program.name == name)
    outcomes = report_of(program.command, (), *program.options)
    unrun = {rule for rule, outcome in outcomes.items() if outcome == "not-run"}
    return ProgramRow(
        name=name,
        sentence=program.sentence,
        broken=tuple(rule for rule, outcome in outcomes.items() if outcome == "failed"),
        unjudged=tuple(sorted(unrun - program.unrun)),
    )
