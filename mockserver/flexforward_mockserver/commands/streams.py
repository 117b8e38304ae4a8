"""Standard streams that may be full, closed, or read by somebody who goes: no traceback, and no verdict lost."""

from __future__ import annotations

import errno
import io
import os
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from collections.abc import Generator

    from _typeshed import ReadableBuffer

__all__ = ["Output", "enduring_streams"]


class Output(io.FileIO):
    """A file that takes everything, also what can no longer be written.

    Attributes:
        problem: the first error of writing; None for none.
    """

    problem: OSError | None = None

    def write(self, data: ReadableBuffer, /) -> int:
        """Write ``data``; of what cannot be written, keep why."""
        if self.problem is None:
            try:
                return super().write(data)
            except OSError as error:
                self.problem = error
        return memoryview(data).nbytes

    @property
    def is_incomplete(self) -> bool:
        """Whether something is missing in it that its reader may miss; one that went, as ``head`` does, had enough."""
        return self.problem is not None and self.problem.errno != errno.EPIPE


@contextmanager
def enduring_streams() -> Generator[Output | None]:
    """Let the process go on whatever becomes of its standard output and standard error.

    Yields:
        Standard output; None where it is no file of this process. What was said is in it when the block has ended; if
        it is incomplete, standard error is told then.
    """
    before = sys.stdout, sys.stderr
    with ExitStack() as stack:
        sys.stdout, out = _enduring(sys.stdout, stack)
        sys.stderr, _ = _enduring(sys.stderr, stack)
        try:
            yield out
        finally:
            sys.stdout.flush()
            if out is not None and out.problem is not None and out.is_incomplete:
                print(f"Standard output cannot be written: {out.problem.strerror}", file=sys.stderr)
            sys.stderr.flush()
            sys.stdout, sys.stderr = before


def _enduring(stream: TextIO | None, stack: ExitStack) -> tuple[TextIO, Output | None]:
    if stream is None:  # closed before the process began
        return stack.enter_context(open(os.devnull, "w", encoding="utf-8")), None  # noqa: PTH123
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    if not isinstance(raw, io.FileIO):
        return stream, None
    stream.flush()
    output = Output(raw.fileno(), "wb", closefd=False)
    # A terminal without "●" gets "?", not a traceback.
    wrapped = io.TextIOWrapper(
        io.BufferedWriter(output),
        encoding=stream.encoding,
        errors="replace",
        line_buffering=bool(stream.line_buffering),
    )
    return wrapped, output
