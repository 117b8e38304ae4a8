"""The trials that ship: valid, in a stable order, and together enough to judge a client by every rule."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import pytest
from hypothesis import given, settings

from flexforward_contract_tests.client.rules.registry import CLIENT_RULES
from flexforward_contract_tests.client.runner.drawn_trial import (
    drawn_trials,
    with_blip,
    with_forms_of_time,
    with_hurry,
    with_scattered_failures,
)
from flexforward_contract_tests.client.runner.saved_trial import (
    forget_trial,
    read_trial,
    save_trial,
    saved_trials,
    trial_text,
)
from flexforward_contract_tests.client.runner.session import Session
from flexforward_contract_tests.client.runner.trial import (
    COMPANIONS,
    ODD_ORDER_NUMBERS,
    TRIALS,
    Trial,
    companions_of,
    horizon,
    shipped_trials,
)
from flexforward_contract_tests.client.transcript.coverage import coverage_of
from flexforward_contract_tests.client.transcript.identifier import needs_escape
from flexforward_mockserver.scenarios.scenario_reader import load_scenario
from flexforward_openapi import load_contract
from mutants.client.styles import STYLES
from virtual_kit import START, trial

if TYPE_CHECKING:
    from pathlib import Path


def test_the_trials_are_valid_and_named_as_their_files() -> None:
    files = sorted(TRIALS.glob("*"))
    trials = shipped_trials()
    assert [path.stem.partition("-")[2] for path in files] == [one.name for one in trials]
    assert [int(path.stem.partition("-")[0]) for path in files] == list(range(1, len(files) + 1))
    assert [load_scenario(path) for path in files] == [one.scenario for one in trials]


def test_the_order_is_stable() -> None:
    assert shipped_trials() == shipped_trials()
    assert len({one.order_number for one in shipped_trials()}) == len(shipped_trials())
    odd = [one.order_number for one in shipped_trials() if needs_escape(one.order_number)]
    assert sorted(odd) == sorted(ODD_ORDER_NUMBERS)


def test_together_they_exercise_every_rule_and_the_whole_contract() -> None:
    campaign = Session(STYLES[0].client, drawn=0)
    verdicts = {outcome.rule.id: outcome.verdict for outcome in campaign.outcomes}
    assert verdicts == {rule.id: "not-run" if rule.id == "client.rate" else "passed" for rule in CLIENT_RULES}
    coverage = coverage_of(campaign.runs, load_contract())
    assert [item.name for item in coverage.items if not item.is_met] == []


@pytest.mark.parametrize(
    ("steps", "hours"),
    [
        pytest.param("tag: Delivered", 24, id="at once"),
        pytest.param("tag: Pending\n{after: 5h, tag: Delivered}", 29, id="after a while"),
        pytest.param("tag: Pending\n{polls: 2, tag: Delivered}", 36, id="after two requests, the guide's slowest"),
        pytest.param("tag: Pending\n{after: 1h, polls: 3, tag: Delivered}", 25, id="whichever comes first"),
    ],
)
def test_a_trial_is_over_a_day_after_its_last_step(steps: str, hours: int) -> None:
    assert horizon(trial(steps).scenario) == timedelta(hours=hours)


# -- Kept between runs


@settings(max_examples=20)
@given(drawn_trials())
def test_a_kept_trial_is_read_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, drawn: Trial) -> None:
    path = save_trial(tmp_path_factory.mktemp("kept") / ".flexforward", "TestPoller", "client.timeout", drawn)
    back = read_trial(path)
    assert (back.order_number, back.zone, back.scenario.steps) == (drawn.order_number, drawn.zone, drawn.scenario.steps)
    assert trial_text(back) == path.read_text()


def test_trials_are_kept_for_each_client_and_rule(tmp_path: Path) -> None:
    folder = tmp_path / ".flexforward"
    one, other = trial("tag: Pending", "A/1"), trial("tag: Delivered")
    save_trial(folder, "TestPoller", "client.timeout", one)
    save_trial(folder, "TestPoller", "client.timeout", other)
    save_trial(folder, "TestPoller", "client.goes-on", one)
    save_trial(folder, "TestOther", "client.goes-on", other)
    (folder / "TestPoller-client.broken.yaml").write_text("steps: [")
    assert [kept.order_number for kept in saved_trials(folder, "TestPoller")] == ["A/1", "1001"]
    forget_trial(folder, "TestPoller", "client.goes-on")
    forget_trial(folder, "TestPoller", "client.goes-on")
    assert [kept.order_number for kept in saved_trials(folder, "TestPoller")] == ["1001"]
    assert (folder / ".gitignore").read_text() == "*\n"
    assert list(saved_trials(tmp_path / "nothing", "TestPoller")) == []


def test_a_scenario_of_anybodys_is_read_as_a_trial(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("name: mine\nsummary: Mine.\nsteps:\n  - tag: Delivered\n")
    assert read_trial(path).order_number == "ORDER-1"


def test_what_lives_beside_it_is_kept_by_name(tmp_path: Path) -> None:
    one = trial("tag: Delivered")
    many = msgspec.structs.replace(one, companions=companions_of(one, 4), own_zone="Asia/Tokyo")
    back = read_trial(save_trial(tmp_path / ".flexforward", "TestPoller", "client.goes-on", many))
    assert (back.companions, back.zone) == (many.companions, "Asia/Tokyo")
    assert [number for number, _ in back.labels] == ["1001", "1001-2", "1001-3", "1001-4"]
    assert back.horizon > one.horizon


def test_what_lives_beside_it_is_fixed_by_its_name_and_everything_is_met() -> None:
    assert companions_of(trial("tag: Delivered"), 1) == ()
    met = {one.name for each in shipped_trials() for one in companions_of(each, 2)}
    assert met == {*COMPANIONS}


# -- Drawn ones


def test_a_blip_stands_between_two_equal_statuses() -> None:
    plain = trial("tag: Pending\n{after: 6h, tag: InTransit}\n{after: 6h, tag: Delivered}").scenario
    first, second = with_blip(plain, 0), with_blip(plain, 1)
    assert [step.failure is not None for step in first.steps] == [False, True, False, False, False]
    assert [step.status.tag for step in second.steps] == ["Pending", *["InTransit"] * 3, "Delivered"]
    assert (first.numbered_from, second.numbered_from) == (3, 1)
    assert with_blip(trial("tag: Delivered").scenario, 7) == trial("tag: Delivered").scenario


def test_a_hurry_brings_two_changes_between_two_requests() -> None:
    plain = trial("tag: Pending\n{after: 6h, tag: InTransit}\n{polls: 6, tag: Delivered}").scenario
    hurried = with_hurry(plain, 1).steps
    assert [(step.after, step.polls) for step in hurried[1:]] == [
        (timedelta(hours=6), None),
        (timedelta(minutes=1), None),
    ]
    assert with_hurry(trial("tag: Delivered").scenario, 7) == trial("tag: Delivered").scenario


def test_scattered_failures_are_hours_apart_and_alternate() -> None:
    plain = trial("tag: InTransit\n{after: 6h, tag: Delivered}").scenario
    scattered = with_scattered_failures(plain, 6)
    assert len(scattered.steps) == 2 + 2 * 6
    kinds = [step.failure or step.fault for step in scattered.steps[1:13:2]]
    assert [kind is not None and type(kind).__name__ for kind in kinds] == ["ErrorStep", "StepFault"] * 3
    assert scattered.numbered_from == plain.numbered_from == 0
    assert all(step.polls == 3 for step in scattered.steps[1:13:2])
    for unfit in ("tag: Delivered", "status: 502", "{tag: Pending, fault: {kind: reset}}"):
        assert with_scattered_failures(trial(unfit).scenario, 6) == trial(unfit).scenario


def test_a_number_that_comes_later_comes_after_the_scattered_failures() -> None:
    plain = trial("tag: Pending\n{after: 6h, tag: InTransit}").scenario
    assert (plain.numbered_from, with_scattered_failures(plain, 6).numbered_from) == (1, 13)


def test_forms_of_time_stand_side_by_side_where_time_alone_opens_steps() -> None:
    lines = ["{tag: InTransit, checkpoint: {at: -1h}}", *["{after: 1h, checkpoint: {}}"] * 2]
    mixed = with_forms_of_time(trial("\n".join(lines)).scenario)
    events = [step.event for step in mixed.steps if step.event is not None]
    assert [event.written for event in events] == ["2026-04-01T07:00:00+08:00", None, "2026-04-01T02:00:00.000Z"]
    assert [event.at for event in events] == [START + timedelta(hours=hours) for hours in (-1, 1, 2)]
    polled = trial("{tag: InTransit, checkpoint: {}}\n{polls: 1, checkpoint: {}}").scenario
    assert with_forms_of_time(polled) == polled
