"""``flexforward-mock serve`` as a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING

from kit import OWN, Got

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping


@dataclass
class Process:
    """A server in a process of its own, up to the last line of its first screen."""

    process: subprocess.Popen[str]
    out: IO[str]
    err: IO[str]
    screen: list[str] = field(default_factory=list[str])

    @property
    def url(self) -> str:
        return self.screen[1].split()[2]

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.url.partition("//")[2].partition(":")
        return host, int(port)

    def ask(self, path: str, headers: Mapping[str, str] = OWN) -> Got:
        with closing(HTTPConnection(*self.address, timeout=30)) as connection:
            connection.request("GET", path, headers=dict(headers))
            response = connection.getresponse()
            return Got(response.status, dict(response.getheaders()), response.read())

    def stop(self, number: int) -> tuple[float, str, str]:
        """Send a signal, and return the seconds until the end, what was printed since the first screen, and stderr."""
        before = time.monotonic()
        self.process.send_signal(number)
        out = self.out.read()
        self.process.wait(30)
        return time.monotonic() - before, out, self.complaints()

    def complaints(self) -> str:
        """Return what stands on stderr."""
        self.err.seek(0)
        return self.err.read()


@contextmanager
def running(*args: str, until: str = "  curl ") -> Generator[Process]:
    command = [sys.executable, "-m", "flexforward_mockserver", "serve", "--port", "0", *args]
    with (
        TemporaryFile("w+", encoding="utf-8") as err,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=err, encoding="utf-8") as process,
    ):
        assert process.stdout is not None
        started = Process(process, process.stdout, err)
        try:
            for line in process.stdout:
                started.screen.append(line.rstrip("\n"))
                if line.startswith(until):
                    break
            assert started.screen[-1:], started.complaints()
            yield started
        finally:
            if process.poll() is None:
                process.terminate()
