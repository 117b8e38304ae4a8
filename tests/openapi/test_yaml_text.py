from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flexforward_openapi import Json, MistakesError, YamlText, as_list, as_mapping, read_text
from flexforward_openapi.yaml_text import MAX_BYTES, MAX_DEPTH, MAX_VALUES

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("word", "value"),
    [
        pytest.param("true", True, id="true"),
        pytest.param("True", True, id="True"),
        pytest.param("FALSE", False, id="FALSE"),
        pytest.param("tRUE", "tRUE", id="true in mixed case is text"),
        pytest.param("yes", "yes", id="yes is text"),
        pytest.param("NO", "NO", id="Norway is text"),
        pytest.param("on", "on", id="on is text"),
        pytest.param("null", None, id="null"),
        pytest.param("Null", None, id="Null"),
        pytest.param("~", None, id="tilde"),
        pytest.param("", None, id="nothing"),
        pytest.param("nULL", "nULL", id="null in mixed case is text"),
        pytest.param("0", 0, id="zero"),
        pytest.param("-12", -12, id="negative"),
        pytest.param("+7", 7, id="plus sign"),
        pytest.param("010", "010", id="leading zero is text"),
        pytest.param("0x1F", "0x1F", id="hexadecimal is text"),
        pytest.param("0o17", "0o17", id="octal is text"),
        pytest.param("1_000", "1_000", id="underscore is text"),
        pytest.param("12:30", "12:30", id="time of day is text"),
        pytest.param("190:20:30", "190:20:30", id="base sixty is text"),
        pytest.param("1.5", 1.5, id="fraction"),
        pytest.param("1e3", 1000.0, id="exponent"),
        pytest.param("-2.5E-1", -0.25, id="fraction with exponent"),
        pytest.param("1.7e308", 1.7e308, id="large"),
        pytest.param("1e-999", 0.0, id="too small to tell from zero"),
        pytest.param("'1e999'", "1e999", id="infinity in quotes is text"),
        pytest.param("1.", "1.", id="point alone is text"),
        pytest.param(".5", ".5", id="no digit before the point is text"),
        pytest.param(".inf", ".inf", id="infinity is text"),
        pytest.param(".nan", ".nan", id="not a number is text"),
        pytest.param("2026-04-01", "2026-04-01", id="date is text"),
        pytest.param("2026-04-01T09:00:00Z", "2026-04-01T09:00:00Z", id="time is text"),
        pytest.param("=", "=", id="equals sign is text"),
        pytest.param("'true'", "true", id="single quotes"),
        pytest.param('"5"', "5", id="double quotes"),
        pytest.param("!!str 5", "5", id="said to be text"),
        pytest.param("{<<: 1}", {"<<": 1}, id="merge key is a key"),
        pytest.param("{1: a, true: b, 1e999: c}", {"1": "a", "true": "b", "1e999": "c"}, id="keys are text"),
    ],
)
def test_a_plain_word_means_what_yaml_1_2_says(word: str, value: Json) -> None:
    assert repr(YamlText(f"key: {word}", source="a.yaml").value) == repr({"key": value})


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def nested(opening: str, closing: str, depth: int) -> str:
    return opening * depth + closing * depth


@given(JSON)
@example([1e300, -0.0, 5e-324, 10**308, "\u2028", "\x85", "\x7f"])
@example(["\U00010000", "\U0010ffff", "📦📦", "\\📦", "\\\\ud83d\\udce6", '\\"📦', {"📦": "\ud7ff\ue000📦"}])
def test_json_is_yaml(value: Json) -> None:
    assert YamlText(json.dumps(value), source="a.json").value == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(r'{"a": "\uD83D\uDCE6"}', "📦", id="capital digits"),
        pytest.param(r"a: \ud83d\udce6", r"\ud83d\udce6", id="plain text"),
        pytest.param(r"{'a': '\ud83d\udce6'}", r"\ud83d\udce6", id="single quotes"),
        pytest.param('"a": |-\n  "\\ud83d\\udce6"', r'"\ud83d\udce6"', id="block"),
    ],
)
def test_two_halves_of_a_character_are_one_in_json_alone(text: str, value: str) -> None:
    assert YamlText(text, source="a.json").value == {"a": value}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            '{"b": 1,\n"b": 2}',
            "a.json:3: not YAML: the key 'b' stands twice; allowed: YAML 1.2 or JSON",
            id="key twice",
        ),
        pytest.param(
            '{"b": "\\udce6"}',
            "a.json:2: not YAML: found invalid Unicode character escape code; allowed: YAML 1.2 or JSON",
            id="second half alone",
        ),
        pytest.param(
            r'{"b": "\\ud83d\udce6"}',
            "a.json:2: not YAML: found invalid Unicode character escape code; allowed: YAML 1.2 or JSON",
            id="second half after a backslash and letters",
        ),
        pytest.param(
            f'{{"b":\n{"1" * 5000}}}',
            "a.json:3: not YAML: a number beyond 1.8e308; allowed: YAML 1.2 or JSON",
            id="number",
        ),
        pytest.param(
            nested("[", "]", MAX_DEPTH), "a.json:2: values nested too deeply; allowed: at most 64 levels", id="depth"
        ),
    ],
)
def test_json_with_two_halves_keeps_every_rule_and_its_lines(text: str, message: str) -> None:
    with pytest.raises(MistakesError) as caught:
        YamlText(f'["\\ud83d\\udce6",\n{text}]', source="a.json")
    assert str(caught.value) == message


def test_json_with_two_halves_that_is_nested_beyond_pythons_stack_is_refused() -> None:
    with pytest.raises(MistakesError, match=r"^a\.json:1: "):
        YamlText(f'["\\ud83d\\udce6", {nested("[", "]", 100_000)}]', source="a.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "a: 1\nb: [1, 2\n", "a.yaml:3: not YAML: did not find expected ',' or ']'", id="bracket that stays open"
        ),
        pytest.param(
            "a: 1\nb: c: d\n", "a.yaml:2: not YAML: mapping values are not allowed in this context", id="two colons"
        ),
        pytest.param(
            "a:\n\t- 1\n", "a.yaml:2: not YAML: found character that cannot start any token", id="tab as indentation"
        ),
        pytest.param("a: 1\nb: *c\n", "a.yaml:2: not YAML: found undefined alias", id="alias of nothing"),
        pytest.param("a: 1\n---\nb: 2\n", "a.yaml:2: not YAML: but found another document", id="two documents"),
        pytest.param("a: 1\nb: 2\na: 3\n", "a.yaml:3: not YAML: the key 'a' stands twice", id="key twice"),
        pytest.param(
            "a: 1\nb: {c: 1, 'c': 2}\n", "a.yaml:2: not YAML: the key 'c' stands twice", id="key twice inside"
        ),
        pytest.param("a: 1\n? [b]\n: 2\n", "a.yaml:2: not YAML: a key that is not text", id="list as key"),
        pytest.param(
            'a: 1\nb: "\\ud83d\\udce6"\n',
            "a.yaml:2: not YAML: found invalid Unicode character escape code",
            id="JSON's escape of two halves outside JSON",
        ),
        pytest.param(
            f"a: 1\nb: {'1' * 5000}\n", "a.yaml:2: not YAML: a number beyond 1.8e308", id="thousands of digits"
        ),
        pytest.param(f"a: 1\nb: -1{'0' * 309}\n", "a.yaml:2: not YAML: a number beyond 1.8e308", id="310 digits"),
        pytest.param("a: 1\nb:\n- 1e999\n", "a.yaml:3: not YAML: a number beyond 1.8e308", id="infinity"),
        pytest.param("a: 1\nb: -1.8e308\n", "a.yaml:2: not YAML: a number beyond 1.8e308", id="negative infinity"),
        pytest.param("a: 1\nb: '\x07'\n", "a.yaml:2: not YAML: the character U+0007", id="control character"),
        pytest.param("a: é\n\x00\n", "a.yaml:2: not YAML: the character U+0000", id="null character"),
    ],
)
def test_what_is_not_yaml_is_told_with_its_line(text: str, message: str) -> None:
    with pytest.raises(MistakesError) as caught:
        YamlText(text, source="a.yaml")
    assert str(caught.value) == f"{message}; allowed: YAML 1.2 or JSON"


@pytest.mark.parametrize(
    ("value", "tag"),
    [
        pytest.param("!!int 5", "tag:yaml.org,2002:int", id="true tag"),
        pytest.param("!!bool maybe", "tag:yaml.org,2002:bool", id="tag that lies"),
        pytest.param("!!map [1]", "tag:yaml.org,2002:map", id="tag of another shape"),
        pytest.param("!!timestamp 2026-04-01", "tag:yaml.org,2002:timestamp", id="beyond JSON"),
        pytest.param("!!python/object:os.system x", "tag:yaml.org,2002:python/object:os.system", id="code"),
        pytest.param("!own {b: 1}", "!own", id="tag of one's own"),
    ],
)
def test_a_tag_is_refused_with_its_line(value: str, tag: str) -> None:
    with pytest.raises(MistakesError) as caught:
        YamlText(f"a: 1\nb: {value}\n", source="a.yaml")
    assert str(caught.value) == f"a.yaml:2: the tag '{tag}'; allowed: values without tags"


def bomb(levels: int) -> str:
    """A list of ten, ten times the list before it, and so on."""
    lists = ["a0: &a0 [0,0,0,0,0,0,0,0,0,0]"]
    lists += [f"a{level}: &a{level} [{','.join([f'*a{level - 1}'] * 10)}]" for level in range(1, levels)]
    return "\n".join(lists)


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        pytest.param("[", "]", id="brackets"),
        pytest.param("{a: ", "}", id="braces"),
        pytest.param("- ", "", id="dashes"),
    ],
)
def test_values_may_be_nested_so_deep_and_no_deeper(opening: str, closing: str) -> None:
    YamlText(nested(opening, closing, MAX_DEPTH), source="a.yaml")
    for depth in (MAX_DEPTH + 1, 100_000):
        with pytest.raises(MistakesError) as caught:
            YamlText(nested(opening, closing, depth), source="a.yaml")
        assert str(caught.value) == "a.yaml:1: values nested too deeply; allowed: at most 64 levels"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(bomb(6), id="aliases of aliases"),
        pytest.param("&a [*a]", id="list that holds itself"),
        pytest.param("&a {b: {c: *a}}", id="mapping that holds itself"),
        pytest.param(f"[{'0,' * MAX_VALUES}]", id="one value too many"),
    ],
)
def test_a_document_that_its_aliases_swell_is_refused(text: str) -> None:
    with pytest.raises(MistakesError) as caught:
        YamlText(text, source="a.yaml")
    assert str(caught.value) == (
        "a.yaml: too many values, or values nested too deeply, once its aliases are followed;"
        " allowed: at most 200,000 values, 64 levels deep"
    )


def test_as_many_values_as_may_be_are_taken() -> None:
    assert len(YamlText(f"[{'0,' * (MAX_VALUES - 1)}]", source="a.yaml").value) == MAX_VALUES - 1
    assert len(YamlText(bomb(4), source="a.yaml").value["a3"]) == 10


TEXT = """\
# a comment
name: x
steps:
  - after: 1h
    polls: 2
  -
    after: [a,
      b]
responses: {'200': {description: y}}
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        pytest.param((), 1, id="document"),
        pytest.param(("name",), 2, id="key"),
        pytest.param(("steps",), 3, id="key of a list"),
        pytest.param(("steps", 0), 4, id="entry"),
        pytest.param(("steps", 0, "polls"), 5, id="key of an entry"),
        pytest.param(("steps", 1, "after"), 7, id="entry that begins on the next line"),
        pytest.param(("steps", 1, "after", 1), 8, id="entry of a flow list"),
        pytest.param(("responses", "200", "description"), 9, id="key of digits"),
        pytest.param(("steps", 2), 3, id="missing entry has its list's line"),
        pytest.param(("steps", "two"), 3, id="word for an index"),
        pytest.param(("steps", 0, "status", "code"), 4, id="missing key has its parent's line"),
        pytest.param(("name", "first"), 2, id="key of a plain value"),
        pytest.param(("other",), 1, id="missing at the top"),
    ],
)
def test_every_value_has_a_line_and_a_missing_one_its_parents(path: tuple[str | int, ...], line: int) -> None:
    assert YamlText(TEXT, source="a.yaml").line(path) == line


def test_an_empty_text_is_null_and_has_one_line() -> None:
    text = YamlText("", source="a.yaml")
    assert (text.value, text.line(("a",))) == (None, 1)


def test_a_file_is_read_as_utf_8_with_or_without_a_mark(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    for data in ("é".encode(), "é".encode("utf-8-sig")):
        file.write_bytes(data)
        assert read_text(file) == "é"


def test_a_file_may_be_so_large_and_no_larger(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(b"#" * MAX_BYTES)
    assert len(read_text(file)) == MAX_BYTES
    file.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(MistakesError) as caught:
        read_text(file)
    assert str(caught.value) == f"{file}: 33,554,433 bytes long; allowed: at most 33,554,432 bytes"


def test_a_file_that_cannot_be_read_is_told_with_the_reason(tmp_path: Path) -> None:
    for file, reason in ((tmp_path / "none.yaml", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(MistakesError) as caught:
            read_text(file)
        assert str(caught.value) == f"{file}: cannot be read ({reason}); allowed: a readable file"


def test_bytes_that_are_not_utf_8_are_told_with_their_line(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes("a: 1\nb: é\n".encode("latin-1"))
    with pytest.raises(MistakesError) as caught:
        read_text(file)
    assert str(caught.value) == f"{file}:2: bytes that are not UTF-8; allowed: UTF-8 text"


@pytest.mark.parametrize("value", [None, 5, "ab", True, math.pi])
def test_what_is_no_object_or_list_is_taken_as_an_empty_one(value: Json) -> None:
    assert (as_mapping(value), as_list(value)) == ({}, [])
    assert (as_mapping({"a": value}), as_list([value])) == ({"a": value}, [value])
    assert (as_mapping([value]), as_list({"a": value})) == ({}, [])


def test_json_behind_space_is_json() -> None:
    key = "k" * 2000  # YAML takes no key of more than 1,024 characters for one
    assert YamlText(f'\n  {{"{key}": "\x7f"}}\n', source="a.json").value == {key: "\x7f"}
