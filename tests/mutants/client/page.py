"""The part of ``docs/mutants.md`` that has the table of the client's mutants."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mutants.client.row import ClientRow

__all__ = ["client_page", "client_summary"]

WIDTH: Final = 120


def client_summary(mutants: Sequence[ClientRow], styles: Sequence[ClientRow]) -> str:
    """Return the totals, in words."""
    caught = sum(row.is_caught for row in mutants)
    wrong = sum(bool(row.broken or row.live or row.unjudged) for row in styles)
    return (
        f"Of {len(mutants)} faulty clients, `ClientContract` catches {caught}, each by the rule meant for it, in "
        f"process and over a socket. Of {len(styles)} conforming clients of different styles it reports {wrong}."
    )


def client_page(mutants: Sequence[ClientRow], styles: Sequence[ClientRow], *, drawn: int) -> str:
    """Return the part."""
    return "\n".join(_lines(mutants, styles, drawn)) + "\n"


def _lines(mutants: Sequence[ClientRow], styles: Sequence[ClientRow], drawn: int) -> Iterator[str]:
    yield "# What `ClientContract` catches"
    yield ""
    yield textwrap.fill(
        "A small polling client, written without any code of this project, keeps every rule. Each *mutant* of it "
        "breaks one rule in one believable way; further ones are of other styles. Conforming clients of several "
        "styles are there to be left alone.",
        WIDTH,
    )
    yield ""
    yield textwrap.fill(client_summary(mutants, styles), WIDTH)
    yield ""
    yield textwrap.fill(
        f"Each client went through all the trials that ship and through {drawn} drawn lifecycles in process, and "
        "through those that ship over a socket. A mutant counts as caught only if the rule beside it was reported by "
        "both doors, and if no must was reported that has nothing to do with its breach; the last column has what was "
        "reported as well.",
        WIDTH,
    )
    yield ""
    yield "## Faulty clients"
    yield ""
    yield "| mutant | what it does | rule | `ClientContract` | beside it |"
    yield "|---|---|---|---|---|"
    for row in mutants:
        beside = [f"`{rule}`" for rule in dict.fromkeys((*row.broken, *row.live)) if rule != row.rule]
        caught = "caught" if row.is_caught else "**missed**"
        yield f"| {row.name} | {row.sentence} | `{row.rule}` | {caught} | {', '.join(beside) or '-'} |"
    yield ""
    yield "## Conforming clients"
    yield ""
    yield "| client | what it is | `ClientContract` |"
    yield "|---|---|---|"
    for row in styles:
        reported = ", ".join((*row.broken, *row.live)) or (
            f"not run: {', '.join(row.unjudged)}" if row.unjudged else "-"
        )
        yield f"| {row.name} | {row.sentence} | {reported} |"
