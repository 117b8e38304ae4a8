"""Both shipped documents as one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flexforward_mockserver.engine.authentication import security_requirements
from flexforward_openapi import CONTRACT_FILE, LABELS_FILE, load_contract, load_served_contract, with_labels

if TYPE_CHECKING:
    from pathlib import Path


def test_the_shipped_contract_is_made_whole_when_it_is_needed() -> None:
    contract, rest = load_served_contract()
    assert [operation.id for operation in contract.operations] == ["getTracking"]
    assert rest is not None
    whole = rest(contract)
    assert [operation.id for operation in whole.operations] == ["createLabel", "getTracking", "getLabel"]
    assert whole.operation("getTracking") is contract.operation("getTracking")
    assert set(whole.document["paths"]) == {"/labels", "/labels/{id}", "/tracking/{id}"}
    assert (whole.source, whole.version, whole.hosts) == (contract.source, contract.version, contract.hosts)


def test_what_both_documents_have_is_the_same_in_both() -> None:
    tracking, labels = load_contract().document, load_contract(LABELS_FILE).document
    assert tracking["servers"] == labels["servers"]
    for kind in labels["components"]:
        ours, theirs = tracking["components"][kind], labels["components"][kind]
        for name in ours.keys() & theirs.keys():
            assert ours[name] == theirs[name], name


def test_what_is_added_is_let_in_by_the_same_credentials() -> None:
    whole = with_labels(load_contract())
    tracking, *others = (security_requirements(operation) for operation in whole.operations)
    assert all(other == tracking for other in others)


@pytest.mark.parametrize("is_strict", [True, False])
def test_a_document_of_ones_own_is_whole(tmp_path: Path, is_strict: bool) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(CONTRACT_FILE.read_text())
    contract, rest = load_served_contract(path, strict=is_strict)
    assert (contract.is_strict, rest) == (is_strict, None)
