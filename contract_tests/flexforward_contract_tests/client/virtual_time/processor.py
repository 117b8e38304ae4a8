"""One processor for the judge, its mock, the supervisor and the program, who only ever wait for each other.

In virtual time one of them works at any moment. On several processors each message has to wake another one, which in a
virtual machine costs more than the work: nine days of a loop of ``sleep(1)`` took 224 s on two, and 64 s on one.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["on_one_processor", "processors"]

_FIELD = 38
"""Where ``/proc/.../stat`` has the processor, counted from 0 (proc(5): ``processor``)."""


def processors() -> tuple[int, ...]:
    """Return the processors that this thread may use, from the one that it is on; none where a system does not tell."""
    if not hasattr(os, "sched_getaffinity"):
        return ()
    allowed = sorted(os.sched_getaffinity(0))
    try:
        fields = Path("/proc/thread-self/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        first = allowed.index(int(fields[_FIELD - 2]))
    except (OSError, ValueError):  # it may have been moved meanwhile
        first = 0
    return (*allowed[first:], *allowed[:first])


@contextmanager
def on_one_processor(number: int | None = None) -> Generator[None]:
    """Keep this thread, and all threads and programs that it starts meanwhile, on one processor.

    Args:
        number: the processor; None for the one that the thread is on.
    """
    allowed = processors()
    if not allowed:
        yield
        return
    os.sched_setaffinity(0, {allowed[0] if number is None else number})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)
