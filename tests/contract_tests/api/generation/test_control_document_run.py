"""Schemathesis over the live control API, by the document that it serves itself."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from itertools import count
from typing import TYPE_CHECKING

import msgspec
import pytest

from flexforward_fixtures.transports.live_server import run_in_thread
from flexforward_mockserver.control.control import Control
from flexforward_mockserver.scenarios.catalogue import Catalogue
from flexforward_mockserver.web.app import create_app
from flexforward_mockserver.web.control_app import HostGuard, create_control_app
from kit import Kit

if TYPE_CHECKING:
    from pathlib import Path

    from flexforward_openapi import Json

CONFIG = """\
[generation]
max-examples = 30
database = "none"

# What a schema cannot say: which scenarios there are and what makes one sound, which statuses a contract lists and
# what goes with which kind of fault, how many steps a label has. Such bodies are 400 though their shape is right; so
# is half a pair of credentials, for schemathesis does not read dependentRequired everywhere.
[[operations]]
include-operation-id = ["createLabel", "createFault", "jumpLabel", "createSandbox"]
checks.positive_data_acceptance.expected-statuses = ["2xx", 400, 404, 409]
"""


def run(url: str, folder: Path, *more: str) -> tuple[int, str, list[Json]]:
    (folder / "schemathesis.toml").write_text(CONFIG)
    command = [sys.executable, "-m", "schemathesis.cli", "--no-color", "run", f"{url}/_mock/openapi.json"]
    command += ["--exclude-operation-id", "getEvents"]  # its answer has no end
    command += ["--seed", "3", "--request-timeout", "10", "--report-har-path", "run.har", *more]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=100, check=False)
    har = folder / "run.har"
    entries: list[Json] = msgspec.json.decode(har.read_bytes())["log"]["entries"] if har.exists() else []
    return done.returncode, done.stdout + done.stderr, entries


@pytest.mark.parametrize("token", [pytest.param(None, id="open"), pytest.param("control-secret", id="token")])
def test_the_control_api_is_as_its_document_says(tmp_path: Path, token: str | None) -> None:
    kit = Kit()
    numbers = count(1)
    control = Control(
        kit.engine, Catalogue(), draw=lambda: f"{next(numbers):06}", wall=time.monotonic, demos=("delivered",)
    )
    more = () if token is None else ("-H", f"Authorization: Bearer {token}", "--phases", "examples,coverage")
    with run_in_thread(create_app(kit.engine, control=create_control_app(control, HostGuard(token=token)))) as url:
        exit_code, output, entries = run(url, tmp_path, *more)
    assert exit_code == 0, output
    document = control.document.json
    seen: dict[str, set[int]] = {}
    for entry in entries:
        path = entry["request"]["url"].partition("/_mock")[2].partition("?")[0]
        method = entry["request"]["method"]
        for template, item in document["paths"].items():
            pattern = re.sub(r"\{[a-z]+\}", "[^/]+", template.removeprefix("/_mock"))
            if method.lower() in item and re.fullmatch(pattern, path):
                seen.setdefault(item[method.lower()]["operationId"], set()).add(entry["response"]["status"])
    wanted = {
        operation["operationId"]: {int(status) for status in operation["responses"] if status[0] == "2"}
        for item in document["paths"].values()
        for method, operation in item.items()
        if method != "parameters"
    }
    never = {name: statuses for name, statuses in wanted.items() if not statuses <= seen.get(name, set())}
    rare = {
        "getDocument",
        "getEvents",
    }  # schemathesis reads it from there, and leaves it alone after that; the other is not tried
    if token:
        rare |= {"deleteFault", "deleteSandbox"}  # the links of the stateful phase lead there
    assert set(never) <= rare, "an operation that never succeeded was not tried"
