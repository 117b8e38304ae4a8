from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import msgspec
import pytest

from flexforward_mockserver.engine.messages import BODY_LIMIT, Request
from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS
from flexforward_mockserver.state.fault import Delay, Fault, FaultFilter
from flexforward_mockserver.state.label import label_uuid
from flexforward_openapi import CONTRACT_FILE, Validation
from kit import OTHER, PAIR, Kit
from label_kit import label_body

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def kit() -> Kit:
    return Kit()


def test_a_label_is_made_and_tracked(kit: Kit) -> None:
    kit.wait(days=3)
    got = kit.post(label_body(order="N-1"))
    assert got.status == 201
    assert list(got.json) == [
        "id",
        "status",
        "courier",
        "customerOrderNumber",
        "courierOrderNumber",
        "courierTrackingNumber",
        "error",
    ]
    number = got.json["courierTrackingNumber"]
    assert got.json == {
        "id": got.json["id"],
        "status": "created",
        "courier": "yunexpress",
        "customerOrderNumber": "N-1",
        "courierOrderNumber": number.removesuffix("CN"),
        "courierTrackingNumber": number,
        "error": None,
    }
    operation = kit.engine.contract.operation("createLabel")
    assert operation is not None
    assert not Validation(kit.engine.contract).problems(operation.responses["201"], got.json, strict=True)
    made = kit.last
    assert (made.label, made.account, made.operation, made.poll, made.tag) == (
        got.json["id"],
        "own",
        "createLabel",
        None,
        None,
    )
    for key in (got.json["id"], "N-1"):
        tracked = kit.track(key)
        assert (tracked.status, tracked.json["tag"]) == (200, "Pending"), "its lifecycle begins when it is made"
        assert (tracked.json["id"], tracked.json["trackingNumber"]) == (got.json["id"], number)
    assert kit.last.operation == "getTracking"
    kit.wait(hours=2)
    assert kit.track("N-1").json["tag"] == "InfoReceived"


def test_the_same_key_gets_the_first_result_however_late(kit: Kit) -> None:
    first = kit.post(label_body())
    kit.wait(days=30)
    again = kit.post(label_body(), PAIR)
    assert (again.status, again.body) == (200, first.body)
    assert kit.last.note == "the idempotencyKey was used before"
    assert len(kit.sandbox.made) == 1


def test_the_same_key_with_another_body_gets_the_first_result_and_a_note(kit: Kit) -> None:
    first = kit.post(label_body(order="N-1"))
    again = kit.post(label_body(order="N-2"))
    assert (again.status, again.body) == (200, first.body)
    assert kit.last.note == "the idempotencyKey was used before, with another body: the first one counts"
    assert kit.track("N-2").status == 404
    mistaken = label_body()
    mistaken["courier"] = ""
    assert kit.post(mistaken).status == 400, "a body with mistakes is told, whatever its key"


def test_the_order_of_names_makes_no_other_body(kit: Kit) -> None:
    kit.post(label_body())
    kit.post(dict(reversed(label_body().items())))
    assert kit.last.note == "the idempotencyKey was used before"


def test_keys_belong_to_an_account(kit: Kit) -> None:
    own, other = kit.post(label_body(order="N-1")), kit.post(label_body(order="N-1"), OTHER)
    assert (own.status, other.status) == (201, 201)
    assert own.json["id"] != other.json["id"]
    assert kit.track(own.json["id"], OTHER).status == 403
    assert kit.track("N-1").json["id"] == own.json["id"]
    assert kit.track("N-1", OTHER).json["id"] == other.json["id"], "each account has its own order numbers"


def test_ids_are_the_same_in_every_sandbox_and_never_taken(kit: Kit) -> None:
    wanted = Kit().post(label_body()).json["id"]
    kit.sandbox.add(kit.sandbox.make_label(kit.sandbox.labels[0].scenario, order_number="POST /labels own key-1"))
    assert "POST /labels own key-1" in kit.sandbox
    assert label_uuid("POST /labels own key-1") == wanted
    got = kit.post(label_body())
    assert (got.status, got.json["id"] == wanted) == (201, False), "something else has that UUID here"


def test_without_an_order_number_the_key_is_the_order_number(kit: Kit) -> None:
    got = kit.post(label_body("PITD-2h-1"))
    assert got.json["customerOrderNumber"] == "PITD-2h-1"
    kit.wait(hours=2)
    assert kit.track("PITD-2h-1").json["tag"] == "InfoReceived"


def test_an_order_may_have_several_labels_and_its_number_finds_the_first(kit: Kit) -> None:
    first, second = kit.post(label_body("a", order="N-1")).json["id"], kit.post(label_body("b", order="N-1"))
    assert second.status == 201
    assert kit.last.note == f"the order number 'N-1' finds the label {first}, which had it before"
    assert kit.track("N-1").json["id"] == first
    assert kit.track(second.json["id"]).json["id"] == second.json["id"]
    as_uuid = kit.post(label_body("c", order=first.upper()), OTHER)
    assert as_uuid.status == 201
    assert kit.track(as_uuid.json["id"], OTHER).status == 200
    assert kit.track(first).status == 200, "an order number in the form of a UUID takes no other label's"


def test_a_deleted_label_is_made_anew_and_a_reset_forgets_keys(kit: Kit) -> None:
    first = kit.post(label_body())
    found = kit.sandbox.find(first.json["id"])
    assert found is not None
    kit.sandbox.remove(found)
    assert kit.sandbox.made == ()
    again = kit.post(label_body())
    assert (again.status, again.json["id"]) == (201, first.json["id"])
    kit.sandbox.reset(kit.sandbox.clock)
    assert kit.post(label_body()).status == 201


def test_a_full_sandbox_says_so_for_new_orders_and_known_ones() -> None:
    kit = Kit(with_demos=False, label_limit=1)
    kit.post(label_body("a", order="N-1"))
    for order in ("N-1", "N-2"):
        got = kit.post(label_body("b", order=order))
        assert (got.status, got.headers["x-flexforward-mock"]) == (500, "undocumented-status")
        assert got.json == {"error": "sandbox 'default' holds 1 labels, the most it may"}
    assert kit.post(label_body("a", order="N-1")).status == 200


@pytest.mark.parametrize(
    ("headers", "status"), [({}, 401), ({"Authorization": "Bearer nobody"}, 401), (PAIR, 201), (OTHER, 201)]
)
def test_credentials_are_wanted_before_anything_is_read(kit: Kit, headers: dict[str, str], status: int) -> None:
    assert kit.post({} if status == 401 else label_body(), headers).status == status
    assert len(kit.sandbox.made) == (status == 201)


def test_revoked_credentials_make_nothing(kit: Kit) -> None:
    kit.sandbox.revoked.add("own")
    got = kit.post(label_body())
    assert (got.status, got.json) == (401, {"error": "Unauthorized"})
    assert kit.sandbox.made == ()


def test_a_rejected_label_is_there_and_tracking_it_is_422(kit: Kit) -> None:
    for order in ("F-1h-x", "FITD-1h-x"):
        got = kit.post(label_body(order, order=order))
        assert got.status == 201
        assert got.json["status"] == "failed"
        assert got.json["error"] == {"code": "COURIER_ERROR", "message": "Address validation failed"}
        assert got.json["courierOrderNumber"] is got.json["courierTrackingNumber"] is None
        tracked = kit.track(got.json["id"])
        assert (tracked.status, tracked.json["error"]) == (422, "Label creation failed")
        assert kit.post(label_body(order, order=order)).status == 200


def test_other_failures_of_tracking_are_no_rejection(kit: Kit) -> None:
    assert kit.post(label_body(order="G-1h-x")).json["status"] == "created"


@pytest.mark.parametrize("times", range(10))
def test_concurrent_posts_of_one_key_make_one_label(kit: Kit, times: int) -> None:
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(kit.post, [label_body()] * 8))
    assert sorted(entry.status for entry in got) == [200] * 7 + [201]
    assert len({entry.body for entry in got}) == 1
    assert len(kit.sandbox.made) == 1


# -- Faults and preferences

SUPPLYING = [name for name, kind in FAULT_KINDS.items() if kind.supplies_response]
ACTING = [name for name, kind in FAULT_KINDS.items() if not kind.supplies_response and not kind.evolves]


def _fault(kind: str) -> Fault:
    is_quota = kind == "quota"
    return Fault(
        kind=kind,
        status=502 if kind == "status" else None,
        delay=Delay(fixed=2) if kind == "latency" else None,
        requests=0 if is_quota else None,
        per_s=60.0 if is_quota else None,
    )


@pytest.mark.parametrize("kind", ACTING)
def test_a_fault_of_delivery_acts_after_the_label_was_made(kit: Kit, kind: str) -> None:
    kit.sandbox.arm(_fault(kind))
    kit.post(label_body())
    assert kit.last.fault == kind
    assert [tracked.label.order_number for tracked in kit.sandbox.made] == ["key-1"]
    again = kit.post(label_body())
    assert (again.status, again.json["id"]) == (200, kit.sandbox.made[0].label.id)
    assert kit.last.fault is None


@pytest.mark.parametrize("kind", SUPPLYING)
def test_a_fault_that_answers_itself_makes_nothing(kit: Kit, kind: str) -> None:
    armed = kit.sandbox.arm(_fault(kind))
    got = kit.post(label_body())
    default = FAULT_KINDS[kind].default_status
    assert (got.status, kit.last.fault, armed.applied) == (default or 502, kind, 1)
    assert kit.sandbox.made == ()
    if kind == "quota":
        assert got.headers["retry-after"] == "60"
    else:
        assert kit.post(label_body()).status == 201


def test_the_502_is_the_contracts(kit: Kit) -> None:
    kit.sandbox.arm(Fault(kind="status", status=502))
    assert kit.post(label_body()).json == {"error": "The courier did not answer", "code": "COURIER_ERROR"}


def test_a_status_that_the_operation_does_not_list_waits_for_one_that_does(kit: Kit) -> None:
    armed = kit.sandbox.arm(Fault(kind="status", status=422))
    assert (kit.post(label_body()).status, armed.applied) == (201, 0)
    assert (kit.track("key-1").status, armed.applied) == (422, 1)
    armed = kit.sandbox.arm(Fault(kind="undocumented-status", status=400))
    assert (kit.post(label_body()).status, armed.applied) == (200, 0), "400 is listed for this operation"


def test_an_evolution_of_shipments_waits_for_one_and_a_new_field_does_not(kit: Kit) -> None:
    armed = kit.sandbox.arm(Fault(kind="new-tag"))
    assert (kit.post(label_body()).headers.get("x-flexforward-mock"), armed.applied) == (None, 0)
    assert kit.track("key-1").json["tag"] == "OutForDelivery"
    kit.sandbox.arm(Fault(kind="new-field"))
    assert "estimatedDelivery" in kit.post(label_body()).json


def test_a_fault_for_a_label_fits_no_post_but_one_for_an_account_does(kit: Kit) -> None:
    armed = kit.sandbox.arm(Fault(kind="close", match=FaultFilter(label="key-1")))
    assert (kit.post(label_body()).status, armed.seen) == (201, 0)
    kit.sandbox.arm(Fault(kind="reset", match=FaultFilter(account="other")))
    assert kit.post(label_body("b")).status == 201
    kit.post(label_body("c"), OTHER)
    assert kit.last.fault == "reset"


@pytest.mark.parametrize(
    ("prefer", "status", "is_made"),
    [
        ("code=502", 502, False),
        ("code=404", 404, False),
        ("code=400", 400, False),
        ("code=201", 201, False),
        ("fault=gateway-page", 502, False),
        ("fault=undocumented-status", 429, False),
        ("fault=truncated", 201, True),
        ("delay=5s", 201, True),
    ],
)
def test_a_preference_is_met(kit: Kit, prefer: str, status: int, is_made: bool) -> None:
    got = kit.post(label_body(), prefer=prefer)
    assert (got.status, len(kit.sandbox.made)) == (status, int(is_made))
    assert got.headers["preference-applied"] == prefer


def test_a_preference_for_a_status_that_is_not_listed_is_refused(kit: Kit) -> None:
    got = kit.post(label_body(), prefer="code=422")
    assert got.status == 400
    assert "allowed: 200, 201, 400, 401, 403, 404, 502" in got.json["error"]


# -- Other contracts


def test_a_contract_of_ones_own_replaces_both_documents(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(CONTRACT_FILE.read_text())
    kit = Kit(contract=path)
    assert kit.post(label_body()).status == 404
    assert kit.last.unmatched == "path"


OWN = """
openapi: 3.1.0
info: {title: Own, version: '1'}
paths:
  /v2/consignments:
    post:
      operationId: createLabel
      responses:
        '200':
          description: One for all.
          content:
            application/json:
              schema:
                type: object
                required: [id, kind]
                properties:
                  id: {type: string}
                  kind: {type: string, const: consignment}
  /v2/consignments/{which}:
    get:
      operationId: getLabel
      parameters: [{name: which, in: path, required: true, schema: {type: string, pattern: '^[^x]'}}]
      responses:
        '200':
          description: Where it is.
          content:
            application/json:
              schema: {type: object, required: [url], properties: {url: {type: string}}}
"""


def test_operations_of_those_ids_get_the_behaviour_by_their_own_schemas(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OWN)
    kit = Kit(contract=path, with_demos=False)
    first = kit.ask("/v2/consignments", {}, method="POST")
    second = kit.ask("/v2/consignments", {}, method="POST", body=b"{}")
    assert (first.status, second.status) == (200, 200)
    assert first.json == {"id": first.json["id"], "kind": "consignment"}
    assert first.json["id"] != second.json["id"], "without a key each request makes a label"
    found = kit.ask(f"/v2/consignments/{first.json['id']}", {}, host="mock:1")
    assert found.json == {"url": f"http://mock:1/_mock/documents/default/{first.json['id']}.pdf"}
    for which in ("xyz", "%FF"):
        assert kit.ask(f"/v2/consignments/{which}", {}).status == 404, "the contract allows no such id"
    bad = kit.ask("/v2/consignments", {}, method="POST", body=b"[")
    assert (bad.status, bad.headers["x-flexforward-mock"]) == (400, "undocumented-status")
    assert bad.json["details"][0]["field"] == ""


def test_an_answer_that_would_break_the_contract_is_not_sent(tmp_path: Path) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(OWN.replace("url: {type: string}", "url: {type: string, maxLength: 3}"))
    kit = Kit(contract=path, with_demos=False)
    made = kit.ask("/v2/consignments", {}, method="POST")
    got = kit.ask(f"/v2/consignments/{made.json['id']}", {})
    assert (got.status, got.headers["x-flexforward-mock"]) == (500, "contract-violation")
    assert "would break the contract" in (kit.last.note or "")


def test_a_body_that_is_too_long_is_not_read(kit: Kit) -> None:
    padded = msgspec.json.encode(label_body()) + b" " * BODY_LIMIT
    got = kit.ask("/labels", method="POST", body=padded)
    assert (got.status, got.json) == (413, {"error": f"the body is longer than {BODY_LIMIT} bytes"})
    assert kit.sandbox.made == ()
    assert kit.engine.handle(Request("GET", "/nowhere", "", [], padded)).status == 404


def test_the_operations_on_labels_are_read_once_when_they_are_asked_for() -> None:
    kit = Kit()
    kit.track("DEMO-delivered")
    assert [operation.id for operation in kit.engine.contract.operations] == ["getTracking"]
    assert kit.engine.makes_labels
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(kit.post, [label_body(str(number)) for number in range(8)]))
        tracked = list(pool.map(kit.track, ["DEMO-delivered"] * 8))
    assert {entry.status for entry in got} == {201}
    assert {entry.status for entry in tracked} == {200}
    assert kit.engine.contract.operation("createLabel") is not None
