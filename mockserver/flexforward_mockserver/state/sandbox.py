"""The state of one isolated Flex Forward: labels, a clock, faults, a journal.

Everything that changes stands behind ``Sandbox`` and its few operations, so that a shared store could stand there.
"""

from __future__ import annotations

import threading
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Any

from flexforward_mockserver.scenarios import lifecycle

from .armed_fault import ArmedFault
from .journal import Journal
from .label import Label, draw_tracking_number, is_uuid, label_uuid

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from flexforward_mockserver.scenarios.lifecycle import Progress
    from flexforward_mockserver.scenarios.scenario import AccountName, Scenario

    from .clock import Clock
    from .fault import Fault

__all__ = [
    "FAULT_LIMIT",
    "LABEL_LIMIT",
    "LabelTakenError",
    "NoStepError",
    "Sandbox",
    "SandboxFullError",
    "StepPassedError",
    "Tracked",
]


LABEL_LIMIT = 250_000
"""How many labels a sandbox holds at most."""

FAULT_LIMIT = 1_000
"""How many faults a sandbox holds at most."""


class LabelTakenError(ValueError):
    """A label with that UUID or order number is there already."""


class SandboxFullError(ValueError):
    """The sandbox holds as many labels, or faults, as it may."""


class NoStepError(ValueError):
    """A lifecycle has no such step.

    Attributes:
        allowed: the steps that it has, in words.
    """

    def __init__(self, step: int | str, allowed: str) -> None:
        super().__init__(step, allowed)
        self.step, self.allowed = step, allowed

    def __str__(self) -> str:
        return f"there is no step {self.step!r}"


class StepPassedError(ValueError):
    """A lifecycle does not go back."""

    def __init__(self, step: int, open_step: int) -> None:
        super().__init__(step, open_step)
        self.step, self.open_step = step, open_step

    def __str__(self) -> str:
        return f"step {self.step} has passed: step {self.open_step} is open"


class Tracked:
    """A label with what happened to it so far.

    Attributes:
        polls: requests counted, over all steps.
        rendered: what the engine made of a step, kept while that step lasts: its index, and a value that is its own.
    """

    __slots__ = ("label", "polls", "progress", "rendered")

    def __init__(self, label: Label) -> None:
        self.label = label
        self.progress = lifecycle.begin(label.scenario, label.began_at)
        self.polls = 0
        self.rendered: tuple[int, Any] | None = None


class Sandbox:
    """Isolated state: labels, clock, faults and journal.

    The operations expect the caller to hold ``lock`` around one whole exchange, which makes it atomic: concurrent
    readers see steps in the order of the journal.

    Attributes:
        id: unique among the sandboxes of a server.
        seed: decides everything that is drawn, such as tracking numbers.
        date: the present second with the Date header that it makes, kept by the engine while it lasts.
        revoked: accounts whose credentials are not taken at present.
        faults: in the order in which they were armed; the first that is applied to an exchange decides it.
        new_labels: lifecycle of labels that clients make, where nothing in their request chooses one; None for the
            server's.
        next_labels: lifecycles of the next labels that clients make, whatever their requests say.
    """

    def __init__(
        self,
        sandbox_id: str,
        *,
        clock: Clock,
        seed: int = 0,
        label_limit: int = LABEL_LIMIT,
        journal: Journal | None = None,
    ) -> None:
        self.id = sandbox_id
        self.clock = clock
        self.seed = seed
        self.journal = journal or Journal()
        self.lock = threading.Lock()
        self.date: tuple[datetime, bytes] | None = None
        self.revoked: set[AccountName] = {"bad"}
        self.faults: dict[str, ArmedFault] = {}
        self.new_labels: Scenario | None = None
        self.next_labels: deque[Scenario] = deque()
        self._label_limit = label_limit
        self._by_key: dict[str, Tracked | Callable[[], Label]] = {}
        self._twins: dict[tuple[AccountName, str], Tracked] = {}
        self._made: dict[tuple[AccountName, str], str] = {}
        self._count = 0
        self._armed = 0

    def make_label(
        self,
        scenario: Scenario,
        *,
        order_number: str,
        label_id: str | None = None,
        account: AccountName | None = None,
        began_at: datetime | None = None,
    ) -> Label:
        """Return a label of this sandbox that is not put in yet.

        Args:
            scenario: its lifecycle.
            order_number: what the owner calls it.
            label_id: UUID in letters of either case; None for one that follows from the order number.
            account: whose it is; None leaves that to the scenario.
            began_at: when its lifecycle began; None for now.
        """
        account = account or scenario.account
        if label_id is None:
            label_id = label_uuid(order_number)
            if self._is_of_another(order_number, account):
                label_id = label_uuid(f"{account}/{order_number}")
        label_id = label_id.lower()
        return Label(
            id=label_id,
            order_number=order_number,
            tracking_number=scenario.tracking_number or draw_tracking_number(self.seed, label_id),
            account=account,
            scenario=scenario,
            began_at=began_at or self.clock.now(),
        )

    def add(self, label: Label) -> Tracked:
        """Put a label in.

        Each account has its own order numbers, as on the real API; one in the form of a UUID is no other label's UUID.

        Raises:
            LabelTakenError: its UUID or order number is taken.
            SandboxFullError: no room.
        """
        if self._count >= self._label_limit:
            raise self._full()
        key = _key(label.order_number)
        is_twin = self._is_twin(label)
        for taken in (label.id, *(() if is_twin else (key,))):
            if taken in self:
                raise LabelTakenError(f"sandbox {self.id!r} has a label {taken!r} already")
        self._count += 1
        if not is_twin:
            return self._put(label)
        tracked = self._by_key[label.id] = self._twins[label.account, key] = Tracked(label)
        return tracked

    def add_made(self, label: Label, key: str) -> Tracked:
        """Put in a label that a client made, which its account's idempotency key finds from now on.

        An order may have several labels: its number finds the first one, the others are found by their UUIDs.

        Raises:
            SandboxFullError: no room.
        """
        if _key(label.order_number) in self and not self._is_twin(label):
            if self._count >= self._label_limit:
                raise self._full()
            self._count += 1
            tracked = self._by_key[label.id] = Tracked(label)
        else:
            tracked = self.add(label)
        self._made[label.account, key] = label.id
        return tracked

    def _is_twin(self, label: Label) -> bool:
        """Tell whether a label is to share its order number with another account's."""
        key = _key(label.order_number)
        return self._is_of_another(key, label.account) and (label.account, key) not in self._twins

    def find_made(self, account: AccountName, key: str) -> Tracked | None:
        """Return the label that an account made with an idempotency key, unless it was deleted."""
        label_id = self._made.get((account, key))
        return None if label_id is None else self.find(label_id)

    @property
    def made(self) -> tuple[Tracked, ...]:
        """The labels that clients made, oldest first."""
        found = (self.find(label_id) for label_id in self._made.values())
        return tuple(tracked for tracked in found if tracked is not None)

    def _full(self) -> SandboxFullError:
        return SandboxFullError(f"sandbox {self.id!r} holds {self._label_limit} labels, the most it may")

    def remove(self, tracked: Tracked) -> None:
        """Take a label out."""
        for key in [key for key, found in self._by_key.items() if found is tracked]:
            del self._by_key[key]
        for twin in [twin for twin, found in self._twins.items() if found is tracked]:
            del self._twins[twin]
        self._count -= 1

    def arm(self, fault: Fault) -> ArmedFault:
        """Put a fault in.

        Raises:
            SandboxFullError: no room.
        """
        if len(self.faults) >= FAULT_LIMIT:
            raise SandboxFullError(f"sandbox {self.id!r} holds {FAULT_LIMIT} faults, the most it may")
        self._armed += 1
        armed = ArmedFault(str(self._armed), fault)
        self.faults[armed.id] = armed
        return armed

    def apply_fault(self, account: AccountName, keys: tuple[str, ...], now: datetime) -> ArmedFault | None:
        """Return the first fault that is applied to an exchange, counted as applied; None if none is."""
        applied: ArmedFault | None = None
        for armed in self.faults.values():
            if armed.apply(account, keys, now, is_taken=applied is not None):
                applied = armed
        return applied

    def reset(self, clock: Clock) -> None:
        """Forget labels, faults, journal and revocations, and take another clock; the credentials stay."""
        self.clock = clock
        self.journal = Journal()
        self.revoked = {"bad"}
        self.faults.clear()
        self._armed = 0
        self._by_key.clear()
        self._twins.clear()
        self._made.clear()
        self.next_labels.clear()
        self._count = 0

    def name(self, tracked: Tracked, order_number: str) -> None:
        """Let a label be found by one more order number."""
        self._by_key[_key(order_number)] = tracked

    def expect(self, label_id: str, order_number: str, make: Callable[[], Label]) -> None:
        """Let a label be there from now on that is made only when somebody looks for it."""
        self._count += 1
        self._by_key[label_id] = self._by_key[order_number] = make

    def find(self, key: str, account: AccountName | None = None) -> Tracked | None:
        """Return the label with that order number or UUID, whose letters may be of either case.

        Args:
            key: what is looked for.
            account: whose label is meant where two accounts have that order number; None for the first one's.
        """
        found = self._by_key.get(key)
        if found is None:
            lower = key.lower()
            return self.find(lower, account) if lower != key and is_uuid(key) else None
        tracked = found if isinstance(found, Tracked) else self._put(found())
        if account is None or not self._twins or tracked.label.account == account:
            return tracked
        return self._twins.get((account, key), tracked)

    def _is_of_another(self, order_number: str, account: AccountName) -> bool:
        """Tell whether another account has a label of that order number, and no label has it for a UUID."""
        found = self._by_key.get(_key(order_number))
        if found is None:
            return False
        label = (found if isinstance(found, Tracked) else self._put(found())).label
        return label.account != account and label.id != _key(order_number)

    def newest_keys(self, count: int) -> Iterator[str]:
        """Yield at most ``count`` ids and order numbers of labels, the newest first."""
        return islice(reversed(self._by_key), count)

    def __contains__(self, key: str) -> bool:
        """Tell whether a label with that order number or canonical UUID is there."""
        return key in self._by_key

    def _put(self, label: Label) -> Tracked:
        tracked = Tracked(label)
        for key in (label.id, _key(label.order_number)):
            self._by_key[key] = tracked
        return tracked

    @property
    def label_count(self) -> int:
        """How many labels there are."""
        return self._count

    @property
    def tracked(self) -> tuple[Tracked, ...]:
        """All labels with what happened to them, in no particular order."""
        entries = {id(entry): entry for entry in self._by_key.values()}.values()
        return tuple(entry if isinstance(entry, Tracked) else self._put(entry()) for entry in entries)

    @property
    def labels(self) -> tuple[Label, ...]:
        """All labels, in no particular order."""
        return tuple(tracked.label for tracked in self.tracked)

    def poll(self, tracked: Tracked, now: datetime) -> Progress:
        """Count a request for a label and return how far it has come."""
        tracked.progress = lifecycle.poll(tracked.label.scenario, tracked.progress, now)
        tracked.polls += 1
        return tracked.progress

    def settle(self, tracked: Tracked, now: datetime) -> Progress:
        """Return how far a label has come, counting nothing."""
        tracked.progress = lifecycle.settle(tracked.label.scenario, tracked.progress, now)
        return tracked.progress

    def advance(self, tracked: Tracked, now: datetime) -> Progress:
        """Open a label's next step by hand."""
        tracked.progress = lifecycle.advance(tracked.label.scenario, tracked.progress, now)
        return tracked.progress

    def jump(self, tracked: Tracked, step: int | str, now: datetime) -> Progress:
        """Open a label's steps by hand until the one with that index or name is open.

        Raises:
            NoStepError: there is none such.
            StepPassedError: a later one is open already.
        """
        steps = tracked.label.scenario.steps
        names = {entry.name: index for index, entry in enumerate(steps) if entry.name}
        index = names.get(step) if isinstance(step, str) else step
        if index is None or not 0 <= index < len(steps):
            raise NoStepError(step, ", ".join((f"0 to {len(steps) - 1}", *names)))
        open_step = self.settle(tracked, now).step
        if index < open_step:
            raise StepPassedError(index, open_step)
        while tracked.progress.step < index:
            self.advance(tracked, now)
        return tracked.progress


def _key(order_number: str) -> str:
    """Return what a label is found by: an order number in the form of a UUID has no letter case either."""
    return order_number.lower() if is_uuid(order_number) else order_number
