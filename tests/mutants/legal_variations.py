"""All legal variations of the API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import legal_manners
import legal_shipments

if TYPE_CHECKING:
    from legal_variation import LegalVariation

__all__ = ["LEGAL_VARIATIONS"]

LEGAL_VARIATIONS: Final[tuple[LegalVariation, ...]] = (*legal_manners.VARIATIONS, *legal_shipments.VARIATIONS)
