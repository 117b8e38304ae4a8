"""What ``serve`` prints before the first request: everything that a beginner needs."""

from __future__ import annotations

import re
from base64 import b64encode
from shlex import quote
from typing import TYPE_CHECKING, assert_never
from urllib.parse import urlencode

import click

from flexforward_mockserver.engine.authentication import security_requirements
from flexforward_mockserver.state.demo import DEMO_PREFIX, GUIDE_LABEL_ID, OWN_CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flexforward_mockserver.state.credentials import SecurityRequirement
    from flexforward_mockserver.web.assembly import ServerParts
    from flexforward_openapi import Contract, Operation

__all__ = ["banner"]

SHOWN_DEMOS = ("delivered", "exception-returned", "gateway-trouble", "label-failed")
SHOWN_OPERATIONS = 10
SHOWN_SCRIPT_ID = "PITD-10s-hello"


def banner(served: ServerParts, address: str, *, own_credentials: int, trusted: Path | None = None) -> Iterator[str]:
    """Yield the lines that a beginner needs: where, as whom, what to ask for, and one line to try.

    Args:
        served: the server.
        address: its base URL.
        own_credentials: how many the user gave.
        trusted: file of the authority that clients have to trust; None for none of ours.
    """
    engine = served.engine
    contract = engine.contract
    shown = engine.tracking or contract.operations[0]
    yield f"Flex Forward mock (unofficial), following {contract.source} {contract.version}"
    yield f"Listening on {click.style(address, bold=True)}  (Ctrl-C stops it)"
    yield ""
    yield "Credentials"
    for requirement in security_requirements(shown):
        yield "  " + ("   ".join(_shown(requirement)) or "none needed")
    if own_credentials:
        yield f"  and {own_credentials} of your own"
    yield ""
    yield from _shipments(served) if engine.tracking else _operations(contract)
    if trusted is not None:
        yield f"Note: clients have to trust {trusted}, which is gone when the server ends"
    for note in served.notes:
        yield f"Note: {note}"
    yield ""
    yield "Try"
    # A server on all addresses is asked on this machine's own one.
    local = address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    yield f"  {_curl_line(shown, local, SHOWN_SCRIPT_ID if engine.tracking else '1', trusted)}"


def _shipments(served: ServerParts) -> Iterator[str]:
    yield "Shipments to ask for"
    yield f"  {GUIDE_LABEL_ID}   the one of the vendor's guide"
    for name in SHOWN_DEMOS:
        if DEMO_PREFIX + name in served.engine.sandboxes.default:
            yield f"  {DEMO_PREFIX}{name}"
    yield f"  {SHOWN_SCRIPT_ID}   any lifecycle you spell: here Pending, InfoReceived, InTransit, Delivered, 10 s each"
    yield "  (all of them: flexforward-mock scenarios list)"


def _operations(contract: Contract) -> Iterator[str]:
    yield "Operations to ask for"
    operations = contract.operations
    for operation in operations[:SHOWN_OPERATIONS]:
        yield f"  {operation.method} {operation.path}"
    if len(operations) > SHOWN_OPERATIONS:
        yield f"  and {len(operations) - SHOWN_OPERATIONS} more"


def _shown(requirement: SecurityRequirement) -> Iterator[str]:
    """Write credentials of ours as the headers that carry them, or as ``?name=value`` where the query does."""
    tokens, _, pair = OWN_CREDENTIALS
    for scheme, kind in zip(requirement.schemes, requirement.kinds, strict=True):
        secret = getattr(tokens if kind == "token" else pair, kind)
        match scheme.kind:
            case "bearer":
                yield f"Authorization: Bearer {secret}"
            case "basic":
                yield f"Authorization: Basic {b64encode(secret.encode()).decode()}"
            case "http":
                yield f"Authorization: {scheme.parameter.capitalize()} {secret}"
            case "header":
                yield f"{scheme.parameter}: {secret}"
            case "cookie":
                yield f"Cookie: {urlencode({scheme.parameter: secret})}"
            case "query":
                yield f"?{urlencode({scheme.parameter: secret})}"
            case _:
                assert_never(scheme.kind)


def _curl_line(operation: Operation, address: str, parameter: str, trusted: Path | None) -> str:
    shown = list(_shown(security_requirements(operation)[0]))
    pairs = [text[1:] for text in shown if text.startswith("?")]
    url = address + re.sub(r"\{[^{}]*\}", parameter, operation.path) + ("?" if pairs else "") + "&".join(pairs)
    headers = [f"-H {quote(text)}" for text in shown if not text.startswith("?")]
    method = [] if operation.method == "GET" else [f"-X {operation.method}"]
    trust = [] if trusted is None else [f"--cacert {quote(str(trusted))}"]
    return " ".join(("curl", *trust, *method, *headers, quote(url)))
