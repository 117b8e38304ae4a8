"""What the operations of the control API work on, and the look-ups that they share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from flexforward_mockserver.state.clock import Clock
from flexforward_openapi import Json

from .control_body import read_moment
from .control_document import Call, ControlDocument, ControlError

if TYPE_CHECKING:
    from datetime import datetime

    from flexforward_mockserver.engine.engine import Engine
    from flexforward_mockserver.scenarios.catalogue import Catalogue
    from flexforward_mockserver.state.sandbox import Sandbox, Tracked

__all__ = ["ControlContext", "ControlOperation", "ControlOutcome", "Drawing"]


class Drawing(msgspec.Struct, frozen=True):
    """A body that is an SVG file."""

    text: str


ControlOutcome: TypeAlias = tuple[int, Json]
"""A status and a body: JSON, a ``Drawing``, ``SandboxEvents``, or None for none."""


class ControlContext:
    """One server as the control API sees it.

    Args:
        engine: whose sandboxes are controlled.
        catalogue: scenarios that can be named.
        draw: returns a new token of letters and digits each time.
        wall: seconds that only grow; drives the clocks of new sandboxes.
        today: returns the real present instant; new clocks begin there.
        demos: names of the scenarios that have a label in the default sandbox.
        time_scale: rate of the default sandbox's clock after a reset.

    Attributes:
        clocks: for each sandbox that was created here, what makes its clock after a reset.
        changes: how many calls so far may have changed something.
    """

    def __init__(
        self,
        engine: Engine,
        catalogue: Catalogue,
        *,
        draw: Callable[[], str],
        wall: Callable[[], float],
        today: Callable[[], datetime],
        demos: tuple[str, ...],
        time_scale: float,
    ) -> None:
        self.engine = engine
        self.catalogue = catalogue
        self.draw = draw
        self.demos = demos
        self.time_scale = time_scale
        self.clocks: dict[str, Callable[[], Clock]] = {}
        self.changes = 0
        self._wall = wall
        self._today = today
        self._document: ControlDocument | None = None

    @property
    def document(self) -> ControlDocument:
        """The control API's own document, read when it is first needed: a server may never be controlled."""
        if self._document is None:
            self._document = ControlDocument()
        return self._document

    def sandbox(self, call: Call) -> Sandbox:
        """Return the sandbox that a call names.

        Raises:
            ControlError: there is none such.
        """
        sandbox = self.engine.sandboxes.get(call.path["sandbox"])
        if sandbox is None:
            raise ControlError(
                404, f"no sandbox {call.path['sandbox']!r}", field="sandbox", allowed="default, or a live one's id"
            )
        return sandbox

    def label(self, sandbox: Sandbox, call: Call) -> Tracked:
        """Return the label that a call names; the caller holds the sandbox's lock.

        Raises:
            ControlError: there is none such.
        """
        tracked = sandbox.find(call.path["label"])
        if tracked is None:
            raise ControlError(
                404, f"no label {call.path['label']!r}", field="label", allowed="the UUID or order number of a label"
            )
        return tracked

    def no_scenario(self, status: int, name: str, field: str) -> ControlError:
        """Return the error for a scenario that nothing has the name of."""
        found, allowed = self.catalogue.missing(name, "a scenario as a mapping")
        return ControlError(status, found, field=field, allowed=allowed)

    def clock_maker(self, wanted: dict[str, Json]) -> Callable[[], Clock]:
        """Return what makes a sandbox's clock, at its creation and at each reset.

        Raises:
            ControlError: ``now`` is no instant.
        """
        now = read_moment(wanted.get("now"), "clock.now")
        rate, is_frozen = float(wanted.get("rate", 1.0)), bool(wanted.get("frozen"))

        def make() -> Clock:
            clock = Clock(self._wall, start=now or self._today(), rate=rate)
            if is_frozen:
                clock.freeze()
            return clock

        return make


ControlOperation: TypeAlias = Callable[[ControlContext, Call, Json], ControlOutcome]
"""Carries out one operation. It raises ``ControlError`` if it cannot; nothing was changed then."""
