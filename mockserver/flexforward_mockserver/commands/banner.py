"""What ``serve`` prints before the first request: everything that a beginner needs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from flexforward_mockserver.control.curl import curl_command, show_secret
from flexforward_mockserver.engine.authentication import security_requirements
from flexforward_mockserver.state.demo import DEMO_PREFIX, GUIDE_LABEL_ID, OWN_CREDENTIALS
from flexforward_mockserver.web.app import PAGE_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_mockserver.state.credentials import SecurityRequirement
    from flexforward_mockserver.web.assembly import ServerParts
    from flexforward_openapi import Contract

__all__ = ["banner"]

SHOWN_DEMOS = ("delivered", "exception-returned", "gateway-trouble", "label-failed")
SHOWN_OPERATIONS = 10
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
    shown = engine.tracking or contract.operations[0]
    # A server on all addresses is asked on this machine's own one.
    local = address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")
    yield f"Flex Forward mock (unofficial), following {contract.source} {contract.version}"
    yield f"Listening on {click.style(address, bold=True)}  (Ctrl-C stops it)"
    yield f"Watch and drive it in a browser: {local}{PAGE_PATH}"
    yield ""
    yield "Credentials"
    for requirement in security_requirements(shown):
        yield "  " + ("   ".join(_shown(requirement)) or "none needed")
    if own_credentials:
        yield f"  and {own_credentials} of your own"
    yield ""
    yield from _shipments(served) if engine.tracking else _operations(contract)
    for note in served.notes:
        yield f"Note: {note}"
    yield ""
    yield "Try"
    key = SHOWN_SCRIPT_ID if engine.tracking else "1"
    yield f"  {curl_command(shown, local, key, tuple(_shown(security_requirements(shown)[0])))}"


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
    """Write credentials of ours as a request carries them."""
    tokens, _, pair = OWN_CREDENTIALS
    for scheme, kind in zip(requirement.schemes, requirement.kinds, strict=True):
        yield show_secret(scheme, getattr(tokens if kind == "token" else pair, kind))
