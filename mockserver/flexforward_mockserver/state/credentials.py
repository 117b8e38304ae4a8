"""Credentials: what an account can show, and what the contract wants to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from flexforward_openapi import Scheme

__all__ = ["CredentialKind", "Credentials", "SecurityRequirement"]

CredentialKind: TypeAlias = Literal["token", "api_key", "api_token", "basic"]


class SecurityRequirement(msgspec.Struct, frozen=True):
    """One alternative of the contract's security section.

    Attributes:
        schemes: to be shown together; none of them lets everybody in.
        kinds: the credential that each of them takes.
        names: of the schemes, by which its holders are found.
    """

    schemes: tuple[Scheme, ...]
    kinds: tuple[CredentialKind, ...]
    names: tuple[str, ...]


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """The credentials of one account; any of them may be missing.

    Attributes:
        named: secrets of single schemes of the contract, by the scheme's name; they go before the others.
    """

    token: str | None = None
    api_key: str | None = None
    api_token: str | None = None
    named: tuple[tuple[str, str], ...] = ()

    @property
    def basic(self) -> str | None:
        """User and password of HTTP's basic authentication: the API key and the API token, with a colon between."""
        return None if self.api_key is None or self.api_token is None else f"{self.api_key}:{self.api_token}"

    def secrets(self, requirement: SecurityRequirement) -> tuple[str, ...] | None:
        """Return a secret for each scheme of a requirement; None if one of them is missing."""
        named = dict(self.named)
        found = tuple(
            named.get(scheme.name) or getattr(self, kind)
            for scheme, kind in zip(requirement.schemes, requirement.kinds, strict=True)
        )
        return None if None in found else found
