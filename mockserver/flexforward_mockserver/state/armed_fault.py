"""A fault that stands in a sandbox, and which exchanges it is applied to."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from .label import is_uuid

if TYPE_CHECKING:
    from flexforward_mockserver.scenarios.scenario import AccountName

    from .fault import Fault

__all__ = ["ArmedFault"]


class ArmedFault:
    """A fault that waits in a sandbox, with what it has met so far.

    Attributes:
        seen: exchanges that matched.
        applied: exchanges that it was applied to.
    """

    __slots__ = ("_dice", "applied", "fault", "id", "seen")

    def __init__(self, fault_id: str, fault: Fault) -> None:
        self.id = fault_id
        self.fault = fault
        self.seen = 0
        self.applied = 0
        self._dice = random.Random(fault.seed)  # noqa: S311  # it has to repeat, not to be secret

    @property
    def is_spent(self) -> bool:
        """Whether it will not be applied again."""
        fault = self.fault
        is_past = fault.match.nth is not None and self.seen >= fault.match.nth
        return (fault.times is not None and self.applied >= fault.times) or is_past

    def apply(self, account: AccountName, keys: tuple[str, ...], *, is_taken: bool = False) -> bool:
        """Tell whether it is applied to an exchange by ``account`` for the label that goes by ``keys``; count it.

        One that another fault is applied to already (``is_taken``) is seen, so that ``nth`` and ``after`` count the
        exchanges that a client makes, and left alone.
        """
        match = self.fault.match
        if self.is_spent or match.account not in (None, account):
            return False
        if not _names(match.label, keys):
            return False
        self.seen += 1
        if self.seen <= match.after or match.nth not in (None, self.seen):
            return False
        if self.fault.probability < 1 and self._dice.random() >= self.fault.probability:
            return False
        self.applied += not is_taken
        return not is_taken

    def delay_s(self) -> float:
        """Draw how long, in virtual seconds, the response is held back."""
        return 0.0 if self.fault.delay is None else self.fault.delay.draw(self._dice)


def _names(label: str | None, keys: tuple[str, ...]) -> bool:
    return label is None or label in keys or (is_uuid(label) and label.lower() in keys)
