"""All observations of a run, as the rules look at them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from flexforward_contract_tests.api.probing.label_key import is_same_key
from flexforward_openapi import as_list

from .finding import Violation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_contract_tests.api.probing.observation import Observation
    from flexforward_contract_tests.api.probing.probe import Purpose
    from flexforward_contract_tests.api.probing.target import Target
    from flexforward_contract_tests.rule import Level
    from flexforward_openapi import Json

__all__ = ["HTTP_REFUSALS", "Evidence"]

HTTP_REFUSALS = frozenset({400, 406, 413, 414, 415, 431})
"""What a server may say of odd input before the API is asked; in which words is its own affair."""


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked and answered, in this order."""

    target: Target
    observations: tuple[Observation, ...]

    def of(self, *purposes: Purpose) -> Iterator[Observation]:
        """Yield what was asked for these purposes and answered; what was asked again counts by its last answer.

        A 429 says that there were too many requests, and nothing of the one that it answers.
        """
        for observation in self.observations:
            is_said = observation.status not in (None, 429) and not observation.is_repeated
            if observation.probe.purpose in purposes and is_said:
                yield observation

    @property
    def answers(self) -> Iterator[Observation]:
        """What the operation answered to a GET, whatever it was asked for; the shape of each counts."""
        for observation in self.observations:
            if observation.status is None or observation.probe.purpose in ("method", "elsewhere"):
                continue
            if observation.probe.is_odd and observation.status in HTTP_REFUSALS:
                continue
            yield observation

    @property
    def shipments(self) -> Iterator[tuple[Observation, Json]]:
        """Every 200 whose body is an object, with the body."""
        for observation in self.answers:
            if (body := observation.shipment) is not None:
                yield observation, body

    @property
    def checkpoints(self) -> Iterator[tuple[Observation, str, Json]]:
        """Every checkpoint that is an object, with its place in the body."""
        for observation, body in self.shipments:
            for index, entry in enumerate(as_list(body.get("checkpoints"))):
                if isinstance(entry, dict):
                    yield observation, f"checkpoints[{index}]", entry

    def reads_of(self, key: str | None) -> tuple[Observation, ...]:
        """Return the 200s that were asked for by one id or order number, in their order."""
        if key is None:
            return ()
        return tuple(
            observation
            for observation, _ in self.shipments
            if not observation.probe.is_odd and is_same_key(observation.probe.asks_for, key)
        )

    @property
    def keys(self) -> tuple[str, ...]:
        """The own labels that were asked for, by id and order number."""
        target = self.target
        known = (target.label_id, target.order_number, target.delivered_label_id, target.pending_label_id)
        return tuple(dict.fromkeys(key for key in known if key is not None))

    @property
    def is_ever_let_in(self) -> bool:
        """Whether any shipment was shown: then a 502 is not the weather of the day."""
        return any(True for _ in self.shipments)

    def violation(
        self,
        observation: Observation,
        *,
        expected: str,
        actual: str,
        level: Level | None = None,
        is_drift: bool = False,
    ) -> Violation:
        """Make a violation; of odd input it is a should where a gateway may answer, unless ``level`` is given."""
        if level is None and observation.probe.is_odd and not self.target.is_loopback:
            level = "should"
        return Violation(expected=expected, actual=actual, observation=observation, level=level, is_drift=is_drift)
