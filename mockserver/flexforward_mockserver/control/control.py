"""The control API as plain functions: a call in, a status and JSON out.

Which operations there are, what they take and what they return stands in ``control.yaml``; the ``*_operations`` modules
carry them out, each with a table from operation id to function. Whatever is drawn (ids, credentials) and real time are
the caller's to give.
"""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from . import (
    clock_operations,
    fault_operations,
    journal_operations,
    label_operations,
    sandbox_operations,
    server_operations,
    watching_operations,
)
from .context import ControlContext, ControlOperation, ControlOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from flexforward_mockserver.engine.engine import Engine
    from flexforward_mockserver.scenarios.catalogue import Catalogue

    from .control_document import Call, ControlDocument

__all__ = ["OPERATIONS", "Control"]

OPERATIONS: Mapping[str, ControlOperation] = MappingProxyType(
    {
        **server_operations.OPERATIONS,
        **sandbox_operations.OPERATIONS,
        **label_operations.OPERATIONS,
        **clock_operations.OPERATIONS,
        **fault_operations.OPERATIONS,
        **journal_operations.OPERATIONS,
        **watching_operations.OPERATIONS,
    }
)
"""What carries out each operation of the control API, by its id."""


class Control:
    """Carries out the operations of the control API.

    Args:
        engine: whose sandboxes are controlled.
        catalogue: scenarios that can be named.
        draw: returns a new token of letters and digits each time.
        wall: seconds that only grow; drives the clocks of new sandboxes.
        today: returns the real present instant; new clocks begin there.
        demos: names of the scenarios that have a label in the default sandbox.
        time_scale: rate of the default sandbox's clock after a reset.
    """

    def __init__(
        self,
        engine: Engine,
        catalogue: Catalogue,
        *,
        draw: Callable[[], str],
        wall: Callable[[], float],
        today: Callable[[], datetime] = lambda: datetime.now(UTC),
        demos: tuple[str, ...] = (),
        time_scale: float = 1.0,
    ) -> None:
        self._context = ControlContext(
            engine, catalogue, draw=draw, wall=wall, today=today, demos=demos, time_scale=time_scale
        )

    @property
    def document(self) -> ControlDocument:
        """The control API's own document."""
        return self._context.document

    def handle(self, call: Call) -> ControlOutcome:
        """Carry out one call.

        Raises:
            ControlError: it cannot be carried out; nothing was changed.
        """
        self.document.check_query(call)
        outcome = OPERATIONS[call.operation](self._context, call, self.document.read_body(call))
        if not self.document.is_safe(call.operation):
            self._context.changes += 1
        return outcome
