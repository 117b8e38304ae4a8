"""What became of one API, conforming or not: who reported what."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from mutants.api.legal.variations import LEGAL_VARIATIONS
from mutants.api.mutants import API_MUTANTS
from mutants.api.schemathesis import schemathesis_failures
from mutants.api.trial import try_api

if TYPE_CHECKING:
    from mutants.api.legal.variation import LegalVariation
    from mutants.api.mutant import ApiMutant

__all__ = ["Row", "row_of_mutant", "row_of_variation"]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One API.

    Attributes:
        rule: the rule meant for it; empty for a conforming one.
        broken: the rules that verify-api reported.
        unjudged: why verify-api could not judge, or the rules that were not run and should have been.
        plain: what schemathesis reported with an example id.
        tuned: what it reported when it was given everything that verify-api was.
    """

    name: str
    rule: str = ""
    sentence: str = ""
    broken: tuple[str, ...]
    unjudged: str = ""
    plain: tuple[str, ...]
    tuned: tuple[str, ...]

    @property
    def is_caught(self) -> bool:
        return self.rule in self.broken


@lru_cache(maxsize=1)
def _mutants() -> dict[str, ApiMutant]:
    return {mutant.name: mutant for mutant in API_MUTANTS}


@lru_cache(maxsize=1)
def _variations() -> dict[str, LegalVariation]:
    return {variation.name: variation for variation in LEGAL_VARIATIONS}


def row_of_mutant(name: str, max_examples: int) -> Row:
    """Try a mutant with all rules, with generated requests only if it gets away without them; then schemathesis."""
    mutant = _mutants()[name]
    result = try_api(mutant.api())
    if not any(outcome.rule.id == mutant.rule and outcome.verdict == "failed" for outcome in result.outcomes):
        result = try_api(mutant.api(), max_examples=max_examples)
    return Row(
        name=name,
        rule=mutant.rule,
        sentence=mutant.sentence,
        broken=tuple(outcome.rule.id for outcome in result.outcomes if outcome.verdict == "failed"),
        unjudged=result.unjudged or "",
        plain=tuple(sorted(schemathesis_failures(mutant.api(), "plain"))),
        tuned=tuple(sorted(schemathesis_failures(mutant.api(), "tuned"))),
    )


def row_of_variation(name: str, max_examples: int) -> Row:
    """Try a conforming API in the same way."""
    variation = _variations()[name]
    result = try_api(variation.api(), variation.wire, max_examples=max_examples)
    not_run = [outcome.rule.id for outcome in result.outcomes if outcome.verdict == "not-run"]
    unexpected = sorted(set(not_run) - variation.without)
    return Row(
        name=name,
        broken=tuple(outcome.rule.id for outcome in result.outcomes if outcome.verdict == "failed"),
        unjudged=result.unjudged or ", ".join(unexpected),
        plain=tuple(sorted(schemathesis_failures(variation.api(), "plain", variation.wire))),
        tuned=tuple(sorted(schemathesis_failures(variation.api(), "tuned", variation.wire))),
    )
