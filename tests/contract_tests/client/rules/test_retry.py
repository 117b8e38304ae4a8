"""The rules on a client's retries."""

from __future__ import annotations

import random

import msgspec
import pytest

from client_timeline import Timeline, actual, client, verdict
from flexforward_contract_tests.client.judge import judge_client
from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS

STORM, BACKS_OFF, SURVIVES = "client.retry.storm", "client.retry.backs-off", "client.retry.survives"


def failing(*waits: str, what: str | int = 502, **more: object) -> Timeline:
    run = client().asks("0s", "InTransit").asks("30m", what, **more)
    for wait in waits:
        run.asks(wait, what, **more)
    return run


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(failing("500ms", "499ms", "1ms"), "passed", id="the fourth after a second"),
        pytest.param(failing("500ms", "499ms", "0.5ms"), "failed", id="the fourth within a second"),
        pytest.param(failing("0s", "0s").asks("0s", "InTransit"), "not-run", id="three, and then let in"),
        pytest.param(failing(*["1.25s"] * 8), "passed", id="the ninth after ten seconds"),
        pytest.param(failing(*["1.249s"] * 8), "failed", id="the ninth within ten seconds"),
        pytest.param(failing(*["30s"] * 20), "passed", id="the twenty-first after ten minutes"),
        pytest.param(failing(*["29.9s"] * 20), "failed", id="the twenty-first within ten minutes"),
        pytest.param(failing("30m", "100ms", "100ms", "100ms"), "failed", id="a burst that comes late"),
        pytest.param(failing("10m"), "passed", id="no haste at all"),
        pytest.param(failing("9m59s"), "not-run", id="too few to tell"),
        pytest.param(failing("0s", "0s").asks("0s", "InTransit").repeats(3, "0s", 502), "not-run", id="two runs"),
    ],
)
def test_storm(run: Timeline, expected: str) -> None:
    assert verdict(STORM, run) == expected


@pytest.mark.parametrize("rule", [STORM, BACKS_OFF])
def test_in_accelerated_time_nothing_is_said_of_seconds(rule: str) -> None:
    run = msgspec.structs.replace(failing(*["1ms"] * 30).run, is_accelerated=True)
    [found] = judge_client([run], [rule])
    assert (found.verdict, "in accelerated time" in str(found.reason)) == ("not-run", True)


@pytest.mark.parametrize(
    "what",
    [500, 502, 503, 429, "no-answer", "close", "reset", "close-mid-body", "truncated", "not-json", "empty-body"],
)
def test_everything_that_passes_is_a_failure(what: str | int) -> None:
    assert verdict(STORM, failing("0s", "0s", "0s", what=what)) == "failed"


@pytest.mark.parametrize("what", ["wrong-media-type", "dribble", "unlisted-status", 423])
def test_what_a_client_may_take_for_a_failure_does_not_interrupt_a_storm(what: str | int) -> None:
    assert verdict(STORM, client().asks("0s", 502).asks("0s", what).asks("0s", what).asks("0s", what)) == "failed"
    assert verdict(STORM, client().repeats(4, "0s", what)) == "not-run"


@pytest.mark.parametrize("what", ["latency", "new-field", "new-tag", "new-subtag", "InTransit", 404, 422])
def test_an_answer_that_says_something_ends_a_run_of_failures(what: str | int) -> None:
    assert what in FAULT_KINDS or what in ("InTransit", 404, 422)
    assert verdict(STORM, failing("0s", "0s").asks("0s", what).asks("0s", 502)) == "not-run"


def test_a_body_without_a_tag_is_broken() -> None:
    assert verdict(STORM, failing("0s", "0s", "0s", what="InTransit", body=b"[]", fault=None)) == "failed"


def test_a_storm_says_how_dense_it_was() -> None:
    assert actual(STORM, failing("100ms", "100ms", "100ms")) == "4 in 0.3s"


@pytest.mark.parametrize(
    ("waits", "expected"),
    [
        pytest.param(["1s", "2s", "4s"], "passed", id="doubling"),
        pytest.param(["1s", "2s", "4s", "8s", "16s", "32s", "60s", "60s", "60s", "60s"], "passed", id="up to a cap"),
        pytest.param(["0s", "1s", "2s", "4s"], "passed", id="at once, then doubling"),
        pytest.param(["1s", "1s", "2s", "2s", "3s", "3s"], "passed", id="growing now and then"),
        pytest.param(["57s", "57s", "57s"], "passed", id="a minute, nearly"),
        pytest.param(["56.9s", "56.9s", "56.9s"], "failed", id="less than a minute"),
        pytest.param(["5s", "5s", "5s"], "failed", id="always the same"),
        pytest.param(["5s", "5.05s", "5.1s"], "failed", id="nearly the same"),
        pytest.param(["5s", "5s"], "not-run", id="the same twice"),
        pytest.param(["5s"], "not-run", id="once"),
        pytest.param([], "not-run", id="never"),
        pytest.param(["1s", "2s", "4s", "8s", "8s", "8s"], "failed", id="capped too low"),
        pytest.param(["8s", "7s", "6s", "5s", "4s", "3s"], "failed", id="shrinking"),
        pytest.param(["8s", "7s", "6s", "5s", "4s", "9s"], "passed", id="four shorter ones may be jitter"),
        pytest.param(["20s", "19s", "8s", "2s", "15s", "18s"], "passed", id="drawn from zero to a minute"),
        pytest.param(["4s", "5s", "3s", "4.5s", "3.5s", "4.2s", "4.9s"], "failed", id="drawn around four seconds"),
        pytest.param(["1s", "2s", "4s", "8s", "1s", "2s", "4s", "8s", "1s"], "failed", id="over and over"),
        pytest.param(["30m", "30m"], "passed", id="the regular interval"),
        pytest.param(["14m10s"], "passed", id="the shortest regular interval"),
        pytest.param(["1s", "2s", "4s", "30m", "1s", "2s", "4s", "30m"], "passed", id="retries at each regular poll"),
        pytest.param(["2s", "2s", "2s", "30m"], "failed", id="retries that do not grow at a regular poll"),
    ],
)
def test_backs_off(waits: list[str], expected: str) -> None:
    assert verdict(BACKS_OFF, failing(*waits)) == expected


def test_what_an_answer_takes_is_no_wait() -> None:
    run = client().asks("0s", "no-answer", duration_s=30.0)
    for wait in ("31s", "32s", "34s", "38s"):
        run.asks(wait, "no-answer", duration_s=30.0)
    assert verdict(BACKS_OFF, run) == "passed"
    same = client().asks("0s", "no-answer", duration_s=30.0).repeats(3, "31s", "no-answer", duration_s=30.0)
    assert actual(BACKS_OFF, same) == "3 waits in a row of 1s"


def test_the_waits_that_did_not_grow_are_told() -> None:
    expected = "5 waits in a row (7s, 6s, 5s, 4s, 3s) no longer than 8s before them"
    assert actual(BACKS_OFF, failing("8s", "7s", "6s", "5s", "4s", "3s")) == expected


def test_waits_drawn_from_zero_to_a_doubling_bound_pass_but_for_a_rare_accident() -> None:
    dice = random.Random(1)
    blamed = 0
    for _ in range(400):
        waits = [dice.uniform(0, min(60.0, 2.0**count)) for count in range(1, 20)]
        blamed += verdict(BACKS_OFF, failing(*(f"{wait:.6f}s" for wait in waits))) == "failed"
    assert blamed <= 2


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(failing("1s", "2s").asks("4s", "InTransit"), "passed", id="it goes on"),
        pytest.param(failing("1s", "2s", "4s"), "passed", id="it tries a fourth time"),
        pytest.param(failing("1s", "2s").ends(), "failed", id="it ends after the third"),
        pytest.param(failing("1s", "2s").ends("4h", by="deadline"), "failed", id="it is silent after the third"),
        pytest.param(failing("1s", "2s").ends("1h", by="deadline"), "not-run", id="it may have waited still"),
        pytest.param(failing("1s").asks("1s", "InTransit"), "not-run", id="two only"),
        pytest.param(failing("1s").ends(), "not-run", id="it ends after the second: another rule"),
    ],
)
def test_survives(run: Timeline, expected: str) -> None:
    assert verdict(SURVIVES, run) == expected


def test_what_follows_three_failures_has_to_be_told_by_whoever_tells_it_else() -> None:
    usual = client().sees("0s", "InTransit").sees("30m", "Delivered").ends()
    missed = client().sees("0s", "InTransit").asks("30m", 502).asks("1s", 502).asks("2s", 502).asks("4s", "Delivered")
    missed.ends("2m")
    assert verdict(SURVIVES, usual, missed) == "failed"
    assert verdict("client.tell.delivered", usual, missed) == "passed"
    assert (
        verdict("client.tell.delivered", missed) == "failed"
    )  # it may never tell of deliveries, for all that is known
    sooner = client().sees("0s", "InTransit").asks("30m", 502).asks("1s", 502).asks("2s", "Delivered").ends("2m")
    assert verdict("client.tell.delivered", usual, sooner) == "failed"
    later = client().repeats(3, "1s", 502).sees("4s", "InTransit").asks("30m", "Delivered").ends("2m")
    assert verdict("client.tell.delivered", usual, later) == "failed"


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(
            client().asks("0s", "Pending").asks("4h", 502).asks("9h", "Pending"), "not-run", id="a cap held it"
        ),
        pytest.param(client().asks("0s", "Pending").asks("4h", 502).asks("10h", "Pending"), "failed", id="none did"),
        pytest.param(client().asks("0s", "Pending").asks("12h", 502).asks("12h", "Pending"), "not-run", id="its beat"),
        pytest.param(client().asks("0s", "Pending").asks("4h", 503).asks("10h", "Pending"), "not-run", id="as asked"),
    ],
)
def test_a_wait_after_a_failure_has_a_cap(run: Timeline, expected: str) -> None:
    assert verdict(BACKS_OFF, run) == expected


def test_what_no_cap_held_is_told_with_the_failures_so_far() -> None:
    run = client().asks("0s", "InTransit")
    for _ in range(12):
        run.asks("30m", 502).asks("1h", "InTransit")
    assert actual(BACKS_OFF, run.asks("30m", "reset").asks("18h", "InTransit")) == (
        "it asked again 18h after a failure, the 13. in all"
    )
