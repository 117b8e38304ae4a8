"""All mutants of a client."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

import client_body_mutants
import client_request_mutants
import client_style_mutants
import client_tell_mutants
import client_wait_mutants

if TYPE_CHECKING:
    from client_mutant import ClientMutant

__all__ = ["CLIENT_MUTANTS"]

CLIENT_MUTANTS: Final[tuple[ClientMutant, ...]] = tuple(
    chain(
        client_request_mutants.MUTANTS,
        client_body_mutants.MUTANTS,
        client_tell_mutants.MUTANTS,
        client_wait_mutants.MUTANTS,
        client_style_mutants.MUTANTS,
    )
)
