"""A rule: one sentence of the contract or of the vendor's guide that can be checked."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

__all__ = ["SOURCES", "Level", "Rule", "Source"]

Level: TypeAlias = Literal["must", "should"]
Source: TypeAlias = Literal["op", "guide", "page", "policy", "http", "ours"]

SOURCES: dict[Source, str] = {
    "op": "the OpenAPI operation",
    "guide": "the vendor's polling guide",
    "page": "another public page of the vendor",
    "policy": "the vendor's versioning policy",
    "http": "an RFC",
    "ours": "sense",
}
"""Where a rule comes from, in words."""


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One sentence that is checked.

    Attributes:
        id: fixed for good; reports, baselines and ``--rule`` name it.
        level: a broken ``must`` fails a run; a broken ``should`` only with ``--strict``.
        sentence: what has to hold.
        sources: who says so.
        is_drift: the vendor's versioning policy may change it without notice.
        needs: options that feed it, each as the command line writes it; without them it is not run.
    """

    id: str
    level: Level
    sentence: str
    sources: tuple[Source, ...]
    is_drift: bool = False
    needs: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """Its sources as a report writes them, such as ``op, page``."""
        return ", ".join(self.sources)
