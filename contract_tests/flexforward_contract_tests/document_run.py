"""Schemathesis run over the tracking operation of a live API, with what it needs to be no vacuous green.

Left to itself it passes on an API that answers 401 to everything; here every status that was seen is handed back, and
``missing_statuses`` names the documented ones that were not.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from flexforward_openapi import CONTRACT_FILE, load_contract

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flexforward_openapi import Contract, Json

__all__ = ["DocumentRun", "run_document"]

PHASES = "examples,coverage,fuzzing"
"""All but stateful: one read-only operation has no links to follow."""

_CONFIG = """\
[auth.openapi]
{auth}

[dictionaries.ids]
values = {ids}

[parameters]
"path.id" = {{ dictionary = "ids", probability = 0.8 }}

[generation]
max-examples = {max_examples}
database = "none"

# The document lists 502 and 422: answers to a sound request, and no fault of the server's.
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 502]

[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 422, 502]
"""


class _Asked(msgspec.Struct):
    method: str


class _Answered(msgspec.Struct):
    status: int


class _Entry(msgspec.Struct):
    request: _Asked
    response: _Answered


class _Log(msgspec.Struct):
    entries: list[_Entry] = []


class _Har(msgspec.Struct):
    """What we read of a HAR file."""

    log: _Log


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRun:
    """What came of a run.

    Attributes:
        exit_code: schemathesis's own: 0 if no check failed.
        statuses: how often each status was seen for the documented method.
        output: what schemathesis printed.
    """

    exit_code: int
    statuses: Counter[int]
    output: str

    @property
    def missing_statuses(self) -> tuple[int, ...]:
        """Documented statuses that no answer had."""
        documented = {status for operation in load_contract().operations for status in operation.statuses}
        return tuple(sorted(documented - set(self.statuses)))


def run_document(
    base_url: str, *, credentials: Mapping[str, str], ids: Sequence[str], max_examples: int = 100, seed: int = 1
) -> DocumentRun:
    """Let schemathesis check the document against a live API.

    Args:
        base_url: of the API.
        credentials: security scheme name to secret: ``{"bearerAuth": ...}``, or both of the pair (schemathesis
            ignores half a pair in silence and makes credentials up).
        ids: ids and order numbers to ask for; between them they should provoke every documented status.
        max_examples: how many requests the fuzzing phase makes.
        seed: the same seed makes the same requests.
    """
    contract = load_contract()
    auth = "\n".join(
        f'{name} = {{ {"bearer" if name == "bearerAuth" else "api_key"} = "${{{_variable(name)}}}" }}'
        for name in credentials
    )
    config = _CONFIG.format(auth=auth, ids=msgspec.json.encode(list(ids)).decode(), max_examples=max_examples)
    with tempfile.TemporaryDirectory() as folder:
        config_file, har_file = Path(folder, "schemathesis.toml"), Path(folder, "run.har")
        document_file = Path(folder, CONTRACT_FILE.stem + ".json")
        config_file.write_text(config)
        document_file.write_bytes(msgspec.json.encode(_with_examples(contract, ids)))
        command = [sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", str(config_file)]
        command += ["run", str(document_file), "--url", base_url, "--phases", PHASES, "--seed", str(seed)]
        command += ["--report-har-path", str(har_file), "--request-timeout", "10"]
        secrets = {_variable(name): secret for name, secret in credentials.items()}
        done = subprocess.run(  # noqa: S603  # our own interpreter, our own arguments
            command, cwd=folder, env={**os.environ, **secrets}, capture_output=True, text=True, timeout=600, check=False
        )
        har = msgspec.json.decode(har_file.read_bytes(), type=_Har) if har_file.exists() else _Har(log=_Log())
    methods = {operation.method for operation in contract.operations}
    statuses = Counter(
        entry.response.status
        for entry in har.log.entries
        if entry.request.method in methods and entry.response.status  # 0: no answer came
    )
    return DocumentRun(exit_code=done.returncode, statuses=statuses, output=done.stdout + done.stderr)


def _with_examples(contract: Contract, ids: Sequence[str]) -> Json:
    """Return the document with ``ids`` as the examples of each parameter; the contract has one, the path's.

    The examples phase asks for each of them once; the fuzzing phase draws from its dictionary very unevenly.
    """
    document: Json = msgspec.json.decode(msgspec.json.encode(contract.document))
    for item in document["paths"].values():
        for parameter in (entry for operation in item.values() for entry in operation["parameters"]):
            parameter.pop("example", None)
            parameter["examples"] = {f"id-{index}": {"value": value} for index, value in enumerate(ids)}
    return document


def _variable(name: str) -> str:
    return f"FLEXFORWARD_RUN_{name.upper()}"
