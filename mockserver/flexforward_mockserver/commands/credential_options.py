"""Credentials as options of ``serve`` give them."""

from __future__ import annotations

import click

from flexforward_mockserver.state.credentials import Credentials

__all__ = ["check_secret", "given_credentials"]


def given_credentials(
    tokens: tuple[str, ...], api_keys: tuple[str, ...], api_token: str | None
) -> tuple[Credentials, ...]:
    """Return what the server takes beside the well-known credentials.

    Args:
        tokens: of ``--token``.
        api_keys: of ``--api-key``: a key that goes with ``--api-token``, or ``NAME=VALUE``.
        api_token: of ``--api-token``.

    Raises:
        click.UsageError: they do not fit together, or no header can carry one of them.
    """
    # A key that stands alone beside a token is one even with an equals sign in it, as Base64 has them.
    is_pair = api_token is not None and len(api_keys) == 1
    plain = [key for key in api_keys if is_pair or "=" not in key]
    if len(plain) != (api_token is not None):
        raise click.UsageError(
            "--api-key and --api-token work only together; give one of each, or the key as --api-key NAME=VALUE"
        )
    named = [(name, value) for key in api_keys if key not in plain for name, _, value in (key.partition("="),)]
    secrets = (
        *(("--token", token) for token in tokens),
        *(("--api-key", secret) for secret in (*plain, *(value for _, value in named))),
        *(() if api_token is None else (("--api-token", api_token),)),
    )
    for option, secret in secrets:
        check_secret(option, secret)
    pair = (Credentials(api_key=plain[0], api_token=api_token),) if plain else ()
    keys = (Credentials(named=((name, value),)) for name, value in named)
    return (*(Credentials(token=token) for token in tokens), *pair, *keys)


def check_secret(option: str, secret: str) -> None:
    """Refuse a secret that no header can carry; an empty one is a variable that was not set, as in "$MY_TOKEN".

    Raises:
        click.BadParameter: it is one.
    """
    if not (secret.isascii() and secret.isprintable() and secret.strip() == secret != ""):
        raise click.BadParameter(
            "it is empty, or a header cannot carry it; allowed: printable ASCII, no space at either end",
            param_hint=option,
        )
