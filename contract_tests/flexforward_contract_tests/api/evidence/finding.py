"""What a rule says of the evidence: nothing to judge, or the ways in which it was broken; none of them means kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from flexforward_contract_tests.rule import Level

    from .observation import Exchange

__all__ = ["Breach", "NotRun", "Verdict", "no_input"]


class Breach(msgspec.Struct, frozen=True, kw_only=True):
    """One way in which a rule was broken.

    Attributes:
        expected: what the rule wants of this case. A baseline knows it again by this, so it names nothing that
            changes from run to run.
        actual: what came instead.
        exchange: what shows it.
        level: where it weighs otherwise than the rule.
        is_drift: the vendor's versioning policy lets it happen.
    """

    expected: str
    actual: str
    exchange: Exchange
    level: Level | None = None
    is_drift: bool = False


class NotRun(msgspec.Struct, frozen=True):
    """The rule could not be judged.

    Attributes:
        reason: why.
        options: those that would feed it and were not given.
    """

    reason: str
    options: tuple[str, ...] = ()


Verdict: TypeAlias = tuple[Breach, ...] | NotRun


def no_input(*options: str) -> NotRun:
    """Return the verdict on a rule whose options were not given."""
    return NotRun(f"needs {' and '.join(options)}", options)
