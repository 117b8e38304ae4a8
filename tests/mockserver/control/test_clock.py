from __future__ import annotations

from control_kit import Box, ControlKit, four_steps

UUID = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
NOWHERE = "no-such-thing"
FROZEN = {"clock": {"now": "2026-04-01T00:00:00Z", "frozen": True}}


def test_a_clock_is_frozen_resumed_paced_and_moved(desk: ControlKit) -> None:
    box = desk.open()
    desk.kit.wait(seconds=1)
    assert box.get("getClock") == {"now": "2026-04-01T00:00:01Z", "rate": 1, "frozen": False}
    assert box.get("setClock", {"rate": 3600}) == {"now": "2026-04-01T00:00:01Z", "rate": 3600, "frozen": False}
    desk.kit.wait(seconds=1)
    assert box.get("setClock", {"frozen": True}) == {"now": "2026-04-01T01:00:01Z", "rate": 3600, "frozen": True}
    desk.kit.wait(days=1)
    assert box.get("setClock", {"now": "2026-05-01T00:00:00+02:00"})["now"] == "2026-04-30T22:00:00Z"
    assert box.get("setClock", {}) == {"now": "2026-04-30T22:00:00Z", "rate": 3600, "frozen": True}
    assert box.get("setClock", {"frozen": False})["rate"] == 3600, "it goes on as it did"
    assert box.get("setClock", {"frozen": True, "rate": 5}) == {
        "now": "2026-04-30T22:00:00Z",
        "rate": 5,
        "frozen": True,
    }
    assert box.get("setClock", {"frozen": False}) == {"now": "2026-04-30T22:00:00Z", "rate": 5, "frozen": False}
    assert box.get("advanceClock", {"seconds": 0.5})["now"] == "2026-04-30T22:00:00.500Z"
    assert box.get("advanceClock", {"seconds": 0})["now"] == "2026-04-30T22:00:00.500Z"


def test_a_clock_is_set_forward_only(box: Box) -> None:
    got = box.call("setClock", {"now": "2026-03-31T23:59:59Z", "rate": 9})
    assert got == (
        409,
        {
            "error": "a clock moves forward only; it stands at 2026-04-01T00:00:00+00:00",
            "field": "now",
            "allowed": "the present instant or a later one",
        },
    )
    assert box.get("setClock", {"now": "2026-04-01T00:00:00Z"}) == {
        "now": "2026-04-01T00:00:00Z",
        "rate": 1,
        "frozen": True,
    }


def test_time_ends_and_nothing_breaks_there(box: Box) -> None:
    four_steps(box)
    assert box.get("setClock", {"now": "8999-12-31T23:59:59-12:00"})["now"] == "9000-01-01T00:00:00Z"
    box.get("advanceClock", {"seconds": 316_224_000})
    assert box.track("A").json["tag"] == "Delivered"
    assert box.get("resetLabel", label="A")["tag"] == "Pending"
    assert box.track("PITD-3d-a").status == 200


def test_an_early_clock_bears_events_of_long_before(desk: ControlKit) -> None:
    box = desk.open({"clock": {"now": "1970-01-01T00:00:00+23:59"}})
    steps = [{"tag": "InTransit", "checkpoint": {"at": "-3660d"}}]
    box.get("createLabel", {"order_number": "A", "scenario": {"name": "old", "summary": "x", "steps": steps}})
    assert box.track("A").json["checkpoints"][0]["checkpointTime"].startswith("1959-")


def test_the_clock_drives_steps_dates_and_the_journal(box: Box) -> None:
    four_steps(box)
    box.track("A")
    box.get("advanceClock", {"seconds": 3600})
    assert box.track("A").headers["date"] == "Wed, 01 Apr 2026 01:00:00 GMT"
    first, second = box.journal()
    assert (first["at"], first["tag"], first["step"]) == ("2026-04-01T00:00:00Z", "Pending", 0)
    assert (second["at"], second["tag"], second["step"]) == ("2026-04-01T01:00:00Z", "InTransit", 2)
