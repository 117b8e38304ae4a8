"""Programs that make their labels themselves: the trial's lifecycle is what their first POST gets."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from flexforward_contract_tests.client.judge import judge_client
from flexforward_contract_tests.client.runner.notification_desk import NotificationDesk
from flexforward_contract_tests.client.runner.program_options import ProgramOptions
from flexforward_contract_tests.client.runner.program_runner import open_program_runner
from flexforward_contract_tests.client.runner.trial import shipped_trials
from mutants.program.kit import POLLERS

if TYPE_CHECKING:
    from flexforward_contract_tests.client.transcript.run import ClientRun

TRIALS = {trial.name: trial for trial in shipped_trials()}
CREATING = (sys.executable, str(POLLERS / "creating.py"))


def take(name: str, *command: str, labels: int = 1) -> ClientRun:
    options = ProgramOptions(command=command or CREATING, create=True, labels=labels)
    with open_program_runner(options, NotificationDesk(r"told (?P<tag>\w+)")) as runner:
        return runner.run(TRIALS[name])


@pytest.mark.parametrize("name", [next(iter(TRIALS))])
def test_the_first_label_lives_the_trial_and_nothing_else_is_a_poll(name: str) -> None:
    run = take(name)
    assert run.distrust is None
    assert [label.scenario.name for label in run.labels] == [name], "whatever the postal code says"
    assert [label.order_number for label in run.labels] == ["ORDER-1"]
    assert [exchange.operation for exchange in run.on_labels] == ["createLabel", "createLabel", "getLabel"]
    assert {exchange.operation for exchange in run.exchanges} == {"getTracking"}
    assert len(run.all_exchanges) == len(run.exchanges) + 3
    verdicts = {outcome.rule.id: outcome.verdict for outcome in judge_client([run])}
    assert verdicts["client.auth.accepted"] == "passed"
    assert "failed" not in verdicts.values()


def test_a_program_that_makes_no_label_has_asked_for_none() -> None:
    run = take(next(iter(TRIALS)), sys.executable, "-c", "pass")
    assert len(run.labels) == 1
    assert run.all_exchanges == ()


def test_credentials_count_wherever_they_are_shown() -> None:
    script = (
        "import os, urllib.request as u\n"
        "try: u.urlopen(u.Request(os.environ['FLEXFORWARD_BASE_URL'] + '/labels', b'{}'))\n"
        "except OSError as error: print(error.code)\n"
    )
    run = take(next(iter(TRIALS)), sys.executable, "-c", script)
    verdicts = {outcome.rule.id: outcome.verdict for outcome in judge_client([run])}
    assert verdicts["client.auth.accepted"] == "failed"
