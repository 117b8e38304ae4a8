"""Try verify-api, and plain schemathesis beside it, on every mutant and every legal variation of an API.

Run it from a checkout: .venv/bin/python tests/mutants/run_mutants.py api
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import TYPE_CHECKING, Final

from api_mutants import API_MUTANTS
from api_page import api_page, api_summary
from api_row import row_of_mutant, row_of_variation
from legal_variations import LEGAL_VARIATIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from api_row import Row

DOCS: Final = Path(__file__).parents[2] / "docs"


def main(arguments: Sequence[str] | None = None) -> int:
    """Try them, print the table and write it down; return 1 if a mutant got away or a conforming API was reported."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("kind", choices=["api"], help="whose mutants")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these only; nothing is written then")
    parser.add_argument("--max-examples", type=int, default=20, help="of verify-api (default: %(default)s)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="at once (default: %(default)s)")
    given = parser.parse_args(arguments)
    chosen: set[str] | None = None if given.only is None else set(given.only)
    began = time.monotonic()
    variations = [it.name for it in LEGAL_VARIATIONS if chosen is None or it.name in chosen]
    mutants = [it.name for it in API_MUTANTS if chosen is None or it.name in chosen]
    conforming = _tried(row_of_variation, variations, given.jobs, given.max_examples)
    broken = _tried(row_of_mutant, mutants, given.jobs, given.max_examples)
    page = api_page(broken, conforming, max_examples=given.max_examples)
    print(page)
    print(api_summary(broken, conforming))
    print(f"{time.monotonic() - began:.0f} s")
    if chosen is None:
        (DOCS / "mutants.md").write_text(page)
    return int(any(not row.is_caught for row in broken) or any(row.broken or row.unjudged for row in conforming))


def _tried(try_one: Callable[[str, int], Row], names: Sequence[str], jobs: int, max_examples: int) -> list[Row]:
    """Return a row for each name, in their order; tell of each as it comes."""
    rows: dict[str, Row] = {}
    # A fresh interpreter for each worker: one that is forked would share what schemathesis's threads hold.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=jobs, mp_context=context) as pool:
        for done in as_completed([pool.submit(try_one, name, max_examples) for name in names]):
            row = done.result()
            rows[row.name] = row
            print(f"{len(rows)}/{len(names)} {row.name}: {', '.join(row.broken) or '-'}", file=sys.stderr, flush=True)
    return [rows[name] for name in names]


if __name__ == "__main__":
    raise SystemExit(main())
