"""The ``Prefer`` header (RFC 7240), by which one request asks for one particular answer."""

from __future__ import annotations

import re

import msgspec

__all__ = ["Preference", "PreferenceError", "parse_prefer"]


class PreferenceError(ValueError):
    """A preference of ours that cannot be met; the text says why and what can."""


class Preference(msgspec.Struct, frozen=True, kw_only=True):
    """What the request asks for.

    Attributes:
        code: HTTP status to answer with.
    """

    code: int | None = None


def parse_prefer(value: str) -> Preference:
    """Read a ``Prefer`` header; preferences that are not ours are left alone, as the RFC wants.

    Raises:
        PreferenceError: ``code`` is not a status.
    """
    code: int | None = None
    for part in value.split(","):
        name, _, text = (piece.strip() for piece in part.partition(";")[0].partition("="))
        if name.lower() == "code":
            text = text.strip('"')
            if not re.fullmatch(r"[2-5][0-9][0-9]", text):
                raise PreferenceError(f"Prefer: code={text} is not a status; allowed: 200 to 599")
            code = int(text)
    return Preference(code=code)
