"""The judge against our own mock, and against what is no Flex Forward at all."""

from __future__ import annotations

import time
from base64 import b64encode
from datetime import UTC, datetime
from email.utils import formatdate
from typing import TYPE_CHECKING

import msgspec
import pytest

from api_kit import (
    API_KEY,
    API_TOKEN,
    MOCK,
    TARGET,
    TOKEN,
    conforming,
    leave_schemathesis_unmeasured,
    replying,
    serving,
)
from flexforward_contract_tests.api import Target, judge_api
from flexforward_contract_tests.api.baseline import Baseline
from flexforward_contract_tests.api.judge import default_rate, planned
from flexforward_contract_tests.api.probing.rate import Rate
from flexforward_contract_tests.api.rules.registry import API_CHECKS
from flexforward_contract_tests.junit_report import RunSpan, junit_report
from flexforward_contract_tests.report import report_json, report_lines
from flexforward_fixtures.transports.live_server import run_in_thread
from flexforward_mockserver.web.app import create_app
from kit import Kit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from api_kit import Asked
    from flexforward_contract_tests.api.evidence.finding import Findings
    from flexforward_contract_tests.result import Outcome, Result
    from flexforward_openapi import Json

ERROR: Json = {"error": "No"}
SPAN = RunSpan(began_at=datetime(2026, 4, 2, 9, tzinfo=UTC), seconds=1.5, host="here")


@pytest.fixture(autouse=True)
def _unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    leave_schemathesis_unmeasured(monkeypatch)


@pytest.fixture(scope="module")
def mock() -> Iterator[Target]:
    with run_in_thread(create_app(Kit().engine)) as url:
        yield Target(base_url=url, **MOCK)


def judge(answer: Callable[[Asked], None], **options: object) -> Result:
    """Judge a fake, without schemathesis."""
    with serving(answer) as url:
        target = msgspec.structs.replace(TARGET, base_url=url)
        return judge_api(target, max_examples=0, timeout_s=2, **options)  # type: ignore[arg-type]


def of(result: Result, rule_id: str) -> Outcome:
    return next(outcome for outcome in result.outcomes if outcome.rule.id == rule_id)


def verdicts(result: Result) -> dict[str, str]:
    return {outcome.rule.id: outcome.verdict for outcome in result.outcomes}


# -- Our own mock


def test_our_mock_keeps_every_rule(mock: Target) -> None:
    told: list[tuple[str, int, int]] = []

    def tell(name: str, done: int, most: int) -> None:
        told.append((name, done, most))

    result = judge_api(mock, max_examples=8, on_progress=tell)
    assert set(verdicts(result).values()) == {"passed"}, list(report_lines(result, 0))
    assert (result.unjudged, result.remarks) == (None, ())
    assert result.exit_code(is_strict=True, is_all_required=True) == 0
    plan, runs = planned(mock, max_examples=8)
    most = len(plan.probes) + sum(run.bound for run in runs)
    assert [run.name for run in runs] == [
        "with the bearer token",
        "with the pair",
        "with the key alone",
        "with the token of the pair alone",
    ]
    assert {step[2] for step in told} == {most}
    assert len(plan.probes) < told[-1][1] < most, "no bound was reached"


@pytest.mark.parametrize("rule_id", ["api.encoding", "api.auth.wrong-pair", "api.identity.order-number"])
def test_a_rule_by_itself_is_judged_alike(mock: Target, rule_id: str) -> None:
    assert verdicts(judge_api(mock, rules={rule_id}, max_examples=0)) == {rule_id: "passed"}


def test_a_shipment_that_moves_on_meanwhile_is_not_misjudged() -> None:
    kit = Kit()

    def pass_time(*_: object) -> None:
        kit.wait(minutes=20)

    with run_in_thread(create_app(kit.engine)) as url:
        known = MOCK | {"label_id": None, "order_number": "DEMO-delivered", "delivered_label_id": "PITD-2h-x"}
        target = Target(base_url=url, **known)
        result = judge_api(target, max_examples=0, on_progress=pass_time)
    assert "failed" not in verdicts(result).values(), list(report_lines(result, 1))


def test_without_options_the_rest_is_judged_and_lines_say_what_would_feed_it(mock: Target) -> None:
    result = judge_api(Target(base_url=mock.base_url, token="test-token"), max_examples=0)
    assert set(verdicts(result).values()) == {"passed", "not-run"}
    lines = list(report_lines(result, 0))
    assert "not run: api.schema.failed-label, api.failed-label: needs --failed-label" in lines
    assert sum(line.startswith("not run: ") for line in lines) == 6
    assert result.exit_code() == 0
    assert result.exit_code(is_all_required=True) == 2
    missing = [outcome.rule.id for outcome in result.outcomes if outcome.verdict == "not-run"]
    assert result.exit_code(is_all_required=True, allowed=missing) == 0
    assert result.exit_code(is_all_required=True, allowed=missing[1:]) == 2


# -- Nothing to judge


def unjudged(result: Result) -> str:
    assert set(verdicts(result).values()) == {"not-run"}
    assert result.exit_code() == 2
    assert result.unjudged is not None
    return result.unjudged


def test_a_host_where_nobody_answers_is_not_judged() -> None:
    result = judge_api(Target(base_url="http://127.0.0.1:9", token="t"))
    assert unjudged(result) == "the API does not answer ([Errno 111] Connection refused)"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(
            replying(200, b"<html>", Content_Type="text/html"),
            "the answers are no JSON (200, text/html), so this is not the API's address",
            id="HTML",
        ),
        pytest.param(
            replying(404, b"<html>", Content_Type=""),
            "the answers are no JSON (404, no media type), so this is not the API's address",
            id="no type",
        ),
        pytest.param(
            replying(301, Location="https://example.com/"),
            "every answer leads elsewhere (to https://example.com/); give the address that answers itself",
            id="redirects",
        ),
        pytest.param(
            replying(401, ERROR),
            "every answer was 401: the credentials that were given are not known there",
            id="401",
        ),
        pytest.param(replying(404, ERROR), "every answer was 404, whatever was asked", id="404"),
        pytest.param(
            replying(503, ERROR),
            "every answer was 503, whatever was asked",
            id="503",
        ),
        pytest.param(replying(403, {"error": TOKEN}), "every answer was 403, whatever was asked", id="403"),
    ],
)
def test_what_is_no_flex_forward_is_not_judged(answer: Callable[[Asked], None], reason: str) -> None:
    assert unjudged(judge(answer)) == reason


def test_without_credentials_the_reason_says_so(mock: Target) -> None:
    result = judge_api(Target(base_url=mock.base_url))
    assert unjudged(result) == (
        "every answer was 401, for no credentials were given; give --token, or --api-key and --api-token"
    )


def test_a_server_that_goes_down_meanwhile_is_told() -> None:
    count = iter(range(1000))
    result = judge(lambda asked: conforming(asked) if next(count) < 12 else asked.reply(503, ERROR))
    assert result.unjudged is not None
    assert result.unjudged.startswith("stopped early: 5 times in a row")
    assert of(result, "api.status.documented").verdict == "failed"
    assert result.exit_code() == 1
    assert "Could not be judged: stopped early" in "\n".join(report_lines(result, 1))


def test_a_server_that_hangs_is_given_up() -> None:
    began = time.monotonic()
    with serving(lambda _: time.sleep(0.5)) as url:
        result = judge_api(msgspec.structs.replace(TARGET, base_url=url), timeout_s=0.1)
    assert unjudged(result) == "the API does not answer (nothing came for 0.1 s)"
    assert time.monotonic() - began < 5


# -- Something to judge


def changed(change: Callable[[Asked, int, Json], tuple[int, Json]]) -> Callable[[Asked], None]:
    return lambda asked: conforming(asked, change)


def test_an_api_that_conforms_is_not_reported() -> None:
    result = judge(conforming)
    assert set(verdicts(result).values()) == {"passed"}, list(report_lines(result, 1))


def test_a_failure_says_all_that_a_person_needs() -> None:
    result = judge(
        changed(
            lambda asked, status, body: (200 if "Basic" in asked.headers.get("Authorization", "") else status, body)
        )
    )
    outcome = of(result, "api.auth.other-scheme")
    assert outcome.failure is not None
    url = f"{result.target}/tracking/{TARGET.label_id}"
    assert outcome.failure.expected == "401, for the token counts only behind Bearer (the token as Basic)"
    assert outcome.failure.actual == '200 {"error":"No"} (the token as Basic)'
    assert outcome.failure.curl == f'curl -i -H "Authorization: Basic $FLEXFORWARD_TOKEN" {url}'
    assert outcome.failure.others == ("401, for the token counts only behind Bearer (the token as the user of Basic)",)
    assert result.exit_code() == 1
    shown = "\n".join(report_lines(result, 1))
    assert "FAILED  api.auth.other-scheme" in shown
    assert "also      1 more: 401, for the token counts only" in shown
    assert b"the token as Basic" in junit_report(result, SPAN, suite="verify-api")


def test_the_level_of_a_failure_is_that_of_its_worst_breach() -> None:
    def by_way(asked: Asked, status: int, body: Json) -> tuple[int, Json]:
        return (400 if asked.headers.get("x-rr-apikey") == API_KEY and status == 403 else status), body

    result = judge(changed(by_way))
    outcome = of(result, "api.status.documented")
    assert (outcome.verdict, outcome.rule.level, outcome.rule.is_drift) == ("failed", "should", True)
    assert of(result, "api.ownership.foreign").rule.level == "must"
    only = judge(changed(by_way), rules={"api.status.documented"})
    assert only.exit_code() == 0
    assert only.exit_code(is_strict=True) == 1


def test_what_a_baseline_accepts_is_no_failure_and_what_has_gone_is_told() -> None:
    def extra(_: Asked, status: int, body: Json) -> tuple[int, Json]:
        return status, body | {"requestId": 7} if status in (401, 403) else body

    first = judge(changed(extra), rules={"api.schema.closed", "api.schema.error"})
    failure = of(first, "api.schema.closed").failure
    assert failure is not None
    assert {failure.expected, *failure.others} == {"only listed fields in a 401", "only listed fields in a 403"}
    accepted = Baseline({"api.schema.closed": frozenset({failure.expected, *failure.others, "a cat"})})
    second = judge(changed(extra), baseline=accepted)
    assert of(second, "api.schema.closed").is_accepted
    assert second.exit_code(is_strict=True) == 0
    assert second.remarks == ("No longer found, so it can leave the baseline: api.schema.closed (expected a cat).",)
    assert "accepted  api.schema.closed" in "\n".join(report_lines(second, 0))
    half = judge(changed(extra), baseline=Baseline({"api.schema.closed": frozenset({failure.expected})}))
    fresh = of(half, "api.schema.closed")
    assert not fresh.is_accepted
    assert fresh.failure is not None
    assert fresh.failure.expected == failure.others[0]


def test_credentials_stand_nowhere_though_the_server_tells_them() -> None:
    def telling(asked: Asked, status: int, body: Json) -> tuple[int, Json]:
        shown = [
            value
            for name, value in asked.headers.items()
            if name.lower() in ("authorization", "x-rr-apikey", "x-rr-apitoken")
        ]
        return (500 if status == 401 else status), {"error": shown} if status != 200 else body | {"slug": shown}

    result = judge(changed(telling))
    written = [*report_lines(result, 1), msgspec.json.encode(report_json(result, 1)).decode()]
    written.append(junit_report(result, SPAN, suite="verify-api").decode())
    everything = "\n".join(written)
    assert "$FLEXFORWARD_TOKEN" in everything
    assert "***" in everything
    for secret in (TOKEN, API_KEY, API_TOKEN, TOKEN[:-1], TOKEN.upper()):
        assert secret not in everything


def test_a_credential_stands_nowhere_in_another_spelling() -> None:
    """A mutant for each way in which a server may repeat what it was shown."""
    shown = TOKEN.encode()
    spellings = (
        "".join(f"%{byte:02X}" for byte in shown),
        "".join(f"%25{byte:02x}" for byte in shown),
        "".join(f"&#{byte};" for byte in shown),
        "".join(f"&#x{byte:x};" for byte in shown),
        *(b64encode(b"x" * before + shown + b":y").decode() for before in range(3)),
    )
    for spelling in spellings:
        result = judge(changed(lambda _, status, __, it=spelling: (500 if status == 401 else status, {"error": it})))  # type: ignore[misc]
        everything = "\n".join([*report_lines(result, 1), junit_report(result, SPAN, suite="x").decode()])
        assert "***" in everything
        assert spelling[4:-6] not in everything, spelling
    escaped = "".join(f"\\u{byte:04x}" for byte in shown)
    result = judge(
        lambda asked: asked.reply(401 if asked.path.endswith("x") else 403, f'{{"error":"{escaped}"}}'.encode())
    )
    assert escaped not in "\n".join(report_lines(result, 1))


def test_a_delivered_label_that_is_not_is_told_as_what_it_is() -> None:
    def moving(_: Asked, status: int, body: Json) -> tuple[int, Json]:
        return status, body | {"tag": "InTransit"} if body.get("tag") == "Delivered" else body

    result = judge(changed(moving), rules={"api.repeat.terminal-stays", "api.encoding"})
    assert result.unjudged == (
        "--delivered-label is not delivered: its tag is InTransit; give a label that was delivered, or leave it out"
    )
    assert verdicts(result) == {"api.encoding": "passed", "api.repeat.terminal-stays": "not-run"}
    assert result.exit_code() == 2


def test_a_check_that_breaks_blames_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> Findings:
        raise KeyError("x")

    check = API_CHECKS["api.encoding"]
    checks = dict(API_CHECKS) | {"api.encoding": msgspec.structs.replace(check, judge=broken)}
    monkeypatch.setattr("flexforward_contract_tests.api.judge.API_CHECKS", checks)
    result = judge(conforming, rules={"api.encoding", "api.media-type"})
    assert result.unjudged == "the check of api.encoding broke on an answer (KeyError: 'x'); please report it"
    assert verdicts(result) == {"api.media-type": "passed", "api.encoding": "not-run"}
    assert result.exit_code() == 2


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_an_api_that_limits_requests_is_asked_more_slowly_and_blamed_for_nothing_else(form: str) -> None:
    """Its clock is the test's, so that the limit is one on any machine."""
    now = [datetime(2026, 6, 1, tzinfo=UTC).timestamp()]
    asked_at: list[float] = []

    def sleep(seconds: float) -> None:
        now[0] += seconds

    def limited(asked: Asked) -> None:
        asked_at[:] = [at for at in asked_at if now[0] - at < 1]
        if len(asked_at) < 5:
            asked_at.append(now[0])
            conforming(asked)
            return
        asked.date_time_string = lambda timestamp=None: formatdate(timestamp or now[0], usegmt=True)  # type: ignore[method-assign]
        asked.rfile.read(int(asked.headers.get("Content-Length", 0)))
        asked.reply(429, ERROR, Retry_After="1" if form == "seconds" else formatdate(now[0] + 1, usegmt=True))

    result = judge(limited, clock=lambda: now[0], sleep=sleep)
    assert {rule for rule, verdict in verdicts(result).items() if verdict != "passed"} == {"api.status.documented"}
    outcome = of(result, "api.status.documented")
    assert (outcome.rule.level, outcome.rule.is_drift) == ("should", True)
    assert (result.unjudged, result.exit_code()) == (None, 0)
    (remark,) = result.remarks
    assert remark.startswith("The API limited requests (429, ")
    assert "so the pace went down to " in remark
    asked_at.clear()
    kept = judge(limited, clock=lambda: now[0], sleep=sleep, rate=Rate(4, 1))
    assert (set(verdicts(kept).values()), kept.remarks) == ({"passed"}, ())


def test_the_rate_is_the_vendors_half_on_other_hosts_and_free_here() -> None:
    assert default_rate(TARGET) is None
    assert default_rate(Target(base_url="https://api.example.com")) == Rate(5, 1)
    slept: list[float] = []
    judge(conforming, rules={"api.auth.missing"}, rate=Rate(10, 1), clock=lambda: 0.0, sleep=slept.append)
    assert len(slept) >= 8
    assert max(slept) > 0.7
