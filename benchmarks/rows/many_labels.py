"""What a request costs where there are many labels."""

from __future__ import annotations

import sys
from dataclasses import replace
from statistics import median
from typing import TYPE_CHECKING, Final

from benchmarks.control_client import Client
from benchmarks.control_client import request as control_call
from benchmarks.exchange import BenchmarkError, ask
from benchmarks.judge import is_tracking
from benchmarks.load import apply_load
from benchmarks.row import Bar, Measured, Row
from benchmarks.server import Server, running, two_cores
from benchmarks.spread import Spread

if TYPE_CHECKING:
    from benchmarks.plan import Plan, Sides

__all__ = ["cpu_with_many_labels"]

_FEW: Final = 100
_JOURNAL: Final = 10_000
_THREE_HOURS_S: Final = 3 * 3600


def cpu_with_many_labels(sides: Sides, plan: Plan) -> Measured:
    """Measure what a request costs in a sandbox with many labels, over one with a hundred."""
    few, many = Spread(labels=_FEW), Spread(labels=plan.labels)
    spread_out: list[dict[str, float]] = []
    narrow: list[dict[str, float]] = []
    server_core, load_core = two_cores()
    for number in range(plan.label_rounds):
        print(f"round {number + 1} of {plan.label_rounds} with {plan.labels:,} labels", file=sys.stderr, flush=True)
        with running(sides.ours, core=server_core) as small, running(sides.ours, core=server_core) as large:
            lengths = {_fill(server, spread, load_core) for server, spread in ((small, few), (large, many))}
            if len(lengths) > 1:
                raise BenchmarkError(f"answers of different length are not compared: {lengths}")
            (length,) = lengths
            spread_out.append(_ask_in_turns({"few": (small, few), "many": (large, many)}, plan, length, load_core))
            # So that what the journal drops meanwhile is of the same hundred as well.
            _ask(large, _JOURNAL, load_core, few, length)
            narrow.append(_ask_in_turns({"few": (small, few), "many": (large, few)}, plan, length, load_core))
    what = f"server CPU per request with {plan.labels:,} labels, µs"
    rows = (
        _row(what, Bar(kind="at most", limit=1.05), spread_out),
        _row(f"the same, {_FEW} of them asked for", Bar(kind="at most"), narrow),
    )
    how = (
        f"labels: {plan.label_rounds} rounds. In each, one server gets {plan.labels:,} labels and another {_FEW}, all "
        "with three checkpoints; each label is asked for before, and the journals are full. Then the servers take "
        f"{plan.turns} turns of {plan.requests:,} requests, each for another one of all the labels there are, so the "
        "caches of the machine miss as they would. In the second row both are asked for the same hundred."
    )
    return Measured(rows=rows, remarks=(how,))


def _row(what: str, bar: Bar, rounds: list[dict[str, float]]) -> Row:
    many, few = (tuple(costs[name] for costs in rounds) for name in ("many", "few"))
    return Row(what=what, bar=bar, ours=many, reference=few, reference_name=f"{_FEW} labels")


def _fill(server: Server, spread: Spread, core: int | None) -> int:
    """Have all labels made, grown and asked for, and return how long the body of each is."""
    request = spread.requests(1)[0]
    _ask(server, spread.labels, core, spread, len(ask(server.port, request).body))
    with Client(server.port) as client:
        call = control_call("POST", "/_mock/sandboxes/default/clock/advance", body={"seconds": _THREE_HOURS_S})
        outcome = client.send(call)
    if outcome.status != 200:
        raise BenchmarkError(f"{server.subject.name}: {outcome}")
    answer = ask(server.port, request)
    if not is_tracking(answer):
        raise BenchmarkError(f"{server.subject.name}: expected a shipment, got {answer}")
    _ask(server, max(spread.labels, _JOURNAL), core, spread, len(answer.body))
    return len(answer.body)


def _ask_in_turns(
    sided: dict[str, tuple[Server, Spread]], plan: Plan, body_bytes: int, core: int | None
) -> dict[str, float]:
    """Return the µs of server CPU for a request in each one's median turn."""
    turns: dict[str, list[float]] = {name: [] for name in sided}
    for number in range(plan.turns):
        for name in [*sided][:: -1 if number % 2 else 1]:
            server, spread = sided[name]
            before_s = server.cpu_s()
            _ask(server, plan.requests, core, replace(spread, first=number * plan.requests), body_bytes)
            turns[name].append((server.cpu_s() - before_s) / plan.requests * 1e6)
    return {name: median(taken) for name, taken in turns.items()}


def _ask(server: Server, count: int, core: int | None, spread: Spread, body_bytes: int) -> None:
    apply_load(server.port, count=count, body_bytes=body_bytes, core=core, spread=spread)
