"""All mutants of a client."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from mutants.client import body_mutants, label_mutants, request_mutants, style_mutants, tell_mutants, wait_mutants

if TYPE_CHECKING:
    from mutants.client.mutant import ClientMutant

__all__ = ["CLIENT_MUTANTS"]

CLIENT_MUTANTS: Final[tuple[ClientMutant, ...]] = tuple(
    chain(
        request_mutants.MUTANTS,
        body_mutants.MUTANTS,
        tell_mutants.MUTANTS,
        wait_mutants.MUTANTS,
        style_mutants.MUTANTS,
        label_mutants.MUTANTS,
    )
)
