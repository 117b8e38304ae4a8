"""What is measured, and the bars. A further measurement is one more function here, listed in ``MEASUREMENTS``."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks.exchange import BenchmarkError
from benchmarks.load import CONNECTIONS, apply_load
from benchmarks.row import Bar, Measured, Row
from benchmarks.server import Server, Subject, running, two_cores

from .first_paint import first_paint
from .fixture_cost import fixture_cost
from .many_labels import cpu_with_many_labels
from .supervised import supervisor_cost
from .virtual_time import virtual_time_cost

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.plan import Plan, Sides

__all__ = ["MEASUREMENTS"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Turn:
    cpu_us: float
    wall_us: float


def cpu_per_request(sides: Sides, plan: Plan) -> Measured:
    """Measure the server's CPU time for a request, under a load that keeps it busy."""
    taken: dict[str, list[_Turn]] = {side.name: [] for side in sides.all}
    for subjects in _rotate(sides.all, plan.rounds, "under load"):
        for name, turn in _load_in_turns(subjects, plan).items():
            taken[name].append(turn)

    def row(reference: Subject, bar: Bar) -> Row:
        ours, theirs = (tuple(turn.cpu_us for turn in taken[side.name]) for side in (sides.ours, reference))
        return Row(what=what, bar=bar, ours=ours, reference=theirs, reference_name=reference.name)

    what = "server CPU per request, µs"
    rows = [row(sides.bare, Bar(kind="at most", limit=0.7)), row(sides.raw, Bar(kind="at most"))]
    if sides.prism:
        rows.append(row(sides.prism, Bar(kind="at least", limit=7.0)))
    if sides.silent_prism:
        rows.append(row(sides.silent_prism, Bar(kind="at least", limit=5.0)))
    how = (
        f"load: {plan.rounds} rounds. In each, every server is started afresh on one core and warmed up with "
        f"{plan.warm_up:,} requests; then they take {plan.turns} turns of {plan.requests:,} requests (Prism: a fifth), "
        f"sent over {CONNECTIONS} keep-alive connections from the other core. The round's figure is the median turn's."
    )
    checked = (
        "answers: each server's first one is looked at whole: it must be the guide's sample shipment, Prism's a body "
        "with the same fields. Each of the others must be a 200 with a body of the same length, or the run fails."
    )
    busy = (f"{name} {min(one.cpu_us / one.wall_us for one in turns):.0%}" for name, turns in taken.items())
    return Measured(
        rows=tuple(rows),
        remarks=(how, checked, f"least share of a round's load that the server was at work: {', '.join(busy)}."),
    )


def start_to_first_answer(sides: Sides, plan: Plan) -> Measured:
    """Measure the wall time from the start of the process to the end of its first good answer."""
    compared = tuple(side for side in sides.all if side not in (sides.raw, sides.silent_prism))
    taken: dict[str, list[float]] = {side.name: [] for side in compared}
    for side in compared:
        with running(side):
            pass  # its files are in the system's cache now, and Python's are compiled
    for subjects in _rotate(compared, plan.starts, "of the start"):
        for side in subjects:
            with running(side) as server:
                taken[side.name].append(server.started_ms)

    def row(reference: Subject, bar: Bar) -> Row:
        ours, theirs = (tuple(taken[side.name]) for side in (sides.ours, reference))
        return Row(what=what, bar=bar, ours=ours, reference=theirs, reference_name=reference.name)

    what = "start to first answer, ms"
    rows = [row(sides.bare, Bar(kind="at most", limit=1.1))]
    if sides.prism:
        rows.append(row(sides.prism, Bar(kind="at least", limit=3.0)))
    how = (
        f"start: {plan.starts} rounds after one unmeasured; from before the process is made to the end of its first "
        "good answer, asked for every 2 ms; no server is tied to a core."
    )
    return Measured(rows=tuple(rows), remarks=(how,))


MEASUREMENTS: Final[tuple[Callable[[Sides, Plan], Measured], ...]] = (
    cpu_per_request,
    cpu_with_many_labels,
    start_to_first_answer,
    first_paint,
    fixture_cost,
    virtual_time_cost,
    supervisor_cost,
)


def _load_in_turns(subjects: tuple[Subject, ...], plan: Plan) -> dict[str, _Turn]:
    """Return the median turn of each subject, by name."""
    server_core, load_core = two_cores()
    with ExitStack() as stack:
        servers = [stack.enter_context(running(subject, core=server_core)) for subject in subjects]
        for server in servers:
            _load(server, plan.warm_up, load_core)
        turns: dict[str, list[_Turn]] = {subject.name: [] for subject in subjects}
        for number in range(plan.turns):
            for server in servers[:: -1 if number % 2 else 1]:
                turns[server.subject.name].append(_take_turn(server, plan, load_core))
    return {
        name: _Turn(cpu_us=median(one.cpu_us for one in taken), wall_us=median(one.wall_us for one in taken))
        for name, taken in turns.items()
    }


def _take_turn(server: Server, plan: Plan, load_core: int | None) -> _Turn:
    count = round(plan.requests * server.subject.share)
    before_s = server.cpu_s()
    wall_s = _load(server, count, load_core)
    return _Turn(cpu_us=(server.cpu_s() - before_s) / count * 1e6, wall_us=wall_s / count * 1e6)


def _load(server: Server, count: int, core: int | None) -> float:
    try:
        return apply_load(server.port, count=count, body_bytes=server.body_bytes, core=core)
    except BenchmarkError as error:
        raise BenchmarkError(f"{server.subject.name}: {error}") from error


def _rotate(subjects: tuple[Subject, ...], rounds: int, what: str) -> Iterator[tuple[Subject, ...]]:
    """Yield the subjects once for each round, each time another one first."""
    for number in range(rounds):
        print(f"round {number + 1} of {rounds} {what}", file=sys.stderr, flush=True)
        first = number % len(subjects)
        yield subjects[first:] + subjects[:first]
