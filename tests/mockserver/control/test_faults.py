from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from control_kit import Box, ControlKit, statuses

if TYPE_CHECKING:
    from flexforward_openapi import Json

UUID = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
NOWHERE = "no-such-thing"
FROZEN = {"clock": {"now": "2026-04-01T00:00:00Z", "frozen": True}}


OFF_CONTRACT = {
    "undocumented-status": 429,
    "latency": 200,
    "dribble": 200,
    "no-answer": None,
    "close": None,
    "reset": None,
    "close-mid-body": 200,
    "truncated": 200,
    "not-json": 200,
    "wrong-media-type": 200,
    "empty-body": 200,
    "new-field": 200,
    "new-tag": 200,
    "new-subtag": 200,
    "unlisted-status": 423,
}


@pytest.mark.parametrize(("kind", "status"), OFF_CONTRACT.items())
def test_a_fault_strikes_once_is_named_and_counts_no_poll(box: Box, kind: str, status: int | None) -> None:
    box.get("createLabel", {"scenario": "TD-1x-a", "order_number": "A"})
    armed = box.get("createFault", {"kind": kind, **({"delay_s": 1} if kind == "latency" else {})})
    struck, free = box.track("A"), box.track("A")
    assert struck.headers["x-flexforward-mock"] == kind
    assert "x-flexforward-mock" not in free.headers
    assert free.json["tag"] == "InTransit", "the first poll that counts"
    first, second = box.journal()
    assert (first["fault"], first["status"], first["poll"]) == (kind, status, None)
    assert (second["fault"], second["status"], second["poll"]) == (None, 200, 1)
    assert box.get("listFaults") == {"faults": [{**armed, "seen": 1, "fired": 1}]}


def test_a_documented_failure_is_a_fault_within_the_contract(box: Box) -> None:
    body = {"error": "Label creation failed", "errorCode": "X", "errorMessage": "mine"}
    armed = box.get("createFault", {"kind": "status", "status": 422, "body": body, "times": 2})
    assert armed == {
        "id": "1",
        "kind": "status",
        "status": 422,
        "delay_s": None,
        "body": body,
        "match": {},
        "times": 2,
        "probability": 1,
        "seed": 0,
        "seen": 0,
        "fired": 0,
    }
    got = box.track("T-1h-a")
    assert (got.status, got.json) == (422, body)
    assert "x-flexforward-mock" not in got.headers
    assert [box.track("T-1h-a").status for _ in range(2)] == [422, 200]


@pytest.mark.parametrize("status", [500, 503, 504, 204, 599])
def test_any_status_that_the_contract_does_not_list_can_be_had(box: Box, status: int) -> None:
    box.get("createFault", {"kind": "undocumented-status", "status": status})
    got = box.track("T-1h-a")
    assert got.status == status
    assert got.headers.get("retry-after") == ("60" if status == 503 else None)
    assert box.track("T-1h-a").status == 200


def test_a_fault_waits_for_its_label_by_either_name(box: Box) -> None:
    made = box.get("createLabel", {"scenario": "delivered", "order_number": "A"})
    box.get("createLabel", {"scenario": "delivered", "order_number": "B"})
    for name in ("A", made["id"].upper()):
        box.get("createFault", {"kind": "status", "status": 502, "match": {"label": name}})
    assert statuses(box, "B", made["id"], "A", "A", "B") == [200, 502, 502, 200, 200]
    box.get("createFault", {"kind": "status", "status": 502, "match": {"label": "T-1h-new"}})
    assert statuses(box, "T-1h-old", "T-1h-new", "T-1h-new") == [200, 502, 200]


def test_a_fault_waits_for_its_account(box: Box) -> None:
    box.get("createFault", {"kind": "status", "status": 502, "match": {"account": "other"}})
    assert [box.track("T-1h-a", account).status for account in ("own", "other", "other")] == [200, 502, 403]


def test_a_fault_strikes_the_nth_or_after_so_many(box: Box) -> None:
    box.get("createFault", {"kind": "status", "status": 502, "match": {"nth": 3}, "times": None})
    assert statuses(box, *["T-1h-a"] * 5) == [200, 200, 502, 200, 200]
    box.get("createFault", {"kind": "status", "status": 422, "match": {"after": 2}, "times": 2})
    assert statuses(box, *["T-1h-a"] * 6) == [200, 200, 422, 422, 200, 200]


def test_a_fault_without_end_stands_until_it_is_taken_away(box: Box) -> None:
    armed = box.get("createFault", {"kind": "status", "status": 502, "times": None})
    assert armed["times"] is None
    assert set(statuses(box, *["T-1h-a"] * 20)) == {502}
    assert box.call("deleteFault", fault=armed["id"]) == (204, None)
    assert box.call("deleteFault", fault=armed["id"])[0] == 404
    assert statuses(box, "T-1h-a") == [200]
    assert box.get("createFault", {"kind": "reset"})["id"] == "2", "an id is never given twice"


def test_chance_is_the_same_for_the_same_seed(desk: ControlKit) -> None:
    def run(seed: int) -> list[int]:
        box = desk.open(FROZEN)
        fault = {"kind": "status", "status": 502, "times": None, "probability": 0.5, "seed": seed}
        box.get("createFault", fault)
        return statuses(box, *["T-1h-a"] * 40)

    first = run(1)
    assert first == run(1) != run(2)
    assert 5 < first.count(502) < 35


@pytest.mark.parametrize(("probability", "expected"), [(0, 200), (1, 502)])
def test_no_chance_and_certainty(box: Box, probability: int, expected: int) -> None:
    box.get("createFault", {"kind": "status", "status": 502, "times": None, "probability": probability})
    assert set(statuses(box, *["T-1h-a"] * 20)) == {expected}


@pytest.mark.parametrize(
    ("delay", "shown", "low", "high"),
    [
        (2, 2, 2, 2),
        ({"low": 1, "high": 3}, {"low": 1, "high": 3}, 1, 3),
        ({"median": 5}, {"median": 5, "sigma": 0.5}, 0.1, 250),
        ({"median": 5, "sigma": 0}, {"median": 5, "sigma": 0}, 5, 5),
        ({"median": 86400, "sigma": 3}, {"median": 86400, "sigma": 3}, 0, 86400),
    ],
)
def test_a_delay_is_drawn_told_and_moves_a_clock_that_stands(
    box: Box, delay: Json, shown: Json, low: float, high: float
) -> None:
    armed = box.get("createFault", {"kind": "latency", "delay_s": delay, "times": 50})
    assert armed["delay_s"] == shown
    statuses(box, *["T-1h-a"] * 50)
    waits = [entry["duration_s"] for entry in box.journal()]
    assert all(low <= wait <= high for wait in waits)
    assert (len(set(waits)) == 1) == (low == high)
    assert box.get("getClock")["now"] > "2026-04-01T00:00:00Z"


def test_a_quota_answers_429_beyond_it_until_it_is_deleted(box: Box) -> None:
    box.get("createLabel", {"scenario": "TD-1x-a", "order_number": "A"})
    armed = box.get("createFault", {"kind": "quota", "requests": 2, "per_s": 1})
    assert (armed["requests"], armed["per_s"], armed["times"]) == (2, 1.0, None)
    assert [box.track("A").status for _ in range(4)] == [200, 200, 429, 429], "a clock that stands never refills it"
    refused = box.track("A")
    names = ("retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "x-flexforward-mock")
    assert [refused.headers[name] for name in names] == ["1", "2", "0", "1", "quota"]
    assert refused.json == {"error": "Too Many Requests"}
    box.get("advanceClock", {"seconds": 1})
    assert [box.track("A").status for _ in range(3)] == [200, 200, 429]
    box.get("deleteFault", fault=armed["id"])
    assert box.track("A").status == 200
