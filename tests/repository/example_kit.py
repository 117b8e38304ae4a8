"""What the docs and the examples say, made ready to be run: blocks of pages, and shells to run them in."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

ROOT = Path(__file__).parents[2]
SHOWN_URL = "http://127.0.0.1:8080"
"""Where the server of every example listens."""

OFFLINE = {"PIP_NO_BUILD_ISOLATION": "0", "PIP_NO_DEPS": "1", "PIP_NO_INDEX": "1"}
"""What is installed is our package alone, without an index; to pip, a "no" option of 0 is one that is set."""


def blocks(page: str, language: str) -> list[str]:
    """Return the fenced blocks of a page of the docs that are in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", (ROOT / "docs" / page).read_text(), re.DOTALL | re.MULTILINE)


def example(page: str, name: str) -> str:
    """Return the fenced block that a page marks with a name."""
    marked = re.search(
        rf"<!-- example: {name} -->\n```\w+\n(.*?)^```", (ROOT / "docs" / page).read_text(), re.DOTALL | re.MULTILINE
    )
    assert marked is not None, f"{page} has no example {name}"
    return marked[1]


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


class Shell:
    """A place where scripts are run by bash, with the commands of this environment first in the path."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        # A project whose tests are run here needs none of the plugins that this one has.
        self._environment = {
            **kept,
            "PATH": path,
            "NO_PROXY": "*",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            **environment,
        }
        self._folder = folder
        self._groups: list[int] = []

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a script as CI does: it ends at its first failure. What it starts in the background stays."""
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        with subprocess.Popen(
            command,
            cwd=self._folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            start_new_session=True,
        ) as process:
            self._groups.append(process.pid)
            output, _ = process.communicate(timeout=60)
        return subprocess.CompletedProcess(command, process.returncode, output)

    def end(self) -> None:
        """End what was started in the background."""
        for group in self._groups:
            with suppress(ProcessLookupError):
                os.killpg(group, signal.SIGTERM)


@contextmanager
def shell(folder: Path, environment: Mapping[str, str] | None = None) -> Generator[Shell]:
    opened = Shell(folder, environment or {})
    try:
        yield opened
    finally:
        opened.end()
