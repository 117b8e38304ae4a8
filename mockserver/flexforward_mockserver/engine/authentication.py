"""Who is asking? What the contract's security section wants, found in a request."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from flexforward_mockserver.state.credentials import SecurityRequirement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flexforward_mockserver.state.credentials import CredentialKind
    from flexforward_openapi import Operation, Scheme

    from .messages import Request

__all__ = ["challenge", "security_requirements", "shown_secret", "shown_secrets"]


_KEYS: tuple[tuple[str, CredentialKind], ...] = (("apiKey", "api_key"), ("apiToken", "api_token"))
"""The vendor's schemes, and the credential that each of them takes."""


def security_requirements(operation: Operation) -> tuple[SecurityRequirement, ...]:
    """Return the alternatives by which an operation lets people in, in the document's order."""
    return tuple(
        SecurityRequirement(alternative, _kinds(alternative), tuple(scheme.name for scheme in alternative))
        for alternative in operation.security
    )


def challenge(requirements: tuple[SecurityRequirement, ...]) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers by which a 401 says how to authenticate (RFC 9110, section 11.6.1); API keys have none."""
    schemes = (scheme for requirement in requirements for scheme in requirement.schemes)
    names = {"bearer": "Bearer", "basic": "Basic"}
    wanted = dict.fromkeys(
        names.get(scheme.kind, scheme.parameter.capitalize())
        for scheme in schemes
        if scheme.kind in ("bearer", "basic", "http")
    )
    return tuple((b"www-authenticate", f'{name} realm="flexforward-mock"'.encode()) for name in wanted)


def _kinds(schemes: tuple[Scheme, ...]) -> tuple[CredentialKind, ...]:
    """Return the credential that each scheme takes: an API key by its name as the vendor has it, else by its place."""
    by_name: dict[str, CredentialKind] = dict(_KEYS)
    free: list[CredentialKind] = [kind for name, kind in _KEYS if all(scheme.name != name for scheme in schemes)]
    kinds: list[CredentialKind] = []
    for scheme in schemes:
        if scheme.kind in ("bearer", "http"):
            kinds.append("token")
        elif scheme.kind == "basic":
            kinds.append("basic")
        else:
            known = by_name.get(scheme.name)
            kinds.append(known or (free.pop(0) if free else "api_token"))
    return tuple(kinds)


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
    if scheme.kind in ("basic", "http"):
        return _authorized(headers, scheme)
    if scheme.kind == "header":
        header = headers.get(scheme.parameter.encode("latin-1"))
        return None if header is None else header.decode("latin-1")
    if scheme.kind == "query":
        return dict(parse_qsl(request.query, keep_blank_values=True)).get(scheme.parameter)
    return _cookies(headers.get(b"cookie", b"").decode("latin-1")).get(scheme.parameter)


def _authorized(headers: Mapping[bytes, bytes], scheme: Scheme) -> str | None:
    """Return what stands behind the name of another scheme in the Authorization header; of ``Basic``, decoded."""
    name, _, rest = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if name.lower() != ("basic" if scheme.kind == "basic" else scheme.parameter):
        return None
    if scheme.kind == "http":
        return rest.strip()
    try:
        pair = b64decode(rest.strip(), validate=True).decode()
    except ValueError:
        return None
    return pair if ":" in pair else None


def _cookies(header: str) -> dict[str, str]:
    """Read a Cookie header as browsers write it; http.cookies gives up at the first odd name."""
    pairs = (part.partition("=") for part in header.split(";"))
    return {name.strip(): value.strip().strip('"') for name, _, value in pairs}
