"""A program under test: started, listened to, ended with all its children."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Program", "ProgramError"]

_GRACE_S = 2.0
_PIECE = 65536
_LAST_LINES = 8


class ProgramError(Exception):
    """A program cannot be started."""


class Program:
    """One run of a command.

    Args:
        command: the program and its arguments.
        environment: all of its variables.
        on_line: told of each line that it prints, on either stream.

    Raises:
        ProgramError: it cannot be started.
    """

    def __init__(
        self, command: Sequence[str], *, environment: Mapping[str, str], on_line: Callable[[str], None]
    ) -> None:
        self._on_line = on_line
        self._unfinished = b""
        self._last: deque[str] = deque(maxlen=_LAST_LINES)
        self._lock = threading.Lock()
        try:
            self._process = subprocess.Popen(  # noqa: S603  # to run it is what the user asks for
                list(command),
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise ProgramError(f"cannot start {command[0]!r}: {reason}") from error
        assert self._process.stdout is not None
        self._output = self._process.stdout
        os.set_blocking(self._output.fileno(), False)

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    @property
    def last_lines(self) -> tuple[str, ...]:
        """The last that it printed."""
        return tuple(self._last)

    def listen(self) -> None:
        """Take in what it has printed up to now."""
        with self._lock:
            while True:
                try:
                    piece = os.read(self._output.fileno(), _PIECE)
                except (BlockingIOError, ValueError, OSError):
                    return
                if not piece:
                    self._finish_line()
                    return
                *lines, self._unfinished = (self._unfinished + piece).split(b"\n")
                for line in lines:
                    self._take(line)

    def wait(self, seconds: float) -> bool:
        """Wait at most so many real seconds for its end, and tell whether it has come."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode is not None

    def end(self) -> None:
        """End it and all that it started, by force if it does not follow; nothing is left behind."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)
            if self.wait(_GRACE_S):
                break
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)  # children that outlived it
        self.listen()
        self._output.close()

    def _finish_line(self) -> None:
        if self._unfinished:
            self._take(self._unfinished)
            self._unfinished = b""

    def _take(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip("\r")
        self._last.append(text)
        self._on_line(text)
