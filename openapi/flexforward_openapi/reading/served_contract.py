"""The contract that the mock follows: both shipped documents as one, or the one that a user brings."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from flexforward_openapi.contract import CONTRACT_FILE, LABELS_FILE, Contract
from flexforward_openapi.yaml_text import Json, as_mapping

from .contract_reader import load_contract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["load_served_contract", "with_labels"]


def load_served_contract(
    path: Path | None = None, *, strict: bool = False
) -> tuple[Contract, Callable[[Contract], Contract] | None]:
    """Read the contract that is followed.

    Args:
        path: of a document that is followed in place of the shipped ones; None for those.
        strict: of such a document nothing may be read past.

    Returns:
        The contract, and what makes it whole where it is the shipped one: the operations on labels, which most runs
        never need, are read when they are first asked for.

    Raises:
        ContractError: with every mistake found, each with its file and line.
    """
    if path is not None:
        return load_contract(path, strict=strict), None
    return load_contract(CONTRACT_FILE), with_labels


def with_labels(tracking: Contract) -> Contract:
    """Return the shipped tracking contract with the operations on labels."""
    labels = load_contract(LABELS_FILE)
    operations = sorted((*tracking.operations, *labels.operations), key=lambda entry: len(entry.parameters))
    return replace(tracking, operations=tuple(operations), document=_joined(tracking.document, labels.document))


def _joined(first: Json, second: Json) -> dict[str, Json]:
    """Return one document with the paths and components of both; what both have is the same in both."""
    joined = dict(as_mapping(first))
    joined["paths"] = {**as_mapping(first["paths"]), **as_mapping(second["paths"])}
    ours, theirs = as_mapping(first["components"]), as_mapping(second["components"])
    joined["components"] = {
        kind: {**as_mapping(ours.get(kind)), **as_mapping(theirs.get(kind))} for kind in (*ours, *theirs)
    }
    return joined
