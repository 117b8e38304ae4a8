from __future__ import annotations

import pytest

from control_kit import Box, ControlKit

UUID = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
NOWHERE = "no-such-thing"
FROZEN = {"clock": {"now": "2026-04-01T00:00:00Z", "frozen": True}}


@pytest.fixture
def desk() -> ControlKit:
    return ControlKit()


@pytest.fixture
def box(desk: ControlKit) -> Box:
    return desk.open(FROZEN)
