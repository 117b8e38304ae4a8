"""All legal variations of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mutants.api.legal import manners, shipments

if TYPE_CHECKING:
    from mutants.api.legal.variation import LegalVariation

__all__ = ["LEGAL_VARIATIONS"]

LEGAL_VARIATIONS: Final[tuple[LegalVariation, ...]] = (*manners.VARIATIONS, *shipments.VARIATIONS)
