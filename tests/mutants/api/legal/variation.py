"""A legal variation: the independent API, different and still conforming, of which nothing may be reported."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mutants.api.socket import Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.api.tracking_api import TrackingApi

__all__ = ["LegalVariation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalVariation:
    """One legal kind.

    Attributes:
        api: makes it.
        wire: how it is sent.
        without: the rules that find nothing to judge in it.
    """

    name: str
    api: Callable[[], TrackingApi]
    wire: Wire = field(default_factory=Wire)
    without: frozenset[str] = frozenset()
