"""A curl command that asks for a label, as the banner prints it and the control API gives it."""

from __future__ import annotations

import re
from base64 import b64encode
from shlex import quote
from typing import TYPE_CHECKING, assert_never
from urllib.parse import quote as quote_path
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from flexforward_openapi import Operation, Scheme

__all__ = ["curl_command", "show_secret"]


def show_secret(scheme: Scheme, secret: str) -> str:
    """Write a credential as the header that carries it, or as ``?name=value`` where the query does."""
    match scheme.kind:
        case "bearer":
            return f"Authorization: Bearer {secret}"
        case "basic":
            return f"Authorization: Basic {b64encode(secret.encode()).decode()}"
        case "http":
            return f"Authorization: {scheme.parameter.capitalize()} {secret}"
        case "header":
            return f"{scheme.parameter}: {secret}"
        case "cookie":
            return f"Cookie: {urlencode({scheme.parameter: secret})}"
        case "query":
            return f"?{urlencode({scheme.parameter: secret})}"
        case _:
            assert_never(scheme.kind)


def curl_command(
    operation: Operation, base_url: str, key: str, shown: Sequence[str], *, trusted: Path | None = None
) -> str:
    """Return a command for a POSIX shell.

    Args:
        operation: what is asked.
        base_url: of the server, without a slash at its end.
        key: stands in the path's parameter.
        shown: credentials, as ``show_secret`` writes them.
        trusted: file of the authority that is to be trusted; None for those that the machine trusts.
    """
    pairs = [text[1:] for text in shown if text.startswith("?")]
    path = re.sub(r"\{[^{}]*\}", lambda _: quote_path(key, safe=""), operation.path)
    url = base_url + path + ("?" if pairs else "") + "&".join(pairs)
    headers = [f"-H {quote(text)}" for text in shown if not text.startswith("?")]
    method = [] if operation.method == "GET" else [f"-X {operation.method}"]
    trust = [] if trusted is None else [f"--cacert {quote(str(trusted))}"]
    return " ".join(("curl", *trust, *method, *headers, quote(url)))
