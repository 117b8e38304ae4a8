"""The suite for pytest: ``pytest --pyargs flexforward_contract_tests.api`` judges what the environment names.

A test for each rule: skipped with the reason if it was not run, failed if it was broken.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click
import pytest

from flexforward_contract_tests.report import failure_lines

from .judge import DEFAULT_EXAMPLES, judge_api
from .probing.rate import RateError, read_rate
from .probing.target import Target, TargetError
from .rules.registry import API_RULES

if TYPE_CHECKING:
    from flexforward_contract_tests.result import Result
    from flexforward_contract_tests.rule import Rule

__all__: list[str] = []


@pytest.fixture(scope="session")
def verified_api() -> Result:
    """What a run against the API of the environment found; one for all tests."""
    rate = os.environ.get("FLEXFORWARD_RATE")
    try:
        return judge_api(
            Target.from_environment(os.environ),
            max_examples=_read("FLEXFORWARD_MAX_EXAMPLES", click.IntRange(0, 10_000), DEFAULT_EXAMPLES),
            rate=read_rate(rate) if rate else None,
            is_unsafe_allowed=_read("FLEXFORWARD_ALLOW_UNSAFE_METHODS", click.BOOL, "no"),
        )
    except (TargetError, RateError) as error:
        pytest.fail(str(error), pytrace=False)


def _read(variable: str, kind: click.ParamType[Any], default: int | str) -> Any:
    """Read a variable as the command does."""
    try:
        return kind.convert(os.environ.get(variable) or default, None, None)
    except click.BadParameter as error:
        pytest.fail(f"{variable}: {error.message}", pytrace=False)


@pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in API_RULES])
def test_rule(verified_api: Result, rule: Rule) -> None:
    """Fail if the rule was broken, or if nothing could be judged at all."""
    if verified_api.unjudged is not None:
        pytest.fail(f"{verified_api.target} could not be judged: {verified_api.unjudged}", pytrace=False)
    outcome = next(outcome for outcome in verified_api.outcomes if outcome.rule.id == rule.id)
    if outcome.verdict == "not-run":
        pytest.skip(outcome.reason or "it was not run")
    text = "\n".join((f"{rule.id} is broken ({outcome.rule.level})", *failure_lines(outcome)))
    is_strict = _read("FLEXFORWARD_STRICT", click.BOOL, "no")
    if outcome.verdict == "failed" and outcome.rule.level == "should" and not is_strict:
        pytest.xfail(text)
    if outcome.verdict == "failed":
        pytest.fail(text, pytrace=False)
