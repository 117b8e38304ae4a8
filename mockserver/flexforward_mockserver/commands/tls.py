"""Certificates for ``serve``: given ones, or one that is made for one run."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["check_files", "made_certificate"]


def check_files(certificate: Path, key: Path) -> None:
    """Refuse a certificate and a key that do not make a server.

    Raises:
        click.BadParameter: they cannot be read, or do not belong together.
    """
    for file in (certificate, key):
        if not file.is_file():  # a pipe or a device may never end
            raise click.BadParameter(f"{file} is not a regular file", param_hint="--tls-cert or --tls-key")
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key, password="")
    except (ssl.SSLError, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or "it cannot be read"
        raise click.BadParameter(
            f"{certificate} and {key} make no server ({reason}); allowed: a certificate in PEM and its own key, "
            "without a password",
            param_hint="--tls-cert",
        ) from error


@contextmanager
def made_certificate(host: str) -> Generator[tuple[Path, Path, Path]]:
    """Make a certificate for ``host`` and for this machine's own names, gone with the run.

    Yields:
        The files of the certificate chain, of its key, and of the authority that clients have to trust.

    Raises:
        click.UsageError: the extra that makes certificates is not installed.
    """
    try:
        import trustme
    except ModuleNotFoundError as error:
        raise click.UsageError(
            "--tls needs trustme, which is not installed; run: pip install 'flexforward-mock[tls]', "
            "or give a certificate with --tls-cert and --tls-key"
        ) from error
    authority = trustme.CA()
    names = dict.fromkeys(("localhost", "127.0.0.1", "::1", *(() if host in ("0.0.0.0", "::") else (host,))))  # noqa: S104
    issued = authority.issue_cert(*names)
    with TemporaryDirectory(prefix="flexforward-mock-") as folder:
        chain, key, trusted = (Path(folder, name) for name in ("server.pem", "server.key", "authority.pem"))
        for pem in issued.cert_chain_pems:
            pem.write_to_path(chain, append=True)
        issued.private_key_pem.write_to_path(key)
        authority.cert_pem.write_to_path(trusted)
        yield chain, key, trusted
