"""What the package promises to whoever imports it."""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, assert_type
from unittest.mock import patch

import pytest

import flexforward_contract_tests
from flexforward_contract_tests import (
    ClientContract,
    ClientEnv,
    ClientRun,
    Outcome,
    Result,
    Rule,
    Target,
    judge_api,
    judge_client,
    run_of,
)
from flexforward_contract_tests.client.runner.trial_runner import TransportName

if TYPE_CHECKING:
    from collections.abc import Callable

    from flexforward_fixtures import FlexForward


def _hear_nothing(tag: str, label: str | None = None) -> None:
    """Take what a customer is told."""


ENV = ClientEnv(
    base_url="http://x",
    token="t",
    api_key="k",
    api_token="s",
    label_id="1",
    order_number="a/b",
    notify=_hear_nothing,
)


def test_the_package_exports_what_it_promises() -> None:
    assert dir(flexforward_contract_tests) == flexforward_contract_tests.__all__
    assert {"ClientContract", "ClientEnv", "Rule", "Target", "judge_api"} <= set(flexforward_contract_tests.__all__)
    for name in flexforward_contract_tests.__all__:
        kind = getattr(flexforward_contract_tests, name)
        assert getattr(import_module(kind.__module__), name) is kind


def test_another_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="'flexforward_contract_tests' has no attribute 'Contract'"):
        getattr(flexforward_contract_tests, "Contract")  # noqa: B009  # as an import does


def test_an_environment_is_also_one_of_variables() -> None:
    with patch.dict(os.environ, ENV.variables):
        assert os.environ["FLEXFORWARD_BASE_URL"] == "http://x"
        assert os.environ["FLEXFORWARD_ORDER_NUMBER"] == "a/b"
        assert os.environ["FLEXFORWARD_LABEL_IDS"] == "1"
    assert len(ENV.variables) == 7


def test_a_client_is_for_the_subclass_to_run() -> None:
    with pytest.raises(NotImplementedError):
        ClientContract().run_client(ENV)


def test_what_users_hold_has_the_types_that_the_pages_say() -> None:
    target = Target(base_url="http://127.0.0.1:9")
    assert_type(target.token, str | None)
    outcomes = assert_type(judge_client([]), tuple[Outcome, ...])
    assert_type(outcomes[0].rule, Rule)
    told: Callable[[str], None] = ENV.notify
    assert told is ENV.notify
    assert_type(ClientContract.is_strict, bool)
    assert_type(ClientContract.fail_under, float)
    assert_type(ClientContract.door, TransportName)
    if TYPE_CHECKING:
        assert_type(judge_api(target), Result)
        assert_type(run_of(FlexForward.__new__(FlexForward)), ClientRun)
        assert_type(Result(target="x", outcomes=outcomes).exit_code(), int)
