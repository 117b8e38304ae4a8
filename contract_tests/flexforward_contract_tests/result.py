"""What a run found: an outcome for each rule, and what follows for the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Collection

    from .rule import Rule

__all__ = ["EXIT_BROKEN", "EXIT_KEPT", "EXIT_UNJUDGED", "FailureReport", "Outcome", "Result", "Verdict"]

Verdict: TypeAlias = Literal["passed", "failed", "not-run"]

EXIT_KEPT = 0
EXIT_BROKEN = 1
EXIT_UNJUDGED = 2


class FailureReport(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How a rule was broken.

    Attributes:
        expected: what the rule wants, of this case.
        actual: what came instead.
        curl: a line that shows it; credentials in it are variables.
        scenario: scenario file, as text, under which it happened.
        timeline: exchanges and notifications around it, drawn.
        others: what else the rule wanted in vain, each as ``expected``.
    """

    expected: str
    actual: str
    curl: str | None = None
    scenario: str | None = None
    timeline: str | None = None
    others: tuple[str, ...] = ()


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one rule.

    Attributes:
        reason: why it was not run.
        failure: the first and shortest way in which it was broken.
        is_accepted: it was broken in this way before, and a baseline accepts that.
    """

    rule: Rule
    verdict: Verdict
    reason: str | None = None
    failure: FailureReport | None = None
    is_accepted: bool = False

    @property
    def is_broken(self) -> bool:
        """Whether the rule was broken in a way that nobody has accepted."""
        return self.verdict == "failed" and not self.is_accepted

    def is_failing(self, *, is_strict: bool) -> bool:
        """Tell whether the rule is broken in a way that fails the run."""
        return self.is_broken and (is_strict or self.rule.level == "must")


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a run.

    Attributes:
        target: what was judged: a base URL or a command, without credentials.
        outcomes: one for each rule that was asked for, in the registry's order.
        unjudged: why nothing could be judged at all; None if something was.
        remarks: further sentences for whoever reads it, such as which options feed the rules that were not run.
    """

    target: str
    outcomes: tuple[Outcome, ...]
    unjudged: str | None = None
    remarks: tuple[str, ...] = ()

    def exit_code(
        self, *, is_strict: bool = False, is_all_required: bool = False, allowed: Collection[str] = ()
    ) -> int:
        """Return the exit code: a broken rule wins over one that could not be judged.

        Args:
            is_strict: a broken ``should`` counts as well.
            is_all_required: a rule that was not run counts as unjudged.
            allowed: ids of rules that need not be run all the same.
        """
        if any(outcome.is_failing(is_strict=is_strict) for outcome in self.outcomes):
            return EXIT_BROKEN
        is_missing = is_all_required and any(
            outcome.verdict == "not-run" and outcome.rule.id not in allowed for outcome in self.outcomes
        )
        is_seen = any(outcome.verdict != "not-run" for outcome in self.outcomes)
        return EXIT_UNJUDGED if self.unjudged is not None or is_missing or not is_seen else EXIT_KEPT
