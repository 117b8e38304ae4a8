"""The soak of ``benchmarks.soak``, for a bounded number of exchanges."""

from __future__ import annotations

import signal
import socket
import threading
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from benchmarks.control_client import Client, request
from benchmarks.soak.abuse import OVERSIZED, Abusers
from benchmarks.soak.findings import Findings
from benchmarks.soak.traffic import FAULTS, live, probe

from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS
from kit import OWN
from server_process import running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLIENTS = 3
LIVES = 2


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running() as process:
        yield process.address[1]


def bounded(count: int) -> Callable[[], bool]:
    left = iter(range(count))
    return lambda: next(left, None) is not None


def soak(port: int, seed: str) -> Findings:
    """Let clients live beside each other, and one more who only reads."""
    findings = [Findings() for _ in range(CLIENTS + 1)]
    threads = [
        threading.Thread(target=live, args=(port, f"{seed}-{number}", mine, bounded(LIVES)))
        for number, mine in enumerate(findings[1:])
    ]
    for thread in threads:
        thread.start()
    probe(port, findings[0], bounded(500), lambda: findings[0].alone)
    for thread in threads:
        thread.join()
    for mine in findings[1:]:
        findings[0].merge(mine)
    return findings[0]


def test_mixed_traffic_is_answered_step_by_step_while_abusers_hang_on(port: int) -> None:
    with Abusers(port) as abusers:
        hanging = abusers.open_count()
        findings = soak(port, "abused")
        assert abusers.open_count() == hanging == 30, "ordinary clients had to wait for none of them"
    assert findings.problems == []
    assert findings.unanswered == 0
    assert findings.sandboxes == CLIENTS * LIVES
    assert findings.asked.total() > 2_500
    assert findings.polls > 0
    assert {what for what in findings.asked if what.startswith("fault ")} == {f"fault {kind}" for kind in FAULT_KINDS}
    assert findings.ordered >= findings.sandboxes * sum(kind != "answer" for kind, _ in FAULTS.values())
    with Client(port) as client:
        left = client.send(request("GET", "/_mock/sandboxes")).fields["sandboxes"]
    assert [sandbox["id"] for sandbox in left] == ["default"]


@pytest.mark.parametrize("kind", ["close", "reset"])
def test_a_request_behind_one_whose_connection_breaks_is_no_error_of_the_server(kind: str) -> None:
    with running() as process:
        with Client(process.address[1]) as client:
            broken = request("GET", "/tracking/T-1h-a", {**OWN, "Prefer": f"fault={kind}"})
            assert client.send(broken + request("GET", "/tracking/T-1h-a", OWN)).kind in ("closed", "reset")
        assert process.stop(signal.SIGTERM)[2] == ""


def test_requests_that_are_never_answered_do_not_keep_the_server_from_ending() -> None:
    asked = request("GET", "/tracking/T-1h-a", {**OWN, "Prefer": "fault=no-answer"})
    with running() as process:
        with closing(socket.create_connection(process.address)) as connection, Client(process.address[1]) as client:
            connection.sendall(asked + asked)
            assert client.send(request("GET", "/tracking/T-1h-a", OWN)).status == 200
        elapsed, _, error = process.stop(signal.SIGTERM)
    assert error == ""
    assert elapsed < 5


@pytest.mark.parametrize("name", ["path", "field", "fields"])
def test_a_head_of_a_megabyte_is_refused(port: int, name: str) -> None:
    with Client(port) as client:
        outcome = client.send(OVERSIZED[name])
    assert outcome.kind in ("closed", "reset") or 400 <= outcome.status < 500
