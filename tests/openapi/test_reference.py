from __future__ import annotations

import pytest

from flexforward_openapi import Json, as_mapping
from flexforward_openapi.reference import followed, located, path_of, pointer_of, resolve, value_at

DOCUMENT: Json = {
    "a/b": {"c~d": [{"e f": 1}, {"$ref": "#/list/1"}]},
    "list": [0, {"$ref": "#/a~1b/c~0d/0"}],
    "ü": {"10": "ten"},
}


@pytest.mark.parametrize(
    ("reference", "value"),
    [
        pytest.param("#/list/0", 0, id="index"),
        pytest.param("#/a~1b/c~0d/0/e f", 1, id="escapes and a space"),
        pytest.param("#/a~1b/c~0d/0/e%20f", 1, id="percent-encoded"),
        pytest.param("#/%C3%BC/10", "ten", id="key of digits"),
    ],
)
def test_a_local_reference_is_followed(reference: str, value: Json) -> None:
    assert resolve(DOCUMENT, reference) == value


@pytest.mark.parametrize(
    "reference", ["#/list/2", "#/list/-1", "#/list/²", "#/list/0/a", "#/other", "#list", "list", ""]
)
def test_a_reference_to_nothing_is_a_lookup_error(reference: str) -> None:
    with pytest.raises(LookupError, match=f"^{reference}$"):
        resolve(DOCUMENT, reference)


def test_nothing_is_percent_encoded_in_a_pointer() -> None:
    document = {"a%20b": {"c/d": [1]}}
    assert value_at(document, "#/a%20b/c~1d/0") == 1
    assert resolve(document, "#/a%2520b/c~1d/0") == 1
    with pytest.raises(LookupError):
        value_at(document, "#/a%2520b/c~1d/0")


def test_references_are_followed_to_their_end() -> None:
    assert followed(DOCUMENT, as_mapping(DOCUMENT["a/b"])["c~d"][1]) == {"e f": 1}
    assert followed(DOCUMENT, True) is True
    assert located(DOCUMENT, {"$ref": "#/list/1"}, "#/x") == ({"e f": 1}, "#/a~1b/c~0d/0")
    assert located(DOCUMENT, 5, "#/x") == (5, "#/x")


def test_a_path_is_written_as_a_pointer_and_read_again() -> None:
    path = ("a/b", "c~d", 0, "e f")
    assert pointer_of(path) == "#/a~1b/c~0d/0/e f"
    assert path_of(pointer_of(path), DOCUMENT) == path
    assert pointer_of((1,), "#/list") == "#/list/1"
