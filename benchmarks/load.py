"""The load generator: keep-alive connections that each send the next request when the last answer is whole.

``apply_load`` runs it as a process of its own, so that neither its time nor its core is the server's. It is bounded
in requests and in time, and fails at the first answer that is not as it should be.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import selectors
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .exchange import REQUEST, Answer, BenchmarkError, take_answer
from .spread import Spread

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["CONNECTIONS", "apply_load"]

CONNECTIONS: Final = 32
_GRACE_S: Final = 10.0


def apply_load(
    port: int, *, count: int, body_bytes: int, core: int | None, spread: Spread | None = None, timeout_s: float = 120.0
) -> float:
    """Have ``count`` requests answered, and return the seconds that it took.

    Args:
        port: of a server on loopback; no other address is ever asked.
        count: how many answers to take, each a 200.
        body_bytes: the length that each answer's body must have.
        core: where the generator is to run; None leaves that to the system.
        spread: the labels to ask for; None for the one that every server knows.
        timeout_s: after this the load is given up.

    Raises:
        BenchmarkError: an answer was not a 200 of that length, or not all came in time.
    """
    wanted = {"port": port, "count": count, "body-bytes": body_bytes, "timeout-s": timeout_s}
    command = [sys.executable, "-m", "benchmarks.load", *(f"--{name}={value}" for name, value in wanted.items())]
    if core is not None:
        command.append(f"--core={core}")
    if spread is not None:
        command += [f"--labels={spread.labels}", f"--first={spread.first}"]
    try:
        done = subprocess.run(
            command,
            cwd=Path(__file__).resolve().parent.parent,
            capture_output=True,
            text=True,
            timeout=timeout_s + _GRACE_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BenchmarkError(f"the load generator did not end within {error.timeout:g} s") from error
    if done.returncode != 0:
        raise BenchmarkError(f"the load generator failed: {done.stderr.strip()[-1000:]}")
    taken: dict[str, float] = json.loads(done.stdout)
    if taken["answers"] != count:
        raise BenchmarkError(f"the load generator took {taken['answers']} answers instead of {count}")
    return taken["wall_s"]


class _Generator:
    def __init__(self, *, count: int, body_bytes: int, requests: Iterator[bytes]) -> None:
        self.unsent = count
        self.missing = count
        self.body_bytes = body_bytes
        self.requests = requests
        self.selector = selectors.DefaultSelector()

    def connect(self, port: int) -> None:
        connection = socket.create_connection(("127.0.0.1", port), timeout=5.0)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(0.0)
        self.selector.register(connection, selectors.EVENT_READ, bytearray())
        self.ask(connection)

    def ask(self, connection: socket.socket) -> None:
        if self.unsent:
            self.unsent -= 1
            connection.sendall(next(self.requests))

    def read(self, connection: socket.socket, data: bytearray) -> None:
        chunk = connection.recv(65536)
        if not chunk:
            raise BenchmarkError(f"the server closed a connection with {self.missing} answers to come")
        data += chunk
        lengths = take_answer(data)
        if lengths is None:
            return
        whole, body_bytes = lengths
        if body_bytes != self.body_bytes or len(data) != whole or not data.startswith(b"HTTP/1.1 200 "):
            answer = Answer.of(data[:whole], body_bytes)
            raise BenchmarkError(f"expected one 200 with {self.body_bytes} bytes, got {answer}")
        data.clear()
        self.missing -= 1
        self.ask(connection)

    def run(self, *, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while self.missing:
            for key, _ in self.selector.select(timeout=1.0):
                connection = key.fileobj
                assert isinstance(connection, socket.socket)
                self.read(connection, key.data)
            if time.monotonic() > deadline:
                raise BenchmarkError(f"{self.missing} answers had not come after {timeout_s:g} s")


def _main() -> None:
    parser = argparse.ArgumentParser(prog="benchmarks.load", description=__doc__)
    for name in ("port", "count", "body-bytes", "core", "labels", "first"):
        parser.add_argument(f"--{name}", type=int, required=name not in ("core", "labels", "first"))
    parser.add_argument("--timeout-s", type=float, required=True)
    given = parser.parse_args()
    if given.core is not None:
        os.sched_setaffinity(0, {given.core})
    requests: Iterator[bytes] = itertools.repeat(REQUEST)
    if given.labels is not None:
        requests = iter(Spread(labels=given.labels, first=given.first).requests(given.count))
    generator = _Generator(count=given.count, body_bytes=given.body_bytes, requests=requests)
    began = time.monotonic()
    try:
        for _ in range(min(CONNECTIONS, given.count)):
            generator.connect(given.port)
        generator.run(timeout_s=given.timeout_s)
    except (BenchmarkError, OSError) as error:
        sys.exit(f"{type(error).__name__}: {error}")
    print(json.dumps({"answers": given.count - generator.missing, "wall_s": time.monotonic() - began}))


if __name__ == "__main__":
    _main()
