"""A loop with time.sleep, bound by name, and urllib."""

from __future__ import annotations

from http.client import HTTPException
from time import sleep
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from following import HEADERS, TIMEOUT_S, Following, url_of


def ask(following: Following) -> float | None:
    try:
        with urlopen(Request(url_of(), headers=HEADERS), timeout=TIMEOUT_S) as response:
            return following.after(response.status, response.read())
    except HTTPError as error:
        return following.after(error.code, b"")
    except (OSError, HTTPException):
        return following.after_failure()


def main() -> None:
    following = Following()
    while (wait_s := ask(following)) is not None:
        sleep(wait_s)


if __name__ == "__main__":
    main()
