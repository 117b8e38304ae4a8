"""A trial that breaks a rule is made as short and as plain as it can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flexforward_contract_tests.client.runner.session import Session
from flexforward_contract_tests.client.runner.shrinking import shrunk
from flexforward_contract_tests.client.runner.trial import shipped_trials
from flexforward_mockserver.scenarios.invariants import broken_invariants
from mutants.client.mutants import CLIENT_MUTANTS
from virtual_kit import trial

if TYPE_CHECKING:
    from flexforward_contract_tests.client.runner.trial import Trial

MUTANTS = {mutant.name: mutant for mutant in CLIENT_MUTANTS}


def tags(one: Trial) -> list[str]:
    return [step.status.tag if step.failure is None else str(step.failure.status) for step in one.scenario.steps]


def test_steps_are_taken_away_and_what_is_left_is_plain() -> None:
    odd = trial(
        """
        {tag: Pending}
        {after: 3d, tag: InTransit, checkpoint: {city: Oslo, country: NO, at: -2h}}
        {polls: 4, fault: {kind: gateway-page}}
        {after: 1h, polls: 2, subtag: InTransit_007, checkpoint: {message: By air}}
        {after: 9h, status: 404, body: {error: gone}}
        {after: 9h, tag: Delivered, checkpoint: {}}
        """,
        "R&D 7/8",
    )
    short = shrunk(odd, lambda one: {"InTransit", "404"} <= {*tags(one)})
    assert (short.order_number, tags(short)) == ("ORDER-1", ["InTransit", "404"])
    first, second = short.scenario.steps
    assert (first.event, first.fault, second.failure is not None and second.failure.body) == (None, None, None)


def test_what_cannot_be_made_simpler_stays() -> None:
    plain = trial("tag: Delivered", "ORDER-1")
    assert shrunk(plain, lambda _: True) == plain


@pytest.mark.parametrize("one", [pytest.param(one, id=one.name) for one in shipped_trials()[::4]])
def test_every_shorter_trial_can_be_kept_and_breaks_no_further_law(one: Trial) -> None:
    seen: list[Trial] = []

    def is_broken(shorter: Trial) -> bool:
        seen.append(shorter)
        return len(seen) % 3 == 0

    shrunk(one, is_broken)
    for shorter in seen:
        assert {law for law, _ in broken_invariants(shorter.scenario)} <= one.scenario.breaks


@pytest.mark.parametrize("name", ["tells-again-after-failure", "stops-after-three", "tells-each-tag-once"])
def test_a_failure_is_shown_in_few_steps(name: str) -> None:
    mutant = MUTANTS[name]
    short, outcome = Session(mutant.client, drawn=0).shortest(mutant.rule)
    assert outcome.verdict == "failed"
    assert len(short.scenario.steps) <= 4
    assert short.name == mutant.rule.partition(".")[2].replace(".", "-")
