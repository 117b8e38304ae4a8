"""The clients of examples/ pass their own tests, each in a copy of its folder: it needs nothing beside it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from example_kit import ROOT
from flexforward_contract_tests.client.rules.registry import CLIENT_RULES
from server_process import running

EXAMPLES = ROOT / "examples"
PYTEST = [sys.executable, "-m", "pytest", "-p", "flexforward", "-W", "error"]
CLIENTS = {
    "httpx_sync": PYTEST,
    "httpx_async": [*PYTEST, "-p", "anyio"],
    "requests_client": PYTEST,
    "poller_sync": PYTEST,
    "poller_async": PYTEST,
    "shop": PYTEST,
    "node_client": ["node", "--test"],
}
OTHERS = {"ci", "drive", "guide_sample", "poller_go", "poller_node", "poller_php"}
"""Folders of examples that are no clients; they have tests of their own."""


def test_every_folder_of_examples_is_run() -> None:
    assert {path.name for path in EXAMPLES.iterdir() if path.is_dir()} == {*CLIENTS, *OTHERS}
    page = (EXAMPLES / "README.md").read_text()
    assert re.findall(r"^\| \[(\w+)\]", page, re.MULTILINE) == [*CLIENTS, *sorted(OTHERS)]


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_passes_its_tests(client: str, tmp_path: Path) -> None:
    ran = run_tests(client, tmp_path)
    assert (ran.returncode, passed(client, ran.stdout)) == (0, defined(client)), ran.stdout + ran.stderr


def test_the_client_for_node_takes_a_server_that_runs(tmp_path: Path) -> None:
    with running() as server:
        ran = run_tests("node_client", tmp_path, FLEXFORWARD_BASE_URL=server.url, PATH=node_alone(tmp_path))
    assert (ran.returncode, passed("node_client", ran.stdout)) == (0, defined("node_client")), ran.stdout + ran.stderr


@pytest.mark.parametrize("client", CLIENTS)
def test_a_client_that_no_longer_escapes_or_keeps_to_its_key_fails_its_tests(client: str, tmp_path: Path) -> None:
    spoilt = {
        "quote(shipment, safe='')": "shipment",
        "encodeURIComponent": "String",
        '"idempotencyKey": number': '"idempotencyKey": str(self._now())',
    }
    ran = run_tests(client, tmp_path, spoilt=spoilt)
    assert ran.returncode == 1, ran.stdout + ran.stderr


def run_tests(
    client: str, folder: Path, spoilt: dict[str, str] | None = None, **environment: str
) -> subprocess.CompletedProcess[str]:
    copy = folder / client
    shutil.copytree(EXAMPLES / client, copy, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for old, new in (spoilt or {}).items():
        for source in (*copy.glob("*tracker.*"), *copy.glob("*poller.py"), *copy.glob("shop.py")):
            source.write_text(source.read_text().replace(old, new))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {"NO_PROXY": "*", "PATH": path, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", **environment}
    with subprocess.Popen(
        CLIENTS[client],
        cwd=copy,
        env={**kept, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        start_new_session=True,
    ) as process:
        try:
            output, errors = process.communicate(timeout=100)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)  # a server that its tests did not end, too
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def passed(client: str, output: str) -> int:
    """Return how many tests passed, as the runner's last lines say."""
    told = re.search(r"^# pass (\d+)$" if client == "node_client" else r"(\d+) passed", output, re.MULTILINE)
    return int(told[1]) if told else 0


def defined(client: str) -> int:
    """Return how many tests pass if all do."""
    return {
        "httpx_sync": 13,
        "httpx_async": 7,
        "requests_client": 7,
        # A test for each rule, but for that on the rate of many; and two on all of them.
        "poller_sync": len(CLIENT_RULES) + 1,
        "poller_async": len(CLIENT_RULES) + 1,
        "shop": 12,
        "node_client": 9,
    }[client]


def node_alone(folder: Path) -> str:
    """Return a search path on which Node is, and no flexforward-mock."""
    node = shutil.which("node")
    assert node is not None
    (alone := folder / "bin").mkdir()
    (alone / "node").symlink_to(node)
    return str(alone)
