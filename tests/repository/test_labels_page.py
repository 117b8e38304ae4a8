"""The page on labels says what happens, and its test passes."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import msgspec

from example_kit import ROOT, example
from flexforward_mockserver.engine.labels.new_lifecycle import POSTAL_CODES
from kit import Kit

if TYPE_CHECKING:
    from pathlib import Path

    from flexforward_openapi import Json

PAGE = (ROOT / "docs" / "labels.md").read_text()


def order() -> Json:
    return msgspec.json.decode(example("labels.md", "post").partition("-d '")[2].rpartition("'")[0])


def test_the_answers_are_those_of_a_new_server() -> None:
    kit = Kit()
    made = kit.post(order())
    assert made.body.decode() == example("labels.md", "made").strip()
    got = kit.ask(f"/labels/{made.json['id']}", host="127.0.0.1:8080")
    assert got.body.decode() == example("labels.md", "document").strip()
    body = order()
    body["shipment"]["parcels"][0]["weight"] = 0
    body["shipment"]["shipTo"]["address"]["countryCode"] = "USA"
    assert kit.post(body).body.decode() == example("labels.md", "mistakes").strip()


def test_the_postal_codes_are_all_there() -> None:
    rows = re.findall(r"\| `(9\d{4})` \| (\w+) \| `([a-z-]+)` \|", PAGE)
    assert {code: scenario for code, _, scenario in rows} == POSTAL_CODES
    for code, tag, _ in rows:
        kit, body = Kit(), order()
        body["shipment"]["shipTo"]["address"]["postalCode"] = int(code)
        made = kit.post(body).json["id"]
        kit.wait(days=1000)
        assert kit.track(made).json["tag"] == tag


def test_the_example_passes_and_notices_a_new_key(tmp_path: Path) -> None:
    text = example("labels.md", "lost-answer")
    for name, kept in (
        ("right", text),
        ("wrong", text.replace("json=ORDER", 'json=ORDER | {"idempotencyKey": str(_)}')),
    ):
        (tmp_path / f"test_{name}.py").write_text(kept)
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"test_{name}.py"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=100,
            check=False,
        )
        assert done.returncode == (name == "wrong"), done.stdout
