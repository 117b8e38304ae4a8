"""The way in which a program is brought into virtual time: by a supervisor beneath it, or by a preload inside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeAlias

from flexforward_contract_tests.client.virtual_time.supervisor.build import SupervisorError, supervisor

from .program_options import ProgramOptionsError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .program_options import ProgramOptions

__all__ = ["TimeWay", "Way"]

Way: TypeAlias = Literal["preload", "supervisor", "real"]

_PRELOADED = re.compile(r"(python|pypy)[0-9.]*|node|nodejs")
"""Programs that a preload covers, as a rule."""

_PLACEHOLDER = "{supervisor}"

_TOLD = {
    "preload": "virtual, by a preload for Python and Node",
    "supervisor": "virtual, by a supervisor of its system calls",
    "real": "real, accelerated",
}


class TimeWay:
    """Chooses for one program, and changes its mind once: where a preload does not cover what the program does.

    Args:
        options: of the program.
        build: returns the supervisor's binary.
        remarks: on what the program was refused; grows while it runs.

    Attributes:
        name: the way that is taken now.
        unavailable: why there can be no supervisor, as a sentence without its end; None where there is one, or nobody
            has asked.

    Raises:
        ProgramOptionsError: the options want the supervisor, and there can be none.
    """

    def __init__(
        self, options: ProgramOptions, build: Callable[[], Path] = supervisor, *, remarks: Sequence[str] = ()
    ) -> None:
        self._options, self._build, self._remarks = options, build, remarks
        self._binary: Path | None = None
        self.unavailable: str | None = None
        self.name: Way = "real" if options.time == "real" else "preload"
        if options.time == "supervisor" and not self.turn_to_supervisor():
            raise ProgramOptionsError(f"{self.unavailable}")
        if options.time == "virtual" and not _PRELOADED.fullmatch(Path(options.command[0]).name):
            self.turn_to_supervisor()

    @property
    def words(self) -> tuple[str, ...]:
        """The way, and remarks on it, as clauses."""
        unavailable = () if self.unavailable is None else (self.unavailable,)
        return (_TOLD[self.name], *unavailable, *self._remarks)

    @property
    def may_turn(self) -> bool:
        """Whether the supervisor may be tried, where the preload does not do."""
        return self._options.time == "virtual" and self.name == "preload"

    def turn_to_supervisor(self) -> bool:
        """Take the supervisor from now on, and tell whether there can be one."""
        try:
            self._binary = self._build()
        except SupervisorError as error:
            self.unavailable = str(error)
            return False
        self.name = "supervisor"
        return True

    def command(self, command: Sequence[str], address: tuple[str, int]) -> list[str]:
        """Return the command that brings it about.

        Args:
            command: of the program; where it says ``{supervisor}``, it starts it itself, as in a container.
            address: host and port of who keeps the time.
        """
        if self._binary is None or self.name != "supervisor":
            return list(command)
        if any(_PLACEHOLDER in part for part in command):
            return [part.replace(_PLACEHOLDER, str(self._binary)) for part in command]
        awaited = [part for place in self._options.wait_for for part in ("--wait-for", place)]
        return [str(self._binary), "{}:{}".format(*address), *awaited, *command]
