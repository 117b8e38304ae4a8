"""What happens in a sandbox, as server-sent events. Whoever holds a ``SandboxEvents`` asks it for news now and then.

Nothing in the engine knows of it: a server that nobody watches does no work for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .control_json import exchange_json, sandbox_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_mockserver.state.journal import Journal
    from flexforward_openapi import Json

    from .context import ControlContext

__all__ = ["MOST_AT_ONCE", "SandboxEvents", "write_event"]

MOST_AT_ONCE = 200
"""Exchanges that are sent at once; of more, the newest, and how many were skipped."""


class SandboxEvents:
    """A sandbox, watched from now on.

    Args:
        context: the server.
        sandbox_id: which sandbox; it is there.
        newest: begin with so many of the newest exchanges.
    """

    def __init__(self, context: ControlContext, sandbox_id: str, newest: int) -> None:
        self._context = context
        self._sandbox_id = sandbox_id
        self._sandbox = context.engine.sandboxes.get(sandbox_id)
        self._newest = newest
        self._state: object = None
        self._journals: dict[str, _Reader] = {}

    @property
    def is_over(self) -> bool:
        """Whether nothing will happen any more: the sandbox is gone."""
        return self._context.engine.sandboxes.get(self._sandbox_id) is not self._sandbox

    def news(self) -> Iterator[str]:
        """Yield what has happened since the last time, as the text of events; at first, how things stand."""
        sandbox = self._sandbox
        if sandbox is None or self.is_over:
            yield write_event("gone", {})
            return
        with sandbox.lock:
            state = (
                self._context.changes,
                sandbox.label_count,
                frozenset(sandbox.revoked),
                (sandbox.clock.rate, sandbox.clock.running_rate),
                tuple((armed.id, armed.seen, armed.applied) for armed in sandbox.faults.values()),
            )
            journals = {"exchange": sandbox.journal, "unattributed": self._context.engine.sandboxes.unattributed}
        if state != self._state:
            self._state = state
            yield write_event("state", sandbox_json(sandbox))
        for name, journal in journals.items():
            reader = self._journals.get(name)
            if reader is None or reader.journal is not journal:
                if reader is not None:
                    yield write_event("cleared", {})
                newest = self._newest if reader is None else MOST_AT_ONCE
                reader = self._journals[name] = _Reader(journal, newest)
            with sandbox.lock:
                skipped, found = reader.read()
            if skipped:
                yield write_event("skipped", {"count": skipped})
            yield from (write_event(name, entry) for entry in found)


class _Reader:
    """Reads a journal from where it was when it was last read."""

    def __init__(self, journal: Journal, newest: int) -> None:
        self.journal = journal
        self._count = max(journal.count - newest, journal.dropped)
        self._most = max(newest, MOST_AT_ONCE)

    def read(self) -> tuple[int, list[Json]]:
        """Return how many exchanges are left out, and the others, oldest first."""
        new = self.journal.count - self._count
        self._count += new
        self._most, most = MOST_AT_ONCE, self._most
        found = [exchange_json(exchange) for exchange in self.journal.newest(min(new, most))]
        return new - len(found), found


def write_event(name: str, data: Json) -> str:
    """Return the text of a server-sent event with JSON in it, which has no line breaks."""
    return f"event: {name}\ndata: {msgspec.json.encode(data).decode()}\n\n"
