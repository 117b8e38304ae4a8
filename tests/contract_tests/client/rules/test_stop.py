"""Where a client stops, where it must not, and which rule an early end is for."""

from __future__ import annotations

import msgspec
import pytest

from client_timeline import SCENARIO, Timeline, actual, body, client, outcome, verdict
from flexforward_contract_tests.client import judge_client
from flexforward_mockserver.scenarios.scenario import Evolution, Status, Step
from flexforward_mockserver.state.label import label_uuid

TERMINAL, GOES_ON, SURVIVES = "client.stop.terminal", "client.goes-on", "client.retry.survives"
LEGAL, EVOLUTION = "client.body.legal", "client.body.evolution"


def patient() -> Timeline:
    """Return a run that shows that the client's clock moves."""
    return client().asks("0s", "InTransit").asks("30m", "Delivered").ends()


def broken(*runs: Timeline) -> set[str]:
    """Return the rules that say that a client stopped too early, or missed something."""
    found = judge_client([run.run for run in runs])
    return {entry.rule.id for entry in found if entry.verdict == "failed"}


@pytest.mark.parametrize("tag", ["Delivered", "Cancelled"])
def test_the_end_is_the_end(tag: str) -> None:
    assert verdict(TERMINAL, client().asks("0s", "InTransit").asks("30m", tag).ends()) == "passed"
    assert verdict(TERMINAL, client().asks("0s", tag).asks("30d", tag)) == "failed"
    assert verdict(TERMINAL, client().asks("0s", tag).asks("0s", tag)) == "passed"  # it was on its way already
    assert verdict(TERMINAL, client().asks("0s", tag, duration_s=1.0).asks("1s", tag)) == "passed"
    assert verdict(TERMINAL, client().asks("0s", tag, duration_s=1.0).asks("1.001s", 502)) == "failed"


def test_an_end_that_was_not_surely_read_is_none() -> None:
    assert verdict(TERMINAL, client().asks("0s", "Delivered", fault="dribble").asks("30m", "InTransit")) == "not-run"
    assert verdict(TERMINAL, client().asks("0s", "Delivered", fault="truncated").asks("30m", 502)) == "not-run"
    assert verdict(TERMINAL, client().asks("0s", "Exception").asks("30m", "InTransit")) == "not-run"


def test_requests_after_the_end_are_counted() -> None:
    assert actual(TERMINAL, client().asks("0s", "Delivered").asks("30m", 502)) == (
        "one request, the first 30m after it"
    )
    assert actual(TERMINAL, client().asks("0s", "Delivered").repeats(2, "30m", "Delivered")) == (
        "2 requests, the first 30m after it"
    )


@pytest.mark.parametrize("what", ["Exception", "Unknown", 502, "reset"])
def test_it_goes_on(what: str | int) -> None:
    assert verdict(GOES_ON, client().asks("0s", what).asks("1h", "InTransit")) == "passed"
    assert verdict(GOES_ON, client().asks("0s", what)) == "not-run"
    assert verdict(GOES_ON, client().asks("0s", what).ends()) == "failed"
    silent = client().asks("0s", what).ends("1d", by="deadline")
    assert verdict(GOES_ON, silent, patient()) == "failed"
    assert verdict(GOES_ON, silent) == "not-run", "its clock may stand still"


@pytest.mark.parametrize(
    "run",
    [
        pytest.param(client().asks("0s", "InTransit").asks("30m", "Delivered").ends(), id="the end"),
        pytest.param(client().asks("0s", 404).ends(), id="refused"),
        pytest.param(client().asks("0s", 404).asks("1d", 502).ends(), id="refused, then a failure"),
        pytest.param(client().asks("0s", 405).ends(), id="a request that makes no sense"),
        pytest.param(client().asks("0s", 404, fault="truncated").ends(), id="perhaps refused"),
        pytest.param(client().asks("0s", "Delivered", fault="dribble").ends(), id="perhaps the end"),
    ],
)
def test_who_may_end(run: Timeline) -> None:
    assert not broken(run) & {GOES_ON, SURVIVES, LEGAL, EVOLUTION}


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(client().asks("0s", "InTransit").ends("23h59m", by="deadline"), "not-run", id="no wait shown"),
        pytest.param(client().asks("0s", "InTransit").ends("1d", by="deadline"), "failed", id="a day"),
        pytest.param(
            client().repeats(2, "30m", "InTransit").ends("3h59m", by="deadline"), "not-run", id="under four hours"
        ),
        pytest.param(client().repeats(2, "30m", "InTransit").ends("4h", by="deadline"), "failed", id="four hours"),
        pytest.param(client().repeats(2, "3h", "InTransit").ends("5h59m", by="deadline"), "not-run", id="its own pace"),
        pytest.param(client().repeats(2, "3h", "InTransit").ends("6h", by="deadline"), "failed", id="twice its pace"),
        pytest.param(client().repeats(2, "1h", "Unknown").ends("23h", by="deadline"), "passed", id="no interval"),
        pytest.param(client().repeats(2, "1h", 502).ends("1d", by="deadline"), "failed", id="only failures"),
        pytest.param(
            client(distrust="real time").repeats(2, "1h", "InTransit").ends("9d", by="deadline"),
            "not-run",
            id="timing not trusted",
        ),
    ],
)
def test_silence_is_an_end(run: Timeline, expected: str) -> None:
    assert verdict(GOES_ON, run, patient()) == expected


def test_a_silence_says_nothing_of_a_client_whose_clock_may_stand_still() -> None:
    silent = client().sees("0s", "Exception").ends("9d", by="deadline")
    assert not broken(silent)
    assert (outcome(GOES_ON, silent).reason or "").endswith("it waits by may be one that virtual time does not move")


def test_a_silence_that_is_no_longer_than_its_waits_elsewhere_is_one_of_them() -> None:
    daily = client().repeats(3, "24h", "Exception").sees("24h", "Delivered").ends()
    silent = client().asks("0s", "Exception")
    assert verdict(GOES_ON, silent.ends("24h", by="deadline"), daily) == "passed"
    assert verdict(GOES_ON, silent.ends("49h", by="deadline"), daily) == "failed"


def test_what_it_did_is_told() -> None:
    assert actual(GOES_ON, client().asks("0s", "Exception").ends()) == "it ended after Exception"
    assert actual(GOES_ON, client().asks("0s", "Exception").ends("30h", by="deadline"), patient()) == (
        "it asked no more for 1d6h after Exception"
    )
    assert actual(GOES_ON, client().asks("0s", 502).ends()) == "it ended after one failure"
    assert actual(SURVIVES, client().repeats(3, "1h", 502).ends()) == "it ended after 3 failures in a row"
    assert actual(GOES_ON, client().repeats(4, "1s", 502).ends()) == "it ended after 4 failures in a row within 3s"
    assert actual(EVOLUTION, client().asks("0s", "unlisted-status", status=423).ends()) == "it ended after 423"


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(client().repeats(2, "1s", 502).ends(), {GOES_ON}, id="two"),
        pytest.param(client().repeats(3, "1s", 502).ends(), {SURVIVES}, id="three"),
        pytest.param(client().repeats(4, "2m30s", 502).ends(), {GOES_ON}, id="four in a passing trouble"),
        pytest.param(client().repeats(5, "2m30s", 502).ends(), {GOES_ON}, id="ten minutes"),
        pytest.param(client().repeats(5, "2m31s", 502).ends(), set[str](), id="longer"),
    ],
)
def test_an_end_after_failures_is_for_the_rule_that_counts_them(run: Timeline, expected: set[str]) -> None:
    assert broken(run) & {GOES_ON, SURVIVES, LEGAL, EVOLUTION} == expected


def test_a_client_that_hangs_breaks_the_rule_on_time_outs_only() -> None:
    hanging = client().sees("0s", "InTransit").asks("30m", "no-answer").ends("1d", by="deadline")
    assert broken(hanging) == {"client.timeout"}
    gave_up = client().sees("0s", "InTransit").asks("30m", "no-answer", duration_s=120.0).ends("1d", by="deadline")
    assert broken(gave_up) == {GOES_ON}


NULLS = body("InTransit", checkpoints=[], slug=None)


def test_a_body_that_ends_a_client_which_bears_others_is_for_the_rule_on_bodies() -> None:
    run = client().asks("0s", "InTransit").asks("30m", "InTransit", body=NULLS).ends()
    assert broken(run) - {"client.tell.changes"} == {LEGAL}
    assert actual(LEGAL, run) == "it ended after InTransit"
    assert outcome(LEGAL, run).failure.expected == (  # type: ignore[union-attr]
        "it goes on after a legal body with no checkpoints, null slug"
    )
    assert verdict(LEGAL, client().asks("0s", "InTransit", body=NULLS).asks("30m", "InTransit")) == "passed"
    assert verdict(LEGAL, client().asks("0s", "InTransit").asks("30m", "InTransit")) == "not-run"


def test_an_error_over_a_body_whose_tag_was_borne_before_is_for_the_rule_on_bodies() -> None:
    bears = client().asks("0s", "InTransit").asks("30m", "InTransit", body=NULLS).asks("30m", "InTransit")
    crashed = client().asks("0s", "InTransit").asks("30m", "InTransit", body=NULLS).crashes()
    assert broken(bears, crashed) - {"client.tell.changes"} == {LEGAL}
    assert broken(bears, client().asks("0s", "InTransit", body=NULLS).ends()) & {LEGAL, GOES_ON} == {GOES_ON}
    # The tag was borne nowhere else: the client may have crashed over that.
    assert broken(client().asks("0s", "InTransit").crashes()) & {LEGAL, GOES_ON} == {GOES_ON}


def test_news_that_a_client_crashed_over_are_for_the_rule_on_bodies() -> None:
    tells = client().sees("0s", "InTransit").sees("30m", "Delivered").ends()
    crashed = client().sees("0s", "InTransit").asks("30m", "Delivered").crashes("2m")
    assert broken(tells, crashed) == {LEGAL}


def test_a_body_that_was_borne_before_is_not_what_ended_it() -> None:
    bears = client().asks("0s", "InTransit", body=NULLS).asks("30m", "InTransit")
    run = client().asks("0s", "InTransit", body=NULLS).ends()
    assert broken(run, bears) & {LEGAL, GOES_ON} == {GOES_ON}
    assert broken(client().asks("0s", "InTransit", body=NULLS).ends()) & {LEGAL, GOES_ON} == {GOES_ON}


def test_a_tag_that_ends_a_client_in_any_body_is_not_for_the_rule_on_bodies() -> None:
    bears = client().asks("0s", "Pending").asks("4h", "Pending")
    plain = client().asks("0s", "Pending").asks("4h", "InTransit").ends()
    nulls = client().asks("0s", "Pending").asks("4h", "InTransit", body=NULLS).ends()
    assert broken(bears, plain, nulls) & {LEGAL, GOES_ON} == {GOES_ON}
    exception = client().asks("0s", "Pending").asks("4h", "Exception", body=body("Exception", slug=None)).ends()
    assert broken(bears, exception) & {LEGAL, GOES_ON} == {GOES_ON}


@pytest.mark.parametrize("what", ["new-field", "new-subtag"])
def test_a_change_that_the_policy_permits_ends_nobody(what: str) -> None:
    assert broken(client().asks("0s", what).ends()) & {EVOLUTION, GOES_ON} == {EVOLUTION}
    assert verdict(EVOLUTION, client().asks("0s", what).asks("30m", "InTransit")) == "passed"
    assert verdict(EVOLUTION, client().asks("0s", what)) == "not-run"


def test_an_unlisted_status_and_an_unknown_tag_end_nobody() -> None:
    assert broken(client().asks("0s", 423).ends()) & {EVOLUTION, GOES_ON} == {EVOLUTION}
    assert broken(client().asks("0s", "unlisted-status", status=503).ends()) & {EVOLUTION, GOES_ON} == {EVOLUTION}
    assert broken(client().asks("0s", "OutForDelivery").ends()) & {EVOLUTION, GOES_ON} == {EVOLUTION}
    bears = client().asks("0s", 423).asks("1h", "InTransit")
    assert broken(bears, client().asks("0s", 423).ends()) & {EVOLUTION, GOES_ON} == {GOES_ON}


def test_evolutions_of_a_scenario_count_too() -> None:
    status = Status.plain("InTransit", "yunexpress")
    steps = (
        Step(status=status, evolution=Evolution(fields={"proof": 1})),
        Step(status=status, evolution=Evolution(status=status)),
        Step(status=status),
    )
    scenario = msgspec.structs.replace(SCENARIO, steps=steps)
    for step, expected in enumerate(({EVOLUTION}, {EVOLUTION}, {GOES_ON}, {GOES_ON})):
        run = client(scenario=scenario).asks("0s", "InTransit", step=step).ends()
        assert broken(run) & {EVOLUTION, GOES_ON} == expected


def test_an_unknown_tag_is_not_told() -> None:
    assert actual(EVOLUTION, client().sees("0s", "OutForDelivery")) == "it told OutForDelivery"
    assert verdict(EVOLUTION, client().asks("0s", "OutForDelivery").asks("1h", "InTransit")) == "passed"


def test_news_in_an_evolved_answer_or_a_special_body_are_told_by_whoever_tells_them_else() -> None:
    usual = client().sees("0s", "InTransit").sees("30m", "Delivered").ends()
    evolved = client().sees("0s", "InTransit").asks("30m", "Delivered", fault="new-field").ends("2m")
    assert broken(usual, evolved) == {EVOLUTION}
    special = client().sees("0s", "InTransit").asks("30m", "Delivered", body=body("Delivered", slug=None)).ends("2m")
    assert broken(usual, special) == {LEGAL}
    assert broken(special) == {"client.tell.delivered"}
    twice = client().sees("0s", "Exception").sees("15m", "InTransit")
    twice.asks("30m", "Exception", body=body("Exception", slug=None)).asks("15m", "Delivered").tells("Delivered")
    assert broken(usual, twice) == {"client.tell.changes"}


def two() -> Timeline:
    """Return a run over two labels, whose first is refused an hour after the second has answered."""
    run = client("1001", "1002")
    second = {"label": label_uuid("1002"), "path": "/tracking/1002"}
    return run.asks("0s", "InTransit").asks("0s", "InTransit", **second)


def test_the_end_of_one_label_is_none_of_another() -> None:
    refused = two().asks("1h", 404).ends()
    assert verdict(GOES_ON, refused, patient()) == "failed"
    assert (
        actual(GOES_ON, refused, patient()) == "'1002': it ended after InTransit; another label's last answer was 404"
    )
    assert verdict(GOES_ON, two().asks("1h", 401).ends(), patient()) == "not-run", "the account is refused"
    assert actual(GOES_ON, two().asks("1h", "no-answer").ends(), patient()) == "'1001': it ended after one failure"


def test_a_label_that_was_never_asked_for_is_missed_by_whoever_has_ended() -> None:
    one = client("1001", "1002").asks("0s", "InTransit")
    assert verdict(GOES_ON, one) == "not-run"
    assert actual(GOES_ON, one.asks("1h", 404).ends()) == "'1002': it ended and had never asked for '1002'"
    assert verdict(GOES_ON, client("1001", "1002").asks("0s", 401).ends()) == "not-run"


def test_what_waits_for_what_never_comes_is_silent_for_good() -> None:
    failed = client().asks("0s", "InTransit").asks("30m", 502).ends("1h", by="deadline")
    for_good = msgspec.structs.replace(failed.run, rest="main waits at a.py:1", is_timing_trusted=False)
    [found] = judge_client([for_good], [GOES_ON])
    assert found.failure is not None
    assert found.failure.actual == "it asked no more for 1h after one failure, and never would: main waits at a.py:1"
    done = client().asks("0s", "InTransit").asks("30m", "Delivered").ends("1h", by="deadline")
    [found] = judge_client([msgspec.structs.replace(done.run, rest="main waits at a.py:1")], [GOES_ON])
    assert found.verdict == "not-run"
