"""What is planned and how it is written: targets, probes, curl lines, rates, masks, baselines."""

from __future__ import annotations

import subprocess
from datetime import datetime
from typing import TYPE_CHECKING, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_kit import API_KEY, API_TOKEN, LABEL, NOBODY, NUMBER, TARGET, TOKEN, seen
from flexforward_contract_tests.api.baseline import Baseline, BaselineError, read_baseline
from flexforward_contract_tests.api.evidence.mask import masked
from flexforward_contract_tests.api.evidence.timestamps import read_date_header, read_time
from flexforward_contract_tests.api.probing.curl import curl_line
from flexforward_contract_tests.api.probing.label_key import as_uuid, is_same_key
from flexforward_contract_tests.api.probing.observation import NO_JSON, Observation, read_json, repeated_names
from flexforward_contract_tests.api.probing.probe import BASIC_TOKEN, Probe, Purpose, filled
from flexforward_contract_tests.api.probing.probe_plan import plan_probes
from flexforward_contract_tests.api.probing.rate import Limiter, Rate, RateError, read_rate
from flexforward_contract_tests.api.probing.target import Target, TargetError
from flexforward_contract_tests.api.rules.registry import API_CHECKS, API_RULES
from flexforward_contract_tests.result import FailureReport, Outcome
from flexforward_contract_tests.rule import RuleError, chosen_checks

if TYPE_CHECKING:
    from pathlib import Path

ALL: frozenset[Purpose] = frozenset(get_args(Purpose))
SECRETS = {"FLEXFORWARD_TOKEN": TOKEN, "FLEXFORWARD_API_KEY": API_KEY, "FLEXFORWARD_API_TOKEN": API_TOKEN}
ELSEWHERE = msgspec.structs.replace(TARGET, base_url="https://api.example.com")


# -- Targets


@pytest.mark.parametrize(
    ("values", "told_"),
    [
        pytest.param({"base_url": "api.example.com"}, "--base-url: it is not an address", id="no scheme"),
        pytest.param({"base_url": "ftp://api.example.com"}, "--base-url: it is not an address", id="another scheme"),
        pytest.param({"base_url": "http://"}, "--base-url: it is not an address", id="no host"),
        pytest.param({"base_url": "http://[::1"}, "--base-url: it is not an address", id="half a bracket"),
        pytest.param({"base_url": "http://a:99999"}, "--base-url: it is not an address", id="a large port"),
        pytest.param({"base_url": "http://a/b c"}, "--base-url: it is not an address", id="a space"),
        pytest.param({"base_url": "http://a?b=c"}, "--base-url: it has more than host", id="a query"),
        pytest.param({"base_url": "http://u:p@a"}, "--base-url: it has more than host", id="a login"),
        pytest.param({"token": ""}, "--token: it is empty", id="an empty token"),
        pytest.param({"token": "a\nb"}, "--token: a header cannot carry it", id="a line break"),
        pytest.param({"token": f" {TOKEN}"}, "--token: a header cannot carry it", id="a space before"),
        pytest.param({"api_key": "a"}, "--api-token: --api-key and --api-token work only together", id="a key"),
        pytest.param({"api_token": "a"}, "--api-key: --api-key and --api-token work only together", id="half"),
        pytest.param({"order_number": "\udc80"}, "--order-number: it is not Unicode", id="no Unicode"),
    ],
)
def test_a_target_that_cannot_be_asked_is_told_by_its_option(values: dict[str, str], told_: str) -> None:
    with pytest.raises(TargetError) as caught:
        Target(**{"base_url": "http://a", **values})
    assert str(caught.value).startswith(told_)
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "is_loopback", "origin", "path"),
    [
        ("http://127.0.0.1:8080/", True, "http://127.0.0.1:8080", ""),
        ("http://localhost/v1/", True, "http://localhost", "/v1"),
        ("http://[::1]:80", True, "http://[::1]:80", ""),
        ("https://api.example.com/a/b", False, "https://api.example.com", "/a/b"),
        ("http://10.0.0.1", False, "http://10.0.0.1", ""),
    ],
)
def test_a_target_knows_where_it_is(url: str, is_loopback: bool, origin: str, path: str) -> None:
    target = Target(base_url=url)
    assert (target.is_loopback, target.origin, target.path) == (is_loopback, origin, path)


def test_a_target_comes_from_the_environment() -> None:
    values = {"FLEXFORWARD_BASE_URL": "http://a", "FLEXFORWARD_LABEL_ID": LABEL, "FLEXFORWARD_TOKEN": "", "X": "1"}
    assert Target.from_environment(values) == Target(base_url="http://a", label_id=LABEL)
    with pytest.raises(TargetError, match="--base-url: it is missing; give it, or set FLEXFORWARD_BASE_URL"):
        Target.from_environment({})


# -- Probes


def test_every_known_thing_is_asked_for() -> None:
    plan = plan_probes(TARGET, ALL)
    purposes = {probe.purpose for probe in plan.probes}
    assert purposes == ALL - {"generated"}
    assert len(plan.probes) <= 110
    assert sum(probe.purpose == "read" for probe in plan.probes) >= 6
    assert all(probe.target.isascii() for probe in plan.probes)
    assert len({(probe.name, probe.auth_method) for probe in plan.others if probe.is_odd}) == sum(
        probe.is_odd for probe in plan.others
    )
    written = msgspec.json.encode(plan).decode()
    assert not [secret for secret in SECRETS.values() if secret in written]


def test_what_is_not_known_is_not_asked_for() -> None:
    plan = plan_probes(NOBODY, ALL)
    assert {probe.purpose for probe in plan.probes} == {"missing", "wrong-bearer", "odd", "elsewhere", "method"}
    assert not any("$" in value for probe in plan.probes for _, value in probe.headers)
    by_number = plan_probes(Target(base_url="http://127.0.0.1", token="t", order_number=NUMBER), ALL)
    assert [probe.purpose for probe in by_number.first] == ["unknown", "order", "missing"]
    same = msgspec.structs.replace(TARGET, api_token=API_KEY, token="1")
    names = {probe.name for probe in plan_probes(same, ALL).probes}
    assert not names & {
        "key and token exchanged",
        "the bearer token less a letter",
        "the bearer token in other letters",
    }
    capitals = msgspec.structs.replace(TARGET, label_id=LABEL.upper())
    assert "the id in capitals" not in {probe.name for probe in plan_probes(capitals, ALL).probes}
    small = msgspec.structs.replace(TARGET, token="ABC1")
    assert any(",," in value for probe in plan_probes(small, ALL).probes for _, value in probe.headers)


def test_a_rule_asks_for_no_more_than_it_needs() -> None:
    whole = len(plan_probes(TARGET, ALL).probes)
    for rule_id, check in API_CHECKS.items():
        assert len(plan_probes(TARGET, check.inputs).probes) < whole, rule_id


def test_methods_that_change_things_stay_on_this_machine_unless_allowed() -> None:
    def methods(target: Target, *, is_allowed: bool) -> set[str]:
        return {probe.method for probe in plan_probes(target, ALL, is_unsafe_allowed=is_allowed).probes}

    assert methods(ELSEWHERE, is_allowed=False) == {"GET"}
    assert methods(ELSEWHERE, is_allowed=True) == methods(TARGET, is_allowed=False)
    assert methods(TARGET, is_allowed=False) == {"GET", "POST", "PUT", "PATCH", "DELETE"}


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("Bearer $FLEXFORWARD_TOKEN", f"Bearer {TOKEN}"),
        ("${FLEXFORWARD_TOKEN}x", f"{TOKEN}x"),
        ("${FLEXFORWARD_TOKEN%?}", TOKEN[:-1]),
        ("${FLEXFORWARD_TOKEN^^}", TOKEN.upper()),
        ("${FLEXFORWARD_TOKEN,,}", TOKEN.lower()),
        ("$FLEXFORWARD_API_KEY:$FLEXFORWARD_API_TOKEN", f"{API_KEY}:{API_TOKEN}"),
        (f"Basic {BASIC_TOKEN}", "Basic YmVhcmVyLVNlY3JldC0xOg=="),
        ('it\'s "quoted" `too` \\ $HOME $FLEXFORWARD_TOKEN $(x) \\', f'it\'s "quoted" `too` \\ $HOME {TOKEN} $(x) \\'),
        ("$HOME", "$HOME"),
        ("plain", "plain"),
    ],
)
def test_bash_makes_of_a_curl_line_what_was_sent(header: str, value: str) -> None:
    assert filled(header, SECRETS) == value
    probe = Probe(name="p", purpose="read", target="/tracking/a", headers=(("X-Some", header),))
    line = curl_line(probe, TARGET).replace("curl", "printf '%s\\n'", 1)
    ran = subprocess.run(
        ["bash", "-c", line], env={**SECRETS, "PATH": "/usr/bin:/bin"}, capture_output=True, check=True
    )
    assert ran.stdout.decode().splitlines() == ["-i", "-H", f"X-Some: {value}", "http://127.0.0.1:9/tracking/a"]


def test_a_curl_line_says_all_that_curl_has_to_know() -> None:
    target = msgspec.structs.replace(TARGET, base_url="http://127.0.0.1:9/v1/")
    probe = Probe(name="p", purpose="method", method="POST", target="/tracking/../a?b[]='", body=b"{}")
    empty = msgspec.structs.replace(probe, method="GET", body=b"", headers=(("X-Empty", ""),), target="/tracking/a")
    assert curl_line(probe, target) == (
        "curl -i --path-as-is --globoff -X POST --data '{}' 'http://127.0.0.1:9/v1/tracking/../a?b[]='\"'\"''"
    )
    assert curl_line(empty, target) == "curl -i -H 'X-Empty;' http://127.0.0.1:9/v1/tracking/a"


# -- Rates


class Time:
    def __init__(self) -> None:
        self.now = 10.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(round(seconds, 6))
        self.now += seconds


def test_the_rate_is_kept() -> None:
    time = Time()
    limiter = Limiter(Rate(5, 1), clock=lambda: time.now, sleep=time.sleep)
    limiter.wait()
    limiter.wait()
    time.now += 0.15
    limiter.wait()
    time.now += 7
    limiter.wait()
    limiter.wait()
    assert time.slept == [0.2, 0.05, 0.2]
    free = Limiter(None, clock=lambda: time.now, sleep=time.sleep)
    free.wait()
    free.wait()
    assert len(time.slept) == 3


@pytest.mark.parametrize("text", ["5/s", "100/m", "1/h", "1000/s"])
def test_a_rate_is_read_and_written(text: str) -> None:
    assert str(read_rate(text)) == text


@pytest.mark.parametrize("text", ["", "5", "5/d", "0/s", "-1/s", "1.5/s", "1001/s", "5 / s"])
def test_what_is_no_rate_is_told(text: str) -> None:
    with pytest.raises(RateError, match="is no rate; allowed: 1/s to 1000/s"):
        read_rate(text)


# -- Values


@given(st.text(max_size=40))
def test_keys_are_equal_or_the_same_uuid(text: str) -> None:
    assert is_same_key(text, text)
    assert not is_same_key(text, LABEL) or text == LABEL


def test_a_uuid_is_one_in_its_usual_form() -> None:
    assert is_same_key(LABEL, LABEL.upper())
    assert not is_same_key("a", "A")
    for text in (
        None,
        7,
        "x" * 36,
        LABEL.replace("-", ""),
        f"{{{LABEL[:-2]}}}",
        "0b8f2f7e-5a59-4a3b-9f0e-2d6c1a4b7e1g",
    ):
        assert as_uuid(text) is None


@given(st.datetimes(timezones=st.timezones()))
def test_every_time_of_pythons_own_is_read(at: datetime) -> None:
    text = at.isoformat()
    read = read_time(text)
    assert read is None or read == datetime.fromisoformat(text)  # None: offsets of seconds are Python's own


@given(st.text() | st.from_regex(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d.{0,8}"))
def test_no_text_for_a_time_is_too_odd(text: str) -> None:
    read_time(text)
    read_date_header(text)


@given(st.binary(max_size=60) | st.text().map(str.encode))
def test_no_body_is_too_odd(body: bytes) -> None:
    read_json(body)
    assert seen("read", 200, body).said.startswith("200")


@pytest.mark.parametrize("body", [b"NaN", b"{'a': 1}", b"<html>", b"", b"[" * 100_000, b"\xff\xfe"])
def test_what_is_no_json_is_seen(body: bytes) -> None:
    assert read_json(body) is NO_JSON


def test_json_is_read_in_any_encoding() -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "latin-1"):
        assert read_json('{"a": "ä"}'.encode(encoding)) == {"a": "ä"}
    assert read_json(b'"\\ud800"') == "\ud800"


def test_names_that_stand_twice_are_found_in_any_encoding_and_nowhere_else() -> None:
    for encoding in ("utf-8", "utf-16", "latin-1"):
        assert repeated_names('{"ä":1,"b":{"ä":2,"c":1,"c":2},"ä":3}'.encode(encoding)) == ("c", "ä")
    assert repeated_names(b'{"a":1,"a":2}<html>') == ()


def test_an_answer_is_said_in_a_line() -> None:
    assert seen("read", 200, b"a\nb\x1b[0m").said == "200 a b [0m"
    assert seen("read", 200, b"x" * 6000).said == f"200 {'x' * 5000}…"
    assert seen("read", 204).said == "204 without a body"
    assert seen("read", None, problem="it broke").said == "no answer: it broke"
    assert seen("read", 200, b"{", problem="it broke").said == "200 (cut off: it broke) {"
    several = Observation(probe=seen("read", 200).probe, status=200, headers=(("allow", "GET"), ("allow", "HEAD")))
    assert several.header("allow") == "GET, HEAD"
    assert several.media_type == ""


def test_credentials_are_masked_however_a_server_tells_them() -> None:
    text = f"{TOKEN} {TOKEN.upper()} {TOKEN[:-1]} {API_KEY}x {API_TOKEN} YmVhcmVyLVNlY3JldC0xOg== \x1b[2J"
    assert masked(text, TARGET) == "*** *** *** ***x *** ***  [2J"
    assert masked("x" * 7000, TARGET) == "x" * 6000 + "…"
    assert masked("a b", Target(base_url="http://a", token="b")) == "a ***"


def test_a_rule_that_there_is_not_is_told_with_the_nearest() -> None:
    assert tuple(check.rule for check in chosen_checks(API_CHECKS)) == API_RULES
    assert [check.rule.id for check in chosen_checks(API_CHECKS, {"api.encoding"})] == ["api.encoding"]
    with pytest.raises(RuleError, match=r"no rule 'api\.encodng'; did you mean 'api\.encoding'\?"):
        chosen_checks(API_CHECKS, ["api.encodng"])
    with pytest.raises(RuleError, match=r"no rule 'quux'; allowed: api\.status\.documented, api\.schema"):
        chosen_checks(API_CHECKS, ["quux"])


# -- Baselines


def report(*rules: object, schema: int = 1) -> bytes:
    return msgspec.json.encode({"schema": schema, "tool": "x", "rules": rules})


def test_a_baseline_is_an_earlier_report(tmp_path: Path) -> None:
    file = tmp_path / "report.json"
    failure = {"expected": "a", "actual": "b", "others": ["c"]}
    file.write_bytes(report({"id": "api.encoding", "failure": failure}, {"id": "api.media-type"}))
    baseline = read_baseline(file)
    assert baseline == Baseline({"api.encoding": frozenset({"a", "c"})})
    rule = API_CHECKS["api.encoding"].rule
    still = Outcome(rule=rule, verdict="failed", failure=FailureReport(expected="a", actual="x"))
    assert baseline.gone([still]) == ("No longer found, so it can leave the baseline: api.encoding (expected c).",)
    assert len(baseline.gone([Outcome(rule=rule, verdict="passed")])) == 2
    assert baseline.gone([Outcome(rule=rule, verdict="not-run")]) == ()


@pytest.mark.parametrize(
    ("content", "told_"),
    [
        (None, "cannot be read (No such file or directory); allowed: a file that an earlier run wrote"),
        (b"{}", "is no report (Object missing required field `schema`); allowed: "),
        (b"junit", "is no report (JSON is malformed"),
        (report(schema=2), "is a report of schema 2, and only 1 is known; allowed: "),
    ],
)
def test_what_is_no_baseline_is_told(tmp_path: Path, content: bytes | None, told_: str) -> None:
    file = tmp_path / "report.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BaselineError) as caught:
        read_baseline(file)
    assert str(caught.value).startswith(f"{file} {told_}")
