"""Ends a client that catches everything, even what ends it: ``except:`` around the whole of its loop."""

from __future__ import annotations

import inspect
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import CodeType, CoroutineType, FrameType

__all__ = ["close_coroutine", "insist_on"]


def insist_on(error: type[BaseException], *, above: CodeType, turn: int) -> None:
    """Raise ``error`` in the handler that has caught it before: at the next line of the function that it stands in.

    Args:
        error: what ends the client; the caller raises it right after this.
        above: code of what has called the client.
        turn: counts the calls from 0. The functions in between are tried in turns, the outermost first: which of them
            catches everything is not known, and libraries catch things only to clean up.
    """
    frames: list[FrameType] = []
    frame = inspect.currentframe()
    while frame is not None and frame.f_code is not above:
        frames.append(frame)
        frame = frame.f_back
    _strike(frames[-1 - turn % len(frames)], error)


def close_coroutine(coroutine: CoroutineType[Any, Any, Any], error: type[BaseException]) -> None:
    """Close a coroutine that may catch even that it is closed."""
    if coroutine.cr_frame is not None:  # pragma: no cover  # a client is insisted on here: nothing measures meanwhile
        _strike(coroutine.cr_frame, error)
        with suppress(error, RuntimeError):
            coroutine.close()


def _strike(frame: FrameType, error: type[BaseException]) -> None:
    def strike(_: FrameType, event: str, __: Any) -> Callable[..., Any]:  # pragma: no cover  # it is what traces
        if event == "line":
            raise error  # Python stops tracing then
        return strike

    frame.f_trace = strike
    # Without a trace function no frame is traced, and that of coverage, which is none of Python's, passes frames by.
    # The one that was there comes back when the run is over.
    if sys.gettrace() is not _trace_nothing:  # pragma: no branch  # nothing measures the second time
        sys.settrace(_trace_nothing)


def _trace_nothing(_: FrameType, __: str, ___: Any) -> None:
    """Leave the functions that are called from here on alone."""
