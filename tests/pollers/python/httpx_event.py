"""An httpx client, and an event that is waited for with a time-out, as a service that can be stopped does."""

from __future__ import annotations

import signal
import threading

import httpx

from following import HEADERS, TIMEOUT_S, Following, url_of

stopping = threading.Event()


def stop(_number: int, _frame: object) -> None:
    stopping.set()


def main() -> None:
    signal.signal(signal.SIGTERM, stop)
    following = Following()
    with httpx.Client(headers=HEADERS, timeout=TIMEOUT_S) as client:
        wait_s: float | None = 0.0
        while wait_s is not None and not stopping.wait(wait_s):
            try:
                response = client.get(url_of())
                wait_s = following.after(response.status_code, response.content)
            except httpx.HTTPError:
                wait_s = following.after_failure()


if __name__ == "__main__":
    main()
