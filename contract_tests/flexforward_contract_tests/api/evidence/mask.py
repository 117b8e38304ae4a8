"""Keeps the target's credentials out of every output, also where a server repeats them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_contract_tests.redaction import redacted

if TYPE_CHECKING:
    from flexforward_contract_tests.api.probing.target import Target

__all__ = ["masked"]

_LONGEST = 6000
"""Longer than any curl line of ours."""


def masked(text: str, target: Target) -> str:
    """Return ``text`` without credentials of ``target``, bounded, in one line that a terminal shows."""
    return redacted(text, target.secrets, longest=_LONGEST)
