"""The floor: an ASGI application under uvicorn that sends the sample of the vendor's guide, encoded once, to everybody.

Run by ``python -m benchmarks.raw``, it listens on a free port of loopback and prints its address.
"""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any, Final

import uvicorn

from benchmarks.bare import SAMPLE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

_BODY: Final = json.dumps(SAMPLE, ensure_ascii=False, separators=(",", ":")).encode()
_HEADERS: Final = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_BODY))]


async def _app(_scope: Any, _receive: Any, send: Callable[[dict[str, Any]], Awaitable[None]]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await send({"type": "http.response.body", "body": _BODY})


def _main() -> None:
    config = uvicorn.Config(
        _app, http="httptools", loop="uvloop", access_log=False, log_level="warning", lifespan="off"
    )
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    _main()
