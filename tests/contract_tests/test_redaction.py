"""What is shown of a text: one line, not too long, and no credential in any form."""

from __future__ import annotations

from base64 import b64encode

import pytest

from flexforward_contract_tests.redaction import redacted, shown_line


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a secret/Word b", "a *** b", id="as it is"),
        pytest.param("a SECRET/word b", "a *** b", id="in other letters"),
        pytest.param("a secret%2FWord b", "a *** b", id="percent-encoded"),
        pytest.param(f"a {b64encode(b'secret/Word:').decode().rstrip('=')} b", "a *** b", id="as Basic carries it"),
        pytest.param("a secret/Wor b", "a *** b", id="without its last letter"),
        pytest.param("a key b", "a *** b", id="a short one by itself"),
        pytest.param("a monkey b", "a monkey b", id="a short one in a word"),
        pytest.param("a\nb\x1b[2J", "a b [2J", id="two lines and an escape"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_no_form_of_a_credential_is_shown(text: str, shown: str) -> None:
    assert redacted(text, ["secret/Word", "key", ""], longest=100) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a secret%252fWord b", "a *** b", id="percent-encoded twice"),
        pytest.param(r'a "secret\/Word" b', 'a "***" b', id="JSON"),
        pytest.param(r"a secret\u002FWord b", "a *** b", id="JSON by number"),
        pytest.param("a secret&#47;Word b", "a *** b", id="HTML by number"),
        pytest.param("a secret&#x2f;Word b", "a *** b", id="HTML by another number"),
        *(
            pytest.param(f"a {b64encode(b'x' * before + b'secret/Word:y').decode()} b", "***", id=f"base64 {before}")
            for before in range(4)
        ),
    ],
)
def test_no_escape_hides_a_credential(text: str, shown: str) -> None:
    told = redacted(text, ["secret/Word"], longest=100)
    assert shown in told
    assert "Word" not in told
    assert "c2VjcmV0L1dvcm" not in told


def test_what_html_names_is_known_too_and_a_short_one_has_no_base64() -> None:
    assert redacted("a&lt;b&amp;c&quot;d&apos;e b64 YTxi", ["a<b&c\"d'e"], longest=100) == "*** b64 YTxi"
    assert redacted("abcdé1 YWJjZA", ["abcdé1", "abcd"], longest=100) == "*** YWJjZA"


def test_without_secrets_only_the_length_counts() -> None:
    assert redacted("abc", (), longest=2) == "ab…"
    assert shown_line("abc", longest=3) == "abc"


def test_a_secret_of_a_few_letters_is_masked_as_it_is_and_in_no_other_text() -> None:
    text = f"ab1 {b64encode(b'ab1').decode()}"
    assert redacted(text, ["ab1"], longest=100) == "*** YWIx"
