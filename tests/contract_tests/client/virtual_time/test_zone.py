"""Trials have zones east and west of UTC, each its own, and this process gets its own one back."""

from __future__ import annotations

import os
import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from flexforward_contract_tests.client.runner.trial import shipped_trials
from flexforward_contract_tests.client.virtual_time.zone import ZONES, in_zone, zone_of

needs_zones = pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system sets no zones")


def offset_h() -> float:
    local = datetime.fromtimestamp(1_775_000_000, UTC).astimezone()
    return (local.utcoffset() or local - local).total_seconds() / 3600


@needs_zones
@pytest.mark.parametrize(("zone", "hours"), [(ZONES[0], -4.0), (ZONES[1], 5.5)])
def test_a_zone_holds_for_the_block(zone: str, hours: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    with in_zone(zone):
        assert offset_h() == hours
    assert (os.environ["TZ"], offset_h()) == ("Asia/Tokyo", 9.0)
    monkeypatch.undo()
    time.tzset()


@needs_zones
def test_where_none_was_said_none_is_said_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TZ", raising=False)
    with in_zone(ZONES[0]):
        assert os.environ["TZ"] == ZONES[0]
    assert "TZ" not in os.environ


def test_the_trials_that_ship_have_both_and_always_the_same() -> None:
    zones = Counter(trial.zone for trial in shipped_trials())
    assert set(zones) == set(ZONES)
    assert min(zones.values()) >= 10
    assert (zone_of("delivery"), zone_of("drawn")) == (ZONES[0], ZONES[0])
