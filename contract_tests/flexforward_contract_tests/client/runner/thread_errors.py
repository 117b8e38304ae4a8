"""What ended the threads of a client, taken down instead of told once for each trial."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

__all__ = ["taken_thread_errors"]


@contextmanager
def taken_thread_errors(words: Callable[[BaseException], str]) -> Generator[list[str]]:
    """Take down, for the length of the ``with`` block, the errors that end threads which were not there before.

    Args:
        words: writes an error.
    """
    before, known, taken = threading.excepthook, frozenset(threading.enumerate()), list[str]()

    def take(ended: threading.ExceptHookArgs) -> None:
        if ended.thread in known or ended.exc_value is None:
            before(ended)
        elif not isinstance(ended.exc_value, SystemExit):
            taken.append(words(ended.exc_value))

    threading.excepthook = take
    try:
        yield taken
    finally:
        threading.excepthook = before
