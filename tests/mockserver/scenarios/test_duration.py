from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexforward_mockserver.scenarios.duration import LONGEST, format_duration, parse_duration, rounded_duration


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("0s", timedelta(0)),
        ("90s", timedelta(seconds=90)),
        ("1d12h", timedelta(days=1, hours=12)),
        ("1.5h", timedelta(minutes=90)),
        ("250ms", timedelta(milliseconds=250)),
        ("3660d", LONGEST),
        ("3660d1s", None),
        ("6", None),
        ("6 h", None),
        ("-6h", None),
        ("h", None),
        ("", None),
        ("6H", None),
        ("999999999d999999999d", None),
    ],
)
def test_durations_are_numbers_with_units(text: str, span: timedelta | None) -> None:
    assert parse_duration(text) == span


@given(st.timedeltas(timedelta(0), LONGEST))
def test_a_written_duration_reads_back(span: timedelta) -> None:
    assert parse_duration(format_duration(span)) == span


def test_a_negative_duration_is_written_with_its_sign() -> None:
    assert format_duration(timedelta(hours=-3)) == "-3h"
    assert format_duration(timedelta(0)) == "0s"


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (timedelta(0), "0s"),
        (timedelta(milliseconds=120), "0.12s"),
        (timedelta(seconds=59.9994), "59.999s"),
        (timedelta(minutes=30, seconds=0.12), "30m"),
        (timedelta(hours=1, seconds=0.12), "1h"),
        (timedelta(hours=2, seconds=30.48), "2h0m30s"),
        (timedelta(hours=2, minutes=31, seconds=45.980613), "2h31m46s"),
        (timedelta(days=1, hours=6), "1d6h"),
        (timedelta(days=9, minutes=15), "9d0h15m"),
        (-timedelta(minutes=90), "-1h30m"),
    ],
)
def test_for_people_it_is_rounded_and_no_unit_is_left_out(span: timedelta, text: str) -> None:
    assert rounded_duration(span) == text
