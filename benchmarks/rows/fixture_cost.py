"""What the pytest fixtures cost: an exchange without a socket, a sandbox for each test, the plugin at each start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import httpx
import requests
import responses
import respx

from benchmarks.exchange import BenchmarkError
from benchmarks.row import Bar, Measured, Row
from flexforward_fixtures import Mock, in_responses, in_respx

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Mapping
    from contextlib import AbstractContextManager

    from benchmarks.plan import Plan, Sides
    from flexforward_fixtures import FlexForward

    Ask = Callable[[Mapping[str, str]], bytes]

__all__ = ["fixture_cost"]

_URL: Final = "https://api.flexforwardship.com/tracking/PITD-6h-1"
_JSON: Final = {"content-type": "application/json"}
_EXCHANGES: Final = 300
_WARM_UP: Final = 50

_DOORS: Final = ("flexforward", "flexforward_respx", "flexforward_responses")
_TESTS: Final = 100
_SANDBOX_BAR_US: Final = 1_000.0
_IMPORT_BAR_MS: Final = 5.0

# Times each test whole, by the CPU; what a test with an empty fixture costs is pytest's own.
_CONFTEST: Final = """
import json, time
import pytest

taken = {}


@pytest.fixture
def nothing():
    yield


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    began = time.process_time_ns()
    done = yield
    taken.setdefault(item.name.split("__")[1], []).append((time.process_time_ns() - began) / 1e3)
    return done


def pytest_sessionfinish(session):
    (session.config.rootpath / "taken.json").write_text(json.dumps(taken))
"""

_IMPORT: Final = """
import pytest, time
began = time.perf_counter()
import flexforward_fixtures.plugin
print((time.perf_counter() - began) * 1e3)
"""


def fixture_cost(sides: Sides, plan: Plan) -> Measured:
    """Measure the fixtures; no server of ``sides`` takes part."""
    del sides
    measured = (_exchange(plan), _sandbox(plan), _import(plan))
    return Measured(
        rows=tuple(row for one in measured for row in one.rows),
        remarks=tuple(remark for one in measured for remark in one.remarks),
    )


# -- An exchange


def _exchange(plan: Plan) -> Measured:
    """Measure the CPU time of an exchange as the client's own process sees it, beside the simplest mock of its kind."""
    mock = Mock()
    with httpx.Client() as client, requests.Session() as session:

        def by_httpx(headers: Mapping[str, str]) -> bytes:
            return client.get(_URL, headers=headers).raise_for_status().content

        def by_requests(headers: Mapping[str, str]) -> bytes:
            answer = session.get(_URL, headers=headers)
            answer.raise_for_status()
            return answer.content

        rows = (
            _compared("httpx", lambda: in_respx(mock), _static_respx, by_httpx, 1.25, plan),
            _compared("requests", lambda: in_responses(mock), _static_responses, by_requests, 1.1, plan),
        )
    how = (
        f"exchange without a socket: {plan.rounds} rounds of {plan.turns} turns, in each {_EXCHANGES} exchanges by "
        "the fixtures' door, and as many with a static route that answers the same bytes, by the same client, every "
        "other turn the other way round. The CPU time is the process's, client included; all answers are compared. "
        f"{', '.join(f'{name} {version(name)}' for name in ('httpx', 'respx', 'requests', 'responses'))}."
    )
    return Measured(rows=rows, remarks=(how,))


def _compared(
    client: str,
    door: Callable[[], AbstractContextManager[FlexForward]],
    static: Callable[[bytes], AbstractContextManager[object]],
    ask: Ask,
    limit: float,
    plan: Plan,
) -> Row:
    ours: list[float] = []
    theirs: list[float] = []
    with door() as handle:
        body = ask(handle.headers)

    def by_door() -> float:
        with door() as handle:
            return _cpu_us(ask, handle.headers, body)

    def by_static() -> float:
        with static(body):
            return _cpu_us(ask, handle.headers, body)

    for number in range(plan.rounds):
        print(f"round {number + 1} of {plan.rounds} of exchanges by {client}", file=sys.stderr, flush=True)
        taken: dict[Callable[[], float], list[float]] = {by_door: [], by_static: []}
        for turn in range(plan.turns):
            for side in (by_door, by_static)[:: -1 if turn % 2 else 1]:
                taken[side].append(side())
        ours.append(median(taken[by_door]))
        theirs.append(median(taken[by_static]))
    name = {"httpx": "static respx route", "requests": "static responses route"}[client]
    what = f"CPU per in-process exchange by {client}, µs"
    bar = Bar(kind="at most", limit=limit)
    return Row(what=what, bar=bar, ours=tuple(ours), reference=tuple(theirs), reference_name=name)


def _cpu_us(ask: Ask, headers: Mapping[str, str], body: bytes) -> float:
    """Return the CPU time of an exchange, each of which must bring ``body``."""
    for _ in range(_WARM_UP):
        ask(headers)
    began_ns = time.process_time_ns()
    answers = [ask(headers) for _ in range(_EXCHANGES)]
    taken_us = (time.process_time_ns() - began_ns) / 1e3 / _EXCHANGES
    if set(answers) != {body}:
        raise BenchmarkError("an exchange brought another answer than the first one")
    return taken_us


@contextmanager
def _static_respx(body: bytes) -> Generator[None]:
    with respx.mock() as router:
        router.get(_URL).respond(200, headers=_JSON, content=body)
        yield


@contextmanager
def _static_responses(body: bytes) -> Generator[None]:
    with responses.RequestsMock() as router:
        router.add(responses.GET, _URL, body=body, content_type=_JSON["content-type"])
        yield


# -- A sandbox for each test


def _sandbox(plan: Plan) -> Measured:
    """Measure what a test that asks for a fixture costs more than one with an empty fixture."""
    taken: dict[str, list[float]] = {door: [] for door in _DOORS}
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "pytest.ini").write_text("[pytest]\n")
        (folder / "conftest.py").write_text(_CONFTEST)
        kinds = ("nothing", *_DOORS)
        tests = (f"def test_{number}__{kind}({kind}): pass\n" for number in range(_TESTS) for kind in kinds)
        (folder / "test_cost.py").write_text("".join(tests))
        for number in range(plan.rounds):
            print(f"round {number + 1} of {plan.rounds} of sandboxes", file=sys.stderr, flush=True)
            _run("-m", "pytest", "-q", "-p", "flexforward_fixtures.plugin", "-p", "no:cacheprovider", folder=folder)
            by_kind: dict[str, list[float]] = json.loads((folder / "taken.json").read_text())
            empty_us = median(by_kind["nothing"])
            for door in _DOORS:
                taken[door].append(median(by_kind[door]) - empty_us)
    rows = tuple(
        Row(
            what=f"CPU for a fresh sandbox, `{door}`, µs",
            bar=Bar(kind="at most", limit=1.0),
            ours=tuple(taken[door]),
            reference=(_SANDBOX_BAR_US,) * plan.rounds,
            reference_name="1 ms",
        )
        for door in _DOORS
    )
    how = (
        f"fresh sandbox: {plan.rounds} runs of pytest with {_TESTS} tests for each fixture and {_TESTS} with an empty "
        "one, in turns; the figure is the median test's CPU time, set-up to tear-down, less that of the median test "
        "with the empty fixture."
    )
    return Measured(rows=rows, remarks=(how,))


# -- The plugin at pytest's start


def _import(plan: Plan) -> Measured:
    """Measure how long the import of the plugin takes where pytest is imported already."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        _run("-c", _IMPORT, folder=folder)  # its bytecode is written now
        taken = tuple(float(_run("-c", _IMPORT, folder=folder)) for _ in range(plan.starts))
    row = Row(
        what="import of the pytest plugin, ms",
        bar=Bar(kind="at most", limit=1.0),
        ours=taken,
        reference=(_IMPORT_BAR_MS,) * plan.starts,
        reference_name="5 ms",
    )
    how = f"import: wall time in {plan.starts} interpreters that have imported pytest; one before wrote the bytecode."
    return Measured(rows=(row,), remarks=(how,))


def _run(*arguments: str, folder: Path) -> str:
    """Run this interpreter in ``folder``, where it also keeps bytecode, with no pytest plugin but those named."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPYCACHEPREFIX": str(folder / "bytecode")}
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode != 0:
        raise BenchmarkError(f"{arguments[:2]} failed: {(done.stdout + done.stderr)[-1000:]}")
    return done.stdout
