#!/usr/bin/env bash
# httpx-retries, as it comes, asks eleven times without any wait.
#
# Expected: RetryTransport() tries a 502 again a few times, with growing waits, as the library's name suggests.
# Seen: ten retries and a backoff factor of 0: eleven requests within a second, also for a lost connection.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install -q --disable-pip-version-check httpx==0.28.1 httpx-retries==0.6.0 2>/dev/null
cat >"$work/run.py" <<'PY'
import http.server
import sys
import threading
import time
from importlib.metadata import version

import httpx
import httpx_retries

asked: list[float] = []


class Gateway(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        asked.append(time.monotonic())
        if self.path == "/502":
            self.send_response(502)
            self.send_header("Content-Length", "0")
            self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gateway)
threading.Thread(target=server.serve_forever, daemon=True).start()
print("httpx", version("httpx"), "httpx-retries", version("httpx-retries"))
changed = False
for path in ("/502", "/close"):
    asked.clear()
    with httpx.Client(transport=httpx_retries.RetryTransport()) as client:
        try:
            client.get(f"http://127.0.0.1:{server.server_port}{path}")
        except httpx.RemoteProtocolError:
            pass
    took = asked[-1] - asked[0]
    print(f"{path}: {len(asked)} requests for one GET, within {'a second' if took < 1 else f'{took:.1f} s'}")
    changed |= len(asked) != 11 or took >= 1
if changed:
    sys.exit("This has changed.")
PY
"$work/venv/bin/python" "$work/run.py"
