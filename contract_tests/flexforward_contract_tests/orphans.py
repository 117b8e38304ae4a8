"""Processes that a program leaves behind, also those that made a session of their own, as a daemon does.

On Linux a process whose parent has ended goes to the nearest ancestor that is a subreaper. This process is one for as
long as a program runs, so whatever the program started, however it was started, is a child of this process in the end,
and can be ended. prctl(2) describes it. Elsewhere such processes go to the system, and are left to it.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import subprocess

__all__ = ["Orphans"]

_SET_CHILD_SUBREAPER = 36
_GET_CHILD_SUBREAPER = 37
_GLANCE_S = 0.002


class Orphans:
    """Takes in what a program leaves behind; to be made before the program is started in a session of its own.

    What this process started itself is left alone: children that it has already, and later ones in its own session.
    """

    def __init__(self) -> None:
        self._before = _children()
        self._was_subreaper = _is_subreaper()
        _be_subreaper(is_one=True)

    def end(self, program: subprocess.Popen[bytes], seconds: float) -> None:
        """Wait at most so many real seconds for a program that was killed, and kill what it leaves behind."""
        until = time.monotonic() + seconds
        try:
            # One that is killed leaves its own children behind: there is nothing more to come when nothing is left.
            while program.poll() is None or self._kill(program.pid):
                if time.monotonic() >= until:  # it is another user's, or the kernel holds it
                    break
                time.sleep(_GLANCE_S)
        finally:
            self.let_go()

    def let_go(self) -> None:
        """Take nothing in any more."""
        _be_subreaper(is_one=self._was_subreaper)

    def _kill(self, program: int) -> bool:
        """Kill what is there, and tell whether there was anything."""
        left = [pid for pid in _children() - self._before - {program} if _is_in_other_session(pid)]
        for pid in left:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
        return bool(left)


def _children() -> set[int]:
    """Return all children of this process, also those that have ended and that nobody has asked about."""
    found: set[int] = set()
    for path in Path("/proc/self/task").glob("*/children"):
        with suppress(OSError):  # the thread has ended meanwhile
            found.update(map(int, path.read_text().split()))
    return found


def _is_in_other_session(pid: int) -> bool:
    try:
        return os.getsid(pid) != os.getsid(0)
    except ProcessLookupError:
        return False


def _is_subreaper() -> bool:
    found = ctypes.c_int()
    _prctl(_GET_CHILD_SUBREAPER, ctypes.byref(found))
    return bool(found.value)


def _be_subreaper(*, is_one: bool) -> None:
    _prctl(_SET_CHILD_SUBREAPER, ctypes.c_ulong(is_one))


def _prctl(option: int, argument: Any) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, argument, *(ctypes.c_ulong(0),) * 3)
