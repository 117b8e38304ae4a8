#!/usr/bin/env bash
# aiohttp-retry tries a 502 again, but no lost connection.
#
# Expected: RetryClient's options say "exceptions ... by default on all", so three attempts at a GET whose
# connection is closed before the answer, as there are three at a 502.
# Seen: the default is the empty set, and that means none. What reaches the server is aiohttp's own second try;
# with exceptions={aiohttp.ClientError} there are three attempts of two requests each.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check aiohttp==3.14.5 aiohttp-retry==2.9.1 2>/dev/null
cat >"$work/run.py" <<'PY'
import asyncio
import sys
from importlib.metadata import version

import aiohttp
import aiohttp_retry

asked: list[str] = []


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    path = (await reader.readuntil(b"\r\n\r\n")).split()[1].decode()
    asked.append(path)
    if path == "/502":
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    writer.close()


async def count(url: str, **options: object) -> int:
    asked.clear()
    async with aiohttp_retry.RetryClient(retry_options=aiohttp_retry.ExponentialRetry(**options)) as client:
        try:
            async with client.get(url) as response:
                await response.read()
        except aiohttp.ClientError:
            pass
    return len(asked)


async def main() -> None:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    base = "http://127.0.0.1:%d" % server.sockets[0].getsockname()[1]
    seen = {
        "502": await count(base + "/502"),
        "connection closed": await count(base + "/close"),
        "connection closed, exceptions named": await count(base + "/close", exceptions={aiohttp.ClientError}),
    }
    print("aiohttp", version("aiohttp"), "aiohttp-retry", version("aiohttp-retry"))
    print("requests that the server got for one GET:", seen)
    if seen != {"502": 3, "connection closed": 2, "connection closed, exceptions named": 6}:
        sys.exit("This has changed.")


asyncio.run(main())
PY
"$work/venv/bin/python" "$work/run.py"
