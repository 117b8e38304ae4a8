from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from control_kit import Box, ControlKit
from flexforward_mockserver.state import sandboxes as sandboxes_module
from kit import PAIR

if TYPE_CHECKING:
    from flexforward_openapi import Json

UUID = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
NOWHERE = "no-such-thing"
FROZEN = {"clock": {"now": "2026-04-01T00:00:00Z", "frozen": True}}


def test_a_new_sandbox_tells_credentials_that_select_it(desk: ControlKit) -> None:
    made = desk.get("createSandbox")
    assert made == {
        "id": "0001",
        "base_url": "http://mock.test",
        "accounts": {
            "own": {"token": "own-0002", "api_key": "own-key-0003", "api_token": "own-secret-0004"},
            "other": {"token": "other-0005", "api_key": "other-key-0006", "api_token": "other-secret-0007"},
        },
        "bad_token": "bad-0008",
    }
    pair = {"x-rr-apikey": "own-key-0003", "x-rr-apitoken": "own-secret-0004"}
    for headers in ({"Authorization": "Bearer own-0002"}, pair):
        assert desk.kit.track("T-1h-a", headers).status == 200
    assert desk.kit.track("T-1h-a", {"Authorization": "Bearer other-0005"}).status == 403
    assert desk.kit.track("T-1h-a", {"Authorization": "Bearer bad-0008"}).status == 401
    journal = desk.get("getJournal", sandbox="0001")["exchanges"]
    assert [(entry["account"], entry["status"]) for entry in journal] == [
        ("own", 200),
        ("own", 200),
        ("other", 403),
        ("bad", 401),
    ]
    assert journal[-1]["note"] == "these credentials always get 401"
    assert desk.get("getServerJournal") == {"exchanges": [], "dropped": 0}
    assert [entry["id"] for entry in desk.get("listSandboxes")["sandboxes"]] == ["default", "0001"]


def test_a_sandbox_tells_how_it_stands(desk: ControlKit) -> None:
    box = desk.open({"clock": {"now": "2030-01-01T00:00:00.5+01:00", "rate": 2}, "seed": 7})
    box.get("createLabel", {"scenario": "delivered"})
    box.get("createFault", {"kind": "reset", "match": {"nth": 5}})
    box.get("revokeAccount", {"account": "other"})
    box.track("nobody")
    desk.kit.wait(seconds=1)
    assert box.get("getSandbox") == {
        "id": box.id,
        "labels": 1,
        "faults": 1,
        "exchanges": 1,
        "revoked": ["other"],
        "clock": {"now": "2029-12-31T23:00:02.500Z", "rate": 2, "frozen": False},
    }


def test_the_seed_decides_the_tracking_numbers(desk: ControlKit) -> None:
    numbers = [
        desk.open({"seed": seed}).get("createLabel", {"scenario": "delivered", "id": UUID})["tracking_number"]
        for seed in (1, 1, 2)
    ]
    assert numbers[0] == numbers[1] != numbers[2]


def test_a_deleted_sandbox_is_gone_with_its_credentials(desk: ControlKit) -> None:
    given = {"accounts": {"own": {"token": "mine", "api_key": "k", "api_token": "s"}}}
    box = desk.open(given)
    pair = {"x-rr-apikey": "k", "x-rr-apitoken": "s"}
    bad = {"Authorization": f"Bearer {box.made['bad_token']}"}
    assert box.made["accounts"]["own"] == given["accounts"]["own"]
    assert box.track("T-1h-a").status == desk.kit.track("T-1h-a", pair).status == 200
    assert box.call("deleteSandbox") == (204, None)
    for headers in (box.headers(), box.headers("other"), pair, bad):
        assert desk.kit.track("T-1h-a", headers).status == 401
    assert len(desk.get("getServerJournal")["exchanges"]) == 4
    assert box.call("getSandbox")[0] == 404
    assert box.call("deleteSandbox")[0] == 404
    again = desk.open(given)
    assert again.get("listLabels") == {"labels": [], "total": 0}


def test_the_default_sandbox_stays(desk: ControlKit) -> None:
    assert desk.call("deleteSandbox") == (
        409,
        {"error": "the default sandbox stays", "field": "sandbox", "allowed": "reset it instead"},
    )
    assert desk.kit.track("T-1h-a").status == 200


@pytest.mark.parametrize(
    ("accounts", "error"),
    [
        pytest.param({"own": {"token": "mine"}}, "a live sandbox holds this token already", id="another sandbox's"),
        pytest.param({"other": {"token": "mine"}}, "a live sandbox holds this token already", id="for the other one"),
        pytest.param(
            {"own": {"token": "x", "api_key": "test-key", "api_token": "test-secret"}},
            "a live sandbox holds this api_key and api_token already",
            id="the default sandbox's pair",
        ),
        pytest.param(
            {"own": {"token": "x"}, "other": {"token": "x"}},
            "the account own holds this token already",
            id="twice the same",
        ),
    ],
)
def test_credentials_that_somebody_holds_are_a_409_and_nothing_is_made(
    desk: ControlKit, accounts: Json, error: str
) -> None:
    held = desk.open({"accounts": {"own": {"token": "mine"}}})
    before = desk.get("listSandboxes")
    assert desk.call("createSandbox", {"accounts": accounts}) == (
        409,
        {"error": error, "field": "accounts", "allowed": "credentials of no live sandbox"},
    )
    assert desk.get("listSandboxes") == before
    assert desk.kit.track("T-1h-a", {"Authorization": "Bearer x"}).status == 401
    assert held.track("T-1h-a").status == 200
    assert desk.kit.track("T-1h-a", PAIR).status == 200


def test_a_server_that_is_full_of_sandboxes_says_so_and_loses_nothing(
    desk: ControlKit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandboxes_module, "SANDBOX_LIMIT", 2)
    box = desk.open()
    assert desk.call("createSandbox", {"accounts": {"own": {"token": "mine"}}}) == (
        409,
        {"error": "the server holds 2 sandboxes, the most it may", "allowed": "delete some"},
    )
    assert box.track("T-1h-a").status == 200
    box.get("deleteSandbox")
    assert desk.open({"accounts": {"own": {"token": "mine"}}}).track("T-1h-a").status == 200


def test_sandboxes_do_not_meet(desk: ControlKit) -> None:
    one, two = desk.open(FROZEN), desk.open(FROZEN)
    one.get("createLabel", {"scenario": "delivered", "order_number": "A"})
    one.get("createFault", {"kind": "status", "status": 502, "times": None})
    one.get("advanceClock", {"seconds": 3600})
    one.get("revokeAccount", {"account": "other"})
    assert one.track("A").status == 502
    assert two.track("A").status == 404
    assert two.track("A", "other").status == 404
    assert two.get("listFaults") == {"faults": []}
    assert two.get("getClock")["now"] == "2026-04-01T00:00:00Z"
    assert [entry["status"] for entry in one.journal()] == [502]
    assert [entry["status"] for entry in two.journal()] == [404, 404]
    two.get("createLabel", {"scenario": "cancelled-in-transit", "order_number": "A"})
    assert two.track("A").status == 200
    one.get("deleteSandbox")
    assert two.track("A").status == 200
    assert desk.get("getJournal")["exchanges"] == []


def test_two_hundred_sandboxes_used_at_once_never_see_each_other(desk: ControlKit) -> None:
    boxes = [desk.open({"seed": number, **FROZEN}) for number in range(200)]
    wrong: list[object] = []
    barrier = threading.Barrier(20)

    def use(mine: list[tuple[int, Box]]) -> None:
        barrier.wait()
        for number, box in mine:
            box.get("createLabel", {"scenario": f"TD-{number + 1}x-a", "order_number": "SAME"})
            box.get("advanceClock", {"seconds": number})
            box.get("createFault", {"kind": "status", "status": 422, "match": {"nth": 2 + number % 3}})
        for _ in range(5):
            for _, box in mine:
                box.track("SAME")
        for number, box in mine:
            statuses = [200] * 5
            statuses[1 + number % 3] = 422
            tags = ["InTransit"] * min(number + 1, 4) + ["Delivered"] * max(0, 3 - number)
            journal = box.journal()
            seen = [entry["tag"] for entry in journal if entry["status"] == 200]
            now = box.get("getClock")["now"]
            found = ([entry["status"] for entry in journal], seen, {entry["at"] for entry in journal}, now)
            minutes, seconds = divmod(number, 60)
            at = f"2026-04-01T00:{minutes:02}:{seconds:02}Z"
            if found != (statuses, tags, {at}, at) or box.get("getSandbox")["labels"] != 1:
                wrong.append((number, found))

    numbered = list(enumerate(boxes))
    threads = [threading.Thread(target=use, args=(numbered[start::20],)) for start in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert desk.get("getSandbox")["exchanges"] == 0


def test_reset_clears_everything_but_the_credentials(box: Box) -> None:
    box.get("createLabel", {"scenario": "delivered", "order_number": "A"})
    box.get("createFault", {"kind": "reset"})
    box.get("revokeAccount")
    box.get("setClock", {"now": "2027-01-01T00:00:00Z", "rate": 5})
    box.track("A")
    assert box.get("resetSandbox") == {
        "id": box.id,
        "labels": 0,
        "faults": 0,
        "exchanges": 0,
        "revoked": [],
        "clock": {"now": "2026-04-01T00:00:00Z", "rate": 1, "frozen": True},
    }
    assert box.track("A").status == 404
    assert box.track("T-1h-a").status == 200


def test_the_default_sandbox_is_reset_to_its_demo_labels_and_its_pace() -> None:
    desk = ControlKit(time_scale=60.0)
    for _ in range(2):
        desk.kit.track("T-1h-a")
        desk.get("setClock", {"frozen": True})
        got = desk.get("resetSandbox")
        assert (got["labels"], got["exchanges"]) == (3, 0)
        assert got["clock"] == {"now": "2026-04-01T00:00:00Z", "rate": 60, "frozen": False}
    assert desk.kit.track("DEMO-delivered").json["tag"] == "Pending"
    assert desk.kit.track("DEMO-foreign").status == 403
    assert desk.kit.track(UUID).status == 200
    desk.kit.wait(hours=6)
    assert desk.kit.track("DEMO-delivered").json["tag"] == "Delivered"


def test_a_sandbox_without_a_clock_of_its_own_is_reset_to_the_present(desk: ControlKit) -> None:
    box = desk.open()
    box.get("advanceClock", {"seconds": 60})
    assert box.get("resetSandbox")["clock"] == {"now": "2026-04-01T00:00:00Z", "rate": 1, "frozen": False}


def test_revoked_credentials_are_401_until_they_are_restored(box: Box) -> None:
    assert box.get("revokeAccount") == {"revoked": ["own"]}
    assert box.get("revokeAccount", {"account": "other"}) == {"revoked": ["other", "own"]}
    assert (box.track("T-1h-a").status, box.track("T-1h-a", "other").status) == (401, 401)
    assert box.journal()[-1]["note"] == "the credentials are revoked"
    assert box.get("restoreAccount") == {"revoked": ["other"]}
    assert (box.track("T-1h-a").status, box.track("T-1h-b", "other").status) == (200, 401)
    assert box.get("restoreAccount", {"account": "other"}) == {"revoked": []}
    assert box.get("restoreAccount", {"account": "other"}) == {"revoked": []}
