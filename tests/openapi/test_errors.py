from __future__ import annotations

import pickle

import pytest

from flexforward_openapi import ContractError, FlexforwardMockError, Mistake, MistakesError
from flexforward_openapi.errors import LONGEST_KEY, dotted

NOWHERE = Mistake(source="a.yaml", found="cannot be read", allowed="a readable file")
SOMEWHERE = Mistake(source="a.yaml", line=7, path=("steps", 2, "after"), found="'soon' stands here", allowed="6h")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        pytest.param((), "", id="root"),
        pytest.param(("steps",), "steps", id="key"),
        pytest.param(("steps", 2, "after"), "steps[2].after", id="index between keys"),
        pytest.param((2, 0, "after"), "[2][0].after", id="index first"),
        pytest.param(("responses", "200"), "responses.200", id="key of digits"),
        pytest.param(("a", "b" * 1000), f"a.{'b' * (LONGEST_KEY - 3)}...", id="longer than any sensible name"),
    ],
)
def test_a_path_is_written_with_dots_and_brackets(path: tuple[str | int, ...], text: str) -> None:
    assert dotted(path) == text


@pytest.mark.parametrize(
    ("mistake", "sentence"),
    [
        pytest.param(NOWHERE, "a.yaml: cannot be read; allowed: a readable file", id="file only"),
        pytest.param(SOMEWHERE, "a.yaml:7: steps[2].after: 'soon' stands here; allowed: 6h", id="line and path"),
        pytest.param(
            Mistake(source="a.yaml", line=1, found="not YAML", allowed="YAML"),
            "a.yaml:1: not YAML; allowed: YAML",
            id="line only",
        ),
        pytest.param(
            Mistake(source="inline", path=("name",), found="5 stands here", allowed="text"),
            "inline: name: 5 stands here; allowed: text",
            id="path only",
        ),
    ],
)
def test_a_mistake_says_its_place_what_was_found_and_what_is_allowed(mistake: Mistake, sentence: str) -> None:
    assert str(mistake) == sentence


@pytest.mark.parametrize("kind", [MistakesError, ContractError])
def test_an_error_lists_its_mistakes_one_a_line(kind: type[MistakesError]) -> None:
    error = kind(NOWHERE, SOMEWHERE)
    assert error.mistakes == (NOWHERE, SOMEWHERE)
    assert str(error) == f"{NOWHERE}\n{SOMEWHERE}"


@pytest.mark.parametrize("kind", [MistakesError, ContractError])
def test_an_error_survives_pickling_with_its_mistakes_and_its_text(kind: type[MistakesError]) -> None:
    error = kind(NOWHERE, SOMEWHERE)
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (again.mistakes, str(again)) == (error.mistakes, str(error))


def test_every_error_is_one_of_ours_and_a_value_error() -> None:
    assert ContractError.__mro__[1:4] == (MistakesError, FlexforwardMockError, ValueError)
