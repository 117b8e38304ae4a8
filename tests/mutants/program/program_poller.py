"""A polling program that keeps every rule; ``program_mutants`` breaks it in one place at a time."""

import http.client
import json
import os
import time
import urllib.request
from typing import Any
from urllib.parse import quote

TOKEN = os.environ["FLEXFORWARD_TOKEN"]
SHIPMENT = os.environ["FLEXFORWARD_ORDER_NUMBER"]
WAITS = {"Pending": 14400, "InfoReceived": 14400, "InTransit": 1800, "Exception": 900}
OTHER_WAIT = 3600
TOLD = ["InfoReceived", "InTransit", "Exception", "Delivered"]
TERMINAL = ["Delivered", "Cancelled"]
REFUSALS = [401, 403, 404, 422]
PASSING = (OSError, http.client.HTTPException, ValueError, KeyError)
TIMEOUT = 30
LAST_FAILURE = 10**9


def url() -> str:
    return os.environ["FLEXFORWARD_BASE_URL"] + "/tracking/" + quote(SHIPMENT, safe="")


def headers() -> dict[str, str]:
    return {"Authorization": "Bearer " + TOKEN}


def ask() -> Any:
    request = urllib.request.Request(url(), headers=headers())
    with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:
        return json.load(answer)


def tag_of(body: Any) -> str:
    return str(body["tag"])


def examine(body: Any) -> None:
    pass


def back_off(failures: int) -> float:
    return min(30 * 2.0**failures, 1800.0)


def notify(tag: str) -> None:
    print("notify:", tag)


def follow() -> None:
    last, failures = "", 0
    while True:
        try:
            body = ask()
            tag = tag_of(body)
        except PASSING as error:
            if getattr(error, "code", 0) in REFUSALS:
                return
            failures += 1
            if failures == LAST_FAILURE:
                return
            time.sleep(back_off(failures))
            continue
        examine(body)
        failures = 0
        if tag in TOLD and tag != last:
            notify(tag)
        if tag in TOLD:
            last = tag
        if tag in TERMINAL:
            return
        time.sleep(WAITS.get(tag, OTHER_WAIT))


follow()
