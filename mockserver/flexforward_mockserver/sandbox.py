"""The state of one isolated Flex Forward: accounts, labels, a clock, a journal.

Everything that changes stands behind ``Sandbox`` and its few operations, so that a shared store could stand there.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import msgspec

from . import lifecycle
from .journal import Journal

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .answer import Answer
    from .clock import Clock
    from .credential import Credentials, Kind, Way
    from .label import Label
    from .lifecycle import Progress
    from .scenario import AccountName

__all__ = ["LABEL_LIMIT", "Account", "LabelTakenError", "Sandbox", "SandboxFullError", "Sandboxes", "Tracked"]


LABEL_LIMIT = 250_000
"""How many labels a sandbox holds at most."""

UUID_LENGTH = 36


class LabelTakenError(ValueError):
    """A label with that UUID or order number is there already."""


class SandboxFullError(ValueError):
    """The sandbox holds as many labels as it may."""


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account of one sandbox, as its credentials find it."""

    sandbox: Sandbox
    name: AccountName


class Tracked:
    """A label with what happened to it so far.

    Attributes:
        polls: requests counted, over all steps.
        drawn: what the engine made of a step, kept while that step lasts: its index and the result.
    """

    __slots__ = ("drawn", "label", "polls", "progress")

    def __init__(self, label: Label) -> None:
        self.label = label
        self.progress = lifecycle.begin(label.scenario, label.began_at)
        self.polls = 0
        self.drawn: tuple[int, Answer] | None = None


class Sandbox:
    """One isolated universe.

    The operations expect the caller to hold ``lock`` around one whole exchange, which makes it atomic: concurrent
    readers see steps in the order of the journal.

    Attributes:
        id: unique among the sandboxes of a server.
        seed: decides everything that is drawn, such as tracking numbers.
    """

    def __init__(self, sandbox_id: str, *, clock: Clock, seed: int = 0, label_limit: int = LABEL_LIMIT) -> None:
        self.id = sandbox_id
        self.clock = clock
        self.seed = seed
        self.journal = Journal()
        self.lock = threading.Lock()
        self._label_limit = label_limit
        self._by_key: dict[str, Tracked] = {}
        self._expected: dict[str, Callable[[], Label]] = {}
        self._count = 0

    def add(self, label: Label) -> Tracked:
        """Put a label in.

        Raises:
            LabelTakenError: its UUID or order number is taken.
            SandboxFullError: no room.
        """
        if self._count >= self._label_limit:
            raise SandboxFullError(f"sandbox {self.id!r} holds {self._label_limit} labels, the most it may")
        for key in (label.id, label.order_number):
            self._expected.pop(key, None)
            if key in self._by_key:
                raise LabelTakenError(f"sandbox {self.id!r} has a label {key!r} already")
        tracked = Tracked(label)
        self._by_key[label.id] = self._by_key[label.order_number] = tracked
        self._count += 1
        return tracked

    def expect(self, label_id: str, order_number: str, make: Callable[[], Label]) -> None:
        """Let a label be there from now on that is made only when somebody looks for it."""
        self._expected[label_id] = self._expected[order_number] = make

    def find(self, key: str) -> Tracked | None:
        """Return the label with that order number or UUID, whose letters may be of either case."""
        for name in (key, key.lower()) if len(key) == UUID_LENGTH else (key,):
            found = self._by_key.get(name)
            if found is not None:
                return found
            if name in self._expected:
                return self.add(self._expected[name]())
        return None

    def __contains__(self, key: str) -> bool:
        """Tell whether a label with that order number or canonical UUID is there."""
        return key in self._by_key or key in self._expected

    @property
    def labels(self) -> tuple[Label, ...]:
        """All labels, in no particular order."""
        for make in {id(make): make for make in self._expected.values()}.values():
            self.add(make())
        return tuple({id(tracked): tracked.label for tracked in self._by_key.values()}.values())

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


class Sandboxes:
    """All sandboxes of a server, found by the credentials that a request shows.

    Attributes:
        default: the one that stands from the start.
        unattributed: the server's own journal: requests whose credentials name no sandbox.
        takes_any: credentials that nobody holds are taken for the default sandbox's own account.
    """

    def __init__(self, default: Sandbox, ways: tuple[Way, ...], *, takes_any: bool = False) -> None:
        self.default = default
        self.unattributed = Journal()
        self.takes_any = takes_any
        self._kinds = tuple(dict.fromkeys(way.kinds for way in ways))
        self._holders: dict[tuple[tuple[Kind, ...], tuple[str, ...]], Account] = {}
        self._default_own = Account(sandbox=default, name="own")

    def admit(self, account: Account, *credentials: Credentials) -> None:
        """Let an account in by each of ``credentials``; the later holder of a secret wins."""
        for kinds in self._kinds:
            for entry in credentials:
                secrets = entry.secrets(kinds)
                if secrets is not None:
                    self._holders[kinds, secrets] = account

    def holder(self, kinds: tuple[Kind, ...], secrets: tuple[str, ...]) -> Account | None:
        """Return the account that these secrets belong to."""
        found = self._holders.get((kinds, secrets))
        if found is None and (not kinds or (self.takes_any and all(secrets))):
            return self._default_own
        return found
