"""The pace, and how a limit lowers it."""

from __future__ import annotations

import pytest

from flexforward_contract_tests.api.probing.rate import Limiter, Rate


@pytest.mark.parametrize(
    ("rate", "paces"),
    [
        pytest.param(None, ["5/s", "2/s", "1/s", "37/m", "30/m", "30/m"], id="none"),
        pytest.param(Rate(100, 1), ["5/s", "2/s"], id="fast"),
        pytest.param(Rate(1, 1), ["30/m", "30/m"], id="slow"),
        pytest.param(Rate(1, 60), ["1/m", "1/m"], id="slower than any that is gone down to"),
    ],
)
def test_each_limit_that_is_met_halves_the_pace(rate: Rate | None, paces: list[str]) -> None:
    slept: list[float] = []
    limiter = Limiter(rate, clock=lambda: 0.0, sleep=slept.append)
    assert limiter.pace == rate
    seen: list[str] = []
    for _ in paces:
        limiter.slow_down()
        seen.append(str(limiter.pace))
    assert seen == paces
    assert limiter.slowed == len(paces)
    limiter.wait()
    assert slept, "the next one waits already"
