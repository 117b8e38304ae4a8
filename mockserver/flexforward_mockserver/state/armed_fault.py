"""A fault that stands in a sandbox, and which exchanges it is applied to."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from .label import is_uuid

if TYPE_CHECKING:
    from datetime import datetime

    from flexforward_mockserver.scenarios.scenario import AccountName

    from .fault import Fault

__all__ = ["ArmedFault"]


class ArmedFault:
    """A fault that waits in a sandbox, with what it has met so far.

    Attributes:
        seen: exchanges that matched.
        applied: exchanges that it was applied to.
    """

    __slots__ = ("_dice", "_spans", "applied", "fault", "id", "seen")

    def __init__(self, fault_id: str, fault: Fault) -> None:
        self.id = fault_id
        self.fault = fault
        self.seen = 0
        self.applied = 0
        self._spans: dict[AccountName, tuple[datetime, int]] = {}
        self._dice = random.Random(fault.seed)  # noqa: S311  # it has to repeat, not to be secret

    @property
    def is_spent(self) -> bool:
        """Whether it will not be applied again."""
        fault = self.fault
        if fault.per_s is not None:
            return False  # a quota stands until somebody takes it away
        is_past = fault.match.nth is not None and self.seen >= fault.match.nth
        return (fault.times is not None and self.applied >= fault.times) or is_past

    def apply(self, account: AccountName, keys: tuple[str, ...], now: datetime, *, is_taken: bool = False) -> bool:
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
        if self.fault.per_s is not None and not self._is_beyond(account, now):
            return False
        if self.fault.probability < 1 and self._dice.random() >= self.fault.probability:
            return False
        self.applied += not is_taken
        return not is_taken

    def _is_beyond(self, account: AccountName, now: datetime) -> bool:
        """Count a request of an account in its open span, and tell whether that is beyond its quota."""
        begin, count = self._spans.get(account, (now, 0))
        if (now - begin).total_seconds() >= (self.fault.per_s or 0):
            begin, count = now, 0
        self._spans[account] = begin, count + 1
        return count >= (self.fault.requests or 0)

    def span_left_s(self, account: AccountName, now: datetime) -> float:
        """Return virtual seconds until an account's quota is whole again; it opens with the first request of a span."""
        begin, _ = self._spans.get(account, (now, 0))
        return (self.fault.per_s or 0) - (now - begin).total_seconds()

    def delay_s(self) -> float:
        """Draw how long, in virtual seconds, the response is held back."""
        return 0.0 if self.fault.delay is None else self.fault.delay.draw(self._dice)


def _names(label: str | None, keys: tuple[str, ...]) -> bool:
    return label is None or label in keys or (is_uuid(label) and label.lower() in keys)
