"""Ends a client that catches everything, even what ends it: ``except:`` around the whole of its loop."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, FrameType

__all__ = ["insist_on"]


def insist_on(error: type[BaseException], *, above: CodeType) -> None:
    """Raise ``error`` at the next line of whoever is being run, which is one of a handler that has caught it before.

    To be called right before ``error`` is raised, by a call that comes from a function with the code ``above``.
    """
    before = sys.gettrace()

    def strike(_: FrameType, event: str, __: Any) -> Callable[..., Any] | None:
        if event == "line":
            raise error  # which ends the tracing as well
        return strike

    frame = sys._getframe(1)  # noqa: SLF001  # there is no other way to a frame
    while frame is not None and frame.f_code is not above:
        frame.f_trace = strike
        frame = frame.f_back
    sys.settrace(before if before is not None else lambda *_: None)  # without one, no frame is traced
