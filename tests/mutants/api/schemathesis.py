"""Plain ``schemathesis run`` on an API of ours, as its documentation says, to compare with."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import msgspec

from flexforward_openapi import CONTRACT_FILE
from mutants.api.socket import serve_api
from mutants.api.tracking_api import TOKEN
from mutants.api.trial import target_of

if TYPE_CHECKING:
    from mutants.api.socket import Wire
    from mutants.api.tracking_api import TrackingApi

__all__ = ["CONFIGS", "Setting", "schemathesis_failures"]

Setting: TypeAlias = Literal["plain", "tuned"]

_AUTH: Final = """\
[auth.openapi.bearerAuth]
bearer = "${FLEXFORWARD_TOKEN}"
"""

CONFIGS: Final[dict[Setting, str]] = {
    "plain": f"""\
{_AUTH}
[dictionaries.ids]
values = ["LABEL"]

[parameters]
"path.id" = {{ dictionary = "ids", probability = 0.8 }}
""",
    "tuned": f"""\
{_AUTH}
[dictionaries.ids]
values = ["LABEL", "ORDER_NUMBER", "FOREIGN_LABEL", "FAILED_LABEL", "DELIVERED_LABEL", "PENDING_LABEL"]

[parameters]
"path.id" = {{ dictionary = "ids", probability = 0.8 }}

[checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", 502]

[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 422, 502]
""",
}
"""Its configuration; capitals stand for what the API has."""


class _Failure(msgspec.Struct):
    check: str = ""
    title: str = ""


class _Report(msgspec.Struct):
    failures: list[_Failure]
    errors: list[msgspec.Raw] = []


def schemathesis_failures(api: TrackingApi, setting: Setting, wire: Wire | None = None) -> frozenset[str]:
    """Serve the API, and return what schemathesis finds, each in a word or two."""
    with serve_api(api, wire) as base_url, tempfile.TemporaryDirectory() as folder:
        target = target_of(api, base_url)
        config = CONFIGS[setting]
        known = ("order_number", "foreign_label_id", "failed_label_id", "delivered_label_id", "pending_label_id")
        for name in (*known, "label_id"):
            place = name.removesuffix("_id").upper()
            config = config.replace(f'"{place}"', msgspec.json.encode(getattr(target, name)).decode())
        config_file, report_file = Path(folder, "schemathesis.toml"), Path(folder, "report.json")
        config_file.write_text(config)
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(config_file), "run"]
        command += [str(CONTRACT_FILE), "--url", base_url, "--seed", "1", "--report-json-path", str(report_file)]
        done = subprocess.run(
            [*command, "--request-timeout", "10"],
            cwd=folder,
            env={**os.environ, "FLEXFORWARD_TOKEN": TOKEN},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if not report_file.exists():
            return frozenset({f"exit {done.returncode}: {done.stdout[-200:]}"})
        report = msgspec.json.decode(report_file.read_bytes(), type=_Report)
        found = {failure.title or failure.check for failure in report.failures}
        found |= {"error" for _ in report.errors[:1]}
        return frozenset(found or ({f"exit {done.returncode}"} if done.returncode else ()))
