from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from flexforward_mockserver.scenarios.catalogue import SHIPPED, Catalogue, scenario_files
from flexforward_mockserver.scenarios.duration import format_duration
from flexforward_mockserver.scenarios.scenario_reader import ScenarioError, load_scenario
from flexforward_mockserver.state.demo import GUIDE_LABEL_ID
from kit import OTHER, OWN, Kit

NAMES = Catalogue().names

GUIDE_SAMPLE = {
    "id": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "trackingNumber": "YT2503010001CN",
    "tag": "InTransit",
    "subtag": "InTransit_001",
    "subtagMessage": "In transit",
    "slug": "yunexpress",
    "checkpoints": [
        {
            "checkpointTime": "2026-03-17T08:15:00Z",
            "city": "Los Angeles",
            "state": "CA",
            "countryRegion": "US",
            "location": "LAX Distribution Center",
            "message": "Arrived at destination country",
            "tag": "InTransit",
            "subtag": "InTransit_001",
            "subtagMessage": "In transit",
            "slug": "yunexpress",
        },
        {
            "checkpointTime": "2026-03-16T02:30:00Z",
            "city": "Shenzhen",
            "state": "Guangdong",
            "countryRegion": "CN",
            "location": None,
            "message": "Departed from sorting center",
            "tag": "InTransit",
            "subtag": "InTransit_001",
            "subtagMessage": "In transit",
            "slug": "yunexpress",
        },
        {
            "checkpointTime": "2026-03-15T10:30:00Z",
            "city": "Tokyo",
            "state": "Tokyo",
            "countryRegion": "JP",
            "location": None,
            "message": "Shipment information received",
            "tag": "InfoReceived",
            "subtag": "InfoReceived_001",
            "subtagMessage": "Shipment information received",
            "slug": "yunexpress",
        },
    ],
}

REQUIRED = [
    "delivered",
    "delivered-after-customs",
    "exception-unresolved",
    "exception-returned",
    "cancelled-before-pickup",
    "cancelled-in-transit",
    "stuck-in-transit",
    "pending-forever",
    "unknown-then-recovering",
    "no-tracking-number",
    "label-failed",
    "gateway-trouble",
    "flaky-gateway",
    "foreign",
    "two-couriers",
    "late-events",
    "equal-timestamps",
    "duplicate-checkpoints",
    "long-history",
    "null-places",
    "unicode-places",
    "status-regression",
    "evolving-contract",
]


def seen(name: str) -> list[tuple[int, str | None]]:
    """Read a demo label at every instant that matters; returns status and tag, runs of the same folded."""
    kit = Kit()
    found: list[tuple[int, str | None]] = []
    for step in Catalogue()[name].steps:
        kit.wait(seconds=(step.after or timedelta(0)).total_seconds())
        got = kit.track(f"DEMO-{name}", OTHER if name == "foreign" else OWN)
        entry = (got.status, got.json.get("tag"))
        if found[-1:] != [entry]:
            found.append(entry)
    return found


def test_all_the_scenarios_that_are_promised_are_there() -> None:
    assert set(REQUIRED) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_shipped_scenario_passes_every_check_and_says_what_it_is_for(name: str) -> None:
    scenario = load_scenario(SHIPPED / f"{name}.yaml")
    assert scenario == Catalogue()[name]
    assert scenario.name == name
    assert scenario.summary.endswith(".")


@pytest.mark.parametrize("name", NAMES)
def test_every_demo_label_is_answered_by_the_contract_from_start_to_end(name: str) -> None:
    assert {status for status, _ in seen(name)} <= {200, 422, 502}


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"evolving-contract"}))
def test_the_top_of_a_legal_shipment_is_its_newest_checkpoint(name: str) -> None:
    kit = Kit()
    for step in Catalogue()[name].steps:
        kit.wait(seconds=(step.after or timedelta(0)).total_seconds())
        got = kit.track(f"DEMO-{name}", OTHER if name == "foreign" else OWN)
        if got.status == 200 and got.json["checkpoints"] and got.json["tag"] not in ("Pending", "Cancelled", "Unknown"):
            newest = max(got.json["checkpoints"], key=lambda entry: datetime.fromisoformat(entry["checkpointTime"]))
            same_time = [e for e in got.json["checkpoints"] if e["checkpointTime"] == newest["checkpointTime"]]
            assert got.json["subtag"] in {entry["subtag"] for entry in same_time}


@pytest.mark.parametrize(
    ("name", "story"),
    [
        ("delivered", "Pending InfoReceived InTransit Delivered"),
        ("exception-unresolved", "Pending InfoReceived InTransit Exception"),
        ("cancelled-before-pickup", "Pending InfoReceived Cancelled"),
        ("pending-forever", "Pending"),
        ("label-failed", "422"),
        ("evolving-contract", "InfoReceived InTransit OutForDelivery Delivered"),
    ],
)
def test_a_scenario_tells_the_story_of_its_name(name: str, story: str) -> None:
    told = [tag or str(status) for status, tag in seen(name)]
    assert " ".join(told) == story


def test_gateway_trouble_is_two_502s_and_then_fine() -> None:
    kit = Kit()
    assert [kit.track("DEMO-gateway-trouble").status for _ in range(4)] == [502, 502, 200, 200]


def test_an_evolved_answer_says_so_in_its_header_and_keeps_the_contract_otherwise() -> None:
    kit = Kit()
    kinds: list[str] = []
    for step in Catalogue()["evolving-contract"].steps:
        kit.wait(seconds=(step.after or timedelta(0)).total_seconds())
        got = kit.track("DEMO-evolving-contract")
        kinds.append(got.headers.get("x-flexforward-mock", ""))
        extra = set(got.json) - set(GUIDE_SAMPLE)
        assert bool(extra) == ("new-field" in kinds[-1])
    assert {"new-field", "new-tag"} <= {kind for text in kinds for kind in text.split(", ")}


def test_the_guides_label_answers_exactly_the_guides_sample() -> None:
    kit = Kit()
    body = kit.track(GUIDE_LABEL_ID).json
    assert body == GUIDE_SAMPLE
    assert list(body) == list(GUIDE_SAMPLE)
    kit.wait(days=400)
    assert kit.track("DEMO-guide-sample").json == GUIDE_SAMPLE


def test_the_long_history_has_five_hundred_checkpoints() -> None:
    kit = Kit()
    kit.wait(days=30)
    assert len(kit.track("DEMO-long-history").json["checkpoints"]) == 500


def test_the_summaries_are_all_different() -> None:
    catalogue = Catalogue()
    assert len({catalogue[name].summary for name in NAMES}) == len(NAMES)
    assert all(format_duration(step.after) for name in NAMES for step in catalogue[name].steps if step.after)


def test_a_script_id_or_a_name_finds_a_scenario() -> None:
    catalogue = Catalogue()
    assert catalogue.find("delivered") is catalogue["delivered"]
    found = catalogue.find("PD-1h-a")
    assert found is not None
    assert found.name == "PD-1h"
    assert catalogue.find("nothing") is None


def test_a_name_that_is_taken_is_a_mistake(tmp_path: object) -> None:
    with pytest.raises(ScenarioError) as caught:
        Catalogue().add([SHIPPED / "delivered.yaml"])
    assert "the name 'delivered' is taken by a scenario that is there already" in str(caught.value)
    assert scenario_files(SHIPPED / "delivered.yaml") == [SHIPPED / "delivered.yaml"]
