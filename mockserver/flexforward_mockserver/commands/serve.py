"""``flexforward-mock serve``: the mock server on a real socket."""

from __future__ import annotations

import gc
import math
import os
import signal
import socket
import sys
from contextlib import suppress
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flexforward_mockserver.state.credentials import Credentials
from flexforward_mockserver.web.app import create_app
from flexforward_mockserver.web.assembly import OptionError, ServerOptions, build_server
from flexforward_mockserver.web.uvicorn_server import UvicornServer
from flexforward_openapi import CONTRACT_FILE

from .banner import banner

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from flexforward_mockserver.engine.engine import Engine
    from flexforward_mockserver.engine.messages import Request, Response
    from flexforward_mockserver.web.assembly import ServerParts

__all__ = ["serve"]

BACKLOG = 2048
_CONTROL_VARIABLE = "FLEXFORWARD_MOCK_CONTROL_TOKEN"


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
@click.option(
    "--contract", type=_FILE, default=None, help="OpenAPI document (3.0 or 3.1) to follow instead of the shipped one."
)
@click.option(
    "--strict-contract",
    is_flag=True,
    help="Refuse whatever in the document is not supported, instead of reading past it.",
)
@click.option("--token", multiple=True, help="Bearer token to take as well; repeatable.")
@click.option("--api-key", help="API key to take as well, together with --api-token.")
@click.option("--api-token", help="API token to take as well, together with --api-key.")
@click.option("--any-token", is_flag=True, help="Take all credentials.")
@click.option("--unknown-ids", metavar="SCENARIO", help="Lifecycle of every unknown id, instead of 404.")
@click.option(
    "--control-token",
    envvar=_CONTROL_VARIABLE,
    show_envvar=True,
    help="Token that the control API wants; needed on any but a loopback address.",
)
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
    strict_contract: bool,
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
    _check_access(host, control_token)
    options = ServerOptions(
        contract=contract or CONTRACT_FILE,
        strict_contract=strict_contract,
        scenarios=(*((folder,) if folder else ()), *files),
        time_scale=time_scale,
        seed=seed,
        credentials=_credentials(token, api_key, api_token),
        accept_any_token=any_token,
        unknown_ids=unknown_ids,
        allow_undocumented=off_contract,
    )
    try:
        served = build_server(options)
    except OptionError as error:
        raise click.BadParameter(error.problem, param_hint=error.option) from error
    _run(served, host, port, control_token, has_access_log=access_log)


def _check_access(host: str, control_token: str | None) -> None:
    """Refuse to open the control API to other machines without a secret."""
    if control_token is None:
        control_token = os.environ.get(_CONTROL_VARIABLE)  # click takes an empty variable for none
    if control_token is not None:
        _check_secret("--control-token", control_token)
    elif not _is_loopback(host):
        raise click.UsageError(
            f"--host {host} is not a loopback address: the control API would be open to others; "
            "give it a secret with --control-token or FLEXFORWARD_MOCK_CONTROL_TOKEN, or leave --host at 127.0.0.1"
        )


def _run(served: ServerParts, host: str, port: int, control_token: str | None, *, has_access_log: bool) -> None:
    """Listen, print the banner, and answer until somebody ends it."""
    listener = _listen(host, port)
    address = _address(host, listener)
    names = (f"[{host}]" if ":" in host else host.lower(),)
    control = _Control(served, control_token, names)
    app = create_app(
        served.engine,
        control=control,
        on_reply=partial(_log, served.engine) if has_access_log else None,
        leads_to_page=not any(operation.pattern.fullmatch("/") for operation in served.engine.contract.operations),
    )
    control.server = server = UvicornServer(app)

    def stop(_signum: int, _frame: object) -> None:
        """End the server though it has not begun; uvicorn also raises a signal again once it has shut down."""
        server.should_exit = True

    # Before the first line: whoever reads it may stop the server at once, and being asked to stop is no failure.
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    for line in banner(served, address, own_credentials=len(served.options.credentials)):
        click.echo(line)
    sys.stdout.flush()
    gc.freeze()  # what is here now stays: no collection has to look at it again
    server.run(sockets=[listener])
    click.echo("Stopped.")


class _Control:
    """The control API's application, made by the first request for it.

    Attributes:
        server: what it is served by, once there is one.
    """

    def __init__(self, served: ServerParts, token: str | None, names: tuple[str, ...]) -> None:
        self._served, self._token, self._names = served, token, names
        self._app: ASGIApp | None = None
        self.server: UvicornServer | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is None:
            from flexforward_mockserver.web.control_app import LOOPBACK_NAMES, HostGuard, create_control_app

            guard = HostGuard(token=self._token, hosts=(*LOOPBACK_NAMES, *self._names))
            self._app = create_control_app(self._served.open_control(), guard, is_ending=self._is_ending)
        await self._app(scope, receive, send)

    def _is_ending(self) -> bool:
        return self.server is not None and self.server.should_exit


def _credentials(tokens: tuple[str, ...], api_key: str | None, api_token: str | None) -> tuple[Credentials, ...]:
    if (api_key is None) != (api_token is None):
        raise click.UsageError("--api-key and --api-token work only together; give both or neither")
    named = (*(("--token", token) for token in tokens), ("--api-key", api_key), ("--api-token", api_token))
    for option, secret in named:
        if secret is not None:
            _check_secret(option, secret)
    pair = () if api_key is None else (Credentials(api_key=api_key, api_token=api_token),)
    return (*(Credentials(token=token) for token in tokens), *pair)


def _check_secret(option: str, secret: str) -> None:
    """Refuse a secret that no header can carry; an empty one is a variable that was not set, as in "$MY_TOKEN"."""
    if not (secret.isascii() and secret.isprintable() and secret.strip() == secret != ""):
        raise click.BadParameter(
            "it is empty, or a header cannot carry it; allowed: printable ASCII, no space at either end",
            param_hint=option,
        )


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


def _log(engine: Engine, request: Request, reply: Response) -> None:
    """Print one exchange, without the query and without credentials."""
    with suppress(OSError):  # whoever read it is gone; the server stays
        click.echo(f"{request.method} {engine.masked(request).partition('?')[0]} {reply.status}")
