from __future__ import annotations

import pytest

from flexforward_openapi import MistakesError, YamlText
from flexforward_openapi.json_text import JsonLines, NotJsonError, read_json

TEXT = """\
{
  "a": {"b": [1,
      {"c": 2}], "d": []},
  "e\\u00e9": "x", "f": {},

  "g": null
}
"""


def test_json_is_read_strictly() -> None:
    assert read_json('{"a": [1, -0, 1.5, "\\ud83d\\udce6"]}', max_depth=2) == {"a": [1, 0, 1.5, "📦"]}


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('{"a": 1, "a": 2}', id="key twice"),
        pytest.param('{"a": 1e999}', id="number beyond a double"),
        pytest.param('{"a": NaN}', id="no number"),
        pytest.param('{"a": "\\ud83d"}', id="half of a character"),
        pytest.param("{a: 1}", id="YAML"),
        pytest.param("[[[0]]]", id="too deep"),
        pytest.param("[" * 5000, id="far too deep"),
    ],
)
def test_what_its_reader_has_to_tell_of_is_left_to_it(text: str) -> None:
    with pytest.raises(NotJsonError):
        read_json(text, max_depth=2)


@pytest.mark.parametrize(
    ("path", "line"),
    [
        pytest.param((), 1, id="root"),
        pytest.param(("a",), 2, id="key"),
        pytest.param(("a", "b", 1, "c"), 3, id="deep"),
        pytest.param(("a", "b", 5), 2, id="past a list's end"),
        pytest.param(("a", "b", "x"), 2, id="name in a list"),
        pytest.param(("a", "b", 0, "x"), 2, id="below a number"),
        pytest.param(("a", "d"), 3, id="behind a nested value"),
        pytest.param(("eé",), 4, id="escaped key"),
        pytest.param(("f", "x"), 4, id="in an empty object"),
        pytest.param(("g",), 6, id="last"),
        pytest.param(("none",), 1, id="nowhere"),
    ],
)
def test_a_place_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert JsonLines(TEXT).line(path) == line
    assert YamlText(TEXT, source="c.json").line(path) == line


def test_a_word_is_looked_for_in_the_text() -> None:
    assert YamlText(TEXT, source="c.json").mentions('"g"')
    assert not YamlText("a: 1", source="c.yaml").mentions("b")


def test_json_with_a_mistake_is_told_about_as_yaml_is() -> None:
    with pytest.raises(MistakesError, match=r"^c.json:2: not YAML: the key 'a' stands twice"):
        YamlText('{"a": 1,\n"a": 2}', source="c.json")
