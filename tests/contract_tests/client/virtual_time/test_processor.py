from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

import pytest

from flexforward_contract_tests.client.virtual_time.processor import on_one_processor, processors

pytestmark = pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system does not tell processors")


def test_what_is_started_meanwhile_stays_on_one_processor() -> None:
    before = os.sched_getaffinity(0)
    seen: list[set[int]] = []
    with on_one_processor(max(before)):
        thread = threading.Thread(target=lambda: seen.append(os.sched_getaffinity(0)))
        thread.start()
        thread.join()
        assert processors() == (max(before),)
    assert seen == [{max(before)}]
    assert os.sched_getaffinity(0) == before


def test_the_first_processor_is_that_on_which_the_thread_is() -> None:
    before = os.sched_getaffinity(0)
    with on_one_processor(min(before)), on_one_processor():
        assert os.sched_getaffinity(0) == {min(before)}
    assert set(processors()) == before == os.sched_getaffinity(0)


def test_where_proc_does_not_tell_it_is_the_first_that_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> str:
        raise FileNotFoundError("no /proc here")

    monkeypatch.setattr(Path, "read_text", missing)
    assert processors() == tuple(sorted(os.sched_getaffinity(0)))


def test_a_system_that_tells_no_processors_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    assert processors() == ()
    with on_one_processor(0):
        assert sys.version_info  # it ran
