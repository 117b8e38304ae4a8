"""The scheduler of the standard library, and http.client with a connection for each request."""

from __future__ import annotations

import http.client
import sched
from contextlib import closing
from urllib.parse import urlsplit

from following import BASE_URL, HEADERS, TIMEOUT_S, Following, url_of

scheduler = sched.scheduler()  # on time.monotonic and time.sleep, as they were when it was defined


def ask(following: Following) -> float | None:
    with closing(http.client.HTTPConnection(urlsplit(BASE_URL).netloc, timeout=TIMEOUT_S)) as connection:
        try:
            connection.request("GET", url_of().removeprefix(BASE_URL), headers=HEADERS)
            response = connection.getresponse()
            return following.after(response.status, response.read())
        except (OSError, http.client.HTTPException):
            return following.after_failure()


def poll(following: Following) -> None:
    wait_s = ask(following)
    if wait_s is not None:
        scheduler.enter(wait_s, 1, poll, (following,))


if __name__ == "__main__":
    scheduler.enter(0, 1, poll, (Following(),))
    scheduler.run()
