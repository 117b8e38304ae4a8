from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

import pytest

from control_kit import ControlKit
from flexforward_mockserver.control.control import Control
from flexforward_mockserver.scenarios.catalogue import Catalogue
from kit import Kit

if TYPE_CHECKING:
    from flexforward_openapi import Json

UUID = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
NOWHERE = "no-such-thing"
FROZEN = {"clock": {"now": "2026-04-01T00:00:00Z", "frozen": True}}


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
