from __future__ import annotations

import subprocess
from shlex import split
from typing import TYPE_CHECKING
from urllib.parse import unquote

import msgspec
import pytest

from control_kit import ControlKit
from flexforward_mockserver.control.context import Drawing
from flexforward_mockserver.control.control_document import Call
from flexforward_mockserver.control.curl import show_secret
from flexforward_mockserver.control.sandbox_events import MOST_AT_ONCE, SandboxEvents
from flexforward_mockserver.scenarios.script_id import parse_script_id
from flexforward_openapi import CONTRACT_FILE, Scheme
from kit import Kit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from control_kit import Box
    from flexforward_openapi import Json


def outcome(desk: ControlKit, operation: str, query: dict[str, str] | None = None, **path: str) -> tuple[int, Json]:
    call = Call(operation=operation, path={"sandbox": "default", **path}, query=query or {})
    return desk.control.handle(call)


def drawing(desk: ControlKit, operation: str, query: dict[str, str] | None = None, **path: str) -> str:
    status, body = outcome(desk, operation, query, **path)
    assert status == 200
    assert isinstance(body, Drawing)
    return body.text


def test_a_scenario_is_drawn_in_the_width_that_is_asked_for(desk: ControlKit) -> None:
    assert 'viewBox="0 0 720 ' in drawing(desk, "drawScenario", name="delivered")
    assert 'viewBox="0 0 300 ' in drawing(desk, "drawScenario", {"width": "300"}, name="PITD-6h-x")


def test_a_scenario_that_is_not_there_is_not_drawn(desk: ControlKit) -> None:
    assert desk.call("drawScenario", name="no-such")[0] == 404
    assert desk.call("drawScenario", name="delivered", query={"width": "1"})[0] == 400


def test_a_label_is_drawn_with_its_polls_and_the_present(desk: ControlKit, box: Box) -> None:
    label = box.get("createLabel", {"scenario": "TGT-1x-a", "order_number": "A"})
    box.get("createLabel", {"scenario": "TGT-1x-b", "order_number": "B"})
    assert [box.track(key).status for key in ("A", "A", "B")] == [200, 502, 200]
    text = drawing(desk, "drawLabel", sandbox=box.id, label=label["id"])
    assert text.count('class="poll"') == text.count('class="poll bad"') == text.count('class="now"') == 1
    assert 'aria-label="Timeline of A: 3 steps, now at: ' in text


def test_polls_before_a_label_began_anew_are_not_its(desk: ControlKit, box: Box) -> None:
    box.get("createLabel", {"scenario": "PITD-1h-a", "order_number": "A"})
    assert box.track("A").status == 200
    box.get("advanceClock", {"seconds": 60})
    box.get("resetLabel", label="A")
    assert "poll" not in drawing(desk, "drawLabel", sandbox=box.id, label="A").partition("</style>")[2]


def test_a_label_that_is_not_there_is_not_drawn(box: Box) -> None:
    assert box.call("drawLabel", label="no-such")[0] == 404
    assert box.call("getCurl", label="no-such")[0] == 404
    assert box.desk.call("getEvents", sandbox="no-such")[0] == 404


@pytest.mark.parametrize("account", ["own", "other"])
@pytest.mark.parametrize("order_number", ["A", "a b/c?d#e", "it's $HOME `x`", "订单", "..", "."])
def test_the_curl_line_asks_for_the_label_as_its_owner(box: Box, order_number: str, account: str) -> None:
    box.get("createLabel", {"scenario": "PITD-1h-a", "order_number": order_number, "account": account})
    line = box.get("getCurl", label=order_number)["curl"]
    printed = subprocess.run(["sh", "-c", f"printf '%s\\n' {line}"], capture_output=True, text=True, check=True).stdout
    assert printed.splitlines() == split(line)
    command, option, header, url = split(line)
    assert (command, option) == ("curl", "-H")
    assert url.startswith("http://mock.test/tracking/")
    name, _, value = header.partition(": ")
    got = box.desk.kit.track(url.rpartition("/")[2], {name: value})
    assert got.status == 200
    assert unquote(url.rpartition("/")[2]) not in (".", "..")


def test_the_default_sandboxs_line_shows_a_well_known_credential(desk: ControlKit) -> None:
    desk.get("createLabel", {"scenario": "PITD-1h-a", "order_number": "A"})
    assert desk.get("getCurl", label="A") == {
        "curl": "curl -H 'Authorization: Bearer YOUR_API_TOKEN' http://mock.test/tracking/A"
    }


def test_an_account_without_credentials_that_the_contract_takes_has_no_line(desk: ControlKit) -> None:
    box = desk.open({"accounts": {"own": {"api_key": "k", "api_token": "t"}}})
    box.get("createLabel", {"scenario": "PITD-1h-a", "order_number": "A"})
    assert box.get("getCurl", label="A")["curl"].startswith("curl -H 'x-rr-apikey: k' -H 'x-rr-apitoken: t' ")
    desk.kit.engine.sandboxes.remove(sandbox := desk.kit.engine.sandboxes.get(box.id) or desk.kit.sandbox)
    desk.kit.engine.sandboxes.add(sandbox, {})
    status, answer = box.call("getCurl", label="A")
    assert (status, answer["field"]) == (404, "label")


# -- Events


class Watcher:
    def __init__(self, box: Box, newest: int = 0) -> None:
        events = outcome(box.desk, "getEvents", {"newest": str(newest)}, sandbox=box.id)[1]
        assert isinstance(events, SandboxEvents)
        self.events = events

    def news(self) -> list[tuple[str, Json]]:
        return list(self._read())

    def names(self) -> list[str]:
        return [name for name, _ in self.news()]

    def _read(self) -> Iterator[tuple[str, Json]]:
        for text in "".join(self.events.news()).split("\n\n")[:-1]:
            name, data = text.split("\n")
            yield name.removeprefix("event: "), msgspec.json.decode(data.removeprefix("data: "))


def test_at_first_the_events_tell_how_things_stand(box: Box) -> None:
    watcher = Watcher(box)
    ((name, state),) = watcher.news()
    assert (name, state) == ("state", box.get("getSandbox"))
    assert watcher.news() == []


def test_an_exchange_is_told_once_as_the_journal_has_it(box: Box) -> None:
    box.get("createLabel", {"scenario": "PITD-1h-a", "order_number": "A"})
    box.track("A")
    watcher = Watcher(box)
    watcher.news()
    box.track("A")
    assert watcher.news() == [("exchange", box.journal()[-1])]
    assert watcher.news() == []


def test_the_events_can_begin_with_the_newest_exchanges(box: Box) -> None:
    for key in ("A", "B", "C"):
        box.track(key)
    (_, *told) = Watcher(box, newest=2).news()
    assert [entry["path"] for _, entry in told] == ["/tracking/B", "/tracking/C"]


def test_a_request_that_belongs_to_no_sandbox_is_told_everywhere(box: Box) -> None:
    watcher = Watcher(box)
    watcher.news()
    box.desk.kit.track("A", {"Authorization": "Bearer nobodys"})
    ((name, entry),) = watcher.news()
    assert (name, entry["note"]) == ("unattributed", "the credentials match no account")


def test_whatever_changes_by_the_control_api_is_told(box: Box) -> None:
    watcher = Watcher(box)
    watcher.news()
    changes: list[tuple[str, Json, dict[str, str]]] = [
        ("createLabel", {"scenario": "PITD-1h-a", "order_number": "A"}, {}),
        ("advanceLabel", None, {"label": "A"}),
        ("advanceClock", {"seconds": 1}, {}),
        ("setClock", {"rate": 5}, {}),
        ("createFault", {"kind": "reset"}, {}),
        ("revokeAccount", {"account": "own"}, {}),
        ("deleteLabel", None, {"label": "A"}),
    ]
    for operation, body, path in changes:
        box.get(operation, body, None, **path)
        assert watcher.names() == ["state"], operation
    box.get("getClock")
    box.call("advanceClock", {"seconds": -1})
    assert watcher.names() == []


def test_a_fault_that_is_applied_is_told(box: Box) -> None:
    box.get("createFault", {"kind": "gateway-page"})
    watcher = Watcher(box)
    watcher.news()
    box.track("A")
    assert watcher.names() == ["state", "exchange"]


def test_of_a_flood_the_newest_are_told_and_how_many_were_skipped(box: Box) -> None:
    watcher = Watcher(box)
    watcher.news()
    for index in range(MOST_AT_ONCE + 5):
        box.track(f"A{index}")
    told = watcher.news()
    assert told[0] == ("skipped", {"count": 5})
    assert [entry["path"] for _, entry in told[1:]] == [f"/tracking/A{index}" for index in range(5, MOST_AT_ONCE + 5)]


def test_a_journal_that_was_emptied_is_told(box: Box) -> None:
    watcher = Watcher(box)
    box.track("A")
    watcher.news()
    box.get("clearJournal")
    box.track("B")
    assert watcher.names() == ["state", "cleared", "exchange"]


def test_a_sandbox_that_is_gone_ends_its_events(box: Box) -> None:
    watcher = Watcher(box)
    watcher.news()
    assert not watcher.events.is_over
    box.get("deleteSandbox")
    assert watcher.events.is_over
    assert watcher.news() == [("gone", {})]


def test_how_many_to_begin_with_is_checked(box: Box) -> None:
    assert box.call("getEvents", query={"newest": "1001"})[0] == 400


def test_each_scheme_is_shown_as_a_request_carries_it() -> None:
    def scheme(kind: str, parameter: str = "") -> Scheme:
        return Scheme(name="mine", kind=kind, parameter=parameter)  # type: ignore[arg-type]

    assert show_secret(scheme("basic"), "me:pw") == "Authorization: Basic bWU6cHc="
    assert show_secret(scheme("http", "digest"), "x") == "Authorization: Digest x"


def test_a_contract_without_shipments_has_no_curl_line(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(CONTRACT_FILE.read_text().replace("operationId: getTracking", "operationId: other"))
    kit = Kit(contract=file, strict=False)
    scenario = parse_script_id("PD-1h-a")
    assert scenario is not None
    kit.sandbox.add(kit.sandbox.make_label(scenario, order_number="a"))
    status, body = ControlKit(kit).call("getCurl", sandbox="default", label="a")
    assert (status, body["error"]) == (404, "the contract has no operation that asks for a shipment")
