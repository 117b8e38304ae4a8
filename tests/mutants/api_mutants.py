"""All mutants of the API."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

import api_auth_mutants
import api_history_mutants
import api_identity_mutants
import api_odd_mutants
import api_ownership_mutants
import api_schema_mutants
import api_status_mutants

if TYPE_CHECKING:
    from api_mutant import ApiMutant

__all__ = ["API_MUTANTS"]

API_MUTANTS: Final[tuple[ApiMutant, ...]] = tuple(
    chain(
        api_schema_mutants.MUTANTS,
        api_auth_mutants.MUTANTS,
        api_ownership_mutants.MUTANTS,
        api_identity_mutants.MUTANTS,
        api_history_mutants.MUTANTS,
        api_status_mutants.MUTANTS,
        api_odd_mutants.MUTANTS,
    )
)
