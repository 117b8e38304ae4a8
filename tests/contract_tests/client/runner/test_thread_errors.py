"""Errors that end threads: those of the client are taken down, all others go where they went before."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from flexforward_contract_tests.client.runner.thread_errors import taken_thread_errors

if TYPE_CHECKING:
    import pytest


def test_only_errors_of_new_threads_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[type[BaseException]] = []

    def leave(ended: threading.ExceptHookArgs) -> None:
        left.append(ended.exc_type)

    monkeypatch.setattr(threading, "excepthook", leave)
    may_fail = threading.Event()

    def fail_late() -> None:
        may_fail.wait()
        raise LookupError("of one that was there before")

    def fail() -> None:
        raise ValueError("of a new one")

    before = threading.Thread(target=fail_late)
    before.start()
    with taken_thread_errors(str) as taken:
        may_fail.set()
        before.join()
        for target in (fail, exit):
            thread = threading.Thread(target=target)
            thread.start()
            thread.join()
    assert (taken, left) == (["of a new one"], [LookupError])
