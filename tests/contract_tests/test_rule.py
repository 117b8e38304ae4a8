"""How rules are declared, collected and looked up."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from flexforward_contract_tests.api.rules import body
from flexforward_contract_tests.api.rules.registry import API_CHECKS, API_RULES
from flexforward_contract_tests.client.rules.declaration import client_rule
from flexforward_contract_tests.client.rules.registry import CLIENT_CHECKS, CLIENT_RULES
from flexforward_contract_tests.client.transcript.finding import KEPT, Finding
from flexforward_contract_tests.rule import RuleError, chosen_checks, collect_checks

if TYPE_CHECKING:
    from flexforward_contract_tests.client.transcript.case import Case


@client_rule("client.a", "must", "A rule.", sources=("ours",), needs_timing=True, needs_notifications=True)
def kept(_: Case) -> Finding:
    return KEPT


def module(name: str = __name__, **content: object) -> ModuleType:
    made = ModuleType(name)
    vars(made).update(content)
    return made


def test_a_decorated_function_is_a_check_of_its_rule() -> None:
    assert (kept.rule.id, kept.rule.level, kept.rule.sentence) == ("client.a", "must", "A rule.")
    assert kept.inputs == {"polls", "timing", "notifications"}
    assert kept.rule.needs == ("notifications",)
    assert kept.judge.__name__ == "kept"


def test_checks_are_collected_from_the_modules_that_declare_them() -> None:
    assert dict(collect_checks(module(kept=kept))) == {"client.a": kept}
    assert dict(collect_checks(module("elsewhere", kept=kept))) == {}, "it is only imported there"
    ids = [entry.rule.id for entry in vars(body).values() if hasattr(entry, "rule")]
    assert list(collect_checks(body)) == ids


def test_two_rules_of_one_id_are_refused() -> None:
    with pytest.raises(ValueError, match=r"two rules are called 'client\.a'"):
        collect_checks(module(first=kept, second=kept))


def test_each_rule_is_of_its_suite_and_has_its_sentence() -> None:
    for suite, rules in (("api.", API_RULES), ("client.", CLIENT_RULES)):
        for rule in rules:
            assert rule.id.startswith(suite)
            assert rule.sentence.endswith(".")
            assert rule.sources
    assert all(check.inputs for check in API_CHECKS.values())


def test_rules_are_chosen_in_the_order_of_the_registry() -> None:
    assert [check.rule for check in chosen_checks(CLIENT_CHECKS)] == list(CLIENT_RULES)
    chosen = chosen_checks(CLIENT_CHECKS, ["client.rate", "client.auth.accepted"])
    assert [check.rule.id for check in chosen] == ["client.auth.accepted", "client.rate"]


def test_an_id_that_no_rule_has_is_refused_with_the_nearest() -> None:
    with pytest.raises(RuleError, match=r"^there is no rule 'client\.rat'; did you mean 'client\.rate'\?$") as caught:
        chosen_checks(CLIENT_CHECKS, ["client.rat"])
    assert caught.value.rule_id == "client.rat"
    with pytest.raises(RuleError, match=r"^there is no rule '!'; allowed: client\.auth\.accepted, client\.auth"):
        chosen_checks(CLIENT_CHECKS, ["!"])
