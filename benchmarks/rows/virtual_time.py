"""What virtual time costs: a nine-day lifecycle of an unmodified poller over as many plain exchanges."""

from __future__ import annotations

import asyncio
import inspect
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Final, Protocol

import httpx
import requests

from benchmarks.exchange import BenchmarkError
from benchmarks.row import Bar, Measured, Row
from flexforward_contract_tests.client.runner.session import Session
from flexforward_contract_tests.client.runner.trial import Trial
from flexforward_contract_tests.client.runner.trial_runner import open_trial_runner
from flexforward_contract_tests.client.virtual_time.live_transport import open_live_transport
from flexforward_fixtures import Mock, in_responses, in_respx
from flexforward_mockserver.scenarios.duration import parse_duration
from flexforward_mockserver.scenarios.scenario import Scenario, Status, Step

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator

    from benchmarks.plan import Plan, Sides
    from flexforward_contract_tests.client.runner.trial_runner import TransportName

    Poll = Callable[..., Awaitable[None] | None]

__all__ = ["virtual_time_cost"]

_POLLS: Final = 217
"""The first, and one each hour for nine days."""
_HOUR_S: Final = 3600.0
_KEPT: Final = httpx.Limits(keepalive_expiry=None)
"""Else httpx opens a connection for each exchange after an hour, and none for those of the other side."""
_TURNS: Final = 4
"""A turn is hundreds of exchanges: few of them are steady, and many of them are minutes."""
_LIFECYCLES: Final = 100
_LIFECYCLES_BAR_MS: Final = 60_000.0


class _Env(Protocol):
    """As much of a client's surroundings as these clients need."""

    @property
    def base_url(self) -> str: ...
    @property
    def token(self) -> str: ...
    @property
    def label_id(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plain:
    base_url: str
    token: str
    label_id: str


# -- The clients; one that does not sleep is the other side


def _requests(env: _Env, *, sleeps: bool) -> None:
    with requests.Session() as session:
        session.headers.update(_headers(env))
        for _ in range(_POLLS):
            answer = session.get(f"{env.base_url}/tracking/{env.label_id}", timeout=10)
            _look_at(answer.status_code, answer.json()["tag"])
            if sleeps:
                time.sleep(_HOUR_S)


def _httpx(env: _Env, *, sleeps: bool) -> None:
    with httpx.Client(headers=_headers(env), limits=_KEPT, trust_env=False) as client:
        for _ in range(_POLLS):
            answer = client.get(f"{env.base_url}/tracking/{env.label_id}")
            _look_at(answer.status_code, answer.json()["tag"])
            if sleeps:
                time.sleep(_HOUR_S)


async def _httpx_async(env: _Env, *, sleeps: bool) -> None:
    async with httpx.AsyncClient(headers=_headers(env), limits=_KEPT, trust_env=False) as client:
        for _ in range(_POLLS):
            answer = await client.get(f"{env.base_url}/tracking/{env.label_id}")
            _look_at(answer.status_code, answer.json()["tag"])
            if sleeps:
                await asyncio.sleep(_HOUR_S)


def _headers(env: _Env) -> dict[str, str]:
    return {"Authorization": f"Bearer {env.token}"}


def _look_at(status: int, tag: str) -> None:
    if (status, tag) != (200, "InTransit"):
        raise BenchmarkError(f"answered {status}, {tag}")


# -- The two sides


def virtual_time_cost(sides: Sides, plan: Plan) -> Measured:
    """Measure what a client's virtual time costs; no server of ``sides`` takes part."""
    del sides
    clients: tuple[tuple[str, Poll], ...] = (
        ("requests", _requests),
        ("httpx", _httpx),
        ("httpx in asyncio", _httpx_async),
    )
    doors: tuple[TransportName, ...] = ("in-process", "live")
    rows = [_compared(name, poll, door, plan) for door in doors for name, poll in clients]
    how = (
        f"virtual time: {plan.days} rounds of {_TURNS} turns. In each, a client asks {_POLLS} times an hour "
        "apart, nine days, in virtual time; and as often without sleeping, in real time, by the same code through the "
        "same door, every other turn the other way round. The CPU time is the process's: client, mock and journal."
    )
    lifecycles = f"lifecycles: a `ClientContract` of {_LIFECYCLES} drawn lifecycles and the shipped trials, judged."
    return Measured(rows=(*rows, _lifecycles(plan)), remarks=(how, lifecycles))


def _compared(name: str, poll: Poll, door: TransportName, plan: Plan) -> Row:
    ours: list[float] = []
    theirs: list[float] = []
    for number in range(plan.days):
        print(f"round {number + 1} of {plan.days} of virtual time by {name}, {door}", file=sys.stderr, flush=True)
        taken: dict[Callable[[Poll, TransportName], float], list[float]] = {_virtual_us: [], _plain_us: []}
        for turn in range(_TURNS):
            for side in (_virtual_us, _plain_us)[:: -1 if turn % 2 else 1]:
                taken[side].append(side(poll, door))
        ours.append(median(taken[_virtual_us]))
        theirs.append(median(taken[_plain_us]))
    what = f"CPU per exchange in virtual time by {name}, {door}, µs"
    bar = Bar(kind="at most", limit=1.3)
    return Row(what=what, bar=bar, ours=tuple(ours), reference=tuple(theirs), reference_name="plain exchange")


def _virtual_us(poll: Poll, door: TransportName) -> float:
    status = Status.plain("InTransit", "yunexpress")
    steps = (Step(status=status), Step(status=status, after=parse_duration("9d")))
    scenario = Scenario(name="nine-days", summary="Nine days in transit.", steps=steps, numbered_from=None)
    trial = Trial(scenario=scenario, order_number="1001")
    with open_trial_runner(door=door) as ground:
        ground.run(lambda env: poll(env, sleeps=True), trial)  # to warm up
        began_ns = time.process_time_ns()
        run = ground.run(lambda env: poll(env, sleeps=True), trial)
        taken_ns = time.process_time_ns() - began_ns
    if len(run.exchanges) != _POLLS or run.last_words or run.distrust:
        raise BenchmarkError(f"{len(run.exchanges)} exchanges; {run.last_words}; {run.distrust}")
    return taken_ns / 1e3 / _POLLS


def _plain_us(poll: Poll, door: TransportName) -> float:
    with _plain_door(door) as env:
        _run_plain(poll, env)
        began_ns = time.process_time_ns()
        _run_plain(poll, env)
        taken_ns = time.process_time_ns() - began_ns
    return taken_ns / 1e3 / _POLLS


def _run_plain(poll: Poll, env: _Env) -> None:
    ending = poll(env, sleeps=False)
    if inspect.iscoroutine(ending):
        asyncio.run(ending)


@contextmanager
def _plain_door(door: TransportName) -> Generator[_Plain]:
    mock = Mock()
    with ExitStack() as stack:
        if door == "live":
            live = stack.enter_context(open_live_transport(mock.engine))
            handle = mock.open(base_url=live.base_url)
        else:
            handle = stack.enter_context(in_respx(mock))
            stack.enter_context(in_responses(mock))
        label = handle.ship("PT-1h-plain")
        handle.clock.advance(hours=2)
        yield _Plain(base_url=handle.base_url, token=handle.token, label_id=label.id)


def _lifecycles(plan: Plan) -> Row:
    def client(env: _Env) -> None:
        with httpx.Client(headers=_headers(env), trust_env=False) as http:
            while http.get(f"{env.base_url}/tracking/{env.label_id}").json().get("tag") != "Delivered":
                time.sleep(_HOUR_S)

    taken: list[float] = []
    for number in range(plan.days):
        print(f"round {number + 1} of {plan.days} of lifecycles", file=sys.stderr, flush=True)
        began_ns = time.process_time_ns()
        Session(client, drawn=_LIFECYCLES)
        taken.append((time.process_time_ns() - began_ns) / 1e6)
    return Row(
        what=f"CPU for {_LIFECYCLES} lifecycles and the shipped trials, ms",
        bar=Bar(kind="at most", limit=1.0),
        ours=tuple(taken),
        reference=(_LIFECYCLES_BAR_MS,) * plan.days,
        reference_name="a minute",
    )
