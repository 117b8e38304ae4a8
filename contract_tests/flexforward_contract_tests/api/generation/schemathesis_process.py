"""The process in which schemathesis runs, as the judge holds it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from threading import Timer
from typing import IO, TYPE_CHECKING

import msgspec

from .messages import Complaint, Ended, Proposal, Reply, read_message, write_message

if TYPE_CHECKING:
    from .messages import Job, Message

__all__ = ["SchemathesisProcess"]

_COMMAND = (sys.executable, "-m", f"{__package__}.proposer")


class SchemathesisProcess:
    """Starts schemathesis and hears what it proposes; usable in a ``with`` statement, whose end is the process's.

    Args:
        job: what it is to do.
        timeout_s: for all that it does by itself, from one reply to its next message.
        command: starts it.
    """

    def __init__(self, job: Job, *, timeout_s: float, command: tuple[str, ...] = _COMMAND) -> None:
        self._timeout_s = timeout_s
        self._is_late = False
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  # closed at the end of the with statement
        self._messages = msgspec.msgpack.Decoder(Proposal | Complaint | Ended)
        self._process = subprocess.Popen(  # noqa: S603  # our own interpreter, our own arguments
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._said, env=_environment()
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._to: IO[bytes] = self._process.stdin
        self._from: IO[bytes] = self._process.stdout
        self._write(job)

    def __enter__(self) -> SchemathesisProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._to, self._from, self._said):
            with suppress(BrokenPipeError):  # what could not be written before it ended
                pipe.close()

    def next_message(self) -> Message | None:
        """Return what schemathesis says next; None if it has ended, or was ended because it took too long."""
        timer = Timer(self._timeout_s, self._end_late)
        timer.start()
        try:
            data = read_message(self._from)
        finally:
            timer.cancel()
        return None if data is None else self._messages.decode(data)

    def reply(self, reply: Reply) -> None:
        """Answer a proposal."""
        self._write(reply)

    @property
    def last_words(self) -> str:
        """Why it ended, as far as is known."""
        if self._is_late:
            return f"it said nothing for {self._timeout_s:g} s"
        self._process.wait()
        self._said.seek(0)
        lines = self._said.read().decode("utf-8", "replace").splitlines()
        return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")

    def _end_late(self) -> None:
        self._is_late = True
        self._process.kill()

    def _write(self, message: Job | Reply) -> None:
        with suppress(BrokenPipeError):  # it has ended; the next read tells why
            write_message(self._to, message)


def _environment() -> dict[str, str]:
    """Return the environment without what concerns requests: that process sends none."""
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, "NETRC": os.devnull}
