"""All mutants of the API."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from mutants.api.broken import (
    auth_mutants,
    history_mutants,
    identity_mutants,
    odd_mutants,
    ownership_mutants,
    schema_mutants,
    status_mutants,
)

if TYPE_CHECKING:
    from mutants.api.mutant import ApiMutant

__all__ = ["API_MUTANTS"]

API_MUTANTS: Final[tuple[ApiMutant, ...]] = tuple(
    chain(
        schema_mutants.MUTANTS,
        auth_mutants.MUTANTS,
        ownership_mutants.MUTANTS,
        identity_mutants.MUTANTS,
        history_mutants.MUTANTS,
        status_mutants.MUTANTS,
        odd_mutants.MUTANTS,
    )
)
