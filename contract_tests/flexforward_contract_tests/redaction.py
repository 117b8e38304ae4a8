"""Keeps credentials out of what is shown, and makes one line of it that a terminal only shows."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import lru_cache
from typing import TYPE_CHECKING

from flexforward_mockserver.state.mask import MASK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["redacted", "shown_line"]

_SHORTEST = 6
"""What is shorter stands in many a word, and is masked only by itself."""

_NAMED = {"&": ("&amp;",), "<": ("&lt;",), ">": ("&gt;",), '"': ("&quot;",), "'": ("&apos;",)}


def redacted(text: str, secrets: Iterable[str], *, longest: int) -> str:
    """Return ``text`` as it may be shown: without credentials, in one line, and not too long.

    They are found in letters of any case, in any mixture of escapes for URLs, HTML and JSON, within base64, and without
    their last letter, which is how a token that nobody has is made of one.

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
    parts = [_shape(secret) for secret in sorted(secrets, key=len, reverse=True) if secret]
    return re.compile("|".join(parts), re.IGNORECASE) if parts else None


def _shape(secret: str) -> str:
    """Return a pattern for all that is read as ``secret``: letter by letter, and as base64 at any place of a text."""
    letters = [_letter(letter) for letter in secret]
    if len(secret) < _SHORTEST:
        return rf"(?<!\w){''.join(letters)}(?!\w)"
    last = "?" if len(secret) > _SHORTEST else ""
    return "|".join(("".join(letters) + last, *map(_either_alphabet, _base64_pieces(secret.encode()))))


def _letter(letter: str) -> str:
    """Return a pattern for a letter as it stands, or escaped for a URL (however often), HTML or JSON."""
    percent = "".join(f"%(?:25)*{byte:02x}" for byte in letter.encode())
    code = ord(letter)
    forms = [re.escape(letter), percent, f"&#0*{code};", f"&#x0*{code:x};", rf"\\+u{code:04x}"]
    forms += _NAMED.get(letter, ())
    if letter in '"\\/':
        forms.insert(0, rf"\\+{re.escape(letter)}")
    return f"(?:{'|'.join(forms)})"


def _base64_pieces(data: bytes) -> Iterator[str]:
    """Yield what base64 makes of ``data`` at each place of a group, without what its neighbours change."""
    for before in range(3):
        text = b64encode(b"\0" * before + data).decode()
        yield text[(0, 2, 3)[before] : (before + len(data)) * 8 // 6]


def _either_alphabet(piece: str) -> str:
    shape = "".join({"+": "[+-]", "/": "[/_]"}.get(letter, letter) for letter in piece)
    return rf"[\w+/-]{{0,4}}{shape}[\w+/-]{{0,4}}={{0,2}}"
