"""Measure this project's server beside a bare Starlette route and Prism, in one run.

Run it from a checkout: .venv/bin/python -m benchmarks.run
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .exchange import BenchmarkError
from .judge import is_sample
from .plan import Plan, Sides
from .prism import PrismUnavailableError, find_prism
from .report import method, report
from .rows.measure import MEASUREMENTS
from .server import PORT, Subject

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT: Final = Path(__file__).resolve().parent.parent
FULL: Final = Plan(
    rounds=7, warm_up=12_000, turns=20, requests=1_000, starts=15, label_rounds=3, labels=100_000, days=5
)
QUICK: Final = Plan(rounds=2, warm_up=2_000, turns=5, requests=1_000, starts=3, label_rounds=1, labels=10_000, days=1)

CONTRACT: Final = ROOT / "openapi" / "flexforward_openapi" / "flex-forward.yaml"
RESULTS: Final = ROOT / "benchmarks" / "RESULTS.md"


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the report and write it down; return 1 if a measurement failed, a missed bar or not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="fewer rounds and requests: to see that it works")
    parser.add_argument("--without-prism", action="store_true", help="do not install or measure Prism")
    given = parser.parse_args(arguments)
    if sys.platform != "linux":
        parser.error("CPU time is read in Linux's way: this runs on Linux only")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that the servers are stopped then, too
    plan = QUICK if given.quick else FULL
    ours = Subject(name="flexforward-mock", command=(*_our_program(), "serve", "--port", "0"), is_good=is_sample)
    bare, raw = (
        Subject(name=name, command=(sys.executable, "-m", module), is_good=is_sample)
        for name, module in (("bare Starlette", "benchmarks.bare"), ("raw ASGI", "benchmarks.raw"))
    )
    sides, prism = Sides(ours=ours, bare=bare, raw=raw), "not wanted"
    if not given.without_prism:
        sides, prism = _with_prism(sides)
    load_before = os.getloadavg()[0]
    try:
        measured = [measure(sides, plan) for measure in MEASUREMENTS]
    except (BenchmarkError, OSError) as error:
        print(f"A measurement failed, so there are no results.\n{error}", file=sys.stderr)
        return 1
    told = method(
        run="quick: to see that it works" if given.quick else "full",
        Prism=prism,
        load_average_before=f"{load_before:.2f}",
        **{f"started by ({side.name})": f"`{_shown(side.command)}`" for side in sides.all},
    )
    text = report(measured, method=told)
    print(text, end="")
    RESULTS.write_text(text, encoding="utf-8")
    return 0


def _our_program() -> tuple[str, ...]:
    """Return the console script beside this interpreter, else the module, run by this interpreter."""
    script = Path(sys.executable).with_name("flexforward-mock")
    return (str(script),) if script.exists() else (sys.executable, "-m", "flexforward_mockserver")


def _with_prism(sides: Sides) -> tuple[Sides, str]:
    try:
        prism = find_prism()
    except PrismUnavailableError as error:
        print(f"Going on without Prism: {error}", file=sys.stderr)
        return sides, f"not measured: {error}"
    silent, logging = prism.subject(CONTRACT, log_level="silent"), prism.subject(CONTRACT)
    return replace(sides, prism=logging, silent_prism=silent), f"on Node {prism.node_version}"


def _shown(command: tuple[str, ...]) -> str:
    return shlex.join(part.replace(PORT, "PORT").replace(f"{ROOT}{os.sep}", "") for part in command)


if __name__ == "__main__":
    sys.exit(main())
