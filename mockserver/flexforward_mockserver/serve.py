"""``flexforward-mock serve``: the mock server on a real socket."""

from __future__ import annotations

import gc
import logging
import math
import re
import signal
import socket
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import click
import uvicorn

from flexforward_openapi import CONTRACT_FILE, load_contract

from .app import create_app
from .catalogue import Catalogue, scenario_files
from .clock import Clock
from .credential import Credentials
from .demo import DEMO_PREFIX, GUIDE_LABEL_ID, OWN_CREDENTIALS, add_demo_labels, open_default_sandbox
from .engine import Engine, EngineOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_openapi import Operation, Scheme

    from .credential import Way
    from .exchange import Reply, Request
    from .sandbox import Sandboxes
    from .scenario import Scenario

__all__ = ["ServeOptions", "build_engine", "serve"]

BACKLOG = 2048
SHOWN_DEMOS = ("delivered", "exception-returned", "gateway-trouble", "label-failed")
SHOWN_SCRIPT_ID = "PITD-10s-hello"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServeOptions:
    """What decides how the server answers, apart from where it listens.

    Attributes:
        contract: OpenAPI document.
        scenarios: scenario files and folders of them, beside the shipped ones.
        time_scale: virtual seconds for each real one.
        credentials: what the own account takes besides the well-known ones.
        unknown_ids: name or script id of the lifecycle that every unknown id lives.
    """

    contract: Path = CONTRACT_FILE
    scenarios: tuple[Path, ...] = ()
    time_scale: float = 1.0
    seed: int = 0
    credentials: tuple[Credentials, ...] = ()
    is_any_token: bool = False
    unknown_ids: str | None = None
    is_off_contract: bool = False


def build_engine(options: ServeOptions) -> tuple[Engine, tuple[str, ...]]:
    """Make an engine with the default sandbox and its demo labels, and say what of the wishes was left out.

    Raises:
        ContractError: the contract cannot be read or honoured.
        ScenarioError: a scenario file has mistakes.
        click.BadParameter: ``unknown_ids`` names no scenario, or a scenario of the user's cannot be answered.
    """
    contract = load_contract(options.contract)
    catalogue = Catalogue()
    added = catalogue.add(file for path in options.scenarios for file in scenario_files(path))
    unknown_ids = _find_scenario(catalogue, options.unknown_ids)
    start = datetime.now(UTC)

    def open_sandboxes(ways: tuple[Way, ...]) -> Sandboxes:
        return open_default_sandbox(
            ways,
            clock=Clock(time.monotonic, start=start, rate=options.time_scale),
            seed=options.seed,
            credentials=options.credentials,
            takes_any=options.is_any_token,
        )

    engine = Engine(
        contract,
        open_sandboxes,
        EngineOptions(unknown_ids=unknown_ids, is_off_contract=options.is_off_contract),
    )
    notes = [
        f"{operation.method} {operation.path}: not checked: {', '.join(operation.unchecked)}"
        for operation in contract.operations
        if operation.unchecked
    ]
    if unknown_ids is not None and (objection := engine.answers.objection(unknown_ids)) is not None:
        raise click.BadParameter(f"scenario {options.unknown_ids!r}: {objection}", param_hint="--unknown-ids")
    left_out = dict(_left_out(engine, catalogue, options.contract, added))
    notes += [f"left out {DEMO_PREFIX}{name}: {objection}" for name, objection in left_out.items()]
    names = [name for name in catalogue.names if name not in left_out]
    add_demo_labels(engine.sandboxes.default, catalogue, names)
    return engine, tuple(notes)


def _left_out(
    engine: Engine, catalogue: Catalogue, contract: Path, added: tuple[str, ...]
) -> Iterator[tuple[str, str]]:
    """Yield shipped scenarios that the contract cannot answer, each with the reason; one of the user's is an error."""
    # The shipped contract answers every shipped scenario, which a test holds: reading them all would slow the start.
    for name in added if contract == CONTRACT_FILE else catalogue.names:
        objection = engine.answers.objection(catalogue[name])
        if objection is not None and name in added:
            raise click.BadParameter(f"scenario {name!r}: {objection}", param_hint="--scenario")
        if objection is not None:
            yield name, objection


def _find_scenario(catalogue: Catalogue, name: str | None) -> Scenario | None:
    if name is None:
        return None
    scenario = catalogue.find(name)
    if scenario is None:
        raise click.BadParameter(
            f"no scenario {name!r}; allowed: {', '.join(catalogue.names)}, or a script id such as PITD-6h-x",
            param_hint="--unknown-ids",
        )
    return scenario


_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    epilog="""\b
Examples:
  flexforward-mock serve
  flexforward-mock serve --port 0 --time-scale 3600          an hour passes each second
  flexforward-mock serve --token "$MY_TOKEN" --unknown-ids delivered
  flexforward-mock serve --scenario my-case.yaml             asked for as DEMO-my-case
"""
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8080,
    show_default=True,
    help="Port to listen on; 0 takes a free one.",
)
@click.option("--scenarios", "folder", type=_FOLDER, help="Folder of scenario files, each with a label DEMO-<name>.")
@click.option(
    "--scenario",
    "files",
    type=_FILE,
    multiple=True,
    help="Scenario file with a label DEMO-<name>; repeatable.",
)
@click.option(
    "--time-scale",
    type=click.FloatRange(0, 1_000_000),
    default=1.0,
    show_default=True,
    help="Virtual seconds that pass in a real one; 0 stops time.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Decides what is drawn, such as tracking numbers.")
@click.option("--contract", type=_FILE, default=None, help="OpenAPI 3.1 document to follow instead of the shipped one.")
@click.option("--token", multiple=True, help="Bearer token to take as well; repeatable.")
@click.option("--api-key", help="API key to take as well, together with --api-token.")
@click.option("--api-token", help="API token to take as well, together with --api-key.")
@click.option("--any-token", is_flag=True, help="Take all credentials.")
@click.option("--unknown-ids", metavar="SCENARIO", help="Lifecycle of every unknown id, instead of 404.")
@click.option("--control-token", help="Token that the control API wants; needed on any but a loopback address.")
@click.option(
    "--off-contract",
    is_flag=True,
    help="Let 'Prefer: code=' ask for statuses that the contract does not list.",
)
@click.option("--access-log", is_flag=True, help="Print a line for each request.")
def serve(  # one argument for each option
    *,
    host: str,
    port: int,
    folder: Path | None,
    files: tuple[Path, ...],
    time_scale: float,
    seed: int,
    contract: Path | None,
    token: tuple[str, ...],
    api_key: str | None,
    api_token: str | None,
    any_token: bool,
    unknown_ids: str | None,
    control_token: str | None,
    off_contract: bool,
    access_log: bool,
) -> None:
    """Run the mock server until Ctrl-C."""
    if math.isnan(time_scale):
        raise click.BadParameter("nan is no number; allowed: 0 to 1000000", param_hint="--time-scale")
    options = ServeOptions(
        contract=contract or CONTRACT_FILE,
        scenarios=(*((folder,) if folder else ()), *files),
        time_scale=time_scale,
        seed=seed,
        credentials=_credentials(token, api_key, api_token),
        is_any_token=any_token,
        unknown_ids=unknown_ids,
        is_off_contract=off_contract,
    )
    if not _is_loopback(host) and not control_token:
        raise click.UsageError(
            f"--host {host} is not a loopback address: the control API would be open to others; "
            "give it a secret with --control-token, or leave --host at 127.0.0.1"
        )
    engine, notes = build_engine(options)
    listener = _listen(host, port)
    address = _address(host, listener)
    app = create_app(engine, on_reply=_log if access_log else None)
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,  # what it says from "error" up goes to standard error as it is
            log_level="error",
            access_log=False,
            lifespan="off",
            ws="none",
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=1,
        )
    )

    def stop(_signum: int, _frame: object) -> None:
        """End the server though it has not begun; uvicorn also raises a signal again once it has shut down."""
        server.should_exit = True

    # Before the first line: whoever reads it may stop the server at once, and being asked to stop is no failure.
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    for line in _first_screen(engine, address, options, notes):
        click.echo(line)
    sys.stdout.flush()
    gc.freeze()  # what is here now stays: no collection has to look at it again
    server.run(sockets=[listener])
    click.echo("Stopped.")


class _Server(uvicorn.Server):
    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Leave the clients who do not take their answers; uvicorn would report each of them with a traceback."""
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)


def _credentials(tokens: tuple[str, ...], api_key: str | None, api_token: str | None) -> tuple[Credentials, ...]:
    if (api_key is None) != (api_token is None):
        raise click.UsageError("--api-key and --api-token work only together; give both or neither")
    named = (*(("--token", token) for token in tokens), ("--api-key", api_key), ("--api-token", api_token))
    for option, secret in named:
        # An empty one is a variable that was not set, as in --token "$MY_TOKEN"; it would never be let in.
        if secret is not None and not (secret.isascii() and secret.isprintable() and secret.strip() == secret != ""):
            raise click.BadParameter(
                "it is empty, or a header cannot carry it; allowed: printable ASCII, no space at either end",
                param_hint=option,
            )
    pair = () if api_key is None else (Credentials(api_key=api_key, api_token=api_token),)
    return (*(Credentials(token=token) for token in tokens), *pair)


def _listen(host: str, port: int) -> socket.socket:
    """Open the port, which takes connections from here on: they wait until the server is up."""
    listener: socket.socket | None = None
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except (OSError, UnicodeError) as error:
        if listener is not None:
            listener.close()
        reason = error.strerror if isinstance(error, OSError) else "not the name of a host"
        raise click.UsageError(
            f"cannot listen on {host} port {port} ({reason}); choose another with --port (0 takes a free one) or --host"
        ) from error
    return listener


def _address(host: str, listener: socket.socket) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _log(request: Request, reply: Reply) -> None:
    """Print one exchange; the query stays out, since a credential could stand in it."""
    click.echo(f"{request.method} {request.path} {reply.status}")


def _first_screen(engine: Engine, address: str, options: ServeOptions, notes: tuple[str, ...]) -> Iterator[str]:
    contract = engine.contract
    yield f"Flex Forward mock (unofficial), following {contract.source} {contract.version}"
    yield f"Listening on {click.style(address, bold=True)}  (Ctrl-C stops it)"
    yield ""
    yield "Credentials"
    for alternative in engine.tracking.security:
        yield "  " + ("   ".join(map(_shown, alternative)) or "none needed")
    if options.credentials:
        yield f"  and {len(options.credentials)} of your own"
    yield ""
    yield "Shipments to ask for"
    yield f"  {GUIDE_LABEL_ID}   the one of the vendor's guide"
    for name in SHOWN_DEMOS:
        if DEMO_PREFIX + name in engine.sandboxes.default:
            yield f"  {DEMO_PREFIX}{name}"
    yield f"  {SHOWN_SCRIPT_ID}   any lifecycle you spell: here Pending, InfoReceived, InTransit, Delivered, 10 s each"
    yield "  (all of them: flexforward-mock scenarios list)"
    for note in notes:
        yield f"Note: {note}"
    yield ""
    yield "Try"
    yield f"  {_curl_line(engine.tracking, address)}"


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
