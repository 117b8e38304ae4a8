"""Sees that a program hangs, or lives in a time of its own: it would take days."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from .run_clock import RunClock
    from .time_server import TimeServer

__all__ = ["ADVICE", "NO_PRELOAD", "THREADS_ADVICE", "UNCOVERED", "Watchdog"]

NO_PRELOAD = "it does not live in virtual time, for nothing was preloaded into it"

UNCOVERED = (
    "what asks does not live in virtual time, though the program does: a second thread or process, or a library with "
    "sockets or an event loop of its own, such as gevent, eventlet or uvloop"
)

ADVICE = (
    "On Linux virtual time takes any program that this command starts itself, in a container by {supervisor}; "
    "elsewhere it takes Python or Node, started without -I, -E or -S and with the variables PYTHONPATH and "
    "NODE_OPTIONS that they are given. Other programs take --time real, or --every if they ask once."
)
"""What to do about ``NO_PRELOAD``."""

THREADS_ADVICE = (
    "A preload does not cover waits and work in threads, such as those of APScheduler's BlockingScheduler and "
    "BackgroundScheduler, and of threading.Timer. On Linux --time supervisor does; elsewhere take AsyncIOScheduler or "
    "a loop (docs/clients.md)."
)
"""What to do where a preload noted that a program waits in threads, or for them."""


_STEP_S = 3600.0


class Watchdog:
    """Watches one start of a program that should live in virtual time.

    Args:
        run_clock: its time.
        times: knows whether anything has been preloaded.
        asked: returns how often the mock has been asked in this run.
        is_repeated: it is started again and again, so that it need not know of virtual time.

    Attributes:
        silence_s: real seconds without a request, a wait or an end after which a program is taken to hang.
        start_s: the same before it has said hello or asked; some install themselves first.
        grace_s: real seconds that a program without a preload has to end once it has asked.
        limit_s: real seconds in which its time has to go on by an hour, or it to end.
    """

    silence_s = 20.0
    start_s = 60.0
    grace_s = 2.0
    limit_s = 120.0

    def __init__(
        self, run_clock: RunClock, times: TimeServer, asked: Callable[[], int], *, is_repeated: bool = False
    ) -> None:
        self._run_clock, self._times, self._asked, self._is_repeated = run_clock, times, asked, is_repeated
        self._began = self._since = time.monotonic()
        self._moved_s = run_clock.elapsed()
        self._first_asked: float | None = None
        self._seen = self._state()

    def _state(self) -> tuple[float, int, int]:
        return self._run_clock.elapsed(), self._asked(), len(self._times.processes)

    def problem(self) -> str | None:
        """Return why the program is to be ended, as a sentence without its end; None if it is not."""
        now, state = time.monotonic(), self._state()
        if state != self._seen:
            self._seen, self._since = state, now
        if state[1] and self._first_asked is None:
            self._first_asked = now
        silent_s = now - self._since
        is_preloaded = bool(self._times.processes)
        is_foreign = self._first_asked is not None and not is_preloaded and not self._is_repeated
        if is_foreign and now - (self._first_asked or now) > self.grace_s:
            return NO_PRELOAD
        if silent_s > (self.silence_s if state[1] or is_preloaded else self.start_s):
            if state[1] and not self._times.has_asker and not self._is_repeated:
                return UNCOVERED if is_preloaded else NO_PRELOAD
            return f"it neither asked, waited nor ended for {silent_s:.0f} real seconds"
        if state[0] - self._moved_s >= _STEP_S:
            self._began, self._moved_s = now, state[0]
        return f"it took more than {self.limit_s:g} real seconds" if now - self._began > self.limit_s else None
