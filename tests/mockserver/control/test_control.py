from __future__ import annotations

import threading
import time
from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from control_kit import Box, ControlKit
from flexforward_mockserver.control.control import Control
from flexforward_mockserver.scenarios.catalogue import Catalogue
from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS
from flexforward_mockserver.state import sandbox as sandbox_module
from flexforward_mockserver.state import sandboxes as sandboxes_module
from flexforward_mockserver.state.label import label_uuid
from kit import OTHER, OWN, PAIR, START, Kit

if TYPE_CHECKING:
    from flexforward_openapi import Json

UUID = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
NOWHERE = "no-such-thing"
FROZEN = {"clock": {"now": "2026-04-01T00:00:00Z", "frozen": True}}


@pytest.fixture
def desk() -> ControlKit:
    return ControlKit()


@pytest.fixture
def box(desk: ControlKit) -> Box:
    return desk.open(FROZEN)


# -- The server


def test_the_server_tells_its_version_its_document_and_its_scenarios(desk: ControlKit) -> None:
    assert desk.get("getHealth") == {"status": "ok", "version": version("flexforward-mock")}
    assert desk.get("getDocument")["info"]["title"] == "flexforward-mock control API"
    assert "$defs" in desk.get("getScenarioSchema")
    names = [entry["name"] for entry in desk.get("listScenarios")["scenarios"]]
    assert names == list(Catalogue().names)
    for name in names:
        assert desk.get("getScenario", name=name)["name"] == name
    assert desk.get("getScenario", name="TG-2x-a")["steps"][1] == {
        "name": None,
        "after_s": None,
        "polls": 2,
        "manual": False,
        "tag": "InTransit",
        "subtag": "InTransit_001",
        "status": 502,
        "fault": None,
    }


def test_the_present_is_the_clocks_beginning_where_nothing_else_is_said() -> None:
    kit = Kit()
    control = Control(kit.engine, Catalogue(), draw=lambda: "x", wall=lambda: 0.0)
    desk = ControlKit(kit)
    desk.control = control
    assert desk.open().get("getClock")["now"] > "2026-"


@pytest.mark.parametrize(
    ("operation", "path", "error"),
    [
        pytest.param(
            "getScenario",
            {"name": NOWHERE},
            {
                "error": "no scenario 'no-such-thing'",
                "field": "name",
                "allowed": f"{', '.join(Catalogue().names)}, a script id such as PITD-6h-1, or a scenario as a mapping",
            },
            id="scenario",
        ),
        *(
            pytest.param(
                operation,
                {"sandbox": NOWHERE, "label": "a", "fault": "1"},
                {
                    "error": "no sandbox 'no-such-thing'",
                    "field": "sandbox",
                    "allowed": "default, or a live one's id",
                },
                id=f"sandbox of {operation}",
            )
            for operation in (
                "getSandbox",
                "deleteSandbox",
                "resetSandbox",
                "listLabels",
                "getLabel",
                "deleteLabel",
                "resetLabel",
                "getClock",
                "listFaults",
                "deleteFault",
                "getJournal",
                "clearJournal",
                "getJournalHar",
            )
        ),
        *(
            pytest.param(
                operation,
                {"label": NOWHERE},
                {
                    "error": "no label 'no-such-thing'",
                    "field": "label",
                    "allowed": "the UUID or order number of a label",
                },
                id=f"label of {operation}",
            )
            for operation in ("getLabel", "deleteLabel", "resetLabel", "advanceLabel")
        ),
        pytest.param(
            "deleteFault",
            {"fault": NOWHERE},
            {"error": "no fault 'no-such-thing'", "field": "fault", "allowed": "the id of a fault"},
            id="fault",
        ),
    ],
)
def test_what_is_not_there_is_a_404_that_says_what_could_be(
    desk: ControlKit, operation: str, path: dict[str, str], error: Json
) -> None:
    assert desk.call(operation, None, None, **path) == (404, error)


def test_operations_with_a_body_look_for_the_sandbox_and_the_label_too(desk: ControlKit) -> None:
    for operation, body in (
        ("createLabel", {"scenario": "delivered"}),
        ("setClock", {}),
        ("advanceClock", {"seconds": 1}),
        ("createFault", {"kind": "reset"}),
        ("revokeAccount", {}),
        ("restoreAccount", {}),
        ("jumpLabel", {"step": 0}),
    ):
        assert desk.call(operation, body, sandbox=NOWHERE, label="a")[0] == 404
    assert desk.call("jumpLabel", {"step": 0}, label=NOWHERE)[1]["field"] == "label"


# -- Bodies and queries

WHOLE = "a whole number from"


@pytest.mark.parametrize(
    ("operation", "body", "error"),
    [
        pytest.param(
            "createLabel",
            b"",
            {"error": "the body is not JSON: Input data was truncated", "allowed": "a JSON object"},
            id="no body",
        ),
        pytest.param(
            "createSandbox",
            b"{",
            {"error": "the body is not JSON: Input data was truncated", "allowed": "a JSON object"},
            id="half a body",
        ),
        pytest.param(
            "createSandbox",
            b'{"seed": "\xff"}',
            {
                "error": "the body is not JSON: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
                "allowed": "a JSON object",
            },
            id="not UTF-8",
        ),
        pytest.param(
            "createSandbox",
            b'{"seed": 123456789012345678901}',
            {"error": "the body is not JSON: a number in it has more than 64 bits", "allowed": "a JSON object"},
            id="a number without end",
        ),
        pytest.param(
            "createLabel",
            b'{"scenario": ' + b'{"a":' * 65 + b"1" + b"}" * 66,
            {"error": "the body is nested too deeply", "allowed": "at most 64 levels"},
            id="nested deeply",
        ),
        pytest.param(
            "createLabel",
            b"[" * 100_000,
            {"error": "the body is nested too deeply", "allowed": "at most 64 levels"},
            id="nested very deeply",
        ),
        pytest.param(
            "createSandbox",
            b"[]",
            {"error": "not a mapping", "allowed": "a mapping with clock, seed, accounts"},
            id="no mapping",
        ),
        pytest.param(
            "createFault",
            b'{"kynd": "reset", "kind": "reset"}',
            {
                "error": "unknown key 'kynd'",
                "field": "kynd",
                "allowed": "did you mean 'kind'? kind, status, delay_s, body, match, times, probability, seed",
            },
            id="unknown key",
        ),
        pytest.param("createFault", b"{}", {"error": "no 'kind'", "allowed": "kind is required"}, id="missing key"),
        pytest.param(
            "advanceLabel",
            b'{"steps": 0}',
            {"error": "0 is not allowed here", "field": "steps", "allowed": f"{WHOLE} 1 to 1000"},
            id="no steps",
        ),
        pytest.param(
            "advanceLabel",
            b'{"steps": true}',
            {"error": "true is not allowed here", "field": "steps", "allowed": f"{WHOLE} 1 to 1000"},
            id="true steps",
        ),
        pytest.param(
            "advanceLabel",
            b'{"steps": 1.5}',
            {"error": "1.5 is not allowed here", "field": "steps", "allowed": f"{WHOLE} 1 to 1000"},
            id="a step and a half",
        ),
        pytest.param(
            "advanceClock",
            b'{"seconds": -1}',
            {
                "error": "-1 is not allowed here",
                "field": "seconds",
                "allowed": "seconds from 0 to 316224000 (ten years)",
            },
            id="backwards",
        ),
        pytest.param(
            "setClock",
            b'{"rate": 0}',
            {
                "error": "0 is not allowed here",
                "field": "rate",
                "allowed": "virtual seconds for a real one above 0 up to 1000000",
            },
            id="no rate",
        ),
        pytest.param(
            "revokeAccount",
            b'{"account": "bad"}',
            {"error": '"bad" is not allowed here', "field": "account", "allowed": "own or other"},
            id="the bad account",
        ),
        *(
            pytest.param(
                "setClock",
                b'{"now": "' + text.encode() + b'"}',
                {
                    "error": f'"{text}" is not allowed here',
                    "field": "now",
                    "allowed": "an instant such as 2026-04-01T00:00:00Z, from 1970 to 8999",
                },
                id=f"now {text}",
            )
            for text in (
                "foo",
                "2026-04-01T00:00:00",
                "2026-02-30T00:00:00Z",
                "1969-12-31T23:59:59Z",
                "9000-01-01T00:00:00Z",
                "2026-04-01T23:59:60Z",
            )
        ),
        pytest.param(
            "createSandbox",
            b'{"clock": {"rate": 1e7}}',
            {
                "error": "10000000 is not allowed here",
                "field": "clock.rate",
                "allowed": "virtual seconds for a real one above 0 up to 1000000",
            },
            id="too fast",
        ),
        pytest.param(
            "createSandbox",
            b'{"accounts": {"own": {"token": "my secret"}}}',
            {
                "error": "a value that is not shown is not allowed here",
                "field": "accounts.own.token",
                "allowed": "1 to 256 printable ASCII characters without spaces",
            },
            id="a secret with a space",
        ),
        pytest.param(
            "createSandbox",
            b'{"accounts": {"own": {"api_key": "secret"}}}',
            {"error": "no 'api_token'", "field": "accounts.own", "allowed": "api_token is required"},
            id="half a pair",
        ),
        pytest.param(
            "createSandbox",
            b'{"accounts": {"own": {}}}',
            {
                "error": "a value that is not shown is not allowed here",
                "field": "accounts.own",
                "allowed": "a mapping of token, or of api_key and api_token together, or of all three",
            },
            id="an account that nobody can use",
        ),
        pytest.param(
            "createSandbox",
            b'{"accounts": "secret"}',
            {
                "error": "a value that is not shown is not allowed here",
                "field": "accounts",
                "allowed": "a mapping of own and other to credentials",
            },
            id="a secret in the wrong place",
        ),
        pytest.param(
            "createLabel",
            b'{"scenario": 7}',
            {
                "error": "7 is not allowed here",
                "field": "scenario",
                "allowed": "the name of a scenario, a script id, or a scenario as a mapping",
            },
            id="a number of a scenario",
        ),
        pytest.param(
            "createLabel",
            b'{"scenario": "delivered", "id": "1"}',
            {"error": '"1" is not allowed here', "field": "id", "allowed": "a UUID"},
            id="no UUID",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "foo"}',
            {
                "error": '"foo" is not allowed here',
                "field": "kind",
                "allowed": f"{', '.join(list(FAULT_KINDS)[:-1])} or {list(FAULT_KINDS)[-1]}",
            },
            id="unknown kind",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "status"}',
            {
                "error": "a fault of kind status needs one",
                "field": "status",
                "allowed": "401, 403, 404, 422, 502; others by kind undocumented-status",
            },
            id="no status",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "status", "status": 500}',
            {
                "error": "the contract lists no 500",
                "field": "status",
                "allowed": "401, 403, 404, 422, 502; others by kind undocumented-status",
            },
            id="a status that is not listed",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "undocumented-status", "status": 502}',
            {
                "error": "the contract lists 502",
                "field": "status",
                "allowed": "a status that it does not list; those that it does by kind status",
            },
            id="a status that is listed after all",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "reset", "status": 502}',
            {"error": "a fault of kind reset has no status", "field": "status", "allowed": "leave it out"},
            id="a status of a reset",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "reset", "body": {}}',
            {"error": "a fault of kind reset has no body", "field": "body", "allowed": "leave it out"},
            id="a body of a reset",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "status", "status": 502, "body": {"code": "COURIER_ERROR"}}',
            {
                "error": 'the 502 that was due would break the contract: "error" is a required property',
                "field": "body",
                "allowed": "a body that the contract allows",
            },
            id="a body that the contract forbids",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "latency"}',
            {
                "error": "a fault of kind latency needs a delay",
                "field": "delay_s",
                "allowed": "seconds from 0 to 86400, two bounds low and high of such, or a median of such with a "
                "sigma of 0 to 3",
            },
            id="no latency",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "latency", "delay_s": {"low": 2, "high": 1.5}}',
            {"error": "low 2 is above high 1.5", "field": "delay_s.low", "allowed": "at most high"},
            id="bounds the wrong way round",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "latency", "delay_s": {"low": 2}}',
            {
                "error": '{"low":2} is not allowed here',
                "field": "delay_s",
                "allowed": "seconds from 0 to 86400, or a mapping {low, high} or {median, sigma}",
            },
            id="one bound",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "reset", "match": {"nth": 0}}',
            {"error": "0 is not allowed here", "field": "match.nth", "allowed": "a whole number from 1"},
            id="the noughth",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "reset", "times": 0}',
            {
                "error": "0 is not allowed here",
                "field": "times",
                "allowed": "a whole number from 1, or null for as long as it stands",
            },
            id="not once",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "reset", "probability": 1.1}',
            {"error": "1.1 is not allowed here", "field": "probability", "allowed": "a number from 0 to 1"},
            id="more than certain",
        ),
    ],
)
def test_a_body_that_is_not_allowed_is_a_400_that_says_where_and_what_is(
    desk: ControlKit, operation: str, body: bytes, error: Json
) -> None:
    desk.get("createLabel", {"scenario": "delivered", "order_number": "a"})
    before = desk.get("listSandboxes")
    assert desk.send(operation, body, label="a") == (400, {"field": "body", **error})
    assert desk.get("listSandboxes") == before


@pytest.mark.parametrize(
    ("operation", "query", "error"),
    [
        ("getJournal", {"limit": "0"}, ("'0' is not allowed here", "limit", "a whole number from 1 to 10000")),
        ("getJournal", {"limit": "10001"}, ("'10001' is not allowed here", "limit", "a whole number from 1 to 10000")),
        ("getJournal", {"limit": "٣"}, ("'٣' is not allowed here", "limit", "a whole number from 1 to 10000")),
        ("getJournal", {"status": ""}, ("'' is not allowed here", "status", "a whole number from 100 to 599")),
        ("getJournal", {"label": ""}, ("no value for 'label'", "label", "one that is not empty")),
        ("getJournal", {"labels": "a"}, ("unknown query parameter 'labels'", "labels", "limit, label, status")),
        ("getServerJournal", {"label": "a"}, ("unknown query parameter 'label'", "label", "limit")),
        ("getHealth", {"a": "b"}, ("unknown query parameter 'a'", "a", "none")),
        ("createSandbox", {"a": "b"}, ("unknown query parameter 'a'", "a", "none")),
        ("listLabels", {"limit": "x"}, ("'x' is not allowed here", "limit", "a whole number from 1 to 10000")),
    ],
)
def test_a_query_that_is_not_allowed_is_a_400(
    desk: ControlKit, operation: str, query: dict[str, str], error: tuple[str, str, str]
) -> None:
    assert desk.call(operation, query=query) == (400, dict(zip(("error", "field", "allowed"), error, strict=True)))


def test_a_whole_number_may_be_written_with_a_point(desk: ControlKit) -> None:
    assert desk.send("createFault", b'{"kind": "status", "status": 502.0, "times": 2.0, "seed": 1e1}')[0] == 201
    (fault,) = desk.get("listFaults")["faults"]
    assert [type(fault[name]) for name in ("status", "times", "seed")] == [int, int, int]


# -- Sandboxes


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
    assert journal[-1]["note"] == "the credentials are never taken"
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
        "clock": {"now": "2026-04-01T00:00:00Z", "rate": 0, "frozen": True},
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


# -- Labels


def test_a_label_of_a_named_scenario(box: Box) -> None:
    made = box.get("createLabel", {"scenario": "delivered", "order_number": "ORDER 1", "id": UUID.upper()})
    assert made == {
        "id": UUID,
        "order_number": "ORDER 1",
        "account": "own",
        "scenario": "delivered",
        "tracking_number": made["tracking_number"],
        "tag": "Pending",
        "status": 200,
        "step": 0,
        "steps": made["steps"],
        "polls": 0,
        "began_at": "2026-04-01T00:00:00Z",
    }
    for key in (UUID, UUID.upper(), "ORDER 1"):
        assert box.get("getLabel", label=key) == made
    assert box.track("ORDER%201").json["id"] == UUID
    assert box.get("getLabel", label=UUID)["polls"] == 1
    assert box.get("listLabels") == {"labels": [{**made, "polls": 1}], "total": 1}


def test_a_label_of_a_script_id_goes_by_it(box: Box) -> None:
    made = box.get("createLabel", {"scenario": "GD-1h-a"})
    assert (made["order_number"], made["id"]) == ("GD-1h-a", label_uuid("GD-1h-a"))
    assert (made["tag"], made["status"]) == (None, 502)
    assert box.get("createLabel", {"scenario": "GD-1h-a", "order_number": "B"})["order_number"] == "B"
    named = box.get("createLabel", {"scenario": "delivered"})
    assert named["order_number"].startswith("delivered-")


def test_a_label_belongs_to_the_account_that_is_named_or_the_scenarios(box: Box) -> None:
    assert box.get("createLabel", {"scenario": "foreign", "order_number": "A"})["account"] == "other"
    assert box.get("createLabel", {"scenario": "foreign", "order_number": "B", "account": "own"})["account"] == "own"
    assert [box.track(key).status for key in ("A", "B")] == [403, 200]


def test_the_newest_labels_are_listed(box: Box) -> None:
    for number in range(4):
        box.get("createLabel", {"scenario": "delivered", "order_number": f"N{number}"})
    got = box.get("listLabels", query={"limit": "2"})
    assert ([label["order_number"] for label in got["labels"]], got["total"]) == (["N2", "N3"], 4)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(
            {"scenario": "delivered", "order_number": "A"}, "sandbox '0001' has a label 'A' already", id="order number"
        ),
        pytest.param(
            {"scenario": "delivered", "order_number": "B", "id": UUID},
            f"sandbox '0001' has a label '{UUID}' already",
            id="UUID",
        ),
        pytest.param(
            {"scenario": "delivered", "order_number": UUID},
            f"sandbox '0001' has a label '{UUID}' already",
            id="order number that is a UUID",
        ),
    ],
)
def test_a_label_that_is_there_already_is_a_409(box: Box, body: Json, error: str) -> None:
    made = box.get("createLabel", {"scenario": "delivered", "order_number": "A", "id": UUID})
    assert box.call("createLabel", body) == (
        409,
        {"error": error, "field": "order_number", "allowed": "one that is not taken"},
    )
    assert box.get("listLabels") == {"labels": [made], "total": 1}


def test_a_sandbox_that_is_full_says_so_and_loses_nothing() -> None:
    desk = ControlKit(Kit(with_demos=False, label_limit=2))
    for key in "AB":
        desk.get("createLabel", {"scenario": "delivered", "order_number": key})
    assert desk.call("createLabel", {"scenario": "delivered", "order_number": "C"}) == (
        409,
        {
            "error": "sandbox 'default' holds 2 labels, the most it may",
            "allowed": "delete some labels, or reset the sandbox",
        },
    )
    assert [desk.kit.track(key).status for key in "ABC"] == [200, 200, 404]
    assert desk.get("resetLabel", label="A")["polls"] == 0
    desk.get("deleteLabel", label="B")
    desk.get("createLabel", {"scenario": "delivered", "order_number": "C"})
    assert [desk.kit.track(key).status for key in "ABC"] == [200, 404, 200]


def test_a_full_list_of_faults_says_so_and_loses_nothing(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox_module, "FAULT_LIMIT", 1)
    first = box.get("createFault", {"kind": "reset"})
    assert box.call("createFault", {"kind": "close"}) == (
        409,
        {"error": f"sandbox '{box.id}' holds 1 faults, the most it may", "allowed": "delete some"},
    )
    assert box.get("listFaults") == {"faults": [first]}


def test_an_inline_scenario_is_one_as_in_a_file(box: Box) -> None:
    scenario: Json = {
        "name": "mine",
        "summary": "For \u2028 one \x7f test \u0085 🚚.",
        "account": "other",
        "steps": [
            {"tag": "InTransit", "checkpoint": {"city": "a\u2028b\ufeffc\u0085d 🚚", "message": "tab\tand\nline"}},
            {"name": "end", "polls": 1, "tag": "Delivered", "checkpoint": {"city": "b"}},
        ],
    }
    made = box.get("createLabel", {"scenario": scenario, "order_number": "A"})
    assert (made["scenario"], made["account"], made["steps"]) == ("mine", "other", 2)
    body = box.track("A", "other").json
    assert body["checkpoints"][0]["city"] == "a\u2028b\ufeffc\u0085d 🚚"
    assert body["checkpoints"][0]["message"] == "tab\tand\nline"
    assert box.track("A", "other").json["tag"] == "Delivered"


@pytest.mark.parametrize(
    ("scenario", "error", "field", "allowed"),
    [
        pytest.param({}, "no 'name' (and 2 more)", "scenario", "name is required", id="empty"),
        pytest.param(
            {"name": "mine", "summary": "x", "steps": [{"tag": "Lost"}]},
            '"Lost"',
            "scenario.steps[0].tag",
            "Pending, InfoReceived, InTransit, Delivered, Exception, Cancelled or Unknown",
            id="unknown tag",
        ),
        pytest.param(
            {"name": "mine", "summary": "x", "steps": [{"tag": "Pending"}, {"tag": "InTransit"}]},
            "the step has no trigger",
            "scenario.steps[1]",
            "after, polls or manual, or several of them",
            id="no trigger",
        ),
        pytest.param(
            {"name": "mine", "summary": "x", "steps": [{"status": 499}]},
            "step 1 fails with 499, which flex-forward.yaml does not list",
            "scenario",
            "what the contract can answer",
            id="a status that the contract does not list",
        ),
        pytest.param(
            NOWHERE,
            "no scenario 'no-such-thing'",
            "scenario",
            f"{', '.join(Catalogue().names)}, a script id such as PITD-6h-1, or a scenario as a mapping",
            id="no name of one",
        ),
    ],
)
def test_a_scenario_with_mistakes_is_a_400_that_says_where(
    box: Box, scenario: Json, error: str, field: str, allowed: str
) -> None:
    assert box.call("createLabel", {"scenario": scenario}) == (
        400,
        {"error": error, "field": field, "allowed": allowed},
    )
    assert box.get("listLabels")["total"] == 0


def test_a_thousand_mistakes_are_told_at_once(box: Box) -> None:
    wrong: Json = {"after": "1m", "tag": "Lost", "checkpoint": {"city": "c" * 100}}
    scenario = {"name": "mine", "summary": "x", "steps": [wrong] * 1000}
    before = time.monotonic()
    status, error = box.call("createLabel", {"scenario": scenario})
    assert time.monotonic() - before < 10, "it took twenty seconds once, and everybody else waited"
    assert (status, error["error"], error["field"]) == (400, '"Lost" (and 999 more)', "scenario.steps[0].tag")


STEPS: list[Json] = [
    {"tag": "Pending"},
    {"name": "moving", "after": "1h", "tag": "InTransit", "checkpoint": {}},
    {"after": "0s", "checkpoint": {"message": "at once"}},
    {"name": "home", "after": "1h", "tag": "Delivered", "checkpoint": {}},
]


def four_steps(box: Box) -> None:
    box.get("createLabel", {"order_number": "A", "scenario": {"name": "four", "summary": "x", "steps": STEPS}})


def test_advance_opens_steps_by_hand_and_stops_at_the_last(box: Box) -> None:
    four_steps(box)
    assert box.get("advanceLabel", label="A")["step"] == 2, "the third opens with the second"
    assert box.get("advanceLabel", {"steps": 1}, label="A")["tag"] == "Delivered"
    assert box.get("advanceLabel", {"steps": 1000}, label="A")["step"] == 3
    assert box.get("getLabel", label="A")["polls"] == 0
    assert box.journal() == []


def test_jump_opens_steps_until_the_wanted_one_is_open(box: Box) -> None:
    four_steps(box)
    assert box.get("jumpLabel", {"step": 0}, label="A")["step"] == 0
    assert box.get("jumpLabel", {"step": "moving"}, label="A")["step"] == 2
    assert box.get("jumpLabel", {"step": 3.0}, label="A")["step"] == 3
    assert box.call("jumpLabel", {"step": "moving"}, label="A") == (
        409,
        {"error": "step 1 has passed: step 3 is open", "field": "step", "allowed": "reset the label first"},
    )


@pytest.mark.parametrize("step", [4, "nowhere"])
def test_a_jump_to_no_step_is_a_400(box: Box, step: int | str) -> None:
    four_steps(box)
    assert box.call("jumpLabel", {"step": step}, label="A") == (
        400,
        {"error": f"there is no step {step!r}", "field": "step", "allowed": "0 to 3, moving, home"},
    )
    assert box.get("getLabel", label="A")["step"] == 0


def test_a_label_is_reset_to_its_beginning_now(box: Box) -> None:
    four_steps(box)
    box.track("A")
    box.get("advanceClock", {"seconds": 7200})
    assert box.track("A").json["tag"] == "Delivered"
    got = box.get("resetLabel", label="A")
    assert (got["step"], got["polls"], got["began_at"]) == (0, 0, "2026-04-01T02:00:00Z")
    assert box.track("A").json["tag"] == "Pending"
    assert box.get("listLabels")["total"] == 1


def test_a_deleted_label_is_unknown_again(box: Box) -> None:
    made = box.get("createLabel", {"scenario": "delivered", "order_number": "A"})
    assert box.call("deleteLabel", label="A") == (204, None)
    assert [box.track(key).status for key in ("A", made["id"])] == [404, 404]
    assert box.get("listLabels") == {"labels": [], "total": 0}


# -- Clock


def test_a_clock_is_frozen_resumed_paced_and_moved(desk: ControlKit) -> None:
    box = desk.open()
    desk.kit.wait(seconds=1)
    assert box.get("getClock") == {"now": "2026-04-01T00:00:01Z", "rate": 1, "frozen": False}
    assert box.get("setClock", {"rate": 3600}) == {"now": "2026-04-01T00:00:01Z", "rate": 3600, "frozen": False}
    desk.kit.wait(seconds=1)
    assert box.get("setClock", {"frozen": True}) == {"now": "2026-04-01T01:00:01Z", "rate": 0, "frozen": True}
    desk.kit.wait(days=1)
    assert box.get("setClock", {"now": "2026-05-01T00:00:00+02:00"})["now"] == "2026-04-30T22:00:00Z"
    assert box.get("setClock", {}) == {"now": "2026-04-30T22:00:00Z", "rate": 0, "frozen": True}
    assert box.get("setClock", {"frozen": False})["rate"] == 1
    assert box.get("setClock", {"frozen": True, "rate": 5})["rate"] == 0
    assert box.get("setClock", {"rate": 5}) == {"now": "2026-04-30T22:00:00Z", "rate": 5, "frozen": False}
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
        "rate": 0,
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


# -- Faults

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


def statuses(box: Box, *keys: str) -> list[int]:
    return [box.track(key).status for key in keys]


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


# -- Journal


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
