"""Virtual time without a server, for tests that wait; and clients to be taken through trials."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypedDict, Unpack

from flexforward_contract_tests.client.runner.trial import Trial, shipped_trials
from flexforward_contract_tests.client.virtual_time.preload.flexforward_virtual_time import VirtualTime
from flexforward_contract_tests.client.virtual_time.run_clock import RunClock
from flexforward_mockserver.scenarios.scenario_reader import parse_scenario
from flexforward_openapi.yaml_text import YamlText

if TYPE_CHECKING:
    from collections.abc import Generator

START = datetime(2026, 4, 1, tzinfo=UTC)
DAYS = timedelta(days=30)
HOUR = 3600.0


class Bounds(TypedDict, total=False):
    """Bounds of virtual time that a test may set."""

    patience_s: float
    most_looks: int


@contextmanager
def virtual_time(limit: timedelta = DAYS, **bounds: Unpack[Bounds]) -> Generator[RunClock]:
    """Let this thread live in virtual time; gives its clock."""
    law = RunClock(START, limit=limit)
    virtual = VirtualTime(law, **bounds)
    virtual.install()
    try:
        with virtual.running(law):
            yield law
    finally:
        virtual.uninstall()


def trial(steps: str, order_number: str = "1001") -> Trial:
    """Return a trial of these steps, in YAML."""
    lines = "\n".join(f"  - {line}" for line in steps.strip().splitlines())
    scenario = parse_scenario(
        YamlText(f"name: by-hand\nsummary: Made by hand.\nsteps:\n{lines}\n", source="by-hand.yaml")
    )
    return Trial(scenario=scenario, order_number=order_number)


def shipped(name: str) -> Trial:
    return next(trial for trial in shipped_trials() if trial.name == name)
