"""Schemathesis run over the tracking operation of a live API, with what it needs to be no vacuous green.

Left to itself it passes on an API that answers 401 to everything; here every exchange is handed back, and
``missing_statuses`` names the documented statuses that were not seen. It sends GETs only, follows no redirect, and
keeps its credentials from other hosts.
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

from .schemathesis_report import Complaint, GeneratedExchange, read_complaints, read_exchanges

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flexforward_openapi import Contract, Json

__all__ = ["DocumentRun", "request_bound", "run_document"]

PHASES = "examples,coverage,fuzzing"
"""All but stateful: one read-only operation has no links to follow."""

_COVERAGE_BOUND = 40
"""More requests than the coverage phase makes beside the ids: boundary values and headers that should not be there."""

_CONFIG = """\
{auth}
{headers}

[reports]
preserve-bytes = true

[dictionaries.ids]
values = {ids}

[parameters]
"path.id" = {{ dictionary = "ids", probability = 0.8 }}

[generation]
max-examples = {max_examples}
database = "none"
with-security-parameters = {has_security}

[phases.coverage]
unexpected-methods = []

# The document lists 502 and 422: answers to a sound request, and no fault of the server's.
[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 502]

[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 422, 502]
"""


_CONFIG_FILE, _DOCUMENT_FILE = "schemathesis.toml", f"{CONTRACT_FILE.stem}.json"
_HAR_FILE, _EVENTS_FILE = "run.har", "run.ndjson"
_COMMAND = (
    *(sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", _CONFIG_FILE),
    *("run", _DOCUMENT_FILE, "--phases", PHASES, "--max-redirects", "0", "--continue-on-failure", "--no-shrink"),
    *("--report-har-path", _HAR_FILE, "--report-ndjson-path", _EVENTS_FILE),
)
"""What every run says, in a folder of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentRun:
    """What came of a run.

    Attributes:
        exit_code: schemathesis's own: 0 if no check failed, 1 if one did.
        exchanges: every request that it made, with its answer if there was one.
        complaints: its failed checks.
        output: what it printed.
    """

    exit_code: int
    exchanges: tuple[GeneratedExchange, ...]
    complaints: tuple[Complaint, ...]
    output: str

    @property
    def statuses(self) -> Counter[int]:
        """How often each status was seen for the documented method."""
        methods = {operation.method for operation in load_contract().operations}
        return Counter(
            exchange.status
            for exchange in self.exchanges
            if exchange.method in methods and exchange.status  # 0: no answer came
        )

    @property
    def missing_statuses(self) -> tuple[int, ...]:
        """Documented statuses that no answer had."""
        documented = {status for operation in load_contract().operations for status in operation.statuses}
        return tuple(sorted(documented - set(self.statuses)))


def request_bound(ids: int, max_examples: int) -> int:
    """Return how many requests a run makes at the most, each id of ``ids`` being an example."""
    return 2 * ids + _COVERAGE_BOUND + 2 * max_examples


def run_document(
    base_url: str,
    *,
    credentials: Mapping[str, str],
    ids: Sequence[str],
    headers: Mapping[str, str] | None = None,
    max_examples: int = 100,
    rate: str | None = None,
    request_timeout_s: float = 10,
    timeout_s: float = 600,
    excluded_checks: Sequence[str] = (),
    is_loopback: bool = True,
    seed: int = 1,
) -> DocumentRun:
    """Let schemathesis check the document against a live API.

    Args:
        base_url: of the API.
        credentials: security scheme name to secret: ``{"bearerAuth": ...}``, or both of the pair (schemathesis
            ignores half a pair in silence and makes credentials up).
        ids: ids and order numbers to ask for; between them they should provoke every documented status.
        headers: sent with every request; a secret may stand in them.
        max_examples: how many requests the fuzzing phase makes.
        rate: such as ``5/s``; None for as fast as it can.
        request_timeout_s: for one request.
        timeout_s: for the whole run.
        excluded_checks: checks of schemathesis's that are left out.
        is_loopback: the host is this machine, and no proxy leads there.
        seed: the same seed makes the same requests.

    Raises:
        TimeoutError: the run did not end in time.
    """
    headers = headers or {}
    secrets = {_variable(name): secret for name, secret in {**credentials, **headers}.items()}
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, _CONFIG_FILE).write_text(_config(credentials, headers, ids, max_examples))
        Path(folder, _DOCUMENT_FILE).write_bytes(msgspec.json.encode(_with_examples(load_contract(), ids)))
        command = [*_COMMAND, "--url", base_url, "--seed", str(seed), "--request-timeout", str(request_timeout_s)]
        command += [] if rate is None else ["--rate-limit", rate]
        command += ["--exclude-checks", ",".join(excluded_checks)] if excluded_checks else []
        try:
            done = subprocess.run(  # noqa: S603  # our own interpreter, our own arguments
                command,
                cwd=folder,
                env=_environment(is_loopback=is_loopback) | secrets,
                capture_output=True,
                text=True,
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise TimeoutError(f"schemathesis did not end within {timeout_s:g} s") from error
        exchanges, complaints = read_exchanges(Path(folder, _HAR_FILE)), read_complaints(Path(folder, _EVENTS_FILE))
    output = done.stdout + done.stderr
    return DocumentRun(exit_code=done.returncode, exchanges=exchanges, complaints=complaints, output=output)


def _config(credentials: Mapping[str, str], headers: Mapping[str, str], ids: Sequence[str], max_examples: int) -> str:
    auth = [
        f'{name} = {{ {"bearer" if name == "bearerAuth" else "api_key"} = "${{{_variable(name)}}}" }}'
        for name in credentials
    ]
    sent = [f'"{name}" = "${{{_variable(name)}}}"' for name in headers]
    return _CONFIG.format(
        auth="\n".join(["[auth.openapi]", *auth]) if auth else "",
        headers="\n".join(["[headers]", *sent]) if sent else "",
        ids=msgspec.json.encode(list(ids)).decode(),
        max_examples=max_examples,
        has_security="true" if credentials else "false",
    )


def _environment(*, is_loopback: bool) -> dict[str, str]:
    """Return the environment without what changes requests behind our back: .netrc, and proxies to this machine."""
    kept = {name: value for name, value in os.environ.items() if not (is_loopback and name.lower().endswith("_proxy"))}
    # requests would show the login of a .netrc in the place of ours.
    return {**kept, "NETRC": os.devnull, **({"NO_PROXY": "*"} if is_loopback else {})}


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
    return f"FLEXFORWARD_RUN_{name.upper().replace('-', '_')}"
