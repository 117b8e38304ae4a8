"""The part of ``docs/mutants.md`` that has the table of the faulty programs."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mutants.program.row import ProgramRow

__all__ = ["program_page", "program_summary"]

WIDTH: Final = 120


def program_summary(mutants: Sequence[ProgramRow], programs: Sequence[ProgramRow]) -> str:
    """Return the totals, in words."""
    caught = sum(row.is_caught for row in mutants)
    wrong = sum(bool(row.broken or row.unjudged) for row in programs)
    return (
        f"Of {len(mutants)} faulty programs, `verify-client` catches {caught}, each by the rule meant for it. "
        f"Of {len(programs)} conforming programs in Python and Node it reports {wrong}."
    )


def program_page(mutants: Sequence[ProgramRow], programs: Sequence[ProgramRow]) -> str:
    """Return the part."""
    return "\n".join(_lines(mutants, programs)) + "\n"


def _lines(mutants: Sequence[ProgramRow], programs: Sequence[ProgramRow]) -> Iterator[str]:
    yield "# What `verify-client` catches"
    yield ""
    yield textwrap.fill(
        "A small polling program for Python and the same for Node keep every rule. Each *mutant* of them is the file "
        "with one place changed. Every program is started once for each of the trials that ship, in virtual time. One "
        "counts as caught if the rule beside it was reported, and no must that has nothing to do with the change.",
        WIDTH,
    )
    yield ""
    yield textwrap.fill(program_summary(mutants, programs), WIDTH)
    yield ""
    yield "## Faulty programs"
    yield ""
    yield "| mutant | what it does | rule | `verify-client` | beside it |"
    yield "|---|---|---|---|---|"
    for row in mutants:
        beside = [f"`{rule}`" for rule in row.broken if rule != row.rule]
        caught = "caught" if row.is_caught else "**missed**"
        yield f"| {row.name} | {row.sentence} | `{row.rule}` | {caught} | {', '.join(beside) or '-'} |"
    yield ""
    yield "## Conforming programs"
    yield ""
    yield "| program | what it is | `verify-client --strict` |"
    yield "|---|---|---|"
    for row in programs:
        unrun = f"not run: {', '.join(row.unjudged)}" if row.unjudged else "-"
        yield f"| {row.name} | {row.sentence} | {', '.join(row.broken) or unrun} |"
