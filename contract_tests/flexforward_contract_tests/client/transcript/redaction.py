"""What a program said, as it may be shown: without credentials, in lines that a terminal only shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from flexforward_contract_tests.redaction import redacted
from flexforward_mockserver.state.mask import MASK

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = ["ended_how", "masked", "secrets_in", "shown_command"]

_LONGEST = 300
_SHORTEST_SECRET = 8
"""A shorter value of a variable is too likely to stand in a line by chance."""

_NAME = r"[\w.-]*(?:token|secret|password|passwd|api[_-]?key|credential)[\w.-]*"
_SECRET_NAME = re.compile(_NAME, re.IGNORECASE)
_ASSIGNED = re.compile(rf"({_NAME}[=:]\s*)(\S+)", re.IGNORECASE)
_OPTION = re.compile(rf"--?{_NAME}", re.IGNORECASE)
_HARMLESS = re.compile(r"\{[a-z_]+\}|[\"']?\$|(?:bearer|basic)\s", re.IGNORECASE)
_BEARER = re.compile(r"((?:bearer|basic)\s+)(\S+)", re.IGNORECASE)


def secrets_in(variables: Mapping[str, str]) -> tuple[str, ...]:
    """Return the values of environment variables that are credentials by their names."""
    return tuple(
        value for name, value in variables.items() if _SECRET_NAME.search(name) and len(value) >= _SHORTEST_SECRET
    )


def masked(text: str, secrets: Iterable[str]) -> str:
    """Return a line of a program's without ``secrets``, without control characters, and not too long."""
    return redacted(text, secrets, longest=_LONGEST)


def shown_command(command: Sequence[str]) -> str:
    """Return a command as one would type it, without what looks like credentials; placeholders stay.

    Of a program that is named by an absolute path, its name is shown: where it lies differs from machine to machine.
    """
    parts: list[str] = []
    for part in (*(Path(word).name if Path(word).is_absolute() else word for word in command[:1]), *command[1:]):
        is_value = bool(parts) and _OPTION.fullmatch(parts[-1]) is not None and not part.startswith("-")
        parts.append(_hidden(part) if is_value else _ASSIGNED.sub(_hide, _BEARER.sub(_hide, part)))
    return shlex.join(parts)


def _hide(found: re.Match[str]) -> str:
    return found[1] + _hidden(found[2])


def _hidden(value: str) -> str:
    """Return what stands for a value: a placeholder, a shell's variable and a scheme's name are none themselves."""
    return value if _HARMLESS.match(value) else MASK


def ended_how(exit_code: int) -> str:
    """Return how a program ended, as a clause without its subject."""
    if exit_code >= 0:
        return f"ended with exit code {exit_code}"
    import signal

    try:
        return f"was ended by {signal.Signals(-exit_code).name}"
    except ValueError:
        return f"was ended by signal {-exit_code}"
