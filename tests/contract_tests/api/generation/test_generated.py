"""What schemathesis makes up: sent by our own edge, and brought among the evidence."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pytest

from api_kit import API_KEY, API_TOKEN, LABEL, MOCK, TARGET, TOKEN, conforming, leave_schemathesis_unmeasured, serving
from flexforward_contract_tests.api import Target, judge, judge_api
from flexforward_contract_tests.api.generation.generated import Generated, GeneratedRun, generate, job_of
from flexforward_contract_tests.api.generation.messages import Complaint, Ended, Job, Proposal
from flexforward_contract_tests.api.generation.run_plan import plan_runs, request_bound
from flexforward_contract_tests.api.generation.schemathesis_process import SchemathesisProcess
from flexforward_contract_tests.api.judge import planned
from flexforward_contract_tests.api.probing.observation import Observation
from flexforward_contract_tests.api.probing.rate import Limiter, Rate
from flexforward_contract_tests.api.probing.sender import Sender
from flexforward_fixtures.transports.live_server import run_in_thread
from flexforward_mockserver.web.app import create_app
from flexforward_openapi import load_contract
from kit import Kit

if TYPE_CHECKING:
    from collections.abc import Callable

    from api_kit import Asked
    from flexforward_contract_tests.api.generation.run_plan import Run
    from flexforward_contract_tests.api.probing.probe import Probe

JSON = (("content-type", "application/json"),)
URL = f"http://127.0.0.1:9/tracking/{LABEL}"


@pytest.fixture(autouse=True)
def _unmeasured(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    leave_schemathesis_unmeasured(monkeypatch)


class FakeSender:
    """Sends nothing, and answers everything alike."""

    def __init__(self, status: int | None = 404, problem: str | None = None, repeats: int = 0) -> None:
        self.status, self.problem, self.repeats = status, problem, repeats
        self.sent: list[Probe] = []
        self.stopped: str | None = None

    def send_generated(self, probe: Probe) -> tuple[Observation, ...]:
        self.sent.append(probe)
        last = Observation(probe=probe, status=self.status, headers=JSON, body=b'{"error":"No"}', problem=self.problem)
        return (*[Observation(probe=probe, status=429, is_repeated=True)] * self.repeats, last)


def bearer_run() -> Run:
    return plan_runs(TARGET, {"generated"}, 5)[0]


def run_with(sender: FakeSender) -> GeneratedRun:
    return GeneratedRun(TARGET, bearer_run(), cast("Sender", sender))


def proposal(case: str = "a", url: str = URL, method: str = "GET", **headers: str) -> Proposal:
    sent = {"Accept": "*/*", "authorization": "Bearer $FLEXFORWARD_TOKEN", "X-Schemathesis-TestCaseId": case} | headers
    return Proposal(case=case, method=method, url=url, headers=tuple(sent.items()))


def complaint(case: str = "a", check: str = "response_schema_conformance") -> Complaint:
    return Complaint(case=case, check=check, title="Some Thing", message="\nit is so\nmore")


# -- Plans


def test_a_run_is_planned_for_each_way_and_each_half() -> None:
    def names(**known: str | None) -> list[str]:
        return [run.name for run in planned(msgspec.structs.replace(TARGET, **known))[1]]

    halves = ["with the key alone", "with the token of the pair alone"]
    assert names() == ["with the bearer token", "with the pair", *halves]
    assert names(api_key=None, api_token=None) == ["with the bearer token"]
    assert names(token=None) == ["with the pair", *halves]
    assert planned(TARGET, max_examples=0)[1] == ()
    assert [run.name for run in planned(TARGET, rules={"api.auth.key-alone"})[1]] == ["with the key alone"]
    assert planned(TARGET, rules={"api.auth.missing"})[1] == ()


def test_no_credential_is_told_to_schemathesis() -> None:
    data = msgspec.msgpack.encode(job_of(TARGET, plan_runs(TARGET, {"generated", "key-alone", "token-alone"}, 5)))
    for secret in (TOKEN, API_KEY, API_TOKEN):
        assert secret.encode() not in data
    assert LABEL.encode() in data


# -- Messages


def test_what_was_made_up_becomes_a_probe() -> None:
    sender = FakeSender()
    run = run_with(sender)
    proposals = (
        proposal(),
        proposal(**{"x-rr-apikey": "made-up"}),
        proposal(authorization="Bearer made-up"),
        proposal(url="http://127.0.0.1:9/tracking/a%2Fb"),
        proposal(url="http://127.0.0.1:9/"),
        proposal(url=f"{URL}?a=1"),
    )
    for one in proposals:
        reply = run.take(one)
        assert reply is not None
        assert (reply.status, reply.headers, reply.body) == (404, JSON, b'{"error":"No"}')
    assert [probe.is_odd for probe in sender.sent] == [False, True, True, True, True, True]
    assert [probe.auth_method for probe in sender.sent] == ["bearer", None, None, None, None, None]
    assert [probe.purpose for probe in sender.sent] == ["generated"] * 4 + ["elsewhere", "generated"]
    assert [probe.asks_for for probe in sender.sent] == [LABEL, LABEL, LABEL, "a/b", None, LABEL]
    assert sender.sent[0].headers == (("Authorization", "Bearer $FLEXFORWARD_TOKEN"),)
    assert sender.sent[1].headers[1:] == (("x-rr-apikey", "made-up"),)


def test_nothing_but_get_is_sent_and_no_more_than_was_told() -> None:
    sender = FakeSender()
    run = run_with(sender)
    refused = run.take(proposal(method="DELETE"))
    assert refused is not None
    assert (refused.status, refused.problem) == (None, "nothing but GET is sent")
    replies = [run.take(proposal(str(number))) for number in range(request_bound(6, 5) + 2)]
    assert [reply is not None and reply.is_last for reply in replies] == [False] * request_bound(6, 5) + [True] * 2
    assert len(sender.sent) == request_bound(6, 5)


def test_a_run_that_saw_nothing_is_a_trouble() -> None:
    unheard = run_with(FakeSender(None, "certificate verify failed"))
    assert unheard.take(proposal()) is not None
    assert unheard.take(Ended()) is None
    assert [observation.is_repeated for observation in unheard.observations] == [True]
    assert unheard.trouble == (
        "nothing that schemathesis made up with the bearer token was answered (certificate verify failed)"
    )
    for ended, said in ((Ended(), "it made nothing up"), (Ended(trouble="Boom"), "Boom")):
        empty = run_with(FakeSender())
        empty.take(ended)
        assert empty.trouble == f"nothing that schemathesis made up with the bearer token was answered ({said})"
    broken = run_with(FakeSender())
    broken.take(proposal())
    broken.take(Ended(trouble="Boom"))
    assert broken.trouble == "schemathesis came to no end (Boom)"


def test_a_sender_that_has_stopped_ends_the_run_without_further_trouble() -> None:
    sender = FakeSender()
    sender.stopped = "stopped early"
    run = run_with(sender)
    reply = run.take(proposal())
    assert reply is not None
    assert reply.is_last
    run.take(Ended())
    assert (run.is_ended, run.trouble) == (True, None)


def test_complaints_are_kept_but_for_a_gateways_refusals_and_limits() -> None:
    for status, url, kept in ((404, URL, 1), (400, URL + "?a", 0), (400, URL, 1), (429, URL, 0)):
        run = run_with(FakeSender(status, repeats=1))
        run.take(proposal(url=url))
        run.take(complaint())
        run.take(complaint("gone"))
        assert len(run.complaints) == kept, status
        assert len(run.observations) == 2


# -- Processes that are no schemathesis


def process(code: str, timeout_s: float = 60) -> Callable[[Job], SchemathesisProcess]:
    return lambda job: SchemathesisProcess(job, timeout_s=timeout_s, command=(sys.executable, "-c", code))


@pytest.mark.parametrize(
    ("code", "timeout_s", "said"),
    [
        pytest.param("import sys; sys.exit('a\\n  MemoryError  \\n')", 60, "MemoryError", id="it dies"),
        pytest.param("", 60, "it said nothing", id="it dies without a word"),
        pytest.param("import time; time.sleep(600)", 0.05, "it said nothing for 0.05 s", id="it hangs"),
        pytest.param("import os; os.write(1, b'\\0\\0\\0\\7ab')", 60, "it said nothing", id="half a message"),
    ],
)
def test_a_process_that_dies_or_hangs_is_a_trouble(code: str, timeout_s: float, said: str) -> None:
    made = generate(TARGET, (bearer_run(),), cast("Sender", FakeSender()), process=process(code, timeout_s))
    assert made.trouble == f"schemathesis came to no end ({said})"


def test_without_runs_nothing_is_started() -> None:
    assert generate(TARGET, (), cast("Sender", FakeSender()), process=process("raise SystemExit")) == Generated()


def test_a_process_that_dies_before_it_reads_is_a_trouble() -> None:
    with SchemathesisProcess(
        Job(base_url="", document=b"x" * 9_000_000, orders=(), seed=1), timeout_s=60, command=(sys.executable, "-c", "")
    ) as gone:
        assert gone.next_message() is None


# -- The true one


def judged(monkeypatch: pytest.MonkeyPatch, made: Generated, *rules: str) -> dict[str, str | None]:
    def give(*_: object, **__: object) -> Generated:
        return made

    monkeypatch.setattr(judge, "generate", give)
    with serving(conforming) as url:
        result = judge_api(msgspec.structs.replace(TARGET, base_url=url), rules=rules, max_examples=1)
    return {
        outcome.rule.id: None if outcome.failure is None else outcome.failure.expected for outcome in result.outcomes
    }


def made_with(status: int, *complaints: Complaint) -> Generated:
    run = run_with(FakeSender(status))
    run.take(proposal())
    for message in complaints:
        run.take(message)
    return Generated(observations=tuple(run.observations), complaints=tuple(run.complaints))


def test_no_complaint_of_schemathesis_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    fine = made_with(404, complaint(), complaint(check="some_new_check"))
    assert len(fine.complaints) == 2
    told = judged(monkeypatch, fine, "api.schema.success", "api.media-type")
    assert told["api.schema.success"] == "schemathesis: no 'some thing'"


def test_what_a_rule_found_itself_is_not_told_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_with(200, complaint())
    told = judged(monkeypatch, made, "api.schema.success")
    assert told["api.schema.success"] == "TrackingResponse as the body of a 200"
    assert judged(monkeypatch, made, "api.media-type") == {"api.media-type": None}


def test_a_run_that_did_not_end_leaves_the_whole_unjudged(monkeypatch: pytest.MonkeyPatch) -> None:
    def give(*_: object, **__: object) -> Generated:
        return Generated(trouble=f"schemathesis came to no end ({TOKEN})")

    monkeypatch.setattr(judge, "generate", give)
    with serving(conforming) as url:
        result = judge_api(msgspec.structs.replace(TARGET, base_url=url), rules={"api.encoding"}, max_examples=1)
    assert result.unjudged == "schemathesis came to no end (***)"
    assert result.exit_code() == 2


def test_schemathesis_sees_every_documented_status_of_our_mock_and_complains_of_none() -> None:
    ids: dict[str, Any] = MOCK | {"order_number": "G-1h-broken", "pending_label_id": "N-1h-missing"}
    with run_in_thread(create_app(Kit().engine)) as url:
        target = Target(base_url=url, **ids)
        runs = plan_runs(target, {"generated"}, 20)
        with Sender(
            target,
            limiter=Limiter(None, clock=time.monotonic, sleep=time.sleep),
            clock=time.monotonic,
            sleep=time.sleep,
            timeout_s=10,
            on_sent=lambda _: None,
        ) as sender:
            made = generate(target, runs, sender)
    assert (made.trouble, made.complaints) == (None, ())
    for run in runs:
        seen = {it.status for it in made.observations if it.probe.name.endswith(run.name) and not it.probe.is_odd}
        assert seen == set(load_contract().operations[0].statuses) - {401}, run.name
    assert 401 in {observation.status for observation in made.observations}


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
