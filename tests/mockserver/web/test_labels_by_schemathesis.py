"""Schemathesis on the whole document, links from POST to GET followed, on a live server with real deliveries."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec

from flexforward_fixtures import live
from flexforward_openapi import Json, load_contract, with_labels

if TYPE_CHECKING:
    from pathlib import Path

HOOKS = """
import schemathesis
from hypothesis import strategies as st

schemathesis.openapi.format("iso3166-alpha-2", st.sampled_from(["US", "JP", "DE", "XK"]))
"""
CONFIG = """
[auth.openapi]
bearerAuth = { bearer = "${TOKEN}" }

[generation]
max-examples = 15

[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 422, 502]
"""


def served_document() -> Json:
    """Return both documents as one, with the link between them within it."""
    text = msgspec.json.encode(with_labels(load_contract()).document)
    far = b'"operationRef":"flex-forward.yaml#/paths/~1tracking~1%7Bid%7D/get"'
    assert far in text
    return msgspec.json.decode(text.replace(far, b'"operationId":"getTracking"'))


def test_schemathesis_finds_nothing_and_follows_the_links(tmp_path: Path) -> None:
    (tmp_path / "hooks.py").write_text(HOOKS)
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    (tmp_path / "document.json").write_bytes(msgspec.json.encode(served_document()))
    with live(allow_unmatched=True) as flexforward:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--no-color", "--config-file", "schemathesis.toml", "run"),
                *("document.json", "--url", flexforward.base_url, "--seed", "1", "--continue-on-failure"),
                *("--phases", "examples,fuzzing,stateful"),
            ],
            cwd=tmp_path,
            env={**os.environ, "TOKEN": flexforward.token, "SCHEMATHESIS_HOOKS": "hooks", "NO_PROXY": "*"},
            capture_output=True,
            text=True,
            timeout=380,
            check=False,
        )
        made = {label.id for label in flexforward.labels}
        followed = [entry for entry in flexforward.journal if entry.method == "GET" and entry.label in made]
    assert done.returncode == 0, done.stdout[-3000:]
    assert made, "labels were made"
    assert {entry.operation for entry in followed} == {"getTracking", "getLabel"}, "and followed from the answer"
    assert any(re.search("status.:.failed|created", entry.body.decode()) for entry in flexforward.journal)
