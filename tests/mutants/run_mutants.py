"""Try the suites on what is broken on purpose, and on what conforms in unusual ways.

Run it from a checkout: make mutants ARGS="[api] [client] [programs]"
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from mutants.api.legal.variations import LEGAL_VARIATIONS
from mutants.api.mutants import API_MUTANTS
from mutants.api.page import api_page, api_summary
from mutants.api.row import row_of_mutant, row_of_variation
from mutants.client.mutants import CLIENT_MUTANTS
from mutants.client.page import client_page, client_summary
from mutants.client.row import row_of_client_mutant, row_of_style
from mutants.client.styles import STYLES
from mutants.program.mutants import PROGRAM_MUTANTS
from mutants.program.page import program_page, program_summary
from mutants.program.row import PROGRAMS, row_of_program, row_of_program_mutant

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mutants.api.row import Row
    from mutants.client.row import ClientRow
    from mutants.program.row import ProgramRow

DOCS: Final = Path(__file__).parents[2] / "docs"
PARTS: Final = ("api", "client", "programs")
BETWEEN: Final = "\n<!-- Clients. -->\n\n"
PROGRAMS_BEGIN: Final = "\n<!-- Programs. -->\n\n"

_Row = TypeVar("_Row", "Row", "ClientRow", "ProgramRow")


class _Named(Protocol):
    @property
    def name(self) -> str: ...


def main(arguments: Sequence[str] | None = None) -> int:
    """Try them, print the tables and write them down; return 1 if one got away or was reported for nothing."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("kinds", nargs="*", type=_part, help=f"whose mutants: {', '.join(PARTS)} (default: all)")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these only; nothing is written then")
    parser.add_argument("--max-examples", type=int, default=20, help="of verify-api (default: %(default)s)")
    parser.add_argument("--drawn", type=int, default=30, help="of ClientContract (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at once (default: %(default)s)")
    given = parser.parse_args(arguments)
    is_good = True
    trials = {"api": _api_part, "client": _client_part, "programs": _programs_part}
    for kind in given.kinds or PARTS:
        began = time.monotonic()
        page, summary, is_as_meant = trials[kind](given)
        is_good = is_good and is_as_meant
        print(page)
        print(summary)
        print(f"{time.monotonic() - began:.0f} s")
        if given.only is None:
            _write(kind, page)
    return int(not is_good)


def _api_part(given: argparse.Namespace) -> tuple[str, str, bool]:
    """Try verify-api, and plain schemathesis beside it."""
    conforming = _tried(row_of_variation, _chosen(LEGAL_VARIATIONS, given), given.jobs, given.max_examples)
    broken = _tried(row_of_mutant, _chosen(API_MUTANTS, given), given.jobs, given.max_examples)
    is_good = all(row.is_caught for row in broken) and not any(row.broken or row.unjudged for row in conforming)
    return api_page(broken, conforming, max_examples=given.max_examples), api_summary(broken, conforming), is_good


def _client_part(given: argparse.Namespace) -> tuple[str, str, bool]:
    """Try ClientContract."""
    conforming = _tried(row_of_style, _chosen(STYLES, given), given.jobs, given.drawn)
    broken = _tried(row_of_client_mutant, _chosen(CLIENT_MUTANTS, given), given.jobs, given.drawn)
    is_left_alone = not any(row.broken or row.live or row.unjudged for row in conforming)
    is_good = is_left_alone and all(row.is_caught for row in broken)
    return client_page(broken, conforming, drawn=given.drawn), client_summary(broken, conforming), is_good


def _programs_part(given: argparse.Namespace) -> tuple[str, str, bool]:
    """Try verify-client."""
    conforming = _tried(row_of_program, _chosen(PROGRAMS, given), given.jobs, 0)
    broken = _tried(row_of_program_mutant, _chosen(PROGRAM_MUTANTS, given), given.jobs, 0)
    is_good = all(row.is_caught for row in broken) and not any(row.broken or row.unjudged for row in conforming)
    return program_page(broken, conforming), program_summary(broken, conforming), is_good


def _part(name: str) -> str:
    if name not in PARTS:
        raise argparse.ArgumentTypeError(f"{name!r} is none; allowed: {', '.join(PARTS)}")
    return name


def _chosen(all_of_them: Sequence[_Named], given: argparse.Namespace) -> list[str]:
    return [it.name for it in all_of_them if given.only is None or it.name in given.only]


def _write(kind: str, page: str) -> None:
    """Write one part of the page; the others stay."""
    file = DOCS / "mutants.md"
    before, _, programs = (file.read_text() if file.exists() else "").partition(PROGRAMS_BEGIN)
    api, _, client = before.partition(BETWEEN)
    parts = {"api": api, "client": client, "programs": programs} | {kind: page}
    file.write_text(f"{parts['api']}{BETWEEN}{parts['client']}{PROGRAMS_BEGIN}{parts['programs']}")


def _tried(try_one: Callable[[str, int], _Row], names: Sequence[str], jobs: int, examples: int) -> list[_Row]:
    """Return a row for each name, in their order; tell of each as it comes."""
    rows: dict[str, _Row] = {}
    # A fresh interpreter for each worker: one that is forked would share what schemathesis's threads hold.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=jobs, mp_context=context) as pool:
        for done in as_completed([pool.submit(try_one, name, examples) for name in names]):
            row = done.result()
            rows[row.name] = row
            print(f"{len(rows)}/{len(names)} {row.name}: {', '.join(row.broken) or '-'}", file=sys.stderr, flush=True)
    return [rows[name] for name in names]


if __name__ == "__main__":
    raise SystemExit(main())
