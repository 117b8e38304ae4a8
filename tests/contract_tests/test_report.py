"""Reports in files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flexforward_contract_tests.report import ReportError, report_json, write_json, write_junit
from flexforward_contract_tests.result import Failure, Outcome, Result
from flexforward_contract_tests.rule import Rule

if TYPE_CHECKING:
    from pathlib import Path

RULE = Rule(id="api.encoding", level="must", sentence="JSON is UTF-8.", sources=("http",))
BROKEN = Outcome(rule=RULE, verdict="failed", failure=Failure(expected="UTF-8", actual="Latin-1"), is_accepted=True)
RESULT = Result(target="http://api.example.com", outcomes=(BROKEN,))


def test_what_a_baseline_accepts_is_marked() -> None:
    [entry] = report_json(RESULT, 0)["rules"]
    assert (entry["outcome"], entry["accepted"]) == ("failed", True)


def test_a_place_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / ("x" * 300)
    with pytest.raises(ReportError, match=r"cannot write the report .*x \(File name too long\); choose another place"):
        write_json(RESULT, 0, path)
    with pytest.raises(ReportError, match="choose another place"):
        write_junit(RESULT, path, suite="verify-api")
