"""A check on the evidence; where the check itself breaks, nobody is blamed for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .evidence.finding import Findings, NotRun

if TYPE_CHECKING:
    from .evidence.evidence import Evidence
    from .rules.declaration import ApiCheck

__all__ = ["findings_of"]


def findings_of(check: ApiCheck, evidence: Evidence) -> Findings:
    """Return what a check finds. Answers are anybody's: one that breaks the check leaves its rule unjudged."""
    try:
        return check.judge(evidence)
    except Exception as error:  # noqa: BLE001  # whatever it is, it is no finding
        reason = f"the check of {check.rule.id} broke on an answer ({type(error).__name__}: {error}); please report it"
        return NotRun(reason, is_ours=True)
