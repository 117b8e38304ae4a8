"""What can be wrong with the files that people give us.

FlexforwardMockError
└── MistakesError (also ValueError): a file has mistakes, all of them listed
    ├── ContractError: an OpenAPI document that cannot be read or honoured
    └── flexforward_mockserver.scenarios.scenario_reader.ScenarioError: a scenario file
"""

from __future__ import annotations

import msgspec

__all__ = ["ContractError", "FlexforwardMockError", "Mistake", "MistakesError"]


LONGEST_KEY = 200


class FlexforwardMockError(Exception):
    """Root of every error that this project raises on purpose."""


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """One thing wrong in one place of one file.

    Attributes:
        source: the file's name as the user gave it.
        line: counted from 1; None where the text has no such place (a missing file, an inline value).
        path: keys and indices from the document's root to the value, as in ``("steps", 2, "after")``.
        found: what stands there, as a sentence without its full stop.
        allowed: what may stand there, or what to do.
    """

    source: str
    line: int | None = None
    path: tuple[str | int, ...] = ()
    found: str
    allowed: str

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        where = f" {dotted(self.path)}:" if self.path else ""
        return f"{place}:{where} {self.found}; allowed: {self.allowed}"


class MistakesError(FlexforwardMockError, ValueError):
    """A file has mistakes.

    Attributes:
        mistakes: all that were found, in the order of their lines; never empty.
    """

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__(*mistakes)
        self.mistakes = mistakes

    def __str__(self) -> str:
        return "\n".join(str(mistake) for mistake in self.mistakes)


class ContractError(MistakesError):
    """An OpenAPI document that cannot be read, or that asks for what we cannot honour."""


def dotted(path: tuple[str | int, ...]) -> str:
    """Write ``("steps", 2, "after")`` as ``steps[2].after``; what is longer than any sensible name is cut."""
    text = ""
    for key in path:
        if isinstance(key, str) and len(key) > LONGEST_KEY:
            key = f"{key[: LONGEST_KEY - 3]}..."
        text += f"[{key}]" if isinstance(key, int) else f".{key}" if text else key
    return text
