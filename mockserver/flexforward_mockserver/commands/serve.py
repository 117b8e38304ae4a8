"""``flexforward-mock serve``: the mock server on a real socket."""

from __future__ import annotations

import errno
import gc
import math
import os
import re
import signal
import socket
import sys
import threading
from contextlib import contextmanager
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from flexforward_mockserver.web.app import create_app
from flexforward_mockserver.web.assembly import OptionError, ServerOptions, build_server
from flexforward_mockserver.web.uvicorn_server import UvicornServer

from .access_log import log_exchange
from .banner import banner, invocation
from .credential_options import check_secret, given_credentials

if TYPE_CHECKING:
    from collections.abc import Generator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from flexforward_mockserver.web.assembly import ServerParts

__all__ = ["serve"]

BACKLOG = 2048
_NO_SUCH_ADDRESS = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""Of localhost's second address, on a machine that has one of the two families."""
_PREPARED_AFTER_S = 1.0
_CONTROL_VARIABLE = "FLEXFORWARD_MOCK_CONTROL_TOKEN"
_ORIGIN = re.compile(r"\*|null|[a-z][a-z0-9+.-]*://[^\sA-Z/?#@]+", re.ASCII)
"""What a browser may send as ``Origin``; anything else would never match, and no page would be let in."""


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
    help="Port to listen on; 0 for a free one.",
)
@click.option("--scenarios", "folder", type=_FOLDER, help="Folder of scenario files; each gets a label DEMO-<name>.")
@click.option(
    "--scenario",
    "files",
    type=_FILE,
    multiple=True,
    help="Scenario file; gets a label DEMO-<name>; repeatable.",
)
@click.option(
    "--time-scale",
    type=click.FloatRange(0, 1_000_000),
    default=1.0,
    show_default=True,
    help="Virtual seconds per real second; 0 stops time.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Seed for generated values such as tracking numbers."
)
@click.option(
    "--contract", type=_FILE, default=None, help="OpenAPI document (3.0 or 3.1) to follow instead of the included one."
)
@click.option(
    "--strict-contract",
    is_flag=True,
    help="Reject a document with anything that is not supported, instead of ignoring that with a note.",
)
@click.option("--token", multiple=True, help="Additional bearer token to accept; repeatable.")
@click.option(
    "--api-key",
    multiple=True,
    metavar="[NAME=]VALUE",
    help="Additional API key to accept, together with --api-token; or NAME=VALUE for the key of that name; repeatable.",
)
@click.option("--api-token", help="Additional API token to accept, together with --api-key.")
@click.option("--any-token", is_flag=True, help="Accept any credentials.")
@click.option(
    "--unknown-ids", metavar="SCENARIO", help="Scenario or script id that each unknown id gets, instead of a 404."
)
@click.option(
    "--new-labels", metavar="SCENARIO", help="Lifecycle of labels that POST /labels makes, instead of 'delivered'."
)
@click.option(
    "--control-token",
    envvar=_CONTROL_VARIABLE,
    show_envvar=True,
    help="Bearer token for the control API; required unless --host is a loopback address.",
)
@click.option(
    "--off-contract",
    is_flag=True,
    help="Let 'Prefer: code=' ask for statuses that the contract does not list.",
)
@click.option("--access-log", is_flag=True, help="Print a line for every request, not only for those that get a 4xx.")
@click.option(
    "--cors",
    is_flag=False,
    flag_value="*",
    metavar="[ORIGIN]",
    help="Allow requests from pages of this origin, or of any if none is given (CORS); never to the control API.",
)
@click.option("--tls", "is_tls", is_flag=True, help="Serve HTTPS with a certificate generated for this run.")
@click.option("--tls-cert", type=_FILE, help="PEM certificate to serve HTTPS with, together with --tls-key.")
@click.option("--tls-key", type=_FILE, help="PEM private key of --tls-cert.")
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
    api_key: tuple[str, ...],
    api_token: str | None,
    any_token: bool,
    unknown_ids: str | None,
    new_labels: str | None,
    control_token: str | None,
    off_contract: bool,
    cors: str | None,
    is_tls: bool,
    tls_cert: Path | None,
    tls_key: Path | None,
    access_log: bool,
) -> None:
    """Run the mock server until Ctrl-C."""
    if math.isnan(time_scale):
        raise click.BadParameter("nan is no number; allowed: 0 to 1000000", param_hint="--time-scale")
    if cors is not None and not _ORIGIN.fullmatch(cors):
        raise click.BadParameter(
            f"{cors!r} is not an origin; allowed: scheme and host in lower case, without a path, "
            "such as http://localhost:3000",
            param_hint="--cors",
        )
    _check_access(host, control_token)
    options = ServerOptions(
        contract=contract,
        strict_contract=strict_contract,
        scenarios=(*((folder,) if folder else ()), *files),
        time_scale=time_scale,
        seed=seed,
        credentials=given_credentials(token, api_key, api_token),
        accept_any_token=any_token,
        unknown_ids=unknown_ids,
        new_labels=new_labels,
        allow_undocumented=off_contract,
    )
    try:
        served = build_server(options)
    except OptionError as error:
        raise click.BadParameter(error.problem, param_hint=error.option) from error
    with _certificate(host, is_made=is_tls, certificate=tls_cert, key=tls_key) as tls:
        listening = _Listening(host, port, control_token, cors=cors, tls=tls)
        _run(served, listening, has_access_log=access_log)


class _Listening(msgspec.Struct, frozen=True):
    """Where the server listens, and to whom.

    Attributes:
        tls: files of certificate, key and, where it is made for this run, the authority to trust; None for none.
    """

    host: str
    port: int
    control_token: str | None
    cors: str | None
    tls: tuple[Path, Path, Path | None] | None


@contextmanager
def _certificate(
    host: str, *, is_made: bool, certificate: Path | None, key: Path | None
) -> Generator[tuple[Path, Path, Path | None] | None]:
    """Yield the files that HTTPS needs, if it was wanted."""
    if (certificate is None) != (key is None) or (is_made and certificate is not None):
        raise click.UsageError("HTTPS needs --tls alone, or --tls-cert and --tls-key together")
    if not is_made and (certificate is None or key is None):
        yield None
        return
    from .tls import check_files, made_certificate

    if certificate is not None and key is not None:
        check_files(certificate, key)
        yield certificate, key, None
    else:
        with made_certificate(host) as files:
            yield files


def _check_access(host: str, control_token: str | None) -> None:
    """Refuse to open the control API to other machines without a secret."""
    if control_token is None:
        control_token = os.environ.get(_CONTROL_VARIABLE)  # click takes an empty variable for none
    if control_token is not None:
        check_secret("--control-token", control_token)
    elif not _is_loopback(host):
        raise click.UsageError(
            f"--host {host} is not a loopback address: the control API would be open to others; "
            "give it a secret with --control-token or FLEXFORWARD_MOCK_CONTROL_TOKEN, or leave --host at 127.0.0.1"
        )


def _run(served: ServerParts, listening: _Listening, *, has_access_log: bool) -> None:
    """Listen, print the banner, and answer until somebody ends it."""
    host, tls = listening.host, listening.tls
    listeners = _listen(host, listening.port)
    address = _address(host, listeners[0], is_secure=tls is not None)
    names = (f"[{host}]" if ":" in host else host.lower(),)
    control = _Control(served, listening.control_token, names)
    app = create_app(
        served.engine,
        control=control,
        on_reply=partial(log_exchange, has_all=has_access_log),
        cors=listening.cors,
        leads_to_page=not any(operation.pattern.fullmatch("/") for operation in served.engine.contract.operations),
    )
    control.server = server = UvicornServer(app, tls=None if tls is None else tls[:2])

    def stop(_signum: int, _frame: object) -> None:
        """End the server though it has not begun; uvicorn also raises a signal again once it has shut down."""
        server.should_exit = True

    # Before the first line: whoever reads it may stop the server at once, and being asked to stop is no failure.
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    trusted = None if tls is None else tls[2]
    is_guarded = listening.control_token is not None
    for line in banner(served, address, command=invocation(sys.argv[0]), is_guarded=is_guarded, trusted=trusted):
        click.echo(line)
    sys.stdout.flush()
    gc.freeze()  # what is here now stays: no collection has to look at it again
    # A control call may come when no file can be opened any more; the first answers come before that.
    preparation = threading.Timer(_PREPARED_AFTER_S, control.prepare)
    preparation.start()
    try:
        server.run(sockets=listeners)
    finally:
        preparation.cancel()
    click.echo("Stopped.")


class _Control:
    """The control API's application, made once the server has begun, and at the latest by the first request for it.

    Attributes:
        server: what it is served by, once there is one.
    """

    def __init__(self, served: ServerParts, token: str | None, names: tuple[str, ...]) -> None:
        self._served, self._token, self._names = served, token, names
        self._app: ASGIApp | None = None
        self._lock = threading.Lock()
        self.server: UvicornServer | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.prepare()(scope, receive, send)

    def prepare(self) -> ASGIApp:
        """Return the application; it is made once, by whichever thread comes first."""
        with self._lock:
            if self._app is None:
                from flexforward_mockserver.web.control_app import LOOPBACK_NAMES, HostGuard, create_control_app

                guard = HostGuard(token=self._token, hosts=(*LOOPBACK_NAMES, *self._names))
                self._app = create_control_app(self._served.open_control(), guard, is_ending=self._is_ending)
            return self._app

    def _is_ending(self) -> bool:
        return self.server is not None and self.server.should_exit


def _listen(host: str, port: int) -> list[socket.socket]:
    """Open the port, which takes connections from here on: they wait until the server is up.

    ``localhost`` is all its addresses, since clients choose among them; another name, or an address, is one.
    """
    listeners: list[socket.socket] = []
    try:
        # As bytes, an address is spared the codec of international names, which takes a while to import.
        is_address = set(host) <= set("0123456789.")
        found = socket.getaddrinfo(host.encode() if is_address else host, port, type=socket.SOCK_STREAM)
        places = dict.fromkeys((family, address) for family, _, _, _, address in found)
        for family, address in places if _is_localhost(host) else [*places][:1]:
            free = listeners[0].getsockname()[1] if listeners else port
            try:
                listeners.append(_open_listener(family, (address[0], free, *address[2:])))
            except OSError as error:
                if not listeners or error.errno not in _NO_SUCH_ADDRESS:
                    raise
    except (OSError, UnicodeError) as error:
        for listener in listeners:
            listener.close()
        reason = error.strerror if isinstance(error, OSError) else "not the name of a host"
        raise click.UsageError(
            f"cannot listen on {host} port {port} ({reason}); choose another with --port (0 takes a free one) or --host"
        ) from error
    return listeners


def _open_listener(family: int, address: tuple[str | int | bytes, ...]) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(address[0] == "::1"))
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener


def _is_localhost(host: str) -> bool:
    return host.lower().rstrip(".") == "localhost"


def _address(host: str, listener: socket.socket, *, is_secure: bool) -> str:
    shown = f"[{host}]" if ":" in host else host
    return f"http{'s' if is_secure else ''}://{shown}:{listener.getsockname()[1]}"


def _is_loopback(host: str) -> bool:
    if _is_localhost(host):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
