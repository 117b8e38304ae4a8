"""``Retry-After``: both forms, and what is neither."""

from __future__ import annotations

import pytest

from flexforward_contract_tests.api.probing.retry_after import retry_after_s

NOW = "Thu, 02 Apr 2026 09:00:00 GMT"


@pytest.mark.parametrize(
    ("wanted", "date", "seconds"),
    [
        ("2", None, 2.0),
        (" 0 ", NOW, 0.0),
        ("9" * 30, NOW, float("inf")),
        ("Thu, 02 Apr 2026 09:00:30 GMT", NOW, 30.0),
        ("Thursday, 02-Apr-26 09:00:30 GMT", NOW, 30.0),
        ("Thu, 02 Apr 2026 08:00:00 GMT", NOW, 0.0),
        ("Thu, 02 Apr 2026 09:00:30 GMT", None, None),
        ("Thu, 02 Apr 2026 09:00:30 GMT", "today", None),
        ("Thu, 02 Apr 2026 09:00:30", NOW, None),
        ("soon", NOW, None),
        ("²", NOW, None),
        ("-1", NOW, None),
        ("", NOW, None),
        (None, NOW, None),
    ],
)
def test_both_forms_are_read(wanted: str | None, date: str | None, seconds: float | None) -> None:
    assert retry_after_s(wanted, date) == seconds
