"""Which lifecycle a new label lives, and whether its tracking number is there from the start."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from msgspec.structs import replace

from flexforward_mockserver.scenarios.catalogue import Catalogue
from flexforward_mockserver.scenarios.scenario import courier_step
from flexforward_mockserver.scenarios.script_id import parse_script_id

from .names import DEFAULT_SCENARIO

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flexforward_mockserver.scenarios.scenario import Scenario

    from .label_request import LabelRequest

__all__ = ["POSTAL_CODES", "NewLifecycles", "numbered"]

POSTAL_CODES: Mapping[str, str] = MappingProxyType(
    {
        "90001": "delivered",
        "90002": "exception-unresolved",
        "90003": "stuck-in-transit",
        "90004": "cancelled-in-transit",
    }
)
"""Ship-to postal codes of the vendor's sandbox, by the scenario that comes to the tag that it publishes for each."""


class NewLifecycles:
    """Chooses the lifecycles of new labels.

    Args:
        objection: says why the contract cannot answer a scenario; None if it can.
        usual: of labels whose request chooses none; None for the shipped ``DEFAULT_SCENARIO``.
    """

    def __init__(self, objection: Callable[[Scenario], str | None], usual: Scenario | None) -> None:
        self._objection = objection
        self._usual = usual
        self._shipped: Catalogue | None = None

    def choose(self, wanted: LabelRequest, usual: Scenario | None) -> Scenario:
        """Return the lifecycle of a label.

        One that the contract cannot answer is passed over, as long as another one is left.

        Args:
            wanted: whose order number may spell one, or whose postal code may name one.
            usual: in place of the server's own usual one; None for that.
        """
        candidates = list(self._candidates(wanted, usual))
        return next((found for found in candidates if self._objection(found) is None), candidates[-1])

    def _candidates(self, wanted: LabelRequest, usual: Scenario | None) -> Iterator[Scenario]:
        spelled = parse_script_id(wanted.order_number)
        if spelled is not None:
            yield spelled
        if wanted.postal_code in POSTAL_CODES:
            yield self._named(POSTAL_CODES[wanted.postal_code])
        yield usual or self._usual or self._named(DEFAULT_SCENARIO)

    def _named(self, name: str) -> Scenario:
        if self._shipped is None:
            self._shipped = Catalogue()  # read late: many servers never make a label
        return self._shipped[name]


def numbered(scenario: Scenario) -> Scenario:
    """Return a scenario whose tracking number is there from the start, unless it says itself from when."""
    if scenario.numbered_from != courier_step(scenario.steps):
        return scenario
    return replace(scenario, numbered_from=0)
