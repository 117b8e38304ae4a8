"""A run that is ended from outside: Ctrl-C, SIGTERM, or a terminal that is closed."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["Interruption", "interruptible"]

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # SIGINT as well: behind a shell's "&" it is ignored


class Interruption(KeyboardInterrupt):
    """A signal that ends the run.

    Attributes:
        number: the signal's.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number

    @property
    def exit_code(self) -> int:
        """What a shell calls a program that the signal ended: 130, 143 or 129."""
        return 128 + self.number


@contextmanager
def interruptible() -> Generator[None]:
    """Let the signals raise, so that everything that was started is ended on the way out.

    Raises:
        Interruption: one came.
    """

    def interrupt(number: int, _frame: object) -> None:
        raise Interruption(number)

    before = [(number, signal.signal(number, interrupt)) for number in _SIGNALS]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)
