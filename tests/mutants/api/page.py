"""``docs/mutants.md``: the table of the API's mutants."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from mutants.api.schemathesis import CONFIGS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mutants.api.row import Row

__all__ = ["api_page", "api_summary"]

WIDTH: Final = 120


def api_summary(mutants: Sequence[Row], variations: Sequence[Row]) -> str:
    """Return the totals, in words."""
    caught = sum(row.is_caught for row in mutants)
    plain, tuned = sum(bool(row.plain) for row in mutants), sum(bool(row.tuned) for row in mutants)
    wrong = sum(bool(row.broken or row.unjudged) for row in variations)
    wrong_plain, wrong_tuned = sum(bool(row.plain) for row in variations), sum(bool(row.tuned) for row in variations)
    return (
        f"Of {len(mutants)} broken APIs, `verify-api` catches {caught}, each by the rule meant for it; "
        f"`schemathesis run` alone catches {plain} with an example id, and {tuned} with all the ids and a tuned "
        f"configuration. Of {len(variations)} conforming APIs of unusual kinds, `verify-api` reports {wrong}, "
        f"`schemathesis run` {wrong_plain}, tuned {wrong_tuned}."
    )


def api_page(mutants: Sequence[Row], variations: Sequence[Row], *, max_examples: int) -> str:
    """Return the page."""
    return "\n".join(_lines(mutants, variations, max_examples)) + "\n"


def _lines(mutants: Sequence[Row], variations: Sequence[Row], max_examples: int) -> Iterator[str]:
    yield "# What `verify-api` catches"
    yield ""
    yield "<!-- Written by `make mutants`. -->"
    yield ""
    yield textwrap.fill(
        "A small API, written without any code of the mock server, keeps the contract. Each *mutant* of it breaks "
        "the contract in one way; each *legal variation* keeps it in an unusual way. A good checker catches the "
        "mutants and says nothing of the variations.",
        WIDTH,
    )
    yield ""
    yield textwrap.fill(api_summary(mutants, variations), WIDTH)
    yield ""
    yield textwrap.fill(
        "`verify-api` ran all its rules, with every option given, and with requests that schemathesis generates "
        f"(`--max-examples {max_examples}`) on the variations and on the mutants that get away without; a mutant "
        "counts as caught only if the rule named beside it was reported. `schemathesis run` had the same contract, the "
        "bearer token, and its default checks and phases; a mutant counts as caught whatever it reported. Its "
        "configuration:",
        WIDTH,
    )
    yield ""
    for setting, config in CONFIGS.items():
        yield f"*{setting}*"
        yield ""
        yield "```toml"
        yield config.rstrip()
        yield "```"
        yield ""
    yield "## Mutants"
    yield ""
    yield "| mutant | what it does | rule | `verify-api` | schemathesis, plain | tuned |"
    yield "|---|---|---|---|---|---|"
    for row in mutants:
        caught = "caught" if row.is_caught else "**missed**"
        cells = (row.name, row.sentence, f"`{row.rule}`", caught, _found(row.plain), _found(row.tuned))
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield "## Legal variations"
    yield ""
    yield "| variation | `verify-api` | schemathesis, plain | tuned |"
    yield "|---|---|---|---|"
    for row in variations:
        reported = ", ".join(row.broken) or (f"not run: {row.unjudged}" if row.unjudged else "-")
        yield f"| {row.name} | {reported} | {_found(row.plain)} | {_found(row.tuned)} |"


def _found(failures: Sequence[str]) -> str:
    return "; ".join(failure.replace("|", "/").replace("\n", " ") for failure in failures) or "-"
