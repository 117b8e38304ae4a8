"""The startup banner of ``serve``: URL, credentials, sample ids, what was ordered, and a curl command."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from flexforward_mockserver.control.curl import curl_command, show_secret
from flexforward_mockserver.engine.authentication import security_requirements
from flexforward_mockserver.engine.labels.names import DEFAULT_SCENARIO
from flexforward_mockserver.scenarios.script_id import parse_script_id
from flexforward_mockserver.state.demo import DEMO_PREFIX, GUIDE_LABEL_ID, OWN_CREDENTIALS
from flexforward_mockserver.web.app import PAGE_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_mockserver.state.credentials import SecurityRequirement
    from flexforward_mockserver.web.assembly import ServerParts
    from flexforward_openapi import Contract, Operation

__all__ = ["banner", "invocation"]

SHOWN_DEMOS = ("delivered", "exception-returned", "gateway-trouble", "label-failed")
SHOWN_OPERATIONS = 10
SHOWN_SCRIPT_ID = "PITD-10s-hello"
MOST_OWN = 5
"""How many scenarios of the user's are listed by name."""


def banner(
    served: ServerParts, address: str, *, command: str, is_guarded: bool, trusted: Path | None = None
) -> Iterator[str]:
    """Yield the lines of the startup banner.

    Args:
        served: the server.
        address: its base URL.
        command: how this program is started here, for commands to copy.
        is_guarded: the control API wants a token.
        trusted: file of the authority that clients have to trust; None for none of ours.
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
    yield from _credentials(served, shown)
    yield ""
    samples = list(_samples(served))
    if samples:
        yield "Shipments to ask for"
        for name, meaning in samples:
            yield f"  {name}   {meaning}".rstrip()
        yield f"  (all scenarios: {command} scenarios list)"
    if engine.tracking is None:
        yield from _operations(contract)
    yield from _orders(served)
    yield f"Control API: {local}/_mock/openapi.json" + ("  (with the token of --control-token)" if is_guarded else "")
    if trusted is not None:
        yield f"Note: clients have to trust {trusted}, which is gone when the server ends"
    for note in served.notes:
        yield f"Note: {note}"
    if samples or engine.tracking is None:
        key = "1" if not samples else SHOWN_SCRIPT_ID if SHOWN_SCRIPT_ID in dict(samples) else samples[0][0]
        yield ""
        yield "Try"
        yield f"  {curl_command(shown, local, key, tuple(_shown(security_requirements(shown)[0])), trusted=trusted)}"


def invocation(program: str) -> str:
    """Return the command that starts this program again from here, as a shell takes it.

    Args:
        program: how it was started: ``sys.argv[0]``.
    """
    name = "flexforward-mock"
    if Path(program).name != name:
        return f"{quote(os.path.relpath(sys.executable))} -m flexforward_mockserver"
    found = shutil.which(name)
    return name if found and Path(found).samefile(program) else quote(os.path.relpath(program))


def _credentials(served: ServerParts, operation: Operation) -> Iterator[str]:
    for requirement in security_requirements(operation):
        yield "  " + ("   ".join(_shown(requirement)) or "none needed")
    if count := len(served.options.credentials):
        yield f"  and {count} of your own"
    if served.options.accept_any_token:
        yield "  and any other (--any-token)"


def _samples(served: ServerParts) -> Iterator[tuple[str, str]]:
    """Yield ids that the contract in use can answer, each with what it is."""
    if served.engine.tracking is None:
        return
    default = served.engine.sandboxes.default
    if GUIDE_LABEL_ID in default:
        yield GUIDE_LABEL_ID, "the sample of the vendor's guide"
    for name in served.own[:MOST_OWN]:
        yield DEMO_PREFIX + name, "your own"
    for name in SHOWN_DEMOS:
        if DEMO_PREFIX + name in default and name not in served.own:
            yield DEMO_PREFIX + name, ""
    script = parse_script_id(SHOWN_SCRIPT_ID)
    if script is not None and served.engine.objection(script) is None:
        yield SHOWN_SCRIPT_ID, "any lifecycle you spell: here Pending, InfoReceived, InTransit, Delivered, 10 s each"


def _orders(served: ServerParts) -> Iterator[str]:
    """Yield what the options changed, and the option that a first try most often lacks."""
    options = served.options
    if (more := len(served.own) - MOST_OWN) > 0:
        yield f"{more} more scenarios of your own have a label."
    if served.engine.tracking is None:
        pass
    elif options.unknown_ids is None:
        yield "Any other id is answered with 404; --unknown-ids delivered plays a lifecycle for each of them."
    else:
        yield f"Any other id plays {options.unknown_ids} (--unknown-ids)."
    if served.engine.makes_labels:
        yield f"Labels made by POST /labels play {options.new_labels or DEFAULT_SCENARIO} (--new-labels)."
    if options.time_scale == 0:
        yield "Time stands still (--time-scale 0)."
    elif options.time_scale != 1:
        yield f"{options.time_scale:g} virtual seconds pass per real second (--time-scale)."


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
