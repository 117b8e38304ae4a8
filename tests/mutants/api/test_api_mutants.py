"""Each mutant is caught by the rule meant for it, and of a legal variation nothing is reported."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from flexforward_contract_tests.api.rules.registry import API_RULES
from flexforward_openapi import Validation, load_contract
from mutants.api.legal.variations import LEGAL_VARIATIONS
from mutants.api.mutants import API_MUTANTS
from mutants.api.tracking_api import TOKEN, Question
from mutants.api.trial import try_api
from mutants.run_mutants import BETWEEN, DOCS

if TYPE_CHECKING:
    from mutants.api.legal.variation import LegalVariation
    from mutants.api.mutant import ApiMutant


def test_there_are_enough_and_no_two_of_a_name() -> None:
    assert len(API_MUTANTS) >= 60
    assert len({mutant.name for mutant in API_MUTANTS}) == len(API_MUTANTS)
    assert len({variation.name for variation in LEGAL_VARIATIONS}) == len(LEGAL_VARIATIONS)


def test_every_rule_has_a_mutant() -> None:
    assert {mutant.rule for mutant in API_MUTANTS} == {rule.id for rule in API_RULES}


@pytest.mark.parametrize("mutant", [pytest.param(mutant, id=mutant.name) for mutant in API_MUTANTS])
def test_a_mutant_is_caught_by_the_rule_meant_for_it(mutant: ApiMutant) -> None:
    result = try_api(mutant.api(), rules={mutant.rule})
    assert [(outcome.rule.id, outcome.verdict) for outcome in result.outcomes] == [(mutant.rule, "failed")], mutant


@pytest.mark.parametrize("variation", [pytest.param(variation, id=variation.name) for variation in LEGAL_VARIATIONS])
def test_of_a_legal_variation_nothing_is_reported(variation: LegalVariation) -> None:
    result = try_api(variation.api(), variation.wire)
    assert {outcome.rule.id: outcome.failure for outcome in result.outcomes if outcome.verdict == "failed"} == {}
    not_run = {outcome.rule.id: outcome.reason for outcome in result.outcomes if outcome.verdict == "not-run"}
    assert set(not_run) == variation.without, not_run
    assert len(result.outcomes) == len(API_RULES)
    assert result.unjudged is None


@pytest.mark.parametrize("variation", [pytest.param(variation, id=variation.name) for variation in LEGAL_VARIATIONS])
def test_a_legal_variation_says_what_the_document_allows(variation: LegalVariation) -> None:
    api, contract = variation.api(), load_contract()
    validation = Validation(contract)
    statuses: list[int] = []
    for key in (*(label.order_number for label in api.labels), *(label.id for label in api.labels), "nobody's"):
        for headers in ({"authorization": f"Bearer {TOKEN}"}, {}):
            target = f"/tracking/{quote(key, safe='')}"
            answer = api.answer(Question(method="GET", target=target, headers=headers))
            response = contract.operations[0].response(answer.status)
            assert response is not None
            assert validation.problems(response, json.loads(answer.body), strict=False) == ()
            statuses.append(answer.status)
    assert set(statuses) == {200, 401, 403, 404, 422}


def test_the_page_shows_them_all_and_no_miss() -> None:
    page = (DOCS / "mutants.md").read_text().partition(BETWEEN)[0]
    shown = [line.split(" | ")[0].removeprefix("| ") for line in page.splitlines() if line.startswith("| ")]
    names = [mutant.name for mutant in API_MUTANTS] + [variation.name for variation in LEGAL_VARIATIONS]
    assert [name for name in shown if name not in {"mutant", "variation"}] == names, "run 'make mutants'"
    assert "**missed**" not in page
