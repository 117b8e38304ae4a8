from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flexforward_mockserver.engine.prefer import Preference, PreferenceError, parse_prefer


@pytest.mark.parametrize(
    ("value", "code"),
    [
        pytest.param("code=502", 502, id="alone"),
        pytest.param("code=200", 200, id="least"),
        pytest.param("code=599", 599, id="greatest"),
        pytest.param('code="404"', 404, id="quoted"),
        pytest.param("CODE=404", 404, id="name in capitals"),
        pytest.param("  code = 404 ", 404, id="spaces around"),
        pytest.param("code=404; reason=trial", 404, id="with a parameter"),
        pytest.param("respond-async, code=404", 404, id="after another preference"),
        pytest.param("code=404, wait=10", 404, id="before another preference"),
        pytest.param("code=404, code=502", 404, id="the first of two"),
        pytest.param("", None, id="empty"),
        pytest.param(" , ;=, ", None, id="separators only"),
        pytest.param("return=minimal", None, id="not ours"),
        pytest.param("encode=404", None, id="a longer name"),
        pytest.param("wait=10; code=404", None, id="a parameter of another preference"),
    ],
)
def test_our_preference_is_found_and_others_are_left_alone(value: str, code: int | None) -> None:
    assert parse_prefer(value) == Preference(code=code)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        pytest.param("code", "", id="no value"),
        pytest.param("code=", "", id="empty value"),
        pytest.param("code=abc", "abc", id="letters"),
        pytest.param("code=199", "199", id="one below the least"),
        pytest.param("code=600", "600", id="one above the greatest"),
        pytest.param("code=0404", "0404", id="four digits"),
        pytest.param("code=-404", "-404", id="signed"),
        pytest.param("code=404.0", "404.0", id="a fraction"),
        pytest.param("code=٤٠٤", "٤٠٤", id="digits of another script"),
        pytest.param("code=404=", "404=", id="two equal signs"),
        pytest.param("code=x, code=404", "x", id="a wrong one before a right one"),
    ],
)
def test_a_code_that_is_no_status_is_refused_with_what_is_allowed(value: str, shown: str) -> None:
    sentence = f"Prefer: code={shown} is not a status; allowed: 200 to 599"
    with pytest.raises(PreferenceError, match=f"^{re.escape(sentence)}$"):
        parse_prefer(value)


@example("delay=soon")
@given(st.text(st.characters(codec="latin-1")) | st.text(st.sampled_from('code=2345;,"  ')))
def test_any_header_is_read_or_refused_in_a_sentence(value: str) -> None:
    try:
        code = parse_prefer(value).code
    except PreferenceError as error:
        assert re.match("Prefer: [a-z]+=", str(error))
    else:
        assert code is None or 200 <= code <= 599
