"""A poller in any language lives in virtual time: one that conforms is not reported, broken ones are caught."""

from __future__ import annotations

import pytest

from language_kit import HABITS, LANGUAGES, NEEDED, outcomes_of
from supervisor_kit import needs_linux

pytestmark = needs_linux


@pytest.mark.parametrize("name", NEEDED)
def test_of_a_conforming_poller_nothing_is_reported_and_its_waits_are_judged(name: str) -> None:
    language = LANGUAGES[name]
    if language.missing is not None:
        pytest.skip(f"{language.missing} is not installed")
    outcomes = outcomes_of(language, "")
    assert [rule for rule, outcome in outcomes.items() if outcome == "failed"] == []
    judged = ("client.interval.stage", "client.timeout", "client.stop.terminal")
    assert [outcomes[rule] for rule in judged] == ["passed"] * 3


@pytest.mark.parametrize(("name", "habit"), list(zip(NEEDED, HABITS, strict=True)))
def test_a_broken_one_is_caught_by_the_rule_meant_for_it(name: str, habit: str) -> None:
    language = LANGUAGES[name]
    if language.missing is not None:
        pytest.skip(f"{language.missing} is not installed")
    assert outcomes_of(language, habit)[HABITS[habit][0]] == "failed"
