"""The supervisor's binary is made at first use; where that cannot be, one sentence says why."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from flexforward_contract_tests.client.virtual_time.supervisor import build
from flexforward_contract_tests.client.virtual_time.supervisor.build import (
    SupervisorError,
    cache_folder,
    check_machine,
    check_permission,
    compiler,
    supervisor,
)
from supervisor_kit import needs_linux


def script(folder: Path, name: str, text: str) -> str:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def _not_found(_name: str) -> None:
    """Find nothing."""


@needs_linux
def test_it_is_compiled_once_into_the_cache(tmp_path: Path) -> None:
    surroundings = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    binary = supervisor(surroundings)
    assert binary.parent == tmp_path / "flexforward-mock"
    assert [path.name for path in binary.parent.iterdir()] == [binary.name]
    first = binary.stat().st_mtime_ns
    assert supervisor({**surroundings, "CC": "false"}) == binary
    assert binary.stat().st_mtime_ns == first


def test_without_a_cache_of_its_own_it_is_kept_at_home() -> None:
    assert cache_folder({"HOME": "/mine"}) == Path("/mine/.cache/flexforward-mock")


def test_a_compiler_can_be_named_and_the_package_stands_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = script(tmp_path, "mine", "")
    assert compiler({"CC": "mine -m64", "PATH": str(tmp_path)}) == (mine, "-m64")
    clang = script(tmp_path, "clang", "")
    assert compiler({"CC": "missing", "PATH": str(tmp_path)}) == (clang,)
    monkeypatch.setattr(build, "find_spec", str)
    assert compiler({"PATH": ""})[1:] == ("-m", "ziglang", "cc")
    monkeypatch.setattr(build, "find_spec", _not_found)
    with pytest.raises(SupervisorError, match=r"^virtual time for this program needs a C compiler, once: install gcc"):
        compiler({"PATH": ""})


@pytest.mark.parametrize(("system", "machine"), [("darwin", "arm64"), ("linux", "aarch64"), ("win32", "AMD64")])
def test_elsewhere_there_is_none(system: str, machine: str) -> None:
    with pytest.raises(SupervisorError, match=f"needs Linux on x86-64, and this is {system} on {machine}; Python and"):
        check_machine(system, machine)


@needs_linux
@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("echo 'main.c:1: error: no such header' >&2; exit 1", "cannot compile the supervisor: main.c:1: error: no"),
        ("exit 3", "cannot compile the supervisor: exit code 3"),
    ],
)
def test_a_compiler_that_fails_is_quoted(text: str, told: str, tmp_path: Path) -> None:
    surroundings = {"CC": script(tmp_path, "broken", text), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with pytest.raises(SupervisorError, match=told):
        supervisor(surroundings)


@needs_linux
def test_one_that_takes_too_long_is_left(tmp_path: Path) -> None:
    surroundings = {"CC": script(tmp_path, "slow", "exec sleep 60"), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with pytest.raises(SupervisorError, match=r"has not compiled the supervisor in 0\.2 seconds"):
        supervisor(surroundings, longest_s=0.2)


@needs_linux
def test_a_cache_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file")
    with pytest.raises(SupervisorError, match=r"^the supervisor cannot be kept at .*/cache/flexforward-mock/"):
        supervisor({**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")})


@needs_linux
def test_where_watching_is_forbidden_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    binary = Path(
        script(tmp_path, "forbidden", "echo 'no program may be watched by ptrace here (Operation)' >&2; exit 125")
    )
    with pytest.raises(
        SupervisorError, match=r"by ptrace here \(Operation\); a container takes it by --cap-add SYS_PTRACE"
    ):
        check_permission(binary)


@needs_linux
def test_a_binary_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    with pytest.raises(SupervisorError, match=r"cannot be started: No such file"):
        check_permission(tmp_path / "missing")
