"""The environment that a program gets."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .notification_desk import NOTIFY_PATH
from .program_options import filled

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from flexforward_fixtures import FlexForward, LabelHandle

    from .program_options import ProgramOptions

__all__ = ["PRELOADS", "known_names", "program_environment", "program_variables"]

PRELOADS = Path(__file__).parents[1] / "virtual_time" / "preload"

_PREFIX = "FLEXFORWARD_"

_COLLECTOR = {"GOGC": "off", "GOMEMLIMIT": "256MiB"}
"""By these Go's collector runs when memory is needed. By itself it also runs each two minutes, which are virtual ones
here: thousands of times in a trial, for most of the time that a poller took."""


def program_variables(
    options: ProgramOptions,
    handle: FlexForward,
    labels: list[LabelHandle],
    *,
    state_dir: str,
    time_address: tuple[str, int],
    now: datetime,
) -> dict[str, str]:
    """Return what the program is told of its Flex Forward as it is started, at ``now``; no label where it makes one."""
    variables = {
        "BASE_URL": handle.base_url,
        "TOKEN": handle.token,
        "API_KEY": handle.api_key,
        "API_TOKEN": handle.api_token,
        "NOTIFY_URL": handle.base_url + NOTIFY_PATH,
        "STATE_DIR": state_dir,
        "NOW": str(int(now.timestamp())),
        "PRELOAD_DIR": str(PRELOADS),
    }
    if labels:
        variables["LABEL_ID"] = labels[0].id
        variables["LABEL_IDS"] = ",".join(label.id for label in labels)
        variables["ORDER_NUMBER"] = labels[0].order_number
    if options.time == "real":
        variables["TIME_SCALE"] = f"{options.scale:g}"
    else:
        variables["TIME_ADDRESS"] = "{}:{}".format(*time_address)
    return {f"{_PREFIX}{name}": value for name, value in variables.items()}


def known_names(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the values for placeholders."""
    return {name.removeprefix(_PREFIX).lower(): value for name, value in variables.items()}


def program_environment(
    options: ProgramOptions, variables: Mapping[str, str], surroundings: Mapping[str, str], way: str
) -> dict[str, str]:
    """Return all variables of the program: those around us, ours, those that bring virtual time, and its own.

    Args:
        options: of the run.
        variables: ours.
        surroundings: those around us.
        way: in which virtual time comes to it: ``preload``, ``supervisor``, or another name for none of them.
    """
    known = known_names(variables)
    own = {name: filled(template, known) for name, template in options.variables.items()}
    host = urlsplit(variables["FLEXFORWARD_BASE_URL"]).hostname or ""
    around = {
        name: value
        for name, value in surroundings.items()
        if not name.startswith((f"{_PREFIX}TIME_", f"{_PREFIX}LABEL_ID", f"{_PREFIX}ORDER_NUMBER"))
    }
    environment = {**around, **variables, "PYTHONUNBUFFERED": "1"}  # what it tells is heard before it waits
    for name in ("NO_PROXY", "no_proxy"):
        environment[name] = ",".join(filter(None, (surroundings.get(name), host)))
    if way == "preload":
        environment |= _preloads(surroundings)
    elif way == "supervisor" and not environment.keys() & _COLLECTOR.keys():
        environment |= _COLLECTOR
    return environment | own


def _preloads(surroundings: Mapping[str, str]) -> dict[str, str]:
    preload = str(PRELOADS / "preload.cjs").replace("\\", "\\\\").replace('"', '\\"')
    return {
        "PYTHONPATH": os.pathsep.join(filter(None, (str(PRELOADS), surroundings.get("PYTHONPATH")))),
        "NODE_OPTIONS": " ".join(filter(None, (surroundings.get("NODE_OPTIONS"), f'--require "{preload}"'))),
    }
