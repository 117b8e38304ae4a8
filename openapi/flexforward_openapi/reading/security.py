"""Security schemes of a document: where each of them wants its secret to stand."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Protocol

from flexforward_openapi.contract import Scheme

if TYPE_CHECKING:
    from flexforward_openapi.reference import DocumentPath
    from flexforward_openapi.yaml_text import Json

__all__ = ["KNOWN_SCHEMES", "read_scheme"]

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""Names that HTTP allows headers and cookies (RFC 9110, section 5.6.2)."""


KNOWN_SCHEMES = "type http, oauth2 or openIdConnect, or type apiKey in header, query or cookie"


class _Complain(Protocol):
    def __call__(self, path: DocumentPath, *, found: str, allowed: str) -> None: ...


def read_scheme(name: str, scheme: Json, complain: _Complain) -> Scheme:
    """Read an entry of ``components.securitySchemes``.

    Args:
        name: of the entry.
        scheme: the entry, its references followed.
        complain: is told of a mistake.
    """
    place = ("components", "securitySchemes", name)
    match scheme:
        case {"type": "oauth2" | "openIdConnect"}:
            return Scheme(name=name, kind="bearer", parameter="authorization")
        case {"type": "http", "scheme": str(kind)} if kind.lower() in ("bearer", "basic"):
            return Scheme(name=name, kind="bearer" if kind.lower() == "bearer" else "basic", parameter="authorization")
        case {"type": "http", "scheme": str(kind)} if _TOKEN.fullmatch(kind):
            return Scheme(name=name, kind="http", parameter=kind.lower())
        case {"type": "apiKey", "in": ("header" | "query" | "cookie") as kind, "name": str(parameter)}:
            if not (parameter if kind == "query" else _TOKEN.fullmatch(parameter)):
                complain(
                    place,
                    found=f"an API key named {parameter!r} in {kind}",
                    allowed="at least one character" if kind == "query" else "letters, digits and !#$%&'*+-.^_`|~",
                )
            return Scheme(name=name, kind=kind, parameter=parameter.lower() if kind == "header" else parameter)
        case _:
            complain(
                place,
                found="a kind of authentication that is not supported",
                allowed=KNOWN_SCHEMES,
            )
            return Scheme(name=name, kind="bearer", parameter="authorization")
