"""The supervisor's binary: compiled at first use, and kept in the user's cache under the hash of its source."""

from __future__ import annotations

import hashlib
import os
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "SOURCE",
    "SupervisorError",
    "cache_folder",
    "check_machine",
    "check_permission",
    "compiler",
    "supervisor",
]

SOURCE = Path(__file__).with_name("source")
_OPTIONS = ("-O2", "-std=gnu11")
_LIBRARIES = ("-lm",)
_COMPILERS = ("cc", "gcc", "clang")
_LONGEST_S = 120
_COULD_NOT = 125
"""Exit code by which the supervisor says that it cannot work here."""


class SupervisorError(Exception):
    """The supervisor cannot be built, or may not work here. The text is one sentence, and says what to do."""


def supervisor(surroundings: Mapping[str, str] | None = None, *, longest_s: float = _LONGEST_S) -> Path:
    """Return the supervisor's binary, and compile it if that has not been done before.

    Args:
        surroundings: environment variables; those of this process by default. ``CC`` names a compiler,
            ``XDG_CACHE_HOME`` the place of caches.
        longest_s: seconds for which a compiler is waited for.

    Raises:
        SupervisorError: this is no Linux on x86-64, there is no compiler, or programs may not be watched here.
    """
    variables = os.environ if surroundings is None else surroundings
    check_machine(sys.platform, platform.machine())
    binary = cache_folder(variables) / f"supervisor-{_fingerprint()}"
    if not binary.exists():
        _compile(compiler(variables), binary, longest_s)
    check_permission(binary)
    return binary


def compiler(surroundings: Mapping[str, str]) -> tuple[str, ...]:
    """Return the command that compiles C: that of ``CC``, the system's, or the one of the package ``ziglang``.

    Raises:
        SupervisorError: there is none.
    """
    named = shlex.split(surroundings.get("CC", ""))
    for command in ([named] if named else []) + [[name] for name in _COMPILERS]:
        found = shutil.which(command[0], path=surroundings.get("PATH"))
        if found is not None:
            return (found, *command[1:])
    if find_spec("ziglang") is not None:
        return (sys.executable, "-m", "ziglang", "cc")
    raise SupervisorError(
        "virtual time for this program needs a C compiler, once: install gcc or clang, or "
        "pip install 'flexforward-mock[compiler]'"
    )


def check_machine(system: str, machine: str) -> None:
    """See that this is a machine that the supervisor is made for.

    Raises:
        SupervisorError: it is not.
    """
    if system != "linux" or machine not in ("x86_64", "AMD64"):
        raise SupervisorError(
            f"virtual time for programs in any language needs Linux on x86-64, and this is {system} on {machine}; "
            "Python and Node programs have it elsewhere too, others take --time real, or --every if they ask once"
        )


def cache_folder(surroundings: Mapping[str, str]) -> Path:
    """Return where binaries are kept."""
    named = surroundings.get("XDG_CACHE_HOME", "")
    base = Path(named) if named else Path(surroundings.get("HOME") or tempfile.gettempdir(), ".cache")
    return base / "flexforward-mock"


def _sources() -> list[Path]:
    return sorted(SOURCE.glob("*.[ch]"))


def _fingerprint() -> str:
    seal = hashlib.sha256(repr((_OPTIONS, platform.libc_ver())).encode())
    for path in _sources():
        seal.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return seal.hexdigest()[:16]


def _compile(command: Sequence[str], binary: Path, longest_s: float) -> None:
    """Compile into a file of its own first: several runs may do so at once."""
    try:
        binary.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=binary.parent) as folder:
            made = Path(folder, binary.name)
            parts = [str(path) for path in _sources() if path.suffix == ".c"]
            _run([*command, *_OPTIONS, "-o", str(made), *parts, *_LIBRARIES], longest_s)
            made.replace(binary)
    except OSError as error:
        raise SupervisorError(f"the supervisor cannot be kept at {binary}: {error.strerror or error}") from error


def _run(command: Sequence[str], longest_s: float) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=longest_s, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise SupervisorError(f"{command[0]} has not compiled the supervisor in {longest_s:g} seconds") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        told = next((line for line in lines if "error" in line), lines[-1] if lines else f"exit code {done.returncode}")
        raise SupervisorError(f"{command[0]} cannot compile the supervisor: {told}")


def check_permission(binary: Path) -> None:
    """Let the supervisor start a program that ends at once: some containers forbid that.

    Raises:
        SupervisorError: it may not, or cannot be started.
    """
    try:
        done = subprocess.run(  # noqa: S603
            [str(binary), "-", "true"], capture_output=True, text=True, timeout=_LONGEST_S, check=False
        )
    except OSError as error:
        raise SupervisorError(f"the supervisor at {binary} cannot be started: {error.strerror or error}") from error
    if done.returncode == _COULD_NOT:
        raise SupervisorError(
            f"{done.stderr.strip() or 'programs may not be watched here'}; a container takes it by "
            "--cap-add SYS_PTRACE, or a newer engine"
        )
