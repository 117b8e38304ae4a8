"""What one rule finds in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from flexforward_mockserver.state.journal import Exchange

    from .run import Notification, RunLabel

__all__ = ["KEPT", "Breach", "Finding", "Kept", "NotExercised", "combine"]


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """The rule was broken.

    Attributes:
        expected: what the rule wants, of this case.
        actual: what happened, with figures.
        at: when it was plain.
        culprit: the exchange or notification that broke it; None if it is the end of the run that did.
        label: whose it is; None for all of them.
    """

    expected: str
    actual: str
    at: datetime
    culprit: Exchange | Notification | None = None
    label: RunLabel | None = None


class Kept(msgspec.Struct, frozen=True):
    """The run gave the client an occasion to break the rule, and it kept it."""


class NotExercised(msgspec.Struct, frozen=True):
    """The run gave the client no occasion to break the rule.

    Attributes:
        reason: what would.
    """

    reason: str


Finding: TypeAlias = Breach | Kept | NotExercised
KEPT = Kept()


def combine(findings: Iterable[Finding], otherwise: str) -> Finding:
    """Return the first breach; else kept if it was once; else the first reason why not, or ``otherwise``."""
    found = tuple(findings)
    breaches = [finding for finding in found if isinstance(finding, Breach)]
    if breaches:
        return min(breaches, key=lambda breach: breach.at)
    if KEPT in found:
        return KEPT
    return next((finding for finding in found if isinstance(finding, NotExercised)), NotExercised(otherwise))
