from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flexforward_mockserver.engine.engine import EngineOptions
from flexforward_mockserver.engine.labels.new_lifecycle import POSTAL_CODES
from flexforward_mockserver.scenarios.catalogue import Catalogue
from kit import Kit
from label_kit import label_body

if TYPE_CHECKING:
    from pathlib import Path

    from flexforward_openapi import Json

VENDOR = {"90001": "Delivered", "90002": "Exception", "90003": "InTransit", "90004": "Cancelled"}


@pytest.mark.parametrize(("postal_code", "tag"), VENDOR.items())
@pytest.mark.parametrize("kind", [str, int, float])
def test_the_vendors_postal_codes_end_as_published(postal_code: str, tag: str, kind: type) -> None:
    kit = Kit()
    made = kit.post(label_body(postal_code=kind(postal_code))).json
    kit.wait(days=3650)
    assert kit.track(made["id"]).json["tag"] == tag
    assert set(POSTAL_CODES) == set(VENDOR)


def _scenario_of(kit: Kit, body: Json) -> str:
    made = kit.post(body).json["id"]
    found = kit.sandbox.find(made)
    assert found is not None
    return found.label.scenario.name


def test_what_chooses_goes_from_the_order_number_over_the_postal_code_to_the_options() -> None:
    catalogue = Catalogue()
    kit = Kit(options=EngineOptions(new_labels=catalogue["guide-sample"]))
    assert _scenario_of(kit, label_body("a", order="PITD-6h-1", postal_code=90002)) == "PITD-6h"
    assert _scenario_of(kit, label_body("b", postal_code="90002")) == "exception-unresolved"
    assert _scenario_of(kit, label_body("c", postal_code="90002-1234")) == "guide-sample"
    kit.sandbox.new_labels = catalogue["pending-forever"]
    assert _scenario_of(kit, label_body("d")) == "pending-forever"
    assert _scenario_of(Kit(), label_body("e")) == "delivered"


@pytest.mark.parametrize(
    ("name", "is_numbered"),
    [("delivered", True), ("pending-forever", True), ("guide-sample", True), ("no-tracking-number", False)],
)
def test_the_tracking_number_is_there_from_the_start_unless_it_is_withheld(name: str, is_numbered: bool) -> None:
    kit = Kit(options=EngineOptions(new_labels=Catalogue()[name]))
    made = kit.post(label_body()).json
    assert (made["courierTrackingNumber"] is not None, made["courierOrderNumber"] is not None) == (
        is_numbered,
        is_numbered,
    )
    assert kit.track(made["id"]).json["trackingNumber"] == made["courierTrackingNumber"]
    kit.wait(days=100)
    assert kit.track(made["id"]).json["trackingNumber"] is not None
    assert kit.post(label_body()).json == made, "the first result, whatever came since"


def test_lifecycles_that_the_contract_cannot_answer_are_passed_over(tmp_path: Path) -> None:
    from flexforward_openapi import CONTRACT_FILE, LABELS_FILE, YamlText, read_text

    tracking = YamlText(read_text(CONTRACT_FILE), source="a").value
    labels = YamlText(read_text(LABELS_FILE), source="b").value
    del tracking["paths"]["/tracking/{id}"]["get"]["responses"]["422"]
    tracking["paths"] |= labels["paths"]
    tracking["components"]["schemas"] |= labels["components"]["schemas"]
    path = tmp_path / "own.json"
    import json

    path.write_text(json.dumps(tracking))
    kit = Kit(contract=path)
    assert _scenario_of(kit, label_body(order="F-1h-x")) == "delivered"
    assert _scenario_of(kit, label_body("b", order="F-1h-x", postal_code="90004")) == "cancelled-in-transit"
    kit.sandbox.new_labels = Catalogue()["label-failed"]
    assert _scenario_of(kit, label_body("c")) == "label-failed", "none is left"
