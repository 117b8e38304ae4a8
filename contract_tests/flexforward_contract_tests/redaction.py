"""Keeps credentials out of what is shown, and makes one line of it that a terminal only shows."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import quote

from flexforward_mockserver.state.mask import MASK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["redacted", "shown_line"]

_SHORTEST = 6
"""What is shorter stands in many a word, and is masked only by itself."""


def redacted(text: str, secrets: Iterable[str], *, longest: int) -> str:
    """Return ``text`` as it may be shown: without credentials, in one line, and not too long.

    They are found in letters of any case, percent-encoded, as Basic would carry them, and without their last letter,
    which is how a token that nobody has is made of one.

    Args:
        text: as it came.
        secrets: the credentials.
        longest: characters beyond which it is cut.
    """
    pattern = _pattern(frozenset(secrets))
    return shown_line(text if pattern is None else pattern.sub(MASK, text), longest=longest)


def shown_line(text: str, *, longest: int) -> str:
    """Return ``text`` in one line, without control characters, and cut after so many characters."""
    line = "".join(letter if letter.isprintable() else " " for letter in text).rstrip()
    return line if len(line) <= longest else f"{line[:longest]}…"


@lru_cache(maxsize=8)
def _pattern(secrets: frozenset[str]) -> re.Pattern[str] | None:
    forms = sorted({form for secret in secrets for form in _forms(secret)}, key=len, reverse=True)
    parts = [
        re.escape(form) if len(form) >= _SHORTEST else rf"(?<!\w){re.escape(form)}(?!\w)" for form in forms if form
    ]
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def _forms(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, safe="")
    yield b64encode(f"{secret}:".encode()).decode().rstrip("=")
    if len(secret) > _SHORTEST:
        yield secret[:-1]
