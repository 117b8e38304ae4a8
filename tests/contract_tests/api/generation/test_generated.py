"""What schemathesis makes up, brought among the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from api_kit import LABEL, TARGET, TOKEN, conforming, leave_schemathesis_unmeasured, serving
from flexforward_contract_tests.api import judge, judge_api
from flexforward_contract_tests.api.generation import generated
from flexforward_contract_tests.api.generation.generated import Generated, generate, plan_runs
from flexforward_contract_tests.api.generation.schemathesis_report import (
    Complaint,
    GeneratedExchange,
    read_complaints,
    read_exchanges,
)
from flexforward_contract_tests.api.generation.schemathesis_run import DocumentRun, request_bound
from flexforward_contract_tests.api.judge import planned
from flexforward_contract_tests.api.probing.rate import Rate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from api_kit import Asked
    from flexforward_contract_tests.api.generation.generated import Run

JSON = (("content-type", "application/json"),)
URL = f"http://127.0.0.1:9/tracking/{LABEL}"


@pytest.fixture(autouse=True)
def _unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    leave_schemathesis_unmeasured(monkeypatch)


def bearer_run() -> Run:
    return plan_runs(TARGET, {"generated"}, 5)[0]


def entry(case: str = "a", status: int = 200, url: str = URL, **headers: str) -> GeneratedExchange:
    sent = {"authorization": "[Filtered]", "x-schemathesis-testcaseid": case} | headers
    return GeneratedExchange(
        case=case,
        method="GET",
        url=url,
        request_headers=tuple(sent.items()),
        status=status,
        headers=JSON,
        body=b'{"error":"No"}',
    )


def giving(value: object) -> Callable[..., object]:
    def give(*_: object, **__: object) -> object:
        return value

    return give


def ran(
    monkeypatch: pytest.MonkeyPatch,
    *entries: GeneratedExchange,
    exit_code: int = 0,
    complaints: tuple[Complaint, ...] = (),
    output: str = "",
) -> Generated:
    done = DocumentRun(exit_code=exit_code, exchanges=entries, complaints=complaints, output=output)
    monkeypatch.setattr(generated, "run_document", giving(done))
    return generate(TARGET, bearer_run(), rate=None, timeout_s=1)


def complaint(case: str = "a", check: str = "response_schema_conformance") -> Complaint:
    return Complaint(case=case, check=check, title="Some Thing", message="\nit is so\nmore")


def test_a_run_is_planned_for_each_way_and_each_half() -> None:
    def names(**known: str | None) -> list[str | None]:
        return [run.auth_method or run.half for run in planned(msgspec.structs.replace(TARGET, **known))[1]]

    assert names() == ["bearer", "pair", "x-rr-apikey", "x-rr-apitoken"]
    assert names(api_key=None, api_token=None) == ["bearer"]
    assert names(token=None) == ["pair", "x-rr-apikey", "x-rr-apitoken"]
    assert planned(TARGET, max_examples=0)[1] == ()
    assert [run.half for run in planned(TARGET, rules={"api.auth.key-alone"})[1]] == ["x-rr-apikey"]
    assert planned(TARGET, rules={"api.auth.missing"})[1] == ()


def test_what_was_made_up_becomes_a_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ran(
        monkeypatch,
        entry("a"),
        entry("b", 401, **{"x-rr-apikey": "[Filtered]"}),
        entry("c", 404, "http://127.0.0.1:9/tracking/a%2Fb"),
        entry("d", 404, "http://127.0.0.1:9/"),
        entry("e", 0),
        entry("f", 200, f"{URL}?a=1"),
    )
    probes = [observation.probe for observation in made.observations]
    assert [probe.is_odd for probe in probes] == [False, True, True, True, False, True]
    assert [probe.auth_method for probe in probes] == ["bearer", None, None, None, "bearer", None]
    assert [probe.purpose for probe in probes] == ["generated"] * 3 + ["elsewhere"] + ["generated"] * 2
    assert [probe.asks_for for probe in probes] == [LABEL, LABEL, "a/b", None, LABEL, LABEL]
    assert probes[0].headers == (("Authorization", "Bearer $FLEXFORWARD_TOKEN"),)
    assert probes[1].headers[1:] == (("x-rr-apikey", "[Filtered]"),)
    assert made.observations[4].status is None
    assert made.trouble is None


def test_a_run_that_comes_to_no_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ran(monkeypatch, exit_code=2, output="a\n=== Boom ===\n\n").trouble == "schemathesis came to no end (Boom)"
    assert ran(monkeypatch, exit_code=1).trouble == "schemathesis came to no end (it said nothing)"

    def late(*_: object, **__: object) -> DocumentRun:
        raise TimeoutError("schemathesis did not end within 120 s")

    monkeypatch.setattr(generated, "run_document", late)
    assert (
        generate(TARGET, bearer_run(), rate=Rate(5, 1), timeout_s=1).trouble == "schemathesis did not end within 120 s"
    )


def judged(monkeypatch: pytest.MonkeyPatch, made: Generated, *rules: str) -> dict[str, str | None]:
    monkeypatch.setattr(judge, "generate", giving(made))
    with serving(conforming) as url:
        result = judge_api(msgspec.structs.replace(TARGET, base_url=url), rules=rules, max_examples=1)
    return {
        outcome.rule.id: None if outcome.failure is None else outcome.failure.expected for outcome in result.outcomes
    }


def test_no_complaint_of_schemathesis_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    fine = ran(monkeypatch, entry(status=404), complaints=(complaint(), complaint(check="some_new_check")))
    assert len(fine.complaints) == 2
    told = judged(monkeypatch, fine, "api.schema.success", "api.media-type")
    assert told["api.schema.success"] == "schemathesis: no 'some thing'"
    odd = ran(monkeypatch, entry(status=400, url=URL + "?a"), complaints=(complaint(), complaint("gone")))
    assert odd.complaints == (), "a gateway's refusal of odd input"


def test_what_a_rule_found_itself_is_not_told_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    made = ran(monkeypatch, entry(status=200), complaints=(complaint(),))
    told = judged(monkeypatch, made, "api.schema.success")
    assert told["api.schema.success"] == "TrackingResponse as the body of a 200"
    assert judged(monkeypatch, made, "api.media-type") == {"api.media-type": None}


def test_a_run_that_did_not_end_leaves_the_whole_unjudged(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Generated(observations=(), complaints=(), trouble=f"schemathesis came to no end ({TOKEN})")
    monkeypatch.setattr(judge, "generate", giving(made))
    with serving(conforming) as url:
        result = judge_api(msgspec.structs.replace(TARGET, base_url=url), rules={"api.encoding"}, max_examples=1)
    assert result.unjudged == "schemathesis came to no end (***)"
    assert result.exit_code() == 2


def test_schemathesis_catches_what_only_it_asks_for_and_keeps_its_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """One true run with each: redirects to another host, methods, rate, proxies, .netrc."""
    elsewhere: list[str] = []
    asked_for: list[str] = []

    def other(asked: Asked) -> None:
        elsewhere.append(str(asked.headers))
        asked.reply(200, {})

    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    with serving(other) as other_url:

        def answer(asked: Asked) -> None:
            asked_for.append(asked.command)
            if asked.path.endswith("/0"):
                asked.reply(302, Location=f"{other_url}/tracking/0")
            elif asked.path.endswith("/00"):
                asked.reply(418, {"error": "No"})
            else:
                conforming(asked)

        with serving(answer) as url:
            target = msgspec.structs.replace(TARGET, base_url=url, api_key=None, api_token=None)
            result = judge_api(target, rules={"api.status.documented"}, max_examples=5, rate=Rate(200, 1))
    assert elsewhere == []
    assert set(asked_for) == {"GET"}
    assert len(asked_for) <= len(planned(target, rules={"api.status.documented"}, max_examples=5)[0].probes) + 20 + (
        request_bound(6, 5)
    )
    failure = result.outcomes[0].failure
    assert failure is not None
    assert "not 418" in " ".join((failure.expected, *failure.others))


def test_files_that_are_not_there_hold_nothing(tmp_path: Path) -> None:
    assert read_exchanges(tmp_path / "a") == ()
    assert read_complaints(tmp_path / "a") == ()


def test_a_body_that_is_no_base64_is_text(tmp_path: Path) -> None:
    file = tmp_path / "run.har"
    answered = {"status": 200, "content": {"text": "ä"}}
    log = {"entries": [{"request": {"method": "GET", "url": URL}, "response": answered}]}
    file.write_bytes(msgspec.json.encode({"log": log}))
    assert [observation.body for observation in read_exchanges(file)] == ["ä".encode()]


def test_a_run_of_schemathesis_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    from flexforward_contract_tests.api.generation.schemathesis_run import run_document

    with pytest.raises(TimeoutError, match=r"schemathesis did not end within 0\.01 s"):
        run_document("http://127.0.0.1:9", credentials={}, ids=["a"], max_examples=1, timeout_s=0.01)
