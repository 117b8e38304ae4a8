"""A result on a terminal, as JSON and as JUnit, and the files it is written to."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import click
import msgspec
import pytest

from flexforward_contract_tests.junit_report import RunSpan, junit_report
from flexforward_contract_tests.report import report_json, report_lines
from flexforward_contract_tests.report_files import ReportFiles, RunWatch
from flexforward_contract_tests.result import FailureReport, Outcome, Result
from flexforward_contract_tests.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

RULE = Rule(id="api.encoding", level="must", sentence="JSON is UTF-8.", sources=("http",))
BROKEN = Outcome(
    rule=RULE, verdict="failed", failure=FailureReport(expected="UTF-8", actual="Latin-1\x1b"), is_accepted=True
)
RESULT = Result(target="http://api.example.com", outcomes=(BROKEN,))
SPAN = RunSpan(began_at=datetime(2026, 4, 2, 11, tzinfo=timezone(timedelta(hours=2))), seconds=1.5, host="ci-1")

MUST = msgspec.structs.replace(BROKEN, is_accepted=False)
SHOULD = msgspec.structs.replace(MUST, rule=msgspec.structs.replace(RULE, level="should"))
UNRUN = Outcome(rule=RULE, verdict="not-run", reason="no input")
ALL = Result(
    target="http://x", outcomes=(MUST, SHOULD, BROKEN, UNRUN, Outcome(rule=RULE, verdict="passed")), remarks=("So.",)
)


def test_what_a_baseline_accepts_is_marked() -> None:
    [entry] = report_json(RESULT, 0)["rules"]
    assert (entry["outcome"], entry["accepted"]) == ("failed", True)


def shown(result: Result, code: int = 1, **options: Any) -> list[str]:
    return [click.unstyle(line) for line in report_lines(result, code, **options)]


def test_the_last_line_says_what_fails_and_what_would() -> None:
    assert shown(ALL)[-1] == (
        "http://x: 1 passed, 1 failed, 1 failed (should; --strict fails them), 1 not-run, 1 accepted (exit 1)"
    )
    assert shown(ALL, is_strict=True)[-1] == "http://x: 1 passed, 2 failed, 1 not-run, 1 accepted (exit 1)"
    only = Result(target="http://x", outcomes=(SHOULD, SHOULD))
    assert shown(only, 0)[-1] == "http://x: 2 failed (should; --strict fails them) (exit 0)"
    assert shown(Result(target="http://x", outcomes=()), 2) == ["http://x: no rules (exit 2)"]


def test_a_scenario_stands_once_in_a_report_and_is_named_from_then_on() -> None:
    assert MUST.failure is not None
    failure = msgspec.structs.replace(MUST.failure, scenario="name: nulls\nsteps: []", others=("nulls, again",))
    found = msgspec.structs.replace(MUST, failure=failure)
    lines = shown(Result(target="http://x", outcomes=(found, found)))
    assert [line for line in lines if "nulls" in line and "also" not in line] == [
        "    name: nulls",
        "  scenario  nulls, which stands above",
    ]


def test_what_was_not_run_is_told_once_for_each_reason() -> None:
    def unrun(rule_id: str, reason: str) -> Outcome:
        return Outcome(rule=msgspec.structs.replace(RULE, id=rule_id), verdict="not-run", reason=reason)

    some = Result(target="x", outcomes=(unrun("a", "needs --label"), unrun("b", "no 502"), unrun("c", "needs --label")))
    lines = ["not run: a, c: needs --label", "not run: b: no 502"]
    assert shown(some, 2) == [*lines, "x: 3 not-run (exit 2)"]
    nothing = msgspec.structs.replace(some, unjudged="nobody answers")
    assert shown(nothing, 2) == ["Could not be judged: nobody answers", "x: 3 not-run (exit 2)"]
    partly = msgspec.structs.replace(nothing, outcomes=(*some.outcomes, Outcome(rule=RULE, verdict="passed")))
    assert shown(partly, 2)[:2] == lines


# -- JUnit


def junit(result: Result, **options: Any) -> ET.Element:
    return ET.fromstring(junit_report(result, SPAN, suite="verify-api", **options))


@pytest.mark.parametrize(("is_strict", "failures"), [(False, 1), (True, 2)])
def test_a_junit_report_fails_where_the_run_does(is_strict: bool, failures: int) -> None:
    suite = junit(ALL, is_strict=is_strict)
    assert {name: suite.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "5",
        "failures": str(failures),
        "errors": "0",
        "skipped": str(4 - failures),
    }
    assert [shown.get("type") for shown in suite.findall("testcase/failure")] == ["must", "should"][:failures]
    kinds = ["should", "accepted", "not-run"][failures - 1 :]
    assert [shown.get("type") for shown in suite.findall("testcase/skipped")] == kinds
    assert [shown.get("message") for shown in suite.findall("testcase/skipped")][-1] == "no input"


def test_a_run_that_was_not_judged_is_one_test_more_with_an_error() -> None:
    suite = junit(msgspec.structs.replace(ALL, unjudged="nobody answers"))
    assert (suite.get("tests"), suite.get("errors")) == ("6", "1")
    [error] = suite.findall("testcase/error")
    assert (error.get("type"), error.get("message")) == ("unjudged", "nobody answers")


SUITE_PARTS = ("properties", "testcase", "system-out", "system-err")


@pytest.mark.parametrize("result", [ALL, msgspec.structs.replace(ALL, unjudged="no")], ids=["judged", "not"])
def test_a_junit_report_has_what_both_schemas_ask_for(result: Result) -> None:
    suite = junit(result)
    given = {name: suite.get(name, "") for name in ("name", "timestamp", "hostname", "time")}
    assert given == {"name": "verify-api", "timestamp": "2026-04-02T09:00:00", "hostname": "ci-1", "time": "1.500"}
    parts = [part.tag for part in suite]
    assert parts == sorted(parts, key=SUITE_PARTS.index)
    assert set(parts) == set(SUITE_PARTS)
    for case in suite.findall("testcase"):
        assert set(case.keys()) == {"classname", "name", "time"}
        assert len(case) <= 1
        assert all(set(inner.keys()) == {"message", "type"} for inner in case)
    assert suite.findtext("system-out") == "So."


# -- Files


def written(path: Path, capsys: pytest.CaptureFixture[str]) -> Sequence[str]:
    ReportFiles(report=path, junit=path, suite="x").write(RESULT, 0, RunWatch().span, is_strict=False)
    return capsys.readouterr().err.splitlines()


def test_both_reports_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = ReportFiles(report=tmp_path / "a.json", junit=tmp_path / "b.xml", suite="x")
    watch = RunWatch()
    files.write(RESULT, 7, watch.span, is_strict=False)
    assert msgspec.json.decode((tmp_path / "a.json").read_bytes())["exit_code"] == 7
    suite = ET.parse(tmp_path / "b.xml").getroot()
    assert re.fullmatch(r"\d+\.\d{3}", suite.get("time", ""))
    assert watch.span.began_at <= datetime.now(UTC)
    ReportFiles(report=None, junit=None, suite="x").write(RESULT, 7, watch.span, is_strict=False)
    assert capsys.readouterr().err == ""


def test_a_place_that_cannot_be_written_costs_no_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    long = tmp_path / ("x" * 300)
    told = f"The report {long} could not be written (File name too long); the verdict above stands."
    assert written(long, capsys) == [told, told]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no disk here that is full by nature")
def test_a_full_disk_costs_no_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    told = "The report /dev/full could not be written (No space left on device); the verdict above stands."
    assert written(Path("/dev/full"), capsys) == [told, told]
