"""What the options of ``verify-client`` may say."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from flexforward_mockserver.scenarios.catalogue import Catalogue
from flexforward_mockserver.scenarios.duration import DURATION_ALLOWED, parse_duration
from flexforward_openapi.suggestion import did_you_mean

from .runner.program_options import ProgramOptionsError, address_of, misspelt
from .runner.saved_trial import read_trial
from .runner.trial import Trial, shipped_trials

if TYPE_CHECKING:
    from datetime import timedelta

    from .runner.program_options import ProgramOptions

__all__ = [
    "jobs_of",
    "read_awaited",
    "read_bind",
    "read_command",
    "read_interval",
    "read_public_url",
    "read_variables",
    "trials_of",
]


def jobs_of(asked: int | None, options: ProgramOptions) -> int:
    """Return how many trials are run at once: as many as were asked for, else as there are cores, if they can be."""
    if options.listens_on[1] != 0:
        if asked is not None and asked > 1:
            raise click.UsageError(
                "--jobs above 1 needs a port for each: leave the port out of --bind and --public-url"
            )
        return 1
    if asked is not None:
        return asked
    return 1 if options.time == "real" else len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1


def read_interval(_context: click.Context, _parameter: click.Parameter, value: str | None) -> timedelta | None:
    """Read ``--every``."""
    span = None if value is None else parse_duration(value)
    if value is not None and not span:
        raise click.BadParameter(f"{value!r} is not a duration above 0; allowed: {DURATION_ALLOWED}")
    return span


def read_variables(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    """Read ``--env``."""
    for value in values:
        if not value.partition("=")[0] or "=" not in value:
            raise click.BadParameter(
                f"{value!r} is not a variable; allowed: NAME=TEMPLATE, such as API_URL={{base_url}}"
            )
    variables = dict(value.split("=", 1) for value in values)
    _check_placeholders(*variables.values())
    return variables


def read_command(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Read the command."""
    _check_placeholders(*values)
    return values


def read_bind(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    """Read ``--bind``."""
    try:
        address_of(value)
    except ProgramOptionsError as error:
        raise click.BadParameter(str(error)) from error
    return value


def read_awaited(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Read ``--wait-for``."""
    for value in values:
        try:
            is_whole = address_of(value)[1] is not None
        except ProgramOptionsError:
            is_whole = False
        if not is_whole:
            raise click.BadParameter(f"{value!r} is not an address; allowed: HOST:PORT, such as 127.0.0.1:5432")
    return values


def read_public_url(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    """Read ``--public-url``."""
    if value is None:
        return None
    try:
        parts = urlsplit(value)
        is_url = parts.scheme == "http" and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_url = False
    if not is_url:
        raise click.BadParameter(f"{value!r} is not an http URL; allowed: such as http://host.docker.internal:8080")
    return value.rstrip("/")


def trials_of(wanted: tuple[str, ...]) -> tuple[Trial, ...]:
    """Return the trials of ``--scenario``; all that ship, if none is wanted.

    Raises:
        ScenarioError: a file cannot be read, or has mistakes.
    """
    shipped = {trial.name: trial for trial in shipped_trials()}
    return tuple(_trial(name, shipped) for name in wanted) if wanted else tuple(shipped.values())


def _trial(name: str, shipped: dict[str, Trial]) -> Trial:
    """Find a trial by its name, a scenario by its name or script id, or read a file."""
    if name in shipped:
        return shipped[name]
    scenario = Catalogue().find(name)
    if scenario is not None:
        return Trial(scenario=scenario, order_number="ORDER-1")
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.exists():
        return read_trial(path)
    hint = did_you_mean(name, (*shipped, *Catalogue().names))
    names = f"one of {len(shipped)} trials" if hint else ", ".join(shipped)
    allowed = f"{names}, a scenario's name, a script id such as PITD-6h-1, or a .yaml file"
    told = f"{hint} Allowed" if hint else "; allowed"
    raise click.BadParameter(f"there is no scenario {name!r}{told}: {allowed}", param_hint="--scenario")


def _check_placeholders(*templates: str) -> None:
    slip = misspelt(iter(templates))
    if slip is not None:
        raise click.BadParameter(slip)
