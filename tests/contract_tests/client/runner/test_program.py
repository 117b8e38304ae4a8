"""Programs under test are started, listened to, and ended with all that they started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from flexforward_contract_tests.client.runner.program import Program, ProgramError
from flexforward_contract_tests.client.transcript.redaction import ended_how, masked, secrets_in, shown_command
from mutants.program.kit import left_of


def start(*command: str, heard: list[str] | None = None, secrets: tuple[str, ...] = ()) -> Program:
    on_line = (heard if heard is not None else []).append
    return Program(command, environment=os.environ, on_line=on_line, secrets=secrets)


def shell(text: str, heard: list[str] | None = None, secrets: tuple[str, ...] = ()) -> Program:
    return start("sh", "-c", text, heard=heard, secrets=secrets)


def wait_for(path: Path) -> None:
    until = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_every_line_of_both_streams_is_heard_also_without_an_end() -> None:
    heard: list[str] = []
    program = shell("echo one; echo two >&2; printf '\\351 three\\r\\nfour'", heard)
    assert program.wait(10)
    program.end()
    assert heard == ["one", "two", "� three", "four"]


def test_what_is_kept_is_short_masked_and_plain() -> None:
    heard: list[str] = []
    program = shell("seq 20; printf 'a\\033[31mb s3cr3t-token\\n'", heard, ("s3cr3t-token",))
    assert program.wait(10)
    exit_code = program.exit_code
    program.end()
    words = program.last_words(exit_code).splitlines()
    assert words == ["ended with exit code 0; it printed last", *(f"  | {n}" for n in range(6, 21)), "  | a [31mb ***"]
    assert heard[-1] == "a\x1b[31mb s3cr3t-token"
    assert program.last_words(None).startswith("was ended; ")


def test_much_output_does_not_stop_it_and_it_is_heard_while_it_runs() -> None:
    heard: list[str] = []
    program = shell("seq 50000; sleep 30", heard)
    while not heard or heard[-1] != "50000":
        assert not program.wait(0.01)
        program.listen()
    assert program.exit_code is None
    program.end()
    assert len(heard) == 50000


def test_one_that_prints_without_end_is_not_listened_to_without_end() -> None:
    heard: list[str] = []
    program = start("yes", heard=heard)
    while not heard:
        program.listen()
    program.end()
    assert program.last_words(None).endswith("  | y")


def test_a_line_without_end_is_kept_in_pieces() -> None:
    heard: list[str] = []
    program = Program(["printf", "0123456789abcdef"], environment=os.environ, on_line=heard.append, longest_line=10)
    assert program.wait(10)
    program.listen()
    assert heard == ["0123456789abcdef"]
    program.end()


def test_it_has_no_input() -> None:
    program = shell("cat; exit 7")
    assert program.wait(10)
    assert program.exit_code == 7
    program.end()


@pytest.mark.parametrize("trap", ["", "trap '' TERM;"])
def test_it_is_ended_with_its_children_willing_or_not(trap: str, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    text = f"{trap} sh -c '{trap} sleep 300; sleep 300' & echo $$ $! >{pids}.new; mv {pids}.new {pids}; wait; wait"
    heard: list[str] = []
    program = Program(["sh", "-c", text], environment=os.environ, on_line=heard.append, grace_s=0.3)
    while not pids.exists():
        assert not program.wait(0.02)
    program.end()
    assert left_of(pids.read_text()) == []


def test_children_that_outlive_it_are_ended(tmp_path: Path) -> None:
    program = shell(f"sleep 300 & echo $! >{tmp_path}/pid")
    assert program.wait(10)
    program.end()
    assert left_of((tmp_path / "pid").read_text()) == []


DAEMON = """
import os, sys, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
os.closerange(0, 3)
with open(sys.argv[1] + ".new", "w") as file:
    file.write(str(os.getpid()))
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(300)
"""
"""A program that makes itself a daemon by the book."""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a daemon goes to the system")
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("{python} {daemon} {pid}", id="daemon of a program that has ended"),
        pytest.param("{python} {daemon} {pid}; sleep 300", id="daemon of a program that runs"),
        pytest.param("setsid sh -c 'echo $$ >{pid}.new; mv {pid}.new {pid}; sleep 300'", id="session of a child"),
        pytest.param("set -m; sh -c 'echo $$ >{pid}.new; mv {pid}.new {pid}; sleep 300' & wait", id="group of a job"),
        pytest.param(
            "env -i setsid sh -c 'sleep 300 & echo $$ $! >{pid}.new; mv {pid}.new {pid}; wait'",
            id="daemon with a child",
        ),
    ],
)
def test_a_child_with_a_session_of_its_own_is_ended_with_it(text: str, tmp_path: Path) -> None:
    bystanders = [subprocess.Popen(["sleep", "300"], start_new_session=is_alone) for is_alone in (True, False)]
    (tmp_path / "daemon.py").write_text(DAEMON)
    program = shell(text.format(python=sys.executable, daemon=tmp_path / "daemon.py", pid=tmp_path / "pid"))
    bystanders.append(subprocess.Popen(["sleep", "300"]))
    try:
        wait_for(tmp_path / "pid")
        program.end()
        assert left_of((tmp_path / "pid").read_text()) == []
        assert [bystander.poll() for bystander in bystanders] == [None] * 3, "what others started goes on"
    finally:
        for bystander in bystanders:
            bystander.kill()
            bystander.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody takes orphans in")
@pytest.mark.parametrize("command", ["true", "no-such"])
def test_orphans_of_others_go_their_own_way_afterwards(command: str, tmp_path: Path) -> None:
    with suppress(ProgramError):
        start(command).end()
    subprocess.run(["sh", "-c", f"sleep 300 & echo $! >{tmp_path}/pid"], check=True)
    orphan = int((tmp_path / "pid").read_text())
    try:
        stat = Path(f"/proc/{orphan}/stat").read_text()
        assert int(stat.rpartition(")")[2].split()[1]) != os.getpid()
    finally:
        os.kill(orphan, signal.SIGKILL)


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody takes orphans in")
def test_what_cannot_be_killed_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    text = f"setsid sh -c 'echo $$ >{pid}.new; mv {pid}.new {pid}; exec sleep 300' &"
    program = Program(["sh", "-c", text], environment=os.environ, on_line=print, grace_s=0.1)
    wait_for(pid)
    with monkeypatch.context() as patch:
        patch.setattr(os, "kill", refuse)
        program.end()
    os.kill(int(pid.read_text()), signal.SIGKILL)


def refuse(*_: object) -> None:
    raise PermissionError


def test_it_is_ended_even_if_somebody_is_impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    program = shell("trap '' TERM; echo up; sleep 300")
    while program.last_words(None) == "was ended and printed nothing":
        program.wait(0.01)
        program.listen()

    def impatient(_: float) -> bool:
        raise KeyboardInterrupt

    wait = program.wait
    with monkeypatch.context() as patch:
        patch.setattr(program, "wait", impatient)
        with pytest.raises(KeyboardInterrupt):
            program.end()
    assert wait(10)
    assert program.exit_code == -9
    program.end()


def test_it_may_be_time_for_a_farewell() -> None:
    heard: list[str] = []
    program = shell("trap 'echo bye; exit 0' TERM; echo up; while :; do sleep 0.02; done", heard)
    while heard != ["up"]:
        program.wait(0.01)
        program.listen()
    program.end()
    assert (heard[0], heard[-1]) == ("up", "bye")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("no-such", "cannot start 'no-such': No such file or directory; is it installed, and on the PATH?"),
        ("/etc/passwd", "cannot start '/etc/passwd': Permission denied; is it executable?"),
        ("a\0", "cannot start 'a\\x00': embedded null byte"),
    ],
)  # fmt: skip
def test_one_that_cannot_be_started_is_told_in_a_sentence(name: str, sentence: str) -> None:
    with pytest.raises(ProgramError) as caught:
        start(name)
    assert str(caught.value) == sentence


def test_how_it_ended_is_said_in_words() -> None:
    assert [ended_how(code) for code in (0, 3, -15, -200)] == [
        "ended with exit code 0",
        "ended with exit code 3",
        "was ended by SIGTERM",
        "was ended by signal 200",
    ]


def test_lines_are_masked_in_every_form_and_cut() -> None:
    assert masked("a b/c-secret b%2Fc-secret", ("b/c-secret",)) == "a *** ***"
    assert masked("x" * 400, ()) == "x" * 300 + "…"


def test_credentials_among_variables_are_known_by_their_names() -> None:
    variables = {"MY_API_KEY": "12345678", "DB_PASSWORD": "correct horse", "TOKEN": "short", "HOME": "/some/where"}
    assert secrets_in(variables) == ("12345678", "correct horse")


def test_a_shell_s_variables_are_no_credentials() -> None:
    command = ("sh", "-c", 'curl -H "Authorization: Bearer $TOKEN" $URL', "--password", "-x", "password=a b")
    shown = """sh -c 'curl -H "Authorization: Bearer $TOKEN" $URL' --password -x 'password=*** b'"""
    assert shown_command(command) == shown
