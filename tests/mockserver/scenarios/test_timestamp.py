from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexforward_mockserver.scenarios.timestamp import read_timestamp, write_timestamp


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-04-01T00:00:00Z", datetime(2026, 4, 1, tzinfo=UTC)),
        ("2026-04-01T02:00:00+02:00", datetime(2026, 4, 1, tzinfo=UTC)),
        ("2026-04-01T00:00:00.5Z", datetime(2026, 4, 1, microsecond=500_000, tzinfo=UTC)),
        ("2026-04-01t00:00:00z", datetime(2026, 4, 1, tzinfo=UTC)),
        ("2026-W14-3T00:00:00Z", None),  # ISO 8601, and not RFC 3339
        ("20260401T000000Z", None),
        ("2026-04-01T00:00:00", None),
        ("2026-04-01", None),
        ("2026-02-30T00:00:00Z", None),
        ("0001-01-01T00:00:00+01:00", None),
        ("", None),
        ("yesterday", None),
    ],
)
def test_an_instant_has_a_zone(text: str, at: datetime | None) -> None:
    assert read_timestamp(text) == at


@pytest.mark.parametrize(
    ("microsecond", "text"),
    [
        (0, "2026-04-01T00:00:00Z"),
        (1000, "2026-04-01T00:00:00.001Z"),
        (1, "2026-04-01T00:00:00.000001Z"),
    ],
)
def test_an_instant_is_written_with_the_decimals_that_it_has(microsecond: int, text: str) -> None:
    zone = timezone(timedelta(hours=-3))
    assert write_timestamp(datetime(2026, 3, 31, 21, microsecond=microsecond, tzinfo=zone)) == text


@given(st.datetimes(datetime(1970, 1, 2), datetime(8999, 12, 31), timezones=st.timezones()))  # noqa: DTZ001
def test_what_is_written_is_read_again(at: datetime) -> None:
    assert read_timestamp(write_timestamp(at)) == at.astimezone(UTC)
