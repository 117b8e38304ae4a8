"""How a rule for an API is declared, and the kinds of requests that rules look at."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, get_args

from flexforward_contract_tests.api.probing.probe import Purpose
from flexforward_contract_tests.rule import Check, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from flexforward_contract_tests.api.evidence.evidence import Evidence
    from flexforward_contract_tests.api.evidence.finding import Findings
    from flexforward_contract_tests.rule import Level
    from flexforward_contract_tests.sources import Source

__all__ = ["ADMITTED", "PASSIVE", "READS", "REFUSALS", "SHOWN", "TRIED", "ApiCheck", "api_rule"]

ApiCheck: TypeAlias = "Check[Evidence, Findings, Purpose]"

PASSIVE: frozenset[Purpose] = frozenset(get_args(Purpose)) - {"method"}
"""All that changes nothing."""
READS: frozenset[Purpose] = frozenset({"read", "order"})
"""What shows the account's own labels."""
SHOWN: frozenset[Purpose] = frozenset({"read", "order", "odd", "generated"})
"""What may show a label."""
ADMITTED: frozenset[Purpose] = frozenset({"read", "order", "unknown"})
"""What gets past authentication."""
TRIED: frozenset[Purpose] = frozenset({"read", "order", "method"})
"""What shows a label before and after a method that might change it."""
REFUSALS: frozenset[Purpose] = PASSIVE - {"failed", "elsewhere"}
"""What may be refused as the document says."""


def api_rule(
    rule_id: str,
    level: Level,
    sentence: str,
    /,
    *,
    sources: tuple[Source, ...],
    purposes: Collection[Purpose],
    needs: tuple[str, ...] = (),
    is_drift: bool = False,
) -> Callable[[Callable[[Evidence], Findings]], ApiCheck]:
    """Declare the rule that the decorated function judges.

    Args:
        rule_id: fixed for good; begins with ``api.``.
        level: ``must`` or ``should``.
        sentence: what has to hold.
        sources: who says so.
        purposes: the requests without which it has nothing to look at.
        needs: options that feed it, as the command line writes them.
        is_drift: the vendor's versioning policy may change it without notice.
    """
    rule = Rule(id=rule_id, level=level, sentence=sentence, sources=sources, is_drift=is_drift, needs=needs)

    def declare(judge: Callable[[Evidence], Findings]) -> ApiCheck:
        return Check(rule=rule, judge=judge, inputs=frozenset(purposes))

    return declare
