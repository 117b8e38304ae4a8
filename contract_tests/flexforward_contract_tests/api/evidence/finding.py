"""What a rule says of the evidence: nothing to judge, or its violations; none of them means that it was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from flexforward_contract_tests.api.probing.observation import Observation
    from flexforward_contract_tests.rule import Level

__all__ = ["Findings", "NotRun", "Violation", "no_input", "violations_in"]


class Violation(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which a rule was broken.

    Attributes:
        expected: what the rule wants of this case. A baseline knows it again by this, so it names nothing that
            changes from run to run.
        actual: what came instead.
        observation: what shows it.
        level: where it weighs otherwise than the rule.
        is_drift: the vendor's versioning policy lets it happen.
    """

    expected: str
    actual: str
    observation: Observation
    level: Level | None = None
    is_drift: bool = False


class NotRun(msgspec.Struct, frozen=True):
    """The rule could not be judged.

    Attributes:
        reason: why.
        is_ours: the reason is a mistake in the check.
    """

    reason: str
    is_ours: bool = False


Findings: TypeAlias = tuple[Violation, ...] | NotRun


def no_input(*options: str) -> NotRun:
    """Return the findings of a rule whose options were not given."""
    return NotRun(f"needs {' and '.join(options)}")


def violations_in(findings: Findings) -> tuple[Violation, ...]:
    """Return the violations; none if the rule could not be judged."""
    return () if isinstance(findings, NotRun) else findings
