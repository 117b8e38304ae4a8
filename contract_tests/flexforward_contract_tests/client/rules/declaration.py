"""How a rule for a client is declared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from flexforward_contract_tests.rule import Check, Rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from flexforward_contract_tests.client.transcript.case import Case
    from flexforward_contract_tests.client.transcript.finding import Finding
    from flexforward_contract_tests.rule import Level
    from flexforward_contract_tests.sources import Source

__all__ = ["ClientCheck", "RunInput", "client_rule"]

RunInput: TypeAlias = Literal["polls", "timing", "notifications", "silence"]
"""What not every run has: requests beside those on labels, waits that can be trusted, and what the client told;
``silence`` for a rule that is broken where nothing was heard although it was said how it would be."""

ClientCheck: TypeAlias = "Check[Case, Finding, RunInput]"


def client_rule(
    rule_id: str,
    level: Level,
    sentence: str,
    /,
    *,
    sources: tuple[Source, ...],
    needs: tuple[str, ...] = (),
    needs_polls: bool = True,
    needs_timing: bool = False,
    needs_notifications: bool = False,
    judges_silence: bool = False,
) -> Callable[[Callable[[Case], Finding]], ClientCheck]:
    """Declare the rule that the decorated function judges, for one run.

    Args:
        rule_id: fixed for good; begins with ``client.``.
        level: ``must`` or ``should``.
        sentence: what has to hold.
        sources: who says so.
        needs: options that feed it, as the command line writes them.
        needs_polls: it is about tracking; without, requests that make labels count as well.
        needs_timing: it is about waits, so a run whose timing is not trusted says nothing.
        needs_notifications: it is about what the client tells.
        judges_silence: it is judged also where a pattern was given for what the client tells, and found nothing.
    """
    wanted: dict[RunInput, bool] = {
        "polls": needs_polls,
        "timing": needs_timing,
        "notifications": needs_notifications,
        "silence": judges_silence,
    }
    inputs: frozenset[RunInput] = frozenset(name for name, is_wanted in wanted.items() if is_wanted)
    if needs_notifications:
        needs = (*needs, "notifications")
    rule = Rule(id=rule_id, level=level, sentence=sentence, sources=sources, needs=needs)

    def declare(judge: Callable[[Case], Finding]) -> ClientCheck:
        return Check(rule=rule, judge=judge, inputs=inputs)

    return declare
