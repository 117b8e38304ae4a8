"""The judge against our own mock, and against what is no Flex Forward at all."""

from __future__ import annotations

import time
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
from flexforward_contract_tests.report import report_json, report_lines, write_junit
from flexforward_fixtures.transports.live_server import run_in_thread
from flexforward_mockserver.web.app import create_app
from kit import Kit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from api_kit import Asked
    from flexforward_contract_tests.result import Outcome, Result
    from flexforward_openapi import Json

ERROR: Json = {"error": "No"}


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


def test_without_options_the_rest_is_judged_and_one_line_says_what_would_feed_it(mock: Target) -> None:
    result = judge_api(Target(base_url=mock.base_url, token="test-token"), max_examples=0)
    assert set(verdicts(result).values()) == {"passed", "not-run"}
    assert result.remarks == (
        "21 rules were not run for want of input: --label feeds 12, --api-key with --api-token feeds 4, "
        "--failed-label feeds 2, --foreign-label feeds 1, --order-number feeds 1, --delivered-label feeds 1.",
    )
    assert result.exit_code() == 0
    assert result.exit_code(is_all_required=True) == 2
    one = judge_api(Target(base_url=mock.base_url, token="test-token"), max_examples=0, rules={"api.tag.known"})
    assert one.remarks == ("1 rule was not run for want of input: --label feeds 1.",)


# -- Nothing to judge


def unjudged(result: Result) -> str:
    assert set(verdicts(result).values()) == {"not-run"}
    assert result.exit_code() == 2
    assert result.unjudged is not None
    return result.unjudged


def test_a_host_where_nobody_answers_is_not_judged() -> None:
    result = judge_api(Target(base_url="http://127.0.0.1:9", token="t"))
    assert unjudged(result) == "nobody answers there ([Errno 111] Connection refused)"


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
    assert unjudged(result) == "nobody answers there (nothing came for 0.1 s)"
    assert time.monotonic() - began < 5


# -- Something to judge


def changed(change: Callable[[Asked, int, Json], tuple[int, Json]]) -> Callable[[Asked], None]:
    return lambda asked: conforming(asked, change)


def test_an_api_that_conforms_is_not_reported() -> None:
    result = judge(conforming)
    assert set(verdicts(result).values()) == {"passed"}, list(report_lines(result, 1))


def test_a_failure_says_all_that_a_person_needs(tmp_path: Path) -> None:
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
    write_junit(result, tmp_path / "junit.xml", suite="verify-api")
    assert "the token as Basic" in (tmp_path / "junit.xml").read_text()


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


def test_credentials_stand_nowhere_though_the_server_tells_them(tmp_path: Path) -> None:
    def telling(asked: Asked, status: int, body: Json) -> tuple[int, Json]:
        shown = [
            value
            for name, value in asked.headers.items()
            if name.lower() in ("authorization", "x-rr-apikey", "x-rr-apitoken")
        ]
        return (500 if status == 401 else status), {"error": shown} if status != 200 else body | {"slug": shown}

    result = judge(changed(telling))
    write_junit(result, tmp_path / "junit.xml", suite="verify-api")
    written = [*report_lines(result, 1), msgspec.json.encode(report_json(result, 1)).decode()]
    written.append((tmp_path / "junit.xml").read_text())
    everything = "\n".join(written)
    assert "$FLEXFORWARD_TOKEN" in everything
    assert "***" in everything
    for secret in (TOKEN, API_KEY, API_TOKEN, TOKEN[:-1], TOKEN.upper()):
        assert secret not in everything


def test_the_rate_is_the_vendors_half_on_other_hosts_and_free_here() -> None:
    assert default_rate(TARGET) is None
    assert default_rate(Target(base_url="https://api.example.com")) == Rate(5, 1)
    slept: list[float] = []
    judge(conforming, rules={"api.auth.missing"}, rate=Rate(10, 1), clock=lambda: 0.0, sleep=slept.append)
    assert len(slept) >= 8
    assert max(slept) > 0.7
