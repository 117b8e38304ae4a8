"""Faulty clients are caught by the rule meant for them, and of conforming ones nothing is reported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from flexforward_contract_tests.client.rules.registry import CLIENT_RULES
from flexforward_contract_tests.client.transcript.story import failure_text
from mutants.client.mutants import CLIENT_MUTANTS
from mutants.client.styles import STYLES
from mutants.client.trial import broken_musts, broken_rules, try_client, unjudged_rules
from mutants.run_mutants import BETWEEN, DOCS, PROGRAMS_BEGIN

if TYPE_CHECKING:
    from flexforward_contract_tests.client.runner.trial_runner import TransportName
    from mutants.client.mutant import ClientMutant
    from mutants.client.styles import Style

DOORS = ("in-process", "live")
FIRST = {mutant.rule: mutant for mutant in reversed(CLIENT_MUTANTS)}
SLOW = ("each-minute-without-end", "each-minute", "asyncio-beats-every-minute")
"""These ask some thousand times in each trial, for minutes altogether."""
TRIED = {mutant.name: mutant for mutant in (*FIRST.values(), *CLIENT_MUTANTS[::4]) if mutant.name not in SLOW}
"""The first mutant of each rule, and every fourth; ``make mutants ARGS=client`` tries all, by both doors."""


def test_there_are_enough_and_no_two_of_a_name() -> None:
    assert len(CLIENT_MUTANTS) >= 45
    assert len({mutant.name for mutant in CLIENT_MUTANTS}) == len(CLIENT_MUTANTS)
    assert len({style.name for style in STYLES}) == len(STYLES) >= 4


def test_every_rule_has_a_mutant() -> None:
    assert {mutant.rule for mutant in CLIENT_MUTANTS} == {rule.id for rule in CLIENT_RULES}


def test_the_page_has_them_all_and_no_miss() -> None:
    part = (DOCS / "mutants.md").read_text().partition(BETWEEN)[2].partition(PROGRAMS_BEGIN)[0]
    named = [line.split(" | ")[0].removeprefix("| ") for line in part.splitlines() if line.startswith("| ")]
    there = ["mutant", *(it.name for it in CLIENT_MUTANTS), "client", *(it.name for it in STYLES)]
    assert named == there, "run 'make mutants ARGS=client'"
    assert "**missed**" not in part


def test_the_clients_share_no_code_with_the_product() -> None:
    clients = [path for path in Path(__file__).parent.glob("*_mutants.py") if path != Path(__file__)]
    assert clients
    for path in clients:
        imports = [line for line in path.read_text().splitlines() if line.startswith(("import", "from"))]
        assert not [line for line in imports if "flexforward" in line], path


@pytest.mark.parametrize("mutant", [pytest.param(mutant, id=name) for name, mutant in TRIED.items()])
def test_a_mutant_is_caught_by_the_rule_meant_for_it(mutant: ClientMutant) -> None:
    outcomes = try_client(mutant.client, labels=mutant.labels)
    assert mutant.rule in broken_rules(outcomes), broken_rules(outcomes)
    assert set(broken_musts(outcomes)) <= {mutant.rule, *mutant.also}


@pytest.mark.parametrize("name", ["retries-at-once", "tenacity-without-waits"])
def test_over_a_socket_no_run_is_charged_with_requests_of_the_last_one(name: str) -> None:
    mutant = next(mutant for mutant in CLIENT_MUTANTS if mutant.name == name)
    outcomes = try_client(mutant.client, door="live")
    assert set(broken_musts(outcomes)) == {mutant.rule}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("style", [pytest.param(style, id=style.name) for style in STYLES])
def test_of_a_conforming_client_nothing_is_reported(style: Style, door: TransportName) -> None:
    outcomes = try_client(style.client, drawn=3, door=door, labels=style.labels)
    assert [failure_text(outcome) for outcome in outcomes if outcome.verdict == "failed"] == []
    assert set(unjudged_rules(outcomes)) == style.without
