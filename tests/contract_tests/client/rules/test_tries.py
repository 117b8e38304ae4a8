"""What of a run of failures is one try."""

from __future__ import annotations

import pytest

from client_timeline import actual, client, verdict
from flexforward_contract_tests.client.transcript.track import tracks_of
from flexforward_contract_tests.client.transcript.tries import tries_of

STORM, BACKS_OFF = "client.retry.storm", "client.retry.backs-off"


def sizes(*waits: str) -> list[int]:
    run = client().asks("0s", 502)
    for wait in waits:
        run.asks(wait, 502)
    [track] = tracks_of(run.run)
    return [len(entry) for entry in tries_of(track.failing_runs[0])]


@pytest.mark.parametrize(
    ("waits", "expected"),
    [
        pytest.param(["1s", "2s", "1s", "1s", "2s", "2s", "1s", "2s"], [3, 3, 3], id="three tries, pauses that double"),
        pytest.param(["1s", "2s", "9s", "1.1s", "2.2s", "9s", "0.9s", "1.9s"], [3, 3, 3], id="a little is drawn"),
        pytest.param(["1s", "9s", "1s", "9s", "1s", "9s"], [2, 2, 2, 1], id="let in after the first of a burst"),
        pytest.param(["0s", "0s", "5m", "0s", "0s", "5m", "0s", "0s", "5m", "0s"], [3, 3, 3, 2], id="cut in a burst"),
        pytest.param(["5m", "1s", "5m", "1s", "5m", "1s"], [1, 2, 2, 2], id="it begins with one"),
        pytest.param(["1s", "9s", "1s"], [1, 1, 1, 1], id="twice may be an accident"),
        pytest.param(["5s"] * 9, [1] * 10, id="an even rhythm"),
        pytest.param(["31s", "9m", "31s", "9m", "31s"], [1] * 6, id="too slow for one call"),
        pytest.param(["1s", "2s", "4s", "8s", "16s"], [1] * 6, id="no bursts"),
    ],
)
def test_bursts_that_recur_are_tries(waits: list[str], expected: list[int]) -> None:
    assert sizes(*waits) == expected


def test_a_library_that_tries_three_times_backs_off_by_the_pauses_between_its_calls() -> None:
    run = client().asks("0s", "InTransit").asks("30m", 502).asks("1s", 502).asks("2s", 502)
    for pause in ("1s", "2s", "4s", "8s", "16s", "32s", "64s", "128s"):
        run.asks(pause, 502).asks("1s", 502).asks("2s", 502)
    assert verdict(BACKS_OFF, run) == "passed"


def test_three_tries_each_second_for_ever_never_back_off() -> None:
    run = client().asks("0s", 502)
    for _ in range(9):
        run.asks("0.1s", 502).asks("0.1s", 502).asks("0.8s", 502)
    assert actual(BACKS_OFF, run) == "3 waits in a row of 0.8s between tries of 3 requests"
    expected = "4 in 1s, in tries of 3 requests: a library's own retries? docs/clients.md says how to turn them off"
    assert actual(STORM, run.asks("0s", 502)).endswith(expected.partition(",")[2])


def test_requests_that_overlap_are_told_so() -> None:
    assert actual(BACKS_OFF, client().repeats(4, "0s", 502)) == "4 requests in a row without a wait, or that overlap"
