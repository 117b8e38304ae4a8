from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from flexforward_mockserver.engine.engine import EngineOptions
from flexforward_mockserver.engine.messages import Request
from flexforward_mockserver.scenarios.scenario_reader import parse_scenario
from flexforward_mockserver.scenarios.script_id import parse_script_id
from flexforward_mockserver.state.fault import Fault, FaultError, FaultFilter
from flexforward_mockserver.state.label import label_uuid
from flexforward_openapi import CONTRACT_FILE, YamlText
from kit import OTHER, OWN, PAIR, START, Kit

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def kit() -> Kit:
    return Kit()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 401, id="none"),
        pytest.param(OWN, 200, id="bearer"),
        pytest.param({"authorization": "bearer test-token"}, 200, id="scheme in small letters"),
        pytest.param({"Authorization": "Bearer wrong"}, 401, id="unknown bearer"),
        pytest.param({"Authorization": "Basic YOUR_API_TOKEN"}, 401, id="token in another scheme"),
        pytest.param({"Authorization": "Bearer"}, 401, id="scheme alone"),
        pytest.param({"Authorization": "Bearer "}, 401, id="empty token"),
        pytest.param(PAIR, 200, id="pair"),
        pytest.param({"x-rr-apikey": "test-key"}, 401, id="key alone"),
        pytest.param({"x-rr-apitoken": "test-secret"}, 401, id="api token alone"),
        pytest.param({**PAIR, "x-rr-apitoken": "other-secret"}, 401, id="key and token of two accounts"),
        pytest.param({**PAIR, "Authorization": "Bearer wrong"}, 200, id="wrong bearer beside a right pair"),
        pytest.param({**PAIR, **OTHER}, 403, id="bearer counts where both are right"),
    ],
)
def test_either_way_of_the_contract_lets_in_and_nothing_else(kit: Kit, headers: dict[str, str], status: int) -> None:
    assert kit.track("DEMO-delivered", headers).status == status


def test_a_refused_request_says_how_to_authenticate_and_which_credentials_failed(kit: Kit) -> None:
    got = kit.track("DEMO-delivered", {})
    assert got.json == {"error": "Unauthorized"}
    assert got.headers["www-authenticate"] == 'Bearer realm="flexforward-mock"'
    kit.track("DEMO-delivered", {"Authorization": "Bearer nobody"})
    notes = [exchange.note for exchange in kit.engine.sandboxes.unattributed.exchanges]
    assert notes == ["no credentials were sent", "the credentials match no account"]
    assert kit.sandbox.journal.exchanges == ()


def test_another_accounts_label_is_forbidden_and_says_nothing_else(kit: Kit) -> None:
    got = kit.track("DEMO-foreign")
    assert (got.status, got.json) == (403, {"error": "Forbidden"})
    assert kit.last.note == "the label is another account's"
    assert kit.last.poll is None
    assert kit.track("DEMO-foreign", OTHER).json["tag"] == "Pending"
    assert kit.track("DEMO-delivered", OTHER).status == 403


def test_a_label_is_found_by_uuid_in_either_case_and_by_order_number(kit: Kit) -> None:
    label_id = kit.track("DEMO-delivered").json["id"]
    for key in (label_id, label_id.upper()):
        got = kit.track(key)
        assert (got.status, got.json["id"]) == (200, label_id)
    assert kit.track("demo-delivered").status == 404, "an order number is what it is, letter by letter"


@pytest.mark.parametrize(
    ("path", "order_number"),
    [
        pytest.param("P-1h-a%2Fb", "P-1h-a/b", id="slash"),
        pytest.param("P-1h-a%23b%3Fc%25d", "P-1h-a#b?c%d", id="hash, question mark, percent"),
        pytest.param("P-1h-%E8%AE%A2%E5%8D%95", "P-1h-订单", id="Unicode"),
        pytest.param("P-1h-a%252Fb", "P-1h-a%2Fb", id="decoded once"),
        pytest.param("P-1h-a+b", "P-1h-a+b", id="plus is a plus"),
        pytest.param("P-1h-..", "P-1h-..", id="dots"),
    ],
)
def test_an_order_number_is_decoded_once_from_the_raw_path(kit: Kit, path: str, order_number: str) -> None:
    assert kit.track(path).status == 200
    tracked = kit.sandbox.find(order_number)
    assert tracked is not None
    assert tracked.label.order_number == order_number


@pytest.mark.parametrize(
    ("path", "note"),
    [
        ("/tracking/a/b", "so a slash in an id has to be written as %2F"),
        ("/tracking/DEMO-delivered/", "so a slash in an id has to be written as %2F"),
        ("/tracking/", "/tracking/{id} needs an id after /tracking/"),
        ("/tracking", "/tracking/{id} needs an id after /tracking/"),
        ("/parcels/1", "there is POST /labels, GET /tracking/{id}, GET /labels/{id}"),
        ("/", "there is POST /labels, GET /tracking/{id}, GET /labels/{id}"),
    ],
)
def test_an_unrouted_path_is_a_404_that_says_what_comes_nearest(kit: Kit, path: str, note: str) -> None:
    got = kit.ask(path)
    assert got.status == 404
    assert got.headers["content-type"] == "application/json"
    assert got.json["error"].endswith(note)
    assert kit.last.note == got.json["error"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "QUERY"])
def test_another_method_is_a_405_that_counts_nothing(kit: Kit, method: str) -> None:
    got = kit.ask("/tracking/TD-1x-a", method=method)
    assert (got.status, got.headers["allow"]) == (405, "GET")
    assert got.body == b"" if method == "HEAD" else got.json["error"].endswith("allowed: GET")
    assert kit.sandbox.find("TD-1x-a") is None
    assert [kit.track("TD-1x-a").json["tag"] for _ in range(3)] == ["InTransit", "Delivered", "Delivered"]


@pytest.mark.parametrize(
    ("name", "status", "body"),
    [
        ("G-1h-a", 502, {"error": "The courier did not answer", "code": "COURIER_ERROR"}),
        (
            "F-1h-a",
            422,
            {
                "error": "Label creation failed",
                "errorCode": "COURIER_ERROR",
                "errorMessage": "Address validation failed",
            },
        ),
        ("N-1h-a", 404, {"error": "Label not found"}),
        ("X-1h-a", 403, {"error": "Forbidden"}),
        ("A-1h-a", 401, {"error": "Unauthorized"}),
    ],
)
def test_each_failure_of_a_lifecycle_has_its_documented_body(
    kit: Kit, name: str, status: int, body: dict[str, str]
) -> None:
    got = kit.track(name)
    assert (got.status, got.json) == (status, body)
    assert (kit.last.poll, kit.last.step) == (1, 0), "a failure step is a poll that the lifecycle answered"
    assert ("www-authenticate" in got.headers) == (status == 401)


def test_ids_that_are_not_utf8_are_unknown(kit: Kit) -> None:
    got = kit.track("P-1h-%FF%FE")
    assert (got.status, got.json) == (404, {"error": "Label not found"})
    assert kit.last.note == "the contract does not allow this id, or it is not UTF-8"


def test_a_script_id_begins_at_its_first_authenticated_read_and_its_uuid_works_from_then_on(kit: Kit) -> None:
    kit.track("PITD-6h-1001", {})
    kit.wait(hours=7)
    first = kit.track("PITD-6h-1001").json
    assert first["tag"] == "Pending", "the refused read seven hours ago did not start it"
    kit.wait(hours=6)
    assert kit.track(first["id"]).json["tag"] == "InfoReceived"
    assert kit.track("e0b6a35e-0000-5000-8000-000000000000").status == 404


def test_a_script_id_belongs_to_the_account_that_asked_first(kit: Kit) -> None:
    assert kit.track("T-1h-a", OTHER).status == 200
    assert kit.track("T-1h-a").status == 403


def test_checkpoints_keep_the_instant_at_which_their_step_opened(kit: Kit) -> None:
    kit.track("ITD-9h-a")
    kit.wait(days=3)
    body = kit.track("ITD-9h-a").json
    assert [entry["checkpointTime"] for entry in body["checkpoints"]] == [
        "2026-04-01T18:00:00Z",
        "2026-04-01T09:00:00Z",
        "2026-04-01T00:00:00Z",
    ]
    assert kit.last.at.isoformat() == "2026-04-04T00:00:00+00:00"


def test_the_date_header_is_the_sandboxs_time(kit: Kit) -> None:
    assert kit.track("DEMO-delivered").headers["date"] == "Wed, 01 Apr 2026 00:00:00 GMT"
    kit.wait(days=1, seconds=1)
    assert kit.track("DEMO-delivered").headers["date"] == "Thu, 02 Apr 2026 00:00:01 GMT"


def test_prefer_code_asks_for_a_documented_status_without_moving_the_lifecycle(kit: Kit) -> None:
    got = kit.track("TD-1x-a", Prefer="code=502")
    assert (got.status, got.headers["preference-applied"]) == (502, "code=502")
    assert (kit.last.poll, kit.last.note) == (None, "Prefer: code=502")
    assert kit.sandbox.find("TD-1x-a") is None
    assert kit.track("TD-1x-a").json["tag"] == "InTransit"
    assert kit.track("TD-1x-a", Prefer="respond-async, code=401; q=1").headers["www-authenticate"]
    assert kit.track("TD-1x-a", Prefer="code=200").json["tag"] == "InTransit", "what it would say, uncounted"
    assert kit.track("TD-1x-a").json["tag"] == "Delivered"
    assert kit.track("DEMO-label-failed", Prefer="code=200").json["tag"] == "InTransit", "the document's example"
    assert kit.track("nobody", Prefer="code=200").status == 200
    assert kit.track("TD-1x-a", Prefer="return=minimal").headers.get("preference-applied") is None
    assert kit.track("TD-1x-a", {}, Prefer="code=200").status == 401, "credentials come first"


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("code=abc", "Prefer: code=abc is not a status; allowed: 200 to 599"),
        ("code=", "Prefer: code= is not a status; allowed: 200 to 599"),
        (
            "code=429",
            "Prefer: code=429 is not possible for GET /tracking/{id}; allowed: 200, 401, 403, 404, 422, 502 "
            "(or any other with the option --off-contract of serve)",
        ),
    ],
)
def test_a_preference_that_cannot_be_met_is_refused_in_a_sentence(kit: Kit, value: str, sentence: str) -> None:
    got = kit.track("TD-1x-a", Prefer=value)
    assert (got.status, got.json) == (400, {"error": sentence})
    assert got.headers["x-flexforward-mock"] == "refused-preference"


def test_a_long_order_number_is_what_it_is_letter_by_letter() -> None:
    scenario = parse_script_id("T-1h-x")
    kit = Kit(options=EngineOptions(unknown_ids=scenario))
    lower, upper = (kit.track(letter * 36).json["id"] for letter in "aA")
    assert lower != upper


def test_an_id_that_was_asked_for_by_uuid_first_is_found_by_its_order_number_later() -> None:
    kit = Kit(options=EngineOptions(unknown_ids=parse_script_id("T-1h-x")))
    label_id = label_uuid("ORDER-1")
    assert kit.track(label_id).json["id"] == label_id
    assert kit.track("ORDER-1").json["id"] == label_id
    assert kit.track("ORDER-1").status == 200
    assert kit.track("PITD-6h-1").status == 200


def test_unknown_ids_in_the_form_of_a_uuid_are_the_labels_uuid() -> None:
    kit = Kit(options=EngineOptions(unknown_ids=parse_script_id("T-1h-x")))
    assert kit.track("0B3E7D52-0000-4000-8000-00000000000A").json["id"] == "0b3e7d52-0000-4000-8000-00000000000a"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Authorization": "Bearer anything"}, 200, id="any bearer"),
        pytest.param({"Authorization": "Bearer "}, 401, id="an empty one"),
        pytest.param({"x-rr-apikey": "a", "x-rr-apitoken": "b"}, 200, id="any pair"),
        pytest.param({"x-rr-apikey": "a"}, 401, id="half a pair"),
        pytest.param({}, 401, id="none"),
        pytest.param(
            {"Authorization": "Bearer anything", "x-rr-apikey": "other-key", "x-rr-apitoken": "other-secret"},
            403,
            id="any bearer beside another account's pair",
        ),
    ],
)
def test_any_token_takes_all_credentials_but_known_ones_for_whose_they_are(
    headers: dict[str, str], status: int
) -> None:
    assert Kit(accept_any_token=True).track("DEMO-delivered", headers).status == status


def test_demo_labels_count_at_once_so_that_none_is_refused_later() -> None:
    kit = Kit(label_limit=28)
    assert kit.track("T-1h-a").status == 404
    assert kit.track("DEMO-delivered").status == 200
    assert kit.sandbox.label_count == 28


def test_prefer_may_stand_on_several_lines_and_the_first_code_counts(kit: Kit) -> None:
    pairs = [
        (b"authorization", b"Bearer test-token"),
        (b"prefer", b"respond-async"),
        (b"prefer", b"code=502, code=404"),
    ]
    reply = kit.engine.handle(Request("GET", "/tracking/DEMO-delivered", "", pairs))
    assert reply.status == 502
    assert kit.track("DEMO-delivered", Prefer='foo="a,code=502"').status == 200


def test_an_operation_refuses_in_its_own_words(tmp_path: Path) -> None:
    text = CONTRACT_FILE.read_text().replace(
        "paths:\n",
        """paths:
  /labels/{id}:
    get:
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      security: [{bearerAuth: []}]
      responses:
        '200': {description: a, content: {application/json: {example: {a: 1}}}}
        '401': {description: a, content: {application/json: {example: {error: Who?}}}}
  /labels/mine:
    get:
      security: [{bearerAuth: []}]
      responses:
        '200': {description: a, content: {application/json: {example: {mine: true}}}}
  /tracking/summary:
    get:
      security: []
      responses:
        '200': {description: a, content: {application/json: {example: {all: 3}}}}
""",
        1,
    )
    path = tmp_path / "contract.yaml"
    path.write_text(text)
    kit = Kit(contract=path)
    assert (kit.ask("/labels/1", {}).status, kit.ask("/labels/1", {}).json) == (401, {"error": "Who?"})
    got = kit.ask("/labels/mine", {})
    assert (got.status, got.headers["x-flexforward-mock"]) == (401, "undocumented-status")
    assert kit.ask("/labels/mine").json == {"mine": True}, "a path without parameters is meant before one with"
    assert kit.ask("/tracking/summary", {}).json == {"all": 3}
    assert kit.track("DEMO-delivered").status == 200


def test_an_evolution_waits_for_an_answer_that_it_fits(kit: Kit) -> None:
    armed = kit.sandbox.arm(Fault(kind="new-field"))
    assert kit.track("GT-1x-a").status == 502
    assert (armed.applied, kit.last.fault, kit.last.poll) == (0, None, 1), (
        "the request counted as if no fault were there"
    )
    assert kit.track("GT-1x-a").json["tag"] == "InTransit", "the request that ends the failure counts as well"
    assert "estimatedDelivery" in kit.track("GT-1x-a").json
    assert (armed.applied, kit.last.fault, kit.last.poll) == (1, "new-field", None)
    assert kit.track("GT-1x-a", Prefer="fault=new-tag").json["tag"] == "OutForDelivery"
    assert kit.track("F-1x-a", Prefer="fault=new-tag").status == 422, "nothing to evolve"


def test_prefer_fault_takes_the_kinds_that_are_a_status_too(kit: Kit) -> None:
    got = kit.track("DEMO-delivered", Prefer="fault=undocumented-status")
    assert (got.status, got.headers["retry-after"]) == (429, "60")
    assert kit.track("DEMO-delivered", Prefer="fault=unlisted-status").status == 423


def test_a_fault_of_a_step_spoils_its_answers_and_counts_them() -> None:
    text = """\
name: spoiled
summary: For a test.
steps:
  - tag: Pending
  - polls: 1
    fault: {kind: truncated, delay: 2s}
  - polls: 2
    tag: InTransit
"""
    scenario = parse_scenario(YamlText(text, source="case.yaml"))
    kit = Kit(options=EngineOptions(unknown_ids=scenario))
    kit.sandbox.clock.run(0)
    whole = kit.track("O-1").body
    for _ in range(2):
        got = kit.track("O-1")
        assert (got.headers["x-flexforward-mock"], got.body) == ("truncated", whole[: len(whole) // 2])
        assert (kit.last.fault, kit.last.duration_s) == ("truncated", 2)
    assert kit.track("O-1").json["tag"] == "InTransit"
    assert [exchange.poll for exchange in kit.sandbox.journal.exchanges] == [1, 2, 3, 4]
    assert kit.sandbox.clock.now() == START + timedelta(seconds=4), "a frozen clock is moved by what it held back"


def test_a_step_may_answer_with_a_status_that_the_contract_does_not_list(kit: Kit) -> None:
    text = """\
name: busy
summary: For a test.
steps:
  - tag: Pending
  - polls: 1
    fault: {kind: undocumented-status}
  - polls: 1
    fault: {kind: unlisted-status, status: 451}
  - polls: 1
    fault: {kind: undocumented-status, status: 422}
"""
    scenario = parse_scenario(YamlText(text, source="case.yaml"))
    assert kit.engine.objection(scenario) == (
        "step 4 has the fault undocumented-status with 422, which flex-forward.yaml does list"
    )
    busy = Kit(options=EngineOptions(unknown_ids=replace(scenario, steps=scenario.steps[:3])))
    answers = [busy.track("O-1") for _ in range(3)]
    assert [(got.status, got.headers.get("x-flexforward-mock"), got.headers.get("retry-after")) for got in answers] == [
        (200, None, None),
        (429, "undocumented-status", "60"),
        (451, "unlisted-status", None),
    ]
    assert [exchange.poll for exchange in busy.sandbox.journal.exchanges] == [1, 2, 3]


@pytest.mark.parametrize(
    ("status", "wanted", "retry_after"), [(None, 502, None), (502, 502, None), (503, 503, "60"), (504, 504, None)]
)
def test_a_gateways_page_is_html_under_its_own_media_type(
    kit: Kit, status: int | None, wanted: int, retry_after: str | None
) -> None:
    kit.engine.check_fault(fault := Fault(kind="gateway-page", status=status))
    kit.sandbox.arm(fault)
    by_order = kit.track("DEMO-delivered")
    assert (by_order.status, by_order.headers.get("retry-after")) == (wanted, retry_after)
    assert by_order.headers["content-type"] == "text/html; charset=utf-8"
    assert by_order.headers["x-flexforward-mock"] == "gateway-page"
    assert by_order.body.startswith(b"<!doctype html>")
    assert (kit.last.fault, kit.last.poll, kit.last.tag) == ("gateway-page", None, None)
    preferred = kit.track("DEMO-delivered", Prefer="fault=gateway-page")
    assert (preferred.status, preferred.headers["content-type"]) == (502, "text/html; charset=utf-8")


def test_a_gateways_page_stands_for_as_long_as_a_step_lasts() -> None:
    text = """\
name: proxied
summary: For a test.
steps:
  - tag: Pending
  - polls: 1
    fault: {kind: gateway-page, status: 502}
  - polls: 1
    tag: InTransit
"""
    scenario = parse_scenario(YamlText(text, source="case.yaml"))
    kit = Kit(options=EngineOptions(unknown_ids=scenario))
    assert kit.engine.objection(scenario) is None, "a gateway may answer a status that the contract lists"
    assert [kit.track("O-1").status for _ in range(3)] == [200, 502, 200]
    assert [exchange.poll for exchange in kit.sandbox.journal.exchanges] == [1, 2, 3]


def test_a_page_of_no_gateway_is_refused(kit: Kit) -> None:
    with pytest.raises(FaultError, match=r"status: a fault of kind gateway-page with 500; allowed: 502, 503, 504"):
        kit.engine.check_fault(Fault(kind="gateway-page", status=500))


def test_every_fault_that_stands_sees_each_exchange(kit: Kit) -> None:
    kit.sandbox.arm(Fault(kind="status", status=502, match=FaultFilter(nth=1)))
    kit.sandbox.arm(Fault(kind="status", status=422, match=FaultFilter(nth=2)))
    assert [kit.track("DEMO-delivered").status for _ in range(4)] == [502, 422, 200, 200]


def test_the_path_of_a_label_that_is_found_is_kept_up_to_a_length_too(kit: Kit) -> None:
    assert kit.track("PD-1h-" + "x" * 60_000).status == 200
    assert kit.last.path == "/tracking/PD-1h-" + "x" * 1_984 + "… (58016 more)"


def test_a_path_is_kept_up_to_a_length(kit: Kit) -> None:
    kit.track("x" * 60_000)
    assert kit.last.path == "/tracking/" + "x" * 1_990 + "… (58010 more)"
    kit.ask("/" + "y" * 60_000)
    assert kit.last.note is not None
    assert len(kit.last.note) < 2_500
