from __future__ import annotations

import pytest

from flexforward_openapi.media_type import choose, concrete, is_json, name_of

JSON, XML, TEXT = "application/json", "application/xml", "text/plain; charset=utf-8"


def test_names_have_no_letter_case_and_no_parameters() -> None:
    assert name_of(" Application/JSON ; charset=UTF-8") == JSON


@pytest.mark.parametrize(
    ("media_type", "expected"),
    [
        (JSON, True),
        ("APPLICATION/Problem+JSON; a=b", True),
        ("text/json", True),
        ("*/*", True),
        ("application/*", True),
        ("text/*", False),
        (XML, False),
        ("application/jsonl", False),
    ],
)
def test_json_goes_by_several_names(media_type: str, expected: bool) -> None:
    assert is_json(media_type) is expected


@pytest.mark.parametrize(
    ("accept", "offered", "chosen"),
    [
        pytest.param(None, (JSON, XML), JSON, id="no header"),
        pytest.param("", (JSON, XML), JSON, id="empty"),
        pytest.param(" , ", (JSON, XML), JSON, id="empty parts"),
        pytest.param("*/*", (JSON, XML), JSON, id="all"),
        pytest.param("*", (JSON, XML), JSON, id="all, as old clients write it"),
        pytest.param("application/xml", (JSON, XML), XML, id="by name"),
        pytest.param("APPLICATION/XML", (JSON, XML), XML, id="letter case"),
        pytest.param("text/*", (JSON, TEXT), TEXT, id="range"),
        pytest.param("text/plain", (JSON, TEXT), TEXT, id="offered with a parameter"),
        pytest.param("application/json; charset=utf-8", (JSON,), JSON, id="asked with a parameter"),
        pytest.param(
            "application/json;v=2",
            ("application/json;v=1", "application/json;v=2"),
            "application/json;v=2",
            id="parameter decides",
        ),
        pytest.param("application/json;q=0.8, application/xml", (JSON, XML), XML, id="quality"),
        pytest.param("application/xml;q=0.2, */*;q=0.1", (JSON, XML), XML, id="range with less quality"),
        pytest.param("application/xml, application/json", (JSON, XML), XML, id="first named of equals"),
        pytest.param("*/*, application/json;q=0", (JSON, XML), XML, id="refused by name"),
        pytest.param("application/json;q=high", (JSON, XML), JSON, id="quality that is none"),
        pytest.param("application/json;q=0", (JSON,), None, id="refused"),
        pytest.param("image/png", (JSON, XML), None, id="none of them"),
        pytest.param("application/vnd.a+json", ("application/*",), "application/*", id="offered as a range"),
        pytest.param("text/html", ("application/*",), None, id="beyond the offered range"),
    ],
)
def test_the_request_chooses(accept: str | None, offered: tuple[str, ...], chosen: str | None) -> None:
    index = choose(accept, offered)
    assert (None if index is None else offered[index]) == chosen


@pytest.mark.parametrize(
    ("media_type", "accept", "expected"),
    [
        (TEXT, "image/png", TEXT),
        ("image/*", "text/plain, image/png", "image/png"),
        ("image/*", "image/png;q=0", "application/octet-stream"),
        ("image/*", None, "application/octet-stream"),
        ("text/*", "*/*", "text/plain"),
        ("*/*", None, JSON),
    ],
)
def test_a_range_stands_for_what_is_asked_for_within_it(media_type: str, accept: str | None, expected: str) -> None:
    assert concrete(media_type, accept) == expected


def test_an_empty_parameter_of_a_range_says_nothing() -> None:
    assert choose("application/json;, text/html;q=0.1", ("text/html", "application/json")) == 1
