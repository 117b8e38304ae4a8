"""The trials that every client is taken through: scenarios, in a stable order, that together exercise every rule."""

from __future__ import annotations

import zlib
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from flexforward_contract_tests.client.virtual_time.zone import zone_of
from flexforward_mockserver.scenarios.scenario import Scenario  # noqa: TC001  # msgspec reads the annotations
from flexforward_mockserver.scenarios.scenario_reader import load_scenario

if TYPE_CHECKING:
    from flexforward_mockserver.scenarios.scenario import Step

__all__ = ["COMPANIONS", "ODD_ORDER_NUMBERS", "TRIALS", "Trial", "companions_of", "horizon", "shipped_trials"]

TRIALS = Path(__file__).with_name("trials")

ODD_ORDER_NUMBERS = ("R&D 7/8 #1?", "100% Ä+é", "a%2Fb/../c;d=1")
"""Order numbers that a client has to escape, all of them legal."""

_ODD_TRIALS = {"odd-order-number": 0, "any-script": 1, "gateway-blips": 2}
_AFTER_THE_END = timedelta(hours=24)
_LATEST = timedelta(days=365_000)
"""Of what a scenario file may say, more than calendars hold."""
_SLOWEST_POLL = timedelta(hours=6)
"""The vendor's guide has nobody ask less often."""


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """One scenario that a client is taken through.

    Attributes:
        order_number: of its label.
        own_zone: zone of a trial that was made of another one, which has that one's.
        companions: what further labels live at the same time, where the client follows several.
    """

    scenario: Scenario
    order_number: str
    companions: tuple[Scenario, ...] = ()
    own_zone: str | None = None

    @property
    def name(self) -> str:
        """The scenario's."""
        return self.scenario.name

    @property
    def zone(self) -> str:
        """Zone of the machine that the client is to believe to be on; fixed by the name, unless it has its own."""
        return self.own_zone or zone_of(self.name)

    @property
    def labels(self) -> tuple[tuple[str, Scenario], ...]:
        """Order number and scenario of each label."""
        others = ((f"{self.order_number}-{number}", one) for number, one in enumerate(self.companions, start=2))
        return ((self.order_number, self.scenario), *others)

    @property
    def horizon(self) -> timedelta:
        """When it is over: a day after the last step of all."""
        return max(horizon(scenario) for _, scenario in self.labels)


def shipped_trials() -> tuple[Trial, ...]:
    """Read the trials that ship, in their order."""
    scenarios = [load_scenario(path) for path in sorted(TRIALS.glob("*.yaml"))]
    return tuple(
        Trial(
            scenario=scenario,
            order_number=ODD_ORDER_NUMBERS[_ODD_TRIALS[scenario.name]]
            if scenario.name in _ODD_TRIALS
            else f"ORDER-{number:03}",
        )
        for number, scenario in enumerate(scenarios, start=1)
    )


COMPANIONS = (
    "delivery",
    "label-gone",
    "exception-solved",
    "gateway-blips",
    "access-lost",
    "cancelled",
    "unknown-for-a-while",
    "label-failed-late",
    "delivered-at-once",
    "pending-long",
)
"""What labels beside the first one live: shipped trials that concern one label; 401 and 429 are for a whole account."""


def companions_of(trial: Trial, labels: int) -> tuple[Scenario, ...]:
    """Return what the labels beside the first one live; which, is fixed by the trial's name."""
    known = {one.name: one.scenario for one in shipped_trials()} if labels > 1 else {}
    first = zlib.crc32(trial.name.encode())
    return tuple(known[COMPANIONS[(first + number) % len(COMPANIONS)]] for number in range(labels - 1))


def horizon(scenario: Scenario) -> timedelta:
    """Return when a trial is over: a day after its last step, however slowly a client of the guide's asks."""
    return min(sum((_longest_wait(step) for step in scenario.steps[1:]), _AFTER_THE_END), _LATEST)


def _longest_wait(step: Step) -> timedelta:
    waits = [
        wait for wait in (step.after, None if step.polls is None else step.polls * _SLOWEST_POLL) if wait is not None
    ]
    return min(waits, default=timedelta(0))
