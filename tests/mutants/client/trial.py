"""A client of ours before the judge: taken through the trials that ship, and a few that are drawn."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from flexforward_contract_tests.client.runner.session import Session

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flexforward_contract_tests.client.runner.trial_runner import Client, TransportName
    from flexforward_contract_tests.result import Outcome

__all__ = ["broken_musts", "broken_rules", "try_client", "unjudged_rules"]


def try_client(
    client: Client, *, drawn: int = 0, door: TransportName = "in-process", labels: int = 1
) -> tuple[Outcome, ...]:
    """Take the client through all trials and ``drawn`` lifecycles, the same each time, and judge it by all rules."""
    random.seed(0)  # of clients that draw their waits
    return Session(client, drawn=drawn, door=door, labels=labels, is_fixed=True).outcomes


def broken_rules(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """Return the ids of the rules that reported it."""
    return tuple(outcome.rule.id for outcome in outcomes if outcome.verdict == "failed")


def broken_musts(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """Return the ids of the rules of level must that reported it."""
    return tuple(outcome.rule.id for outcome in outcomes if outcome.is_failing(is_strict=False))


def unjudged_rules(outcomes: Iterable[Outcome]) -> tuple[str, ...]:
    """Return the ids of the rules that were not run."""
    return tuple(outcome.rule.id for outcome in outcomes if outcome.verdict == "not-run")
