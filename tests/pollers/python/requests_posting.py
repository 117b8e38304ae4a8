"""A loop with time.sleep and a requests session, which posts what it tells."""

from __future__ import annotations

import os
import time

import requests

from following import HEADERS, TIMEOUT_S, Following, url_of

session = requests.Session()


class Posting(Following):
    def tell(self, tag: str) -> None:
        session.post(os.environ["FLEXFORWARD_NOTIFY_URL"], json={"tag": tag}, timeout=TIMEOUT_S).raise_for_status()


def main() -> None:
    following = Posting()
    wait_s: float | None = 0.0
    while wait_s is not None:
        time.sleep(wait_s)
        try:
            response = session.get(url_of(), headers=HEADERS, timeout=TIMEOUT_S)
            wait_s = following.after(response.status_code, response.content)
        except requests.RequestException:
            wait_s = following.after_failure()


if __name__ == "__main__":
    main()
