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


def test_without_secrets_only_the_length_counts() -> None:
    assert redacted("abc", (), longest=2) == "ab…"
    assert shown_line("abc", longest=3) == "abc"
