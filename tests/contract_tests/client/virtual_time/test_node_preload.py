"""Programs for Node live in virtual time: days pass in a moment, to the second, and no healthy exchange is given up."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flexforward_contract_tests.client import failure_text, judge_client
from flexforward_contract_tests.client.runner.trial import Trial, shipped_trials
from flexforward_fixtures.mock import START
from flexforward_mockserver.scenarios.scenario_reader import load_scenario
from node_runs import NODE, POLLERS, PRELOAD, ROOT, NodeGround, NodeRun, open_node_ground, poller

if TYPE_CHECKING:
    from collections.abc import Generator

pytestmark = pytest.mark.skipif(NODE is None, reason="Node.js is not installed")

HOUR = 3600
EXCHANGE_S = 0.12
TRIALS = {trial.name: trial for trial in shipped_trials()}
REFERENCE = [str(NODE), str(ROOT / "examples" / "poller_node" / "poller.mjs")]
NINE_DAYS = """
name: nine-days
summary: From the first scan to the door in nine days.
steps:
  - tag: Pending
  - after: 1d
    tag: InTransit
    checkpoint: {city: Shenzhen, state: Guangdong, country: CN}
  - after: 8d
    tag: Delivered
    checkpoint: {city: Los Angeles, state: CA, country: US}
"""

MODULES = Path(sys.prefix, "node_modules")
"""Where ``make test`` puts axios, node-cron, node-schedule and undici."""
needs_modules = pytest.mark.skipif(not MODULES.is_dir(), reason="make test installs Node's packages")
needs_npm = pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")


@pytest.fixture(scope="module")
def ground() -> Generator[NodeGround]:
    with open_node_ground() as opened:
        yield opened


@pytest.fixture(scope="module")
def nine_days(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    file = tmp_path_factory.mktemp("scenario") / "nine-days.yaml"
    file.write_text(NINE_DAYS)
    return Trial(scenario=load_scenario(file), order_number="ORDER-9")


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder with the pollers, beside which npm has installed something."""
    folder = tmp_path / "installed"
    shutil.copytree(POLLERS, folder)
    (folder / "node_modules").symlink_to(MODULES.resolve())
    return folder


def statuses(ran: NodeRun) -> set[int | None]:
    return {exchange.status for exchange in ran.run.exchanges}


def is_near(waits: list[int], wanted: int) -> bool:
    """Tell whether waits are as wanted, but for the moment that each exchange takes."""
    return all(0 <= wait - wanted <= 1 for wait in waits)


# -- Days in a moment


@pytest.mark.parametrize(
    ("name", "first_s", "wait_s", "code"),
    [
        pytest.param("chain.mjs", 0, HOUR, 0, id="setTimeout chain with fetch"),
        pytest.param("interval.mjs", HOUR, HOUR, 0, id="setInterval"),
        pytest.param("promises.mjs", HOUR + 10, HOUR, 3, id="timers/promises, by import"),
        pytest.param("race.mjs", 0, HOUR, 0, id="Promise.race against a timer"),
        pytest.param("signals.mjs", 0, HOUR, 0, id="AbortSignal.timeout"),
        pytest.param("controller.cjs", 0, HOUR, 0, id="AbortController and promisify, CommonJS"),
        pytest.param("agent.cjs", 0, HOUR, 0, id="node:http with an agent that keeps connections"),
        pytest.param("scheduler.mjs", HOUR, HOUR, 0, id="a clock looked at every second"),
    ],
)
def test_nine_days_pass_in_a_moment_and_to_the_second(
    ground: NodeGround, nine_days: Trial, name: str, first_s: float, wait_s: int, code: int
) -> None:
    ran = ground.run(poller(name), nine_days)
    assert ran.exit_code == code, ran.output
    assert not ran.problems
    assert ran.instants_s[0] == pytest.approx(first_s, abs=0.001)
    assert is_near(ran.waits_s, wait_s)
    assert ran.elapsed_s == pytest.approx(9 * 24 * HOUR, abs=wait_s + 60)
    assert statuses(ran) == {200}
    assert [told.tag for told in ran.run.notifications or ()] == ["Pending", "InTransit", "Delivered"]
    assert ran.run.ended_by == "client"
    assert ran.real_s < 30, "it takes about 1 s, and the clock that is looked at every second 4 s"


@pytest.mark.parametrize("name", ["chain.mjs", "interval.mjs", "promises.mjs", "agent.cjs"])
def test_the_same_happens_each_time(ground: NodeGround, name: str) -> None:
    first, second = (ground.run(poller(name), TRIALS["delivery"]) for _ in range(2))
    assert first.instants_s == pytest.approx(second.instants_s)


@needs_modules
@pytest.mark.parametrize("name", ["cron.mjs", "schedule.cjs", "axios.mjs", "undici.mjs"])
def test_what_npm_installs_lives_in_virtual_time(
    ground: NodeGround, nine_days: Trial, installed: Path, name: str
) -> None:
    ran = ground.run(poller(str(installed / name)), nine_days)
    assert ran.exit_code == 0, ran.output
    assert is_near(ran.waits_s, HOUR)
    assert statuses(ran) == {200}


# -- Time-outs


@pytest.mark.parametrize(
    ("name", "read_timeout_s", "failure"),
    [
        ("signals.mjs", 15, "TimeoutError 15000 15000 15000"),
        ("controller.cjs", 12, "AbortError 12000"),
        ("agent.cjs", 9, "timed out 9000"),
        ("race.mjs", 20, "late"),
    ],
)
def test_a_withheld_answer_is_given_up_at_the_clients_own_time_out(
    ground: NodeGround, name: str, read_timeout_s: float, failure: str
) -> None:
    ran = ground.run(poller(name), TRIALS["never-answers"])
    assert ran.exit_code == 0, ran.output
    failures = ran.said("failed")
    assert set(failures) == {failure}
    assert ran.waits_s.count(HOUR + int(read_timeout_s)) == len(failures)
    assert ran.real_s < 20


@needs_modules
@pytest.mark.parametrize(
    ("name", "failure"), [("axios.mjs", "ECONNABORTED 7000"), ("undici.mjs", "UND_ERR_HEADERS_TIMEOUT 25449")]
)
def test_so_it_is_by_what_npm_installs(ground: NodeGround, installed: Path, name: str, failure: str) -> None:
    assert failure in ground.run(poller(str(installed / name)), TRIALS["never-answers"]).said("failed")


@pytest.mark.parametrize(
    "name", ["signals.mjs", "controller.cjs", "agent.cjs", "race.mjs", "chain.mjs", "promises.mjs"]
)
def test_a_late_answer_within_the_time_out_is_taken(ground: NodeGround, name: str) -> None:
    ran = ground.run(poller(name), TRIALS["slow-answers"])
    assert statuses(ran) == {200}
    assert not ran.said("failed")
    assert any(exchange.duration_s == 8 for exchange in ran.run.exchanges)


def test_fetch_without_a_time_out_waits_for_as_long_as_the_server_does(ground: NodeGround) -> None:
    ran = ground.run(poller("interval.mjs"), TRIALS["never-answers"])
    assert ran.exit_code == 1, "it takes no care, and dies of the connection that is closed, or fetch's own time-out"
    assert ran.elapsed_s == pytest.approx(2 * HOUR + 300, abs=1)


@pytest.mark.parametrize("trial", ["connections-reset", "answers-break-off", "bodies-end-early"])
def test_broken_exchanges_take_no_time_of_their_own(ground: NodeGround, trial: str) -> None:
    ran = ground.run(poller("signals.mjs"), TRIALS[trial])
    assert ran.exit_code == 0, ran.output
    assert is_near(ran.waits_s, HOUR)
    assert {failure.partition(" ")[2] for failure in ran.said("failed")} == {"120 120 120"}


# -- Clocks


def test_all_clocks_agree_with_the_journal(ground: NodeGround) -> None:
    ran = ground.run(poller("clocks.mjs"), TRIALS["pending-long"], limit=timedelta(days=9))
    looks = [json.loads(said) for said in ran.said("answered")]
    assert len(looks) == len(ran.run.exchanges) == 30
    for look, at_s in zip(looks, ran.instants_s, strict=True):
        passed_ms = (at_s + EXCHANGE_S) * 1000
        epoch_ms = START.timestamp() * 1000
        for name in ("date", "made", "origin"):
            assert look[name] - epoch_ms == pytest.approx(passed_ms, abs=1)
        for name in ("called", "intl"):  # they say no milliseconds
            assert look[name] - epoch_ms == pytest.approx(passed_ms - 500, abs=501)
        for name in ("performance", "timing", "hrtime", "ns", "up"):
            assert look[name] == pytest.approx(passed_ms, abs=1)


def test_timers_keep_what_node_says_of_them(ground: NodeGround) -> None:
    ran = ground.run(poller("timers.cjs"), TRIALS["delivery"])
    assert ran.lines[-1] == "done", ran.output
    assert "FAILED" not in ran.output
    assert ran.real_s < 20


# -- Ends


def test_a_program_ends_when_nothing_holds_it_with_its_own_exit_code(ground: NodeGround) -> None:
    ran = ground.run(poller("once.mjs"), TRIALS["delivery"])
    assert (ran.exit_code, ran.run.ended_by) == (7, "client")
    assert ran.said("fired") == []
    (ended,) = ran.said("exit")
    assert "2026-04-01T00:00:00.120Z" <= ended < "2026-04-01T00:00:01.000Z", "before the timer that does not hold it"


def test_a_program_that_goes_on_is_ended_at_the_limit(ground: NodeGround) -> None:
    ran = ground.run(poller("chain.mjs"), TRIALS["pending-long"], limit=timedelta(hours=10, minutes=30))
    assert (ran.run.ended_by, ran.elapsed_s) == ("deadline", 10.5 * HOUR)
    assert len(ran.run.exchanges) == 11


def test_a_program_that_waits_for_nothing_is_found_stuck(ground: NodeGround, tmp_path: Path) -> None:
    program = tmp_path / "stuck.mjs"
    kit = POLLERS / "kit.mjs"
    program.write_text(
        f"import {{ ask }} from '{kit}';\nimport {{ createServer }} from 'node:net';\n"
        "await ask();\ncreateServer().listen(0, '127.0.0.1');\n"
    )
    ran = ground.run(poller(str(program)), TRIALS["delivery"])
    assert ran.problems == ("the client waits for something that never comes",)


def test_waits_in_worker_threads_are_told(ground: NodeGround) -> None:
    ran = ground.run(poller("worker.mjs"), TRIALS["delivery"])
    assert ran.problems == ("it waits in a worker thread",)


# -- How it is started


@needs_npm
@pytest.mark.parametrize(
    "command", [["npm", "start"], ["npx", "--no-install", "follow"], ["sh", "-c", "node chain.mjs"]]
)
def test_it_may_be_started_by_others(ground: NodeGround, tmp_path: Path, command: list[str]) -> None:
    folder = tmp_path / "project"
    shutil.copytree(POLLERS, folder)
    (folder / "chain.mjs").write_text("#!/usr/bin/env node\n" + (folder / "chain.mjs").read_text())
    (folder / "chain.mjs").chmod(0o755)
    package = {"name": "p", "version": "1.0.0", "scripts": {"start": "node chain.mjs"}, "bin": {"follow": "chain.mjs"}}
    (folder / "package.json").write_text(json.dumps(package))
    (folder / "node_modules" / ".bin").mkdir(parents=True)
    (folder / "node_modules" / ".bin" / "follow").symlink_to(folder / "chain.mjs")
    quiet = {"npm_config_update_notifier": "false", "npm_config_cache": str(tmp_path / "cache")}
    ran = ground.run(command, TRIALS["delivery"], cwd=folder, variables=quiet)
    assert ran.exit_code == 0, ran.output
    assert not ran.problems
    assert is_near(ran.waits_s, HOUR)
    assert ran.run.notifications is not None
    assert ran.run.notifications[-1].tag == "Delivered"


def test_options_for_node_that_are_there_already_hold(ground: NodeGround, tmp_path: Path) -> None:
    own = tmp_path / "own.cjs"
    own.write_text("globalThis.own = setTimeout; console.log('own');")
    options = {"NODE_OPTIONS": f'--require "{own}" --no-warnings --require "{PRELOAD}"'}
    ran = ground.run(poller("chain.mjs"), TRIALS["delivery"], variables=options)
    assert ran.exit_code == 0, ran.output
    assert ran.lines[0] == "own"
    assert is_near(ran.waits_s, HOUR)


@pytest.mark.parametrize("address", [None, "", "nonsense", "127.0.0.1:1"])
def test_without_anybody_who_keeps_time_nothing_changes(address: str | None) -> None:
    code = (
        "const began = Date.now(); setTimeout(() => console.log(Date.now() - began < 2000), 20); "
        "console.log(require('node:util').types.isProxy(Date), setTimeout === require('timers').setTimeout)"
    )
    assert NODE is not None
    variables = {"PATH": os.environ["PATH"], "NODE_OPTIONS": f'--require "{PRELOAD}"'}
    if address is not None:
        variables["FLEXFORWARD_TIME_ADDRESS"] = address
    ran = subprocess.run([NODE, "-e", code], env=variables, capture_output=True, encoding="utf-8", timeout=30)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "false true\ntrue\n", "")


# -- The reference


def test_the_poller_of_the_examples_keeps_every_rule(ground: NodeGround) -> None:
    ran = [ground.run(REFERENCE, trial) for trial in shipped_trials()]
    assert [entry.problems for entry in ran if entry.problems] == []
    outcomes = judge_client([entry.run for entry in ran])
    assert [failure_text(outcome) for outcome in outcomes if outcome.verdict == "failed"] == []
    assert {outcome.rule.id for outcome in outcomes if outcome.verdict == "not-run"} == {"client.rate"}


def test_it_posts_what_it_tells() -> None:
    with open_node_ground(notify_pattern=None) as ground:
        ran = ground.run(REFERENCE, TRIALS["exception-solved"], posts=True)
    told = [told.tag for told in ran.run.notifications or ()]
    assert told == ["InTransit", "Exception", "InTransit", "Delivered"]
    assert [outcome.rule.id for outcome in judge_client([ran.run]) if outcome.verdict == "failed"] == []


def test_a_wake_up_that_comes_late_is_not_taken_for_the_next_answer(
    ground: NodeGround, nine_days: Trial, tmp_path: Path
) -> None:
    """Its messenger takes three milliseconds from the answer to the call that wakes the program."""
    text = PRELOAD.read_text()
    assert text.count("  Atomics.notify(flags, 0);\n") == 1
    late = "  const until = Date.now() + 3; while (Date.now() < until);\n  Atomics.notify(flags, 0);\n"
    slow = tmp_path / "preload.cjs"
    slow.write_text(text.replace("  Atomics.notify(flags, 0);\n", late))
    ran = ground.run(REFERENCE, nine_days, variables={"NODE_OPTIONS": f'--require "{slow}"'})
    assert (ran.exit_code, ran.problems) == (0, ())
    assert ran.elapsed_s == pytest.approx(9 * 24 * HOUR, abs=HOUR)
