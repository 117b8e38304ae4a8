"""Each faulty program is caught by the rule meant for it; here a part of them, with few trials."""

from __future__ import annotations

import pytest

from flexforward_contract_tests.client.rules.registry import CLIENT_RULES
from mutants.program.kit import HEARD
from mutants.program.mutant import NODE, ProgramMutant, broken_by, report_of, unmeant_musts
from mutants.program.mutants import PROGRAM_MUTANTS
from mutants.program.row import PROGRAMS
from mutants.run_mutants import DOCS, PROGRAMS_BEGIN

BY_NAME = {mutant.name: mutant for mutant in PROGRAM_MUTANTS}
QUICK = (
    "half-a-pair",
    "slash-left",
    "city-is-text",
    "told-each-time",
    "looks-once-more",
    "three-and-out",
    "no-timeout",
    "node-encode-uri",
    "node-no-timeout",
)
"""Tried here; ``make mutants ARGS=programs`` tries all."""


def test_there_are_enough_and_no_two_of_a_name() -> None:
    assert len(PROGRAM_MUTANTS) >= 40
    assert len(BY_NAME) == len(PROGRAM_MUTANTS)
    assert len({mutant.text for mutant in PROGRAM_MUTANTS}) == len(PROGRAM_MUTANTS)


def test_every_rule_that_one_label_exercises_has_a_mutant() -> None:
    assert {mutant.rule for mutant in PROGRAM_MUTANTS} == {rule.id for rule in CLIENT_RULES} - {"client.rate"}


def test_the_page_has_them_in_their_order_and_no_miss() -> None:
    """Those that were added since its last run come with the next one."""
    _, _, part = (DOCS / "mutants.md").read_text().partition(PROGRAMS_BEGIN)
    named = [line.split(" | ")[0].removeprefix("| ") for line in part.splitlines() if line.startswith("| ")]
    there = ["mutant", *BY_NAME, "program", *(it.name for it in PROGRAMS)]
    assert named == [name for name in there if name in named], "run 'make mutants ARGS=programs'"
    assert "**missed**" not in part


@pytest.mark.parametrize("mutant", [pytest.param(BY_NAME[name], id=name) for name in QUICK])
def test_a_mutant_is_caught_by_the_rule_meant_for_it(mutant: ProgramMutant) -> None:
    if mutant.language == "Node" and NODE is None:
        pytest.skip("Node.js is not installed")
    broken = broken_by(mutant, mutant.trials)
    assert mutant.rule in broken
    assert unmeant_musts(mutant, broken) == ()


def test_of_a_conforming_program_nothing_is_reported() -> None:
    outcomes = report_of(PROGRAMS[0].command, ("delivery", "nulls", "gateway-blips", "never-answers"), *HEARD)
    assert "failed" not in outcomes.values()
