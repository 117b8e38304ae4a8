"""What became of each rule, made of what it found in the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from flexforward_contract_tests.redaction import shown_line
from flexforward_contract_tests.result import FailureReport, Outcome

from .evidence.finding import NotRun
from .evidence.mask import masked
from .probing.curl import curl_line

if TYPE_CHECKING:
    from collections.abc import Collection

    from flexforward_contract_tests.rule import Rule

    from .baseline import Baseline
    from .evidence.finding import Findings, Violation
    from .probing.target import Target

__all__ = ["outcome_of"]

_LONGEST_ACTUAL = 300


def outcome_of(rule: Rule, findings: Findings, target: Target, baseline: Baseline | None) -> Outcome:
    """Return what became of a rule: the violation that is new, weighs most and takes the shortest line shows it."""
    if isinstance(findings, NotRun):
        return Outcome(rule=rule, verdict="not-run", reason=findings.reason)
    if not findings:
        return Outcome(rule=rule, verdict="passed")
    accepted = baseline.accepted(rule.id) if baseline is not None else frozenset[str]()
    ranked = sorted(findings, key=lambda violation: _rank(rule, violation, target, accepted))
    worst = ranked[0]
    others = dict.fromkeys(masked(violation.expected, target) for violation in ranked)
    expected = masked(worst.expected, target)
    del others[expected]
    level = worst.level or rule.level
    return Outcome(
        rule=msgspec.structs.replace(rule, level=level, is_drift=rule.is_drift or worst.is_drift),
        verdict="failed",
        failure=FailureReport(
            expected=expected,
            actual=shown_line(masked(worst.actual, target), longest=_LONGEST_ACTUAL),
            curl=masked(curl_line(worst.observation.probe, target), target),
            others=tuple(others),
        ),
        is_accepted=expected in accepted,
    )


def _rank(rule: Rule, violation: Violation, target: Target, accepted: Collection[str]) -> tuple[bool, bool, bool, int]:
    """Put what is new before what is accepted, a must before a should, and the shortest first."""
    return (
        masked(violation.expected, target) in accepted,
        (violation.level or rule.level) != "must",
        violation.observation.probe.purpose == "generated",
        len(curl_line(violation.observation.probe, target)),
    )
