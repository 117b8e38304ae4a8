"""A planned request: what is sent, as whom, and what it is for. It holds names of secrets, never a secret."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = [
    "API_KEY",
    "API_TOKEN",
    "BASIC_TOKEN",
    "TOKEN",
    "VARIABLE",
    "AuthMethod",
    "Headers",
    "Probe",
    "Purpose",
    "filled",
]

Purpose: TypeAlias = Literal[
    "read",
    "order",
    "unknown",
    "missing",
    "wrong-bearer",
    "other-scheme",
    "key-alone",
    "token-alone",
    "wrong-pair",
    "foreign",
    "failed",
    "odd",
    "elsewhere",
    "method",
    "generated",
]
AuthMethod: TypeAlias = Literal["bearer", "pair"]
Headers: TypeAlias = tuple[tuple[str, str], ...]

TOKEN = "$FLEXFORWARD_TOKEN"  # noqa: S105  # the variable's name
API_KEY = "$FLEXFORWARD_API_KEY"
API_TOKEN = "$FLEXFORWARD_API_TOKEN"  # noqa: S105  # the variable's name

BASIC_TOKEN = '$(printf %s: "$FLEXFORWARD_TOKEN" | base64 -w0)'  # noqa: S105  # a shell's words for it
"""The token as Basic writes a user without a password."""

VARIABLE = re.compile(
    r"\$(?:\{(?P<braced>FLEXFORWARD_[A-Z_]+)(?P<change>%\?|\^\^|,,)?\}|(?P<plain>FLEXFORWARD_[A-Z_]+))"
    rf"|(?P<basic>{re.escape(BASIC_TOKEN)})"
)
"""A secret in a header, as bash writes it: ``$NAME``, ``${NAME%?}``, which lacks its last letter, ``${NAME^^}`` in
capitals and ``${NAME,,}`` in small letters."""

_CHANGES: dict[str, Callable[[str], str]] = {
    "%?": lambda secret: secret[:-1],
    "^^": str.upper,
    ",,": str.lower,
}


class Probe(msgspec.Struct, frozen=True, kw_only=True):
    """One request.

    Attributes:
        name: for people: what is tried.
        purpose: which rules look at its answer.
        target: raw path and query as they are sent, behind the path of the base URL.
        headers: with variables where a secret stands.
        asks_for: the id or order number that the target spells, decoded; None where it spells none.
        auth_method: how it is let in, if it shows credentials that are right.
        is_odd: it is right as HTTP, and nothing that a client would send.
        body: sent with methods that may have one.
    """

    name: str
    purpose: Purpose
    target: str
    method: str = "GET"
    headers: Headers = ()
    asks_for: str | None = None
    auth_method: AuthMethod | None = None
    is_odd: bool = False
    body: bytes = b""


def filled(text: str, secrets: Mapping[str, str]) -> str:
    """Return ``text`` with the secrets in the place of their variables."""

    def secret(match: re.Match[str]) -> str:
        if match["basic"]:
            return b64encode(f"{secrets['FLEXFORWARD_TOKEN']}:".encode()).decode()
        value = secrets[match["braced"] or match["plain"]]
        return _CHANGES[match["change"]](value) if match["change"] else value

    return VARIABLE.sub(secret, text)
