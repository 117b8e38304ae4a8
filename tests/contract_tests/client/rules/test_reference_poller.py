"""A poller that does everything right is never blamed, whatever the server does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from flexforward_contract_tests.client import ClientRun, failure_text, judge_client
from flexforward_contract_tests.client.rules.registry import CLIENT_RULES
from flexforward_fixtures.strategies import adversarial_scenarios, scenarios
from flexforward_mockserver.scenarios.catalogue import Catalogue
from reference_poller import Style, follow

if TYPE_CHECKING:
    from flexforward_mockserver.scenarios.scenario import Scenario

STYLES = st.builds(
    Style,
    read_timeout_s=st.sampled_from([5.0, 30.0, 110.0]),
    slack=st.sampled_from([1.0, 1.25, 2.0]),
    backs_off=st.sampled_from(["doubling", "jittered", "interval"]),
    keeps_beat=st.booleans(),
    looks_again=st.booleans(),
    forgets=st.booleans(),
    is_strict=st.booleans(),
    by_uuid=st.booleans(),
    seed=st.integers(0, 9),
)
ORDER_NUMBERS = st.sampled_from(["1001", "PO/7 #1?50%+ü", "100%25", "a b"])
LIVES = scenarios(faults=True, evolutions=True) | adversarial_scenarios()


def blame(*runs: ClientRun) -> list[str]:
    return [failure_text(outcome) for outcome in judge_client(runs) if outcome.verdict == "failed"]


@settings(max_examples=80)
@given(st.lists(LIVES, min_size=1, max_size=3), STYLES, ORDER_NUMBERS)
def test_a_perfect_poller_breaks_no_rule(lives: list[Scenario], style: Style, order_number: str) -> None:
    runs = [follow(scenario, style, order_number) for scenario in lives]
    assert blame(*runs) == []


def test_a_perfect_poller_breaks_no_rule_in_any_shipped_scenario() -> None:
    catalogue = Catalogue()
    runs = [follow(catalogue[name], Style(), "PO/7 #1") for name in catalogue.names]
    assert blame(*runs) == []
    outcomes = {outcome.rule.id: outcome.verdict for outcome in judge_client(runs)}
    unexercised = {"client.rate", "client.timeout"}
    assert {rule.id for rule in CLIENT_RULES if outcomes[rule.id] == "not-run"} == unexercised
