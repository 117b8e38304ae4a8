"""What ``serve`` prints before the first request: everything that a beginner needs."""

from __future__ import annotations

import re
from shlex import quote
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import click

from flexforward_mockserver.state.demo import DEMO_PREFIX, GUIDE_LABEL_ID, OWN_CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_mockserver.web.assembly import ServerParts
    from flexforward_openapi import Operation, Scheme

__all__ = ["banner"]

SHOWN_DEMOS = ("delivered", "exception-returned", "gateway-trouble", "label-failed")
SHOWN_SCRIPT_ID = "PITD-10s-hello"


def banner(served: ServerParts, address: str, *, own_credentials: int) -> Iterator[str]:
    """Yield the lines that a beginner needs: where, as whom, what to ask for, and one line to try.

    Args:
        served: the server.
        address: its base URL.
        own_credentials: how many the user gave.
    """
    engine = served.engine
    contract = engine.contract
    yield f"Flex Forward mock (unofficial), following {contract.source} {contract.version}"
    yield f"Listening on {click.style(address, bold=True)}  (Ctrl-C stops it)"
    yield ""
    yield "Credentials"
    for alternative in engine.tracking.security:
        yield "  " + ("   ".join(map(_shown, alternative)) or "none needed")
    if own_credentials:
        yield f"  and {own_credentials} of your own"
    yield ""
    yield "Shipments to ask for"
    yield f"  {GUIDE_LABEL_ID}   the one of the vendor's guide"
    for name in SHOWN_DEMOS:
        if DEMO_PREFIX + name in engine.sandboxes.default:
            yield f"  {DEMO_PREFIX}{name}"
    yield f"  {SHOWN_SCRIPT_ID}   any lifecycle you spell: here Pending, InfoReceived, InTransit, Delivered, 10 s each"
    yield "  (all of them: flexforward-mock scenarios list)"
    for note in served.notes:
        yield f"Note: {note}"
    yield ""
    yield "Try"
    # A server on all addresses is asked on this machine's own one.
    local = address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    yield f"  {_curl_line(engine.tracking, local)}"


def _shown(scheme: Scheme) -> str:
    """Write a credential of ours as the header that carries it, or as ``?name=value`` where the query does."""
    own = OWN_CREDENTIALS
    if scheme.kind == "bearer":
        return f"Authorization: Bearer {own[0].token}"
    secret = own[2].api_key if scheme.name == "apiKey" else own[2].api_token
    if scheme.kind == "header":
        return f"{scheme.parameter}: {secret}"
    pair = urlencode({scheme.parameter: secret})
    return f"Cookie: {pair}" if scheme.kind == "cookie" else f"?{pair}"


def _curl_line(operation: Operation, address: str) -> str:
    shown = [_shown(scheme) for scheme in operation.security[0]]
    pairs = [text[1:] for text in shown if text.startswith("?")]
    url = address + re.sub(r"\{[^{}]*\}", SHOWN_SCRIPT_ID, operation.path) + ("?" if pairs else "") + "&".join(pairs)
    headers = [f"-H {quote(text)}" for text in shown if not text.startswith("?")]
    method = [] if operation.method == "GET" else [f"-X {operation.method}"]
    return " ".join(("curl", *method, *headers, quote(url)))
