"""Credentials: what an account can show, and what the contract wants to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from flexforward_openapi import Scheme

__all__ = ["CredentialKind", "Credentials", "SecurityRequirement"]

CredentialKind: TypeAlias = Literal["token", "api_key", "api_token"]


class SecurityRequirement(msgspec.Struct, frozen=True):
    """One alternative of the contract's security section.

    Attributes:
        schemes: to be shown together; none of them lets everybody in.
        kinds: the credential that each of them takes.
    """

    schemes: tuple[Scheme, ...]
    kinds: tuple[CredentialKind, ...]


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What one account can show; any of it may be missing."""

    token: str | None = None
    api_key: str | None = None
    api_token: str | None = None

    def secrets(self, kinds: tuple[CredentialKind, ...]) -> tuple[str, ...] | None:
        """Return the secrets of those kinds; None if one of them is missing."""
        found = tuple(getattr(self, kind) for kind in kinds)
        return None if None in found else found
