"""Who is asking? What the contract's security section wants, found in a request."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from flexforward_mockserver.state.credentials import SecurityRequirement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flexforward_mockserver.state.credentials import CredentialKind
    from flexforward_openapi import Contract, Operation, Scheme

    from .messages import Request

__all__ = ["security_requirements", "shown_secret", "shown_secrets"]


def security_requirements(contract: Contract, operation: Operation) -> tuple[SecurityRequirement, ...]:
    """Return the alternatives by which an operation lets people in, in the document's order.

    Raises:
        ContractError: a scheme that no credential of ours fits.
    """
    return tuple(
        SecurityRequirement(alternative, tuple(_kind(contract, scheme) for scheme in alternative))
        for alternative in operation.security
    )


def _kind(contract: Contract, scheme: Scheme) -> CredentialKind:
    if scheme.kind == "bearer":
        return "token"
    if scheme.name == "apiKey":
        return "api_key"
    if scheme.name == "apiToken":
        return "api_token"
    raise contract.mistake(
        f"#/components/securitySchemes/{scheme.name}",
        found=f"no credential of the mock fits an API key named {scheme.name!r}",
        allowed="a bearer scheme of any name, or API keys named apiKey and apiToken",
    )


def shown_secrets(
    requirement: SecurityRequirement, request: Request, headers: Mapping[bytes, bytes]
) -> tuple[str, ...] | None:
    """Return what the request shows for each scheme of ``requirement``; None if one of them is missing."""
    found: list[str] = []
    for scheme in requirement.schemes:
        secret = shown_secret(scheme, request, headers)
        if secret is None:
            return None
        found.append(secret)
    return tuple(found)


def shown_secret(scheme: Scheme, request: Request, headers: Mapping[bytes, bytes]) -> str | None:
    """Return what the request shows for one scheme; None if nothing."""
    if scheme.kind == "bearer":
        value = headers.get(b"authorization", b"")
        return value[7:].strip().decode("latin-1") if value[:7].lower() == b"bearer " else None
    if scheme.kind == "header":
        header = headers.get(scheme.parameter.encode("latin-1"))
        return None if header is None else header.decode("latin-1")
    if scheme.kind == "query":
        return dict(parse_qsl(request.query, keep_blank_values=True)).get(scheme.parameter)
    return _cookies(headers.get(b"cookie", b"").decode("latin-1")).get(scheme.parameter)


def _cookies(header: str) -> dict[str, str]:
    """Read a Cookie header as browsers write it; http.cookies gives up at the first odd name."""
    pairs = (part.partition("=") for part in header.split(";"))
    return {name.strip(): value.strip().strip('"') for name, _, value in pairs}
