from __future__ import annotations

from control_kit import Box, ControlKit, statuses
from kit import OTHER, OWN, START

UUID = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
NOWHERE = "no-such-thing"
FROZEN = {"clock": {"now": "2026-04-01T00:00:00Z", "frozen": True}}


def test_the_journal_is_filtered_and_cleared(box: Box) -> None:
    made = box.get("createLabel", {"scenario": "delivered", "order_number": "A"})
    statuses(box, "A", "B", "A", "C")
    assert [entry["path"] for entry in box.journal()] == [f"/tracking/{key}" for key in "ABAC"]
    assert [entry["path"] for entry in box.journal(limit="3")] == [f"/tracking/{key}" for key in "BAC"]
    assert len(box.journal(label=made["id"].upper())) == 2
    assert len(box.journal(status="0404")) == 2
    assert [entry["path"] for entry in box.journal(status="404", limit="1")] == ["/tracking/C"]
    assert box.journal(status="200", label=UUID) == []
    assert len(box.get("getJournalHar")["log"]["entries"]) == 4
    assert box.call("clearJournal") == (204, None)
    assert box.get("getJournal") == {"exchanges": [], "dropped": 0}
    assert box.track("A").status == 200
    assert box.journal()[0]["poll"] == 3, "labels keep their polls"


def test_the_journal_is_bounded_and_tells_how_many_were_dropped(box: Box) -> None:
    for _ in range(10_003):
        box.track("nobody")
    got = box.get("getJournal", query={"limit": "10000"})
    assert (len(got["exchanges"]), got["dropped"]) == (10_000, 3)


def test_an_exchange_has_all_its_fields(box: Box) -> None:
    made = box.get("createLabel", {"scenario": "delivered", "order_number": "A"})
    box.track("A", Prefer="delay=2s")
    (exchange,) = box.journal()
    assert exchange.pop("real_at").endswith("Z")
    assert exchange == {
        "at": "2026-04-01T00:00:00Z",
        "method": "GET",
        "path": "/tracking/A",
        "status": 200,
        "label": made["id"],
        "tag": "Pending",
        "poll": None,
        "step": 0,
        "fault": None,
        "account": "own",
        "duration_s": 2,
        "note": "Prefer: delay=2s",
        "operation": "getTracking",
    }


def test_requests_of_nobody_stand_in_the_servers_own_journal(desk: ControlKit) -> None:
    for number in range(3):
        desk.kit.track(f"N{number}", {"Authorization": "Bearer nobody"})
    got = desk.get("getServerJournal", query={"limit": "2"})
    assert [entry["path"] for entry in got["exchanges"]] == ["/tracking/N1", "/tracking/N2"]
    assert desk.kit.track("T-1h-a", OWN).status == 200
    assert desk.kit.track("T-1h-a", OTHER).status == 403
    assert len(desk.get("getServerJournal")["exchanges"]) == 3
    assert desk.kit.sandbox.clock.now() == START
