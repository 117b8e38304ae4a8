"""Reports in files."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import click
import msgspec
import pytest

from flexforward_contract_tests.api.rules.registry import API_RULES
from flexforward_contract_tests.client.rules.registry import CLIENT_RULES
from flexforward_contract_tests.report import ReportError, report_json, report_lines, write_json, write_junit
from flexforward_contract_tests.result import FailureReport, Outcome, Result
from flexforward_contract_tests.rule import Rule
from flexforward_contract_tests.sources import SOURCES

if TYPE_CHECKING:
    from pathlib import Path

RULE = Rule(id="api.encoding", level="must", sentence="JSON is UTF-8.", sources=("http",))
BROKEN = Outcome(
    rule=RULE, verdict="failed", failure=FailureReport(expected="UTF-8", actual="Latin-1"), is_accepted=True
)
RESULT = Result(target="http://api.example.com", outcomes=(BROKEN,))


def test_what_a_baseline_accepts_is_marked() -> None:
    [entry] = report_json(RESULT, 0)["rules"]
    assert (entry["outcome"], entry["accepted"]) == ("failed", True)


def test_a_report_leads_from_broken_rules_to_the_pages_behind_them() -> None:
    guide = Rule(id="api.order", level="must", sentence="Newest first.", sources=("guide", "ours"))
    broken = Outcome(rule=guide, verdict="failed", failure=FailureReport(expected="a", actual="b"))
    lines = [click.unstyle(line) for line in report_lines(Result(target="http://x", outcomes=(broken, BROKEN)), 1)]
    address = "https://openapidocs.flexforwardship.com/guides/tracking-updates"
    assert lines[-3:-1] == ["Where these rules come from", f"  guide   {address}"], "what is accepted needs no reading"
    assert "Where these rules come from" not in list(report_lines(RESULT, 0))
    assert report_json(RESULT, 0)["sources"]["guide"] == [address]


def test_every_source_that_a_rule_names_can_be_read_somewhere_or_is_ours() -> None:
    named = {source for rule in (*API_RULES, *CLIENT_RULES) for source in rule.sources}
    assert named == set(SOURCES)
    assert [source for source, entry in SOURCES.items() if not entry.pages] == ["ours"]
    vendors = [page for source in ("op", "guide", "page", "policy") for page in SOURCES[source].pages]
    assert all(page.url.startswith("https://openapidocs.flexforwardship.com/") for page in vendors)
    assert all(page.read and page.extent for page in vendors)


def junit(result: Result, path: Path, *, is_strict: bool = False) -> ET.Element:
    write_junit(result, path, suite="verify-api", is_strict=is_strict)
    return ET.parse(path).getroot()


def test_a_junit_report_fails_where_the_run_does(tmp_path: Path) -> None:
    must = msgspec.structs.replace(BROKEN, is_accepted=False)
    should = msgspec.structs.replace(must, rule=msgspec.structs.replace(RULE, level="should"))
    unrun = Outcome(rule=RULE, verdict="not-run", reason="no input")
    result = Result(target="http://x", outcomes=(must, should, BROKEN, unrun, Outcome(rule=RULE, verdict="passed")))
    path = tmp_path / "junit.xml"
    for is_strict, failures in ((False, 1), (True, 2)):
        suite = junit(result, path, is_strict=is_strict)
        assert (suite.get("failures"), suite.get("skipped")) == (str(failures), str(4 - failures))
        assert len(suite.findall("testcase/failure")) == failures
        assert len(suite.findall("testcase/skipped")) == 4 - failures
    shown = click.unstyle(list(report_lines(result, 1))[-1])
    assert shown == "http://x: 1 passed, 2 failed, 1 not-run, 1 accepted (exit 1)"


def test_a_place_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300)
    with pytest.raises(ReportError, match=r"cannot write the report .*x \(File name too long\); choose another place"):
        write_json(RESULT, 0, path)
    with pytest.raises(ReportError, match="choose another place"):
        write_junit(RESULT, path, suite="verify-api")
