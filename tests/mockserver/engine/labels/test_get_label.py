from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from flexforward_mockserver.state.fault import Fault, FaultFilter
from flexforward_openapi import Validation
from kit import OTHER, Kit
from label_kit import label_body


@pytest.fixture
def kit() -> Kit:
    return Kit()


def test_one_label_by_uuid_and_by_order_number(kit: Kit) -> None:
    made = kit.post(label_body(order="N 1/2")).json
    for key in (made["id"], made["id"].upper(), "N%201%2F2"):
        got = kit.ask(f"/labels/{key}", host="127.0.0.1:8080")
        assert got.status == 200
        assert got.json == {
            "id": made["id"],
            "customerOrderNumber": "N 1/2",
            "url": f"http://127.0.0.1:8080/_mock/documents/default/{made['id']}.pdf",
            "labelFormat": "pdf",
        }
        assert (kit.last.label, kit.last.operation, kit.last.poll) == (made["id"], "getLabel", None)
    operation = kit.engine.contract.operation("getLabel")
    assert operation is not None
    assert not Validation(kit.engine.contract).problems(operation.responses["200"], got.json, strict=True)
    assert kit.track(made["id"]).status == 200
    assert kit.last.poll == 1, "asking for a document is no poll"


def test_several_labels_in_the_order_asked_and_without_what_cannot_be_found(kit: Kit) -> None:
    first, second = kit.post(label_body("a", order="A")).json["id"], kit.post(label_body("b", form="PNG")).json["id"]
    theirs = kit.post(label_body("c", order="C"), OTHER).json["id"]
    kit.post(label_body("d", order="F-1h-d"))
    got = kit.ask(f"/labels/{second},A,nobody,{theirs},F-1h-d,{first},")
    assert got.status == 200
    assert list(got.json) == ["labels"]
    assert [entry["id"] for entry in got.json["labels"]] == [second, first], "each once"
    assert [entry["labelFormat"] for entry in got.json["labels"]] == ["png", "pdf"]
    assert kit.last.note == "2 labels of 6 identifiers, 4 left out"
    assert kit.last.label is None
    assert [entry["id"] for entry in kit.ask(f"/labels/A%2C{second}").json["labels"]] == [first, second]
    assert kit.ask("/labels/nobody,C").json == {"labels": []}
    assert kit.ask("/labels/A,").json["labels"][0]["id"] == first, "a comma asks for a list"


@pytest.mark.parametrize(
    ("key", "headers", "status", "error"),
    [
        ("nobody", {}, 404, "Label not found"),
        ("theirs", {}, 403, "Forbidden"),
        ("F-1h-x", {}, 404, "Label not found"),
        ("%FF", {}, 404, "Label not found"),
    ],
)
def test_what_is_not_answered(kit: Kit, key: str, headers: dict[str, str], status: int, error: str) -> None:
    kit.post(label_body("a", order="theirs"), OTHER)
    kit.post(label_body("b", order="F-1h-x"))
    got = kit.ask(f"/labels/{key}")
    assert (got.status, got.json) == (status, {"error": error})
    assert kit.ask(f"/labels/{key}", {}).status == 401


def test_a_label_that_somebody_put_in_has_a_document_too(kit: Kit) -> None:
    got = kit.ask("/labels/DEMO-delivered")
    assert got.json["customerOrderNumber"] == "DEMO-delivered"
    assert kit.ask(urlsplit(str(got.json["url"])).path, {}).status == 200


def test_without_a_host_the_address_is_at_the_documented_one(kit: Kit) -> None:
    assert kit.ask("/labels/DEMO-delivered").json["url"].startswith("http://api.flexforwardship.com/_mock/")


@pytest.mark.parametrize("key", ["A", "A,B"])
def test_faults_know_the_labels_that_are_asked_for(kit: Kit, key: str) -> None:
    kit.post(label_body("a", order="A"))
    other = kit.sandbox.arm(Fault(kind="close", match=FaultFilter(label="DEMO-delivered")))
    kit.sandbox.arm(Fault(kind="status", status=502, match=FaultFilter(label="A")))
    kit.sandbox.arm(Fault(kind="truncated", match=FaultFilter(label="A")))
    assert kit.ask(f"/labels/{key}").status == 502
    assert (kit.last.label is None) == ("," in key)
    assert (kit.ask(f"/labels/{key}").status, kit.last.fault) == (200, "truncated")
    assert kit.ask(f"/labels/{key}").status == 200
    assert other.seen == 0


def test_a_preference_is_met(kit: Kit) -> None:
    assert kit.ask("/labels/DEMO-delivered", prefer="code=403").json == {"error": "Forbidden"}
    got = kit.ask("/labels/DEMO-delivered", prefer="delay=3s")
    assert (got.status, kit.last.duration_s) == (200, 3.0)
