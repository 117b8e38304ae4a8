"""Findings of an earlier run that are accepted: its JSON report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flexforward_contract_tests.result import Outcome

__all__ = ["Baseline", "BaselineError", "read_baseline"]


class BaselineError(ValueError):
    """A file that is no report of an earlier run.

    Attributes:
        path: the file.
        problem: what is wrong with it.
    """

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(path, problem)
        self.path, self.problem = path, problem

    def __str__(self) -> str:
        return f"{self.path} {self.problem}; allowed: a file that an earlier run wrote with --report"


class _AcceptedFailure(msgspec.Struct):
    expected: str
    others: tuple[str, ...] = ()


class _Rule(msgspec.Struct):
    id: str
    failure: _AcceptedFailure | None = None


class _Report(msgspec.Struct, rename={"version": "schema"}):
    version: int
    rules: tuple[_Rule, ...]


class Baseline(msgspec.Struct, frozen=True):
    """Accepted findings: rule id to the expectations that may go unmet."""

    findings: dict[str, frozenset[str]]

    def accepted(self, rule_id: str) -> frozenset[str]:
        """Return what is accepted of a rule."""
        return self.findings.get(rule_id, frozenset())

    def gone(self, outcomes: Sequence[Outcome]) -> tuple[str, ...]:
        """Say which accepted findings have gone; of a rule that was not run nothing is known."""
        return tuple(
            f"No longer found, so it can leave the baseline: {outcome.rule.id} (expected {expected})."
            for outcome in outcomes
            if outcome.verdict != "not-run"
            for expected in sorted(self.accepted(outcome.rule.id) - _expectations(outcome))
        )


def _expectations(outcome: Outcome) -> frozenset[str]:
    failure = outcome.failure
    return frozenset() if failure is None else frozenset({failure.expected, *failure.others})


def read_baseline(path: Path) -> Baseline:
    """Read the JSON report of an earlier run.

    Raises:
        BaselineError: it is none.
    """
    if path.exists() and not path.is_file():
        raise BaselineError(path, "is not a regular file")
    try:
        report = msgspec.json.decode(path.read_bytes(), type=_Report)
    except OSError as error:
        raise BaselineError(path, f"cannot be read ({error.strerror})") from error
    except msgspec.MsgspecError as error:
        raise BaselineError(path, f"is no report ({error})") from error
    if report.version != 1:
        raise BaselineError(path, f"is a report of schema {report.version}, and only 1 is known")
    return Baseline(
        {
            rule.id: frozenset({rule.failure.expected, *rule.failure.others})
            for rule in report.rules
            if rule.failure is not None
        }
    )
