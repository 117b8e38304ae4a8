"""Keeps credentials out of what is told, also where a server tells them."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flexforward_contract_tests.api.probing.target import Target

__all__ = ["told"]

_MASK = "***"
_SHORTEST = 6
"""What is shorter stands in many a word, and is masked only by itself."""

_LONGEST = 6000
"""Longer than any curl line of ours."""


def told(text: str, target: Target) -> str:
    """Return ``text`` as it may be told: in one line that a terminal only shows, and without the target's credentials.

    Those are found in letters of any case, and as Basic would carry them.
    """
    values: set[str] = set()
    for secret in target.secrets:
        values |= {secret, b64encode(f"{secret}:".encode()).decode().rstrip("=")}
        if len(secret) > _SHORTEST:
            values.add(secret[:-1])  # was sent as a token that nobody has
    for value in sorted(values, key=len, reverse=True):
        pattern = re.escape(value) if len(value) >= _SHORTEST else rf"(?<!\w){re.escape(value)}(?!\w)"
        text = re.sub(pattern, _MASK, text, flags=re.IGNORECASE)
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
