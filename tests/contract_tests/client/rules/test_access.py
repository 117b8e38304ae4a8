"""The rules on credentials, identifiers, refusals, rate and time-outs, on timelines made by hand."""

from __future__ import annotations

from urllib.parse import quote

import msgspec
import pytest

from client_timeline import Timeline, actual, client, outcome, verdict
from flexforward_contract_tests.client import judge_client
from flexforward_mockserver.state.label import label_uuid
from flexforward_mockserver.state.mask import MASK

ACCEPTED, NOT_IN_URL, ESCAPED = "client.auth.accepted", "client.auth.not-in-url", "client.id.escaped"
STOPS, RATE, TIMEOUT = "client.refused.stops", "client.rate", "client.timeout"
ODD = "PO/7 #1?50%+ü"


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(client().asks("0s", "InTransit"), "passed", id="let in"),
        pytest.param(client().asks("0s", 401), "passed", id="revoked, but somebody's"),
        pytest.param(client().asks("0s", 404, account=None), "not-run", id="never got that far"),
        pytest.param(client().asks("0s", 401, account=None), "failed", id="nobody's"),
        pytest.param(client().asks("0s", "Pending").asks("4h", 401, account=None), "failed", id="lost on the way"),
    ],
)
def test_accepted(run: Timeline, expected: str) -> None:
    assert verdict(ACCEPTED, run) == expected


def test_a_refusal_says_what_was_wrong() -> None:
    half = client().asks("0s", 401, account=None, note="no credentials were sent")
    assert actual(ACCEPTED, half) == "401: no credentials were sent"
    assert actual(ACCEPTED, client().asks("0s", 401, account=None)) == "401: the credentials are not known"


def test_a_credential_in_the_address_shows_as_its_mask() -> None:
    assert verdict(NOT_IN_URL, client().asks("0s", "InTransit")) == "passed"
    assert verdict(NOT_IN_URL, client()) == "not-run"
    run = client().asks("0s", "InTransit").asks("30m", "InTransit", path=f"/tracking/1001?token={MASK}")
    assert actual(NOT_IN_URL, run) == "a credential stands in /tracking/1001?token=***"


def asking(path: str, order_number: str = ODD) -> Timeline:
    return client(order_number).asks("0s", 404, label=None, path=f"/api/tracking/{path}")


@pytest.mark.parametrize(
    ("order_number", "path", "problem"),
    [
        (ODD, "PO/7%20", "it is cut at '#'"),
        (ODD, "PO%2F7%20", "it is cut at '#'"),
        ("a?b", "a?b", "it is cut at '?'"),
        ("a/b", "a/b", "it stands there as it is"),
        ("50%25", "50%25", "it stands there as it is"),
        ("#1", "", "it is cut at '#'"),
        (ODD, quote(quote(ODD, safe=""), safe=""), "it is encoded twice"),
        ("a b", "a+b", "a space is written as a plus, which means a space in a query only"),
        (ODD, "undefined", "it is not there"),
        (ODD, label_uuid("1002"), "it is not there"),
    ],
)
def test_an_identifier_that_comes_through_wrongly(order_number: str, path: str, problem: str) -> None:
    assert actual(ESCAPED, asking(path, order_number)) == f"/api/tracking/{path}: {problem}"


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(asking(quote(ODD, safe="")), "passed", id="encoded"),
        pytest.param(asking(quote(ODD, safe="") + "?lang=en"), "passed", id="with a query"),
        pytest.param(asking(label_uuid(ODD)), "not-run", id="by UUID"),
        pytest.param(asking(label_uuid(ODD).upper()), "not-run", id="by UUID in capitals"),
        pytest.param(asking("1001", "1001"), "not-run", id="nothing to encode"),
        pytest.param(asking("nonsense", "1001"), "not-run", id="wrong, but nothing to encode"),
        pytest.param(asking(MASK), "not-run", id="something secret"),
        pytest.param(asking("~a:b@c!$&'()*+,;=-._", "~a:b@c!$&'()*+,;=-._"), "not-run", id="all that may stand bare"),
        pytest.param(asking("status").asks("1s", "Pending", path=f"/tracking/{quote(ODD)}"), "failed", id="half"),
        pytest.param(
            asking("status").asks("1s", "Pending", path=f"/tracking/{quote(ODD, safe='')}"),
            "passed",
            id="something else",
        ),
    ],
)
def test_escaped(run: Timeline, expected: str) -> None:
    assert verdict(ESCAPED, run) == expected


def test_with_several_labels_only_the_usual_mistakes_are_told_apart() -> None:
    run = client("a b", "c/d").asks("0s", 404, label=None, path="/tracking/nonsense")
    assert verdict(ESCAPED, run) == "not-run"
    run.asks("0s", 404, label=None, path="/tracking/c/d").asks("1s", 404, label=None, path="/tracking/c/d")
    run.asks("1s", 404, label=None, path="/tracking/c/d")
    assert verdict(ESCAPED, run) == "failed"
    assert verdict(STOPS, run) == "failed"  # the refusals are known to be of one label
    apart = client("a b", "c/d").asks("0s", 401, label=None, path="/tracking/a%20b")
    apart.asks("1s", 401, label=None, path=f"/tracking/{label_uuid('c/d')}").asks("1s", "Pending", label="elsewhere")
    assert verdict(STOPS, apart) == "passed"


@pytest.mark.parametrize("status", [401, 403, 404, 422])
def test_a_refusal_allows_one_further_request_in_a_day(status: int) -> None:
    assert verdict(STOPS, client().asks("0s", status).ends()) == "passed"
    assert verdict(STOPS, client().asks("0s", status).asks("1s", status)) == "passed"
    assert verdict(STOPS, client().asks("0s", status).asks("1s", status).asks("23h59m58s", status)) == "failed"
    assert verdict(STOPS, client().asks("0s", status).asks("1s", status).asks("23h59m59s", status)) == "passed"
    assert verdict(STOPS, client().asks("0s", status).asks("1s", 502).asks("1s", 502)) == "failed"


@pytest.mark.parametrize("what", [400, 405, 502, "InTransit", 423])
def test_what_is_no_refusal(what: str | int) -> None:
    assert verdict(STOPS, client().repeats(4, "1s", what)) == "not-run"


def test_who_is_let_in_again_goes_on_as_before() -> None:
    assert verdict(STOPS, client().asks("0s", 401).asks("1h", "InTransit").repeats(9, "30m", "InTransit")) == "passed"
    run = client().asks("0s", 401).asks("1h", 401).asks("1h", "InTransit")
    assert actual(STOPS, run) == "2, the second 2h after it"


def fleet(count: int, between: str, *, asked: int | None = None) -> Timeline:
    numbers = [str(number) for number in range(count)]
    run = client(*numbers)
    for number in numbers[:asked]:
        run.asks(between, "Pending", label=label_uuid(number))
    return run


def test_rate() -> None:
    assert verdict(RATE, fleet(10, "112ms")) == "passed"
    assert verdict(RATE, fleet(10, "111ms")) == "failed"
    assert verdict(RATE, fleet(9, "1ms")) == "not-run"
    assert verdict(RATE, fleet(10, "1ms", asked=9)) == "not-run"
    assert actual(RATE, fleet(12, "50ms")) == "10 in 0.45s"


def test_a_burst_of_few_labels_is_one_too() -> None:
    few = client("1", "2")
    for number in range(10):
        few.asks("50ms", "Pending", label=label_uuid(str(number % 2 + 1)))
    assert verdict(RATE, few) == "failed"
    assert verdict(RATE, client().repeats(12, "1ms", 502)) == "not-run"  # what client.retry.storm is for


def test_a_second_of_accelerated_time_says_nothing() -> None:
    [found] = judge_client([msgspec.structs.replace(fleet(12, "50ms").run, is_accelerated=True)], [RATE])
    assert found.verdict == "not-run"
    assert "in accelerated time a second is no longer than a moment" in str(found.reason)


def test_a_client_that_asks_by_uuid_may_ask_something_else_as_well() -> None:
    run = (
        client("a b").asks("0s", 404, label=None, path="/").asks("1s", "Pending", path=f"/tracking/{label_uuid('a b')}")
    )
    assert verdict(ESCAPED, run) == "not-run"


def test_the_rate_is_that_of_an_account() -> None:
    run = fleet(10, "150ms")
    for number in range(10):
        run.asks("10ms", 403, account="other", label=label_uuid(str(number)))
    assert verdict(RATE, run) == "failed"
    shared = fleet(10, "0s", asked=5)
    for number in range(5, 10):
        shared.asks("0s", 403, account="other", label=label_uuid(str(number)))
    assert verdict(RATE, shared) == "passed"


@pytest.mark.parametrize(
    ("run", "expected"),
    [
        pytest.param(client().asks("0s", "no-answer", duration_s=120.0), "passed", id="two minutes"),
        pytest.param(client().asks("0s", "no-answer", duration_s=120.1), "failed", id="more"),
        pytest.param(client().asks("0s", None, fault="latency", duration_s=120.1), "failed", id="a late answer"),
        pytest.param(client().asks("0s", "latency", duration_s=500.0), "not-run", id="an answer that came"),
        pytest.param(client().asks("0s", "reset"), "not-run", id="no answer, but an end"),
        pytest.param(client().asks("0s", "no-answer").asks("2m", 502), "passed", id="asked again by two minutes"),
        pytest.param(client().asks("0s", "no-answer").asks("2m1s", 502), "not-run", id="asked again later"),
        pytest.param(client().asks("0s", "no-answer").ends("1d", by="deadline"), "failed", id="waiting still"),
        pytest.param(client().asks("0s", "no-answer").ends("1d"), "not-run", id="ended"),
    ],
)
def test_timeout(run: Timeline, expected: str) -> None:
    assert verdict(TIMEOUT, run) == expected


def test_a_hanging_client_is_told_how_long_it_waited() -> None:
    assert outcome(TIMEOUT, client().asks("0s", "no-answer").ends("1d", by="deadline")).failure is not None
    assert actual(TIMEOUT, client().asks("0s", "no-answer", duration_s=300.0)) == "it waited 5m for an answer"
