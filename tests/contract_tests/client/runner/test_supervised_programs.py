"""Under the supervisor a program is started, followed and heard in all the ways that the command knows."""

from __future__ import annotations

import json
import shutil
import socketserver
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from language_kit import FOLDER
from mutants.program.kit import HEARD, POLLERS, asking, program, python, rules, scenarios, verify
from node_runs import POLLERS as NODE_POLLERS
from supervisor_kit import needs_linux

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from mutants.program.kit import Ran

pytestmark = needs_linux

SUPERVISED = ("--time", "supervisor")
WAITS = ("client.interval.stage", "client.interval.floor", "client.stop.terminal")


def taken(folder: Path, *args: str) -> tuple[Ran, dict[str, str]]:
    """Call the command, and return what came of it with the outcome of each rule."""
    report = folder / "report.json"
    ran = verify(*SUPERVISED, "--report", str(report), *args)
    return ran, rules(json.loads(report.read_text()))


def assert_kept(ran: Ran, outcomes: dict[str, str]) -> None:
    assert ran.code == 0, ran.output
    assert "time: virtual, by a supervisor of its system calls\n" in ran.output
    assert [outcomes[rule] for rule in WAITS] == ["passed"] * 3
    assert outcomes["client.tell.once"] == "passed"


# -- How it is started


def test_a_shell_script_for_cron_that_posts_what_it_tells_and_keeps_files(tmp_path: Path) -> None:
    command = ("--", "sh", str(FOLDER / "one_shot.sh"))
    assert_kept(*taken(tmp_path, "--every", "30m", *scenarios("delivery"), *command))


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
@pytest.mark.parametrize(
    "command", [["npm", "start"], ["npx", "--no-install", "follow"], ["sh", "-c", "node chain.mjs"]]
)
def test_a_program_that_others_start(command: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "project"
    shutil.copytree(NODE_POLLERS, folder)
    (folder / "chain.mjs").write_text("#!/usr/bin/env node\n" + (folder / "chain.mjs").read_text())
    (folder / "chain.mjs").chmod(0o755)
    package = {"name": "p", "version": "1.0.0", "scripts": {"start": "node chain.mjs"}, "bin": {"follow": "chain.mjs"}}
    (folder / "package.json").write_text(json.dumps(package))
    (folder / "node_modules" / ".bin").mkdir(parents=True)
    (folder / "node_modules" / ".bin" / "follow").symlink_to(folder / "chain.mjs")
    monkeypatch.setenv("npm_config_update_notifier", "false")
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.chdir(folder)
    ran, outcomes = taken(tmp_path, *HEARD, *scenarios("delivery"), "--", *command)
    # It asks each hour, which is too often for a label that is pending, and for none else.
    assert outcomes["client.interval.stage"] == "failed", ran.output
    assert outcomes["client.interval.floor"] == outcomes["client.stop.terminal"] == "passed"


@pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not installed")
def test_a_program_that_uv_starts(tmp_path: Path) -> None:
    command = ("--", "uv", "run", "--no-project", "--offline", *python("urllib_sleep")[1:])
    assert_kept(*taken(tmp_path, *HEARD, *scenarios("delivery"), *command))


UNSHARED = ("unshare", "--map-root-user", "--pid", "--fork", "--mount-proc")


def may_unshare() -> bool:
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*UNSHARED, "true"], capture_output=True, check=False).returncode == 0


def test_a_program_in_namespaces_of_its_own_starts_the_supervisor_itself(tmp_path: Path) -> None:
    if not may_unshare():
        pytest.skip("no namespaces may be made here")
    inside = ("{supervisor}", "{time_address}", *python("urllib_sleep")[1:])
    assert_kept(*taken(tmp_path, *HEARD, *scenarios("delivery"), "--", *UNSHARED, *inside))


# -- Many labels


MANY = """
import sys, threading
sys.path.insert(0, {pollers!r})
from http.client import HTTPException
from os import environ
from time import sleep
from urllib.error import HTTPError
from urllib.request import Request, urlopen
from following import HEADERS, TIMEOUT_S, Following, url_of

turn = threading.Lock()

def ask(following):
    with turn:
        sleep({pause})
    try:
        with urlopen(Request(url_of(following.label), headers=HEADERS), timeout=TIMEOUT_S) as response:
            return following.after(response.status, response.read())
    except HTTPError as error:
        return following.after(error.code, b"")
    except (OSError, HTTPException):
        return following.after_failure()

def follow(label):
    following = Following(label)
    while (wait_s := ask(following)) is not None:
        sleep(wait_s)

for label in environ["FLEXFORWARD_LABEL_IDS"].split(","):
    threading.Thread(target=follow, args=(label,)).start()
"""


@pytest.mark.parametrize(("pause_s", "outcome"), [(0.2, "passed"), (0.0, "failed")])
def test_many_labels_each_in_a_thread_of_its_own(pause_s: float, outcome: str, tmp_path: Path) -> None:
    pattern = r"notify: (?P<label>\S+) (?P<tag>\w+)"
    text = MANY.format(pollers=str(POLLERS), pause=pause_s)
    args = ("--labels", "12", "--notify-pattern", pattern, *scenarios("delivery"), *program(tmp_path, text))
    ran, outcomes = taken(tmp_path, *args)
    assert outcomes["client.rate"] == outcome, ran.output
    assert [outcomes[rule] for rule in WAITS] == ["passed"] * 3
    assert outcomes["client.tell.once"] == "passed"


# -- Others that it waits for


LEAVES_IT = """
import socket
base = socket.create_connection(("127.0.0.1", {port}), timeout=5)
base.sendall(b"?")
try:
    known = base.recv(1) == b"!"
except TimeoutError:
    known = False
print("the database", "answered" if known else "was silent")
if known:
    ask()
"""


@contextmanager
def database() -> Generator[int]:
    """Open one that takes a moment of real time for each answer; gives its port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(1)
            threading.Event().wait(0.3)
            self.request.sendall(b"!")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield int(server.server_address[1])
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("is_named", "told"), [(True, "answered"), (False, "was silent")])
def test_time_stands_still_for_a_database_that_is_named(is_named: bool, told: str, tmp_path: Path) -> None:
    with database() as port:
        named = ("--wait-for", f"127.0.0.1:{port}") if is_named else ()
        command = asking(tmp_path, LEAVES_IT.format(port=port))
        ran = verify(*SUPERVISED, *named, *HEARD, *scenarios("delivery"), *command)
    assert f"the database {told}" in ran.output, ran.output
    assert ("no request arrived" in ran.output) is not is_named


# -- What it is refused


def test_io_uring_is_refused_and_the_report_says_so(tmp_path: Path) -> None:
    text = """
    import ctypes, errno
    libc = ctypes.CDLL(None, use_errno=True)
    params = (ctypes.c_char * 120)()
    assert (libc.syscall(425, 8, params), ctypes.get_errno()) == (-1, errno.EPERM)
    ask()
    """
    ran = verify(*SUPERVISED, *HEARD, *scenarios("delivered-at-once"), *asking(tmp_path, text))
    way = (
        "time: virtual, by a supervisor of its system calls; it asked for io_uring, which is refused in virtual time\n"
    )
    assert way in ran.output
