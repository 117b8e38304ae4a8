"""The rules on what a client tells, on timelines made by hand."""

from __future__ import annotations

import msgspec
import pytest

from client_timeline import Timeline, actual, body, client, outcome, verdict
from flexforward_contract_tests.client import judge_client

DELIVERED, ONCE = "client.tell.delivered", "client.tell.once"
CHANGES, QUIET, TRUE = "client.tell.changes", "client.tell.quiet", "client.tell.true"


def followed() -> Timeline:
    return client().asks("0s", "Pending").sees("4h", "InfoReceived").sees("4h", "InTransit").sees("30m", "Delivered")


def test_a_client_that_tells_each_change_once_keeps_them_all() -> None:
    run = followed()
    assert [verdict(rule, run) for rule in (DELIVERED, CHANGES, QUIET, TRUE)] == ["passed"] * 4
    assert outcome(ONCE, run).reason == "it takes a status that is served again after it was told"


@pytest.mark.parametrize("rule", [DELIVERED, ONCE, CHANGES, QUIET, TRUE])
def test_a_client_that_cannot_be_heard_is_not_judged_by_what_it_tells(rule: str) -> None:
    assert verdict(rule, client(hears=False).asks("0s", "InTransit").asks("30m", "Delivered")) == "not-run"


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(client().sees("0s", "Delivered"), "passed", id="told"),
        pytest.param(client().asks("0s", "Delivered").tells("Delivered", later="2h"), "passed", id="told late"),
        pytest.param(client().asks("0s", "Delivered").ends("2m"), "failed", id="not told"),
        pytest.param(client().asks("0s", "Delivered").ends("61s", by="deadline"), "failed", id="time enough"),
        pytest.param(client().asks("0s", "Delivered").ends("59s", by="deadline"), "not-run", id="cut off"),
        pytest.param(client().asks("0s", "Delivered", fault="truncated").ends(), "not-run", id="not readable"),
        pytest.param(client().asks("0s", "Delivered", fault="dribble").ends(), "not-run", id="perhaps not read"),
        pytest.param(client().sees("0s", "Delivered", fault="dribble").ends(), "passed", id="perhaps read, and told"),
        pytest.param(client().sees("0s", "InTransit").ends(), "not-run", id="never served"),
    ],
)
def test_delivered(run: Timeline, expected: str) -> None:
    assert verdict(DELIVERED, run) == expected


def test_an_untold_delivery_says_when_it_was_served() -> None:
    assert actual(DELIVERED, client().asks("4h", "Delivered").ends("2m")) == (
        "Delivered was served 4h after the start, not told"
    )


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(client().sees("0s", "InTransit").asks("30m", "InTransit"), "passed", id="unchanged"),
        pytest.param(client().sees("0s", "InTransit").sees("30m", "InTransit"), "failed", id="again"),
        pytest.param(client().asks("0s", 502).tells("undefined").tells("undefined"), "not-run", id="nonsense"),
        pytest.param(
            client().sees("0s", "InTransit").asks("30m", 502).sees("1s", "InTransit"), "failed", id="after a failure"
        ),
        pytest.param(
            client().sees("0s", "InTransit").asks("30m", "reset").sees("1s", "InTransit"), "failed", id="after a reset"
        ),
        pytest.param(
            client().sees("0s", "InTransit").asks("30m", 401).sees("1d", "InTransit"), "failed", id="after a refusal"
        ),
        pytest.param(
            client().sees("0s", "InTransit").sees("30m", "Exception").sees("15m", "InTransit").asks("30m", "InTransit"),
            "passed",
            id="a status that returns",
        ),
        pytest.param(
            client().sees("0s", "InTransit").asks("30m", "Unknown").sees("1h", "InTransit").asks("30m", "InTransit"),
            "passed",
            id="a status that returns after Unknown",
        ),
        pytest.param(
            client().asks("0s", "InTransit").asks("30m", "InTransit").tells("InTransit"), "not-run", id="told late"
        ),
    ],
)
def test_once(run: Timeline, expected: str) -> None:
    assert verdict(ONCE, run) == expected


def test_a_repetition_says_how_much_later_it_was() -> None:
    run = client().sees("0s", "InTransit").asks("30m", 502).sees("90s", "InTransit")
    assert actual(ONCE, run) == "it told InTransit again 31m30s later"


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(client().asks("0s", "InfoReceived").sees("4h", "InTransit"), "failed", id="InfoReceived untold"),
        pytest.param(client().asks("0s", "InTransit").sees("30m", "Exception"), "failed", id="InTransit untold"),
        pytest.param(
            client().sees("0s", "InTransit").asks("30m", "Exception").asks("15m", "InTransit"),
            "failed",
            id="Exception untold",
        ),
        pytest.param(
            client().sees("0s", "InTransit").sees("30m", "Exception").asks("15m", "InTransit").sees("30m", "Delivered"),
            "failed",
            id="the way on untold",
        ),
        pytest.param(
            client().sees("0s", "InTransit").asks("30m", "Unknown").asks("1h", "InTransit"),
            "passed",
            id="back from Unknown is no news for sure",
        ),
        pytest.param(
            client().sees("0s", "InTransit").sees("30m", "Unknown").asks("1h", "InTransit"),
            "passed",
            id="not even if Unknown was told",
        ),
        pytest.param(
            client().sees("0s", "InTransit").asks("30m", "InfoReceived").asks("4h", "InTransit"),
            "passed",
            id="a fall back is no news for sure",
        ),
        pytest.param(
            client().sees("0s", "InTransit").sees("30m", "InfoReceived").sees("4h", "InTransit"),
            "passed",
            id="nor is it wrong to tell it",
        ),
        pytest.param(client().asks("0s", "InTransit").ends("30m"), "not-run", id="it ended there: another rule"),
        pytest.param(client().asks("0s", "Pending").asks("4h", "Delivered"), "not-run", id="nothing of the kind"),
        pytest.param(
            client().asks("0s", "InTransit").sees("30m", "Delivered").tells("InTransit"), "failed", id="out of order"
        ),
    ],
)
def test_changes(run: Timeline, expected: str) -> None:
    assert verdict(CHANGES, run) == expected


@pytest.mark.parametrize("tag", ["Pending", "Unknown", "Cancelled"])
def test_quiet(tag: str) -> None:
    assert verdict(QUIET, client().sees("0s", tag)) == "failed"
    assert verdict(QUIET, client().asks("0s", tag).sees("4h", "InTransit")) == "passed"
    assert verdict(QUIET, client().sees("4h", "InTransit")) == "not-run"


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(client().asks("0s", 502).tells("undefined"), "it told 'undefined' 0s after the start", id="error"),
        pytest.param(
            client().sees("0s", "InTransit").tells("InfoReceived"),
            "it told 'InfoReceived' 0s after the start; the last that was served was InTransit",
            id="an old checkpoint",
        ),
        pytest.param(
            client().sees("0s", "InTransit").sees("30m", "Exception").tells("InTransit", later="1s"),
            "it told 'InTransit' 30m1s after the start; the last that was served was Exception",
            id="old news",
        ),
        pytest.param(
            client().sees("0s", "InTransit").tells("Delivered", later="29m").asks("30m", "Delivered"),
            "it told 'Delivered' 29m after the start; the last that was served was InTransit",
            id="too early",
        ),
        pytest.param(
            client().asks("0s", "Delivered", fault="truncated").tells("Delivered"),
            "it told 'Delivered' 0s after the start; the last that was served was nothing",
            id="of what cannot be read",
        ),
    ],
)
def test_untrue(run: Timeline, expected: str) -> None:
    assert expected in actual(TRUE, run)


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(client().sees("0s", "InTransit"), "passed", id="at once"),
        pytest.param(
            client().asks("0s", "InTransit").asks("30m", "Exception").tells("InTransit").tells("Exception"),
            "passed",
            id="late",
        ),
        pytest.param(client().asks("0s", "OutForDelivery").tells("Unknown"), "passed", id="a new tag as Unknown"),
        pytest.param(client().sees("0s", "OutForDelivery"), "passed", id="a new tag as it is: another rule"),
        pytest.param(
            client().asks("0s", "InTransit", fault="new-tag", body=body("Held")).tells("Held"),
            "passed",
            id="what the body says, not what the lifecycle says",
        ),
        pytest.param(client().sees("0s", "InTransit", fault="wrong-media-type"), "passed", id="perhaps read"),
        pytest.param(client().asks("0s", "InTransit"), "not-run", id="nothing told"),
    ],
)
def test_true(run: Timeline, expected: str) -> None:
    assert verdict(TRUE, run) == expected


def test_with_several_labels_notifications_have_to_say_which() -> None:
    def pair() -> Timeline:
        first, second = client("1"), client("2")
        first.sees("0s", "Delivered").exchanges += second.sees("0s", "InTransit").exchanges
        first.order_numbers, first.told = ("1", "2"), []
        return first.ends("2m")

    named = pair().tells("Delivered", label="1").tells("InTransit", label="2")
    assert verdict(TRUE, named) == "passed"
    crossed = pair().tells("Delivered", label="2")
    assert verdict(TRUE, crossed) == "failed"
    assert "→ told Delivered (2)" in (getattr(outcome(TRUE, crossed).failure, "timeline", None) or "")
    assert outcome(TRUE, pair().tells("Delivered")).reason == (
        "it takes notifications that say which label they are for"
    )


def test_a_pattern_that_finds_nothing_is_a_delivery_untold_and_nothing_else() -> None:
    run = client().asks("0s", "InTransit").asks("1h", "Delivered").ends("2m").run
    run = msgspec.structs.replace(run, notifications=None, unheard="no line matches", unmatched=True)
    found = {entry.rule.id: entry for entry in judge_client([run])}
    broken = found["client.tell.delivered"].failure
    assert broken is not None
    assert broken.actual == "in no trial does it tell anything, or it does so in other words: no line matches"
    others = {name: entry for name, entry in found.items() if ".tell." in name and name != "client.tell.delivered"}
    assert {(entry.verdict, entry.reason) for entry in others.values()} == {("not-run", "no line matches")}


def test_a_pattern_that_finds_nothing_breaks_nothing_where_no_delivery_was_served_whole() -> None:
    for run in (client().asks("0s", "InTransit").ends(), client().asks("0s", "Delivered", fault="dribble").ends("2m")):
        silent = msgspec.structs.replace(run.run, notifications=None, unheard="no line matches", unmatched=True)
        [found] = judge_client([silent], ["client.tell.delivered"])
        assert found.verdict == "not-run"
