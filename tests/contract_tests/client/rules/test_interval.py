"""The rules on a client's waits after good answers."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from client_timeline import Timeline, actual, client, outcome, verdict
from flexforward_contract_tests.client import judge_client

FLOOR, STAGE, LATE = "client.interval.floor", "client.interval.stage", "client.interval.late"


@pytest.mark.parametrize(
    ("tag", "shortest", "too_short"),
    [
        ("Pending", "3h47m55s", "3h47m54.999s"),
        ("InfoReceived", "3h47m55s", "3h47m54.999s"),
        ("InTransit", "28m25s", "28m24.999s"),
        ("Exception", "14m10s", "14m9.999s"),
    ],
)
def test_each_stage_has_its_shortest_wait(tag: str, shortest: str, too_short: str) -> None:
    assert verdict(STAGE, client().asks("0s", tag).asks(shortest, tag)) == "passed"
    assert verdict(STAGE, client().asks("0s", tag).asks("9d", tag)) == "passed"
    assert verdict(STAGE, client().asks("0s", tag).asks(too_short, tag)) == "failed"


@pytest.mark.parametrize("tag", ["Pending", "Unknown", "OutForDelivery"])
def test_the_floor_holds_after_every_answer(tag: str) -> None:
    assert verdict(FLOOR, client().asks("0s", tag).asks("14m10s", tag)) == "passed"
    assert verdict(FLOOR, client().asks("0s", tag).asks("14m9.999s", tag)) == "failed"


@pytest.mark.parametrize("tag", ["Unknown", "OutForDelivery"])
def test_what_the_guide_gives_no_interval_for_has_the_floor_only(tag: str) -> None:
    assert verdict(STAGE, client().asks("0s", tag).asks("15m", tag)) == "not-run"


def test_the_answer_decides_on_the_wait_after_it() -> None:
    assert verdict(STAGE, client().asks("0s", "Pending").asks("4h", "InTransit").asks("30m", "Delivered")) == "passed"
    assert verdict(STAGE, client().asks("0s", "InTransit").asks("30m", "Pending").asks("30m", "Pending")) == "failed"


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(client().asks("0s", 502).asks("1s", "InTransit"), id="a retry"),
        pytest.param(client().asks("0s", "no-answer").asks("1s", "InTransit"), id="a retry after a time-out"),
        pytest.param(client().asks("0s", "dribble").asks("1s", "InTransit"), id="what may be a retry"),
        pytest.param(client().asks("0s", 423).asks("1s", "InTransit"), id="a retry of the unknown"),
        pytest.param(client().asks("0s", 404).asks("1s", 404), id="a refusal: another rule"),
        pytest.param(client().asks("0s", "Delivered").asks("1s", "Delivered"), id="the end: another rule"),
        pytest.param(client().asks("0s", "InTransit"), id="one request"),
    ],
)
def test_only_waits_after_good_answers_count(run: Timeline) -> None:
    assert verdict(FLOOR, run) == verdict(STAGE, run) == "not-run"


def test_a_request_that_fails_is_early_all_the_same() -> None:
    assert verdict(FLOOR, client().asks("0s", "InTransit").asks("10m", 502)) == "failed"


def test_a_fixed_beat_is_kept_over_retries() -> None:
    tried = client().asks("0s", "InTransit").asks("30m", 502).asks("1m", 502).asks("2m", "InTransit")
    assert verdict(STAGE, tried.asks("27m", "InTransit")) == "passed"
    tried = client().asks("0s", "InTransit").asks("30m", 502).asks("1m", 502).asks("2m", "InTransit")
    assert verdict(STAGE, tried.asks("20m", "InTransit")) == "failed"
    assert verdict(FLOOR, client().asks("0s", 502).asks("1s", "InTransit").asks("1s", "InTransit")) == "failed"


def test_the_figures_are_told() -> None:
    run = client().asks("0s", "Pending").asks("30m0.12s", "Pending")
    assert actual(STAGE, run) == "it asked again after 30m"
    assert outcome(STAGE, run).failure.expected == "4h or more after Pending (3h47m55s would pass)"  # type: ignore[union-attr]


def test_where_the_timing_is_not_trusted_nothing_is_said_of_it() -> None:
    run = client(distrust="two threads waited").asks("0s", "Pending").asks("1s", "Pending")
    assert outcome(FLOOR, run).reason == "its timing cannot be judged: two threads waited"
    run.distrust = ""
    assert outcome(STAGE, run).reason == "its timing cannot be judged: it did not live in virtual time"


@pytest.mark.parametrize("tag", ["Pending", "InfoReceived", "InTransit", "Exception"])
def test_no_stage_takes_longer_than_half_as_much_again_as_the_longest(tag: str) -> None:
    assert verdict(LATE, client().asks("0s", tag).asks("9h", tag)) == "passed"
    assert verdict(LATE, client().asks("0s", tag).asks("9h1s", tag)) == "failed"


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(client().asks("0s", "Unknown").asks("1d", "InTransit"), id="no interval for Unknown"),
        pytest.param(client().asks("0s", "OutForDelivery").asks("1d", "InTransit"), id="nor for what is unknown"),
        pytest.param(client().asks("0s", 502).asks("1d", "InTransit"), id="a failure"),
        pytest.param(client().asks("0s", 404).asks("1d", "InTransit"), id="a refusal"),
        pytest.param(client().asks("0s", "dribble").asks("1d", "InTransit"), id="a doubtful answer"),
        pytest.param(client().asks("0s", "InTransit").ends("3d", by="deadline"), id="the last wait"),
    ],
)
def test_other_long_waits_are_nobodys_business(run: Timeline) -> None:
    assert verdict(LATE, run) == "not-run"


def test_a_long_wait_names_the_option_that_makes_it() -> None:
    run = client().asks("0s", "InTransit").asks("12h", "InTransit")
    assert actual(LATE, run) == "it asked again after 12h"
    [found] = judge_client([msgspec.structs.replace(run.run, every=timedelta(hours=12))], [LATE])
    assert found.failure is not None
    assert found.failure.actual == "it asked again after 12h; --every starts it each 12h"


def test_an_answer_with_a_new_field_may_have_been_refused_so_what_follows_is_no_interval() -> None:
    assert verdict(FLOOR, client().asks("0s", "InTransit", fault="new-field").asks("1m", "InTransit")) == "not-run"
