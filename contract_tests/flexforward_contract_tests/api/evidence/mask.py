"""Keeps the target's credentials out of what is told, also where a server tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_contract_tests.redaction import redacted

if TYPE_CHECKING:
    from flexforward_contract_tests.api.probing.target import Target

__all__ = ["told"]

_LONGEST = 6000
"""Longer than any curl line of ours."""


def told(text: str, target: Target) -> str:
    """Return ``text`` as it may be told of ``target``."""
    return redacted(text, target.secrets, longest=_LONGEST)
