"""How a program is to be run: its command, its environment, and where it finds the mock."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import urlsplit

import msgspec

from flexforward_openapi.suggestion import nearest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import timedelta

__all__ = ["PLACEHOLDERS", "ProgramOptions", "ProgramOptionsError", "TimeKind", "address_of", "filled", "misspelt"]

TimeKind: TypeAlias = Literal["virtual", "supervisor", "preload", "real"]

PLACEHOLDERS = (
    "base_url",
    "token",
    "api_key",
    "api_token",
    "label_id",
    "label_ids",
    "order_number",
    "notify_url",
    "state_dir",
    "now",
    "preload_dir",
    "supervisor",
    "time_address",
)
"""What may stand in braces in arguments and templates. Each is a variable as well: ``FLEXFORWARD_BASE_URL``."""

_OF_LABELS = ("label_id", "label_ids", "order_number")
_WORD = re.compile(r"\{([a-z_]+)\}")
_ADDRESS = re.compile(r"(?P<host>[^:/\s]+)(?::(?P<port>[0-9]{1,5}))?")
_HIGHEST_PORT = 65535


class ProgramOptionsError(ValueError):
    """A options that cannot be carried out."""


class ProgramOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a program is run.

    Attributes:
        command: the program and its arguments, with placeholders such as ``{base_url}``.
        variables: further environment variables, name to template.
        every: start it again at such intervals; None for a program that goes on by itself.
        labels: how many shipments it is to follow at once.
        create: it makes its labels itself, and is told of none.
        bind: host that the mock listens on, with a port if that matters: ``0.0.0.0:8080``.
        public_url: how the program reaches the mock, where that differs; a port in it is the one that is listened on,
            unless ``bind`` names another one, and without a port it gets that of the mock.
        time: whether it lives in virtual time, and by which way if that matters, or in real, accelerated one.
        scale: virtual seconds for each real one, in real time.
        wait_for: hosts and ports of others that it waits for; time stands still while an answer of theirs is due.
    """

    command: tuple[str, ...]
    variables: Mapping[str, str] = msgspec.field(default_factory=dict[str, str])
    every: timedelta | None = None
    labels: int = 1
    create: bool = False
    bind: str = "127.0.0.1"
    public_url: str | None = None
    time: TimeKind = "virtual"
    scale: float = 3600.0
    wait_for: tuple[str, ...] = ()

    @property
    def listens_on(self) -> tuple[str, int]:
        """Host and port to listen on; port 0 for any."""
        host, port = address_of(self.bind)
        public = None if self.public_url is None else urlsplit(self.public_url).port
        return host, (public or 0) if port is None else port

    @property
    def unfilled(self) -> str | None:
        """The first placeholder of a label in the command or a variable, where the program makes its labels itself."""
        named = (str(name) for text in (*self.command, *self.variables.values()) for name in _WORD.findall(text))
        return next((name for name in named if self.create and name in _OF_LABELS), None)

    def reached_at(self, base_url: str) -> str:
        """Return how the program reaches a mock that listens at ``base_url``."""
        if self.public_url is None:
            return base_url
        parts = urlsplit(self.public_url)
        authority = parts.netloc if parts.port is not None else f"{parts.netloc}:{urlsplit(base_url).port}"
        return f"{parts.scheme}://{authority}{parts.path}".rstrip("/")


def address_of(text: str) -> tuple[str, int | None]:
    """Return host and port of ``HOST`` or ``HOST:PORT``.

    Raises:
        ProgramOptionsError: it is neither.
    """
    found = _ADDRESS.fullmatch(text)
    if found is None or int(found["port"] or 0) > _HIGHEST_PORT:
        raise ProgramOptionsError(
            f"{text!r} is not an address; allowed: an IPv4 address or a name, such as 0.0.0.0 or 0.0.0.0:8080"
        )
    return found["host"], None if found["port"] is None else int(found["port"])


def filled(template: str, known: Mapping[str, str]) -> str:
    """Put values in the place of ``{base_url}`` and the like; other braces stay as they are."""
    return _WORD.sub(lambda found: known.get(found[1], found[0]), template)


def misspelt(templates: Iterator[str]) -> str | None:
    """Return a sentence about the first placeholder that looks like a slip; other braces may be meant so."""
    for template in templates:
        for name in map(str, _WORD.findall(template)):
            near = nearest(name, PLACEHOLDERS, likeness=0.75)
            if name not in PLACEHOLDERS and near is not None:
                allowed = ", ".join(f"{{{known}}}" for known in PLACEHOLDERS)
                return f"there is no placeholder {{{name}}}; did you mean {{{near}}}? Allowed: {allowed}"
    return None
