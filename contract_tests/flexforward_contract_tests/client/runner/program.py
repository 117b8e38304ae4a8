"""A program under test: started, listened to, ended with all its children."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING

from flexforward_contract_tests.client.transcript.redaction import ended_how, masked
from flexforward_contract_tests.orphans import Orphans

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

__all__ = ["Program", "ProgramError", "check_command"]

_GRACE_S = 2.0
_PIECE = 65536
_MOST_PIECES = 4
_LONGEST_LINE = 1_000_000
_LAST_LINES = 16
"""So many that the message of Node's uncaught exceptions is among them, which stands above the stack."""


class ProgramError(Exception):
    """A program cannot be started."""


class Program:
    """One run of a command.

    Args:
        command: the program and its arguments.
        environment: all of its variables.
        on_line: told of each line that it prints, on either stream.
        secrets: taken out of what is kept of its lines.
        grace_s: seconds in which it may end by itself when it is asked to.
        longest_line: bytes after which a line without an end is heard as it is.

    Raises:
        ProgramError: it cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        on_line: Callable[[str], None],
        secrets: Collection[str] = (),
        grace_s: float = _GRACE_S,
        longest_line: int = _LONGEST_LINE,
    ) -> None:
        self._on_line = on_line
        self._grace_s, self._longest_line = grace_s, longest_line
        self._secrets = secrets
        self._unfinished = b""
        self._last: deque[str] = deque(maxlen=_LAST_LINES)
        self._lock = threading.Lock()
        self._orphans = Orphans()
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
            self._orphans.let_go()
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise _cannot_start(command[0], reason, error) from error
        assert self._process.stdout is not None
        self._output = self._process.stdout
        os.set_blocking(self._output.fileno(), False)

    @property
    def exit_code(self) -> int | None:
        """How it ended; None while it runs."""
        return self._process.poll()

    def last_words(self, exit_code: int | None) -> str:
        """Return how it ended, and what it printed last, as lines.

        Args:
            exit_code: its own; None if it was ended.
        """
        how = "was ended" if exit_code is None else ended_how(exit_code)
        if not self._last:
            return f"{how} and printed nothing"
        return "\n".join((f"{how}; it printed last", *(f"  | {line}" for line in self._last)))

    def listen(self) -> None:
        """Take in what it has printed up to now; not more than a pipe holds, for it may print on without an end."""
        with self._lock:
            for _ in range(_MOST_PIECES):
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
                if len(self._unfinished) > self._longest_line:
                    self._finish_line()

    def wait(self, seconds: float) -> bool:
        """Wait at most so many real seconds for its end, and tell whether it has come."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)
        return self._process.returncode is not None

    def end(self) -> None:
        """End it and all that it started, by force if it does not follow; nothing is left behind.

        On Linux that is true of children as well that made a session of their own.
        """
        try:
            self._signal(signal.SIGTERM)
            self.wait(self._grace_s)
        finally:  # whoever is impatient and presses Ctrl-C again leaves nothing behind either
            self._signal(signal.SIGKILL)  # children that outlived it, too
            self._orphans.end(self._process, self._grace_s)
        self.listen()
        self._output.close()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, number)

    def _finish_line(self) -> None:
        if self._unfinished:
            self._take(self._unfinished)
            self._unfinished = b""

    def _take(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip("\r")
        self._last.append(masked(text, self._secrets))
        self._on_line(text)


def check_command(command: Sequence[str], environment: Mapping[str, str]) -> None:
    """See that a command that somebody else is going to start can be found, as starting it would.

    Raises:
        ProgramError: it cannot.
    """
    if any("\0" in part for part in command):
        raise _cannot_start(command[0], "embedded null byte", ValueError())
    if shutil.which(command[0], path=environment.get("PATH", os.defpath)) is not None:
        return
    is_there = shutil.which(command[0], mode=os.F_OK, path=environment.get("PATH", os.defpath)) is not None
    number = errno.EACCES if is_there else errno.ENOENT
    reason = os.strerror(number)
    raise _cannot_start(command[0], reason, OSError(number, reason))


def _cannot_start(name: str, reason: str | None, error: OSError | ValueError) -> ProgramError:
    return ProgramError(f"cannot start {name!r}: {reason}{_advice(error)}")


def _advice(error: OSError | ValueError) -> str:
    if isinstance(error, PermissionError):
        return "; is it executable?"
    return "; is it installed, and on the PATH?" if isinstance(error, FileNotFoundError) else ""
