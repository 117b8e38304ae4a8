from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flexforward_mockserver.scenarios.timestamp import LAST_INSTANT
from flexforward_mockserver.state.clock import Clock

START = datetime(2026, 4, 1, tzinfo=UTC)


class Wall:
    def __init__(self) -> None:
        self.seconds = 5.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(("rate", "passed"), [(0, 0), (0.5, 30), (1, 60), (3600, 216_000)])
def test_virtual_time_passes_at_the_rate(rate: float, passed: float) -> None:
    wall = Wall()
    clock = Clock(wall, start=START, rate=rate)
    assert clock.now() == START
    wall.seconds += 60
    assert clock.now() == START + timedelta(seconds=passed)


moves = st.one_of(
    st.tuples(st.just("wall"), st.floats(0, 1e9)),
    st.tuples(st.just("run"), st.sampled_from([0.0, 0.1, 1.0, 1e6])),
    st.tuples(st.just("advance"), st.floats(0, 1e9)),
    st.tuples(st.just("wall"), st.floats(-10, 0)),
)


@given(st.lists(moves, max_size=20))
def test_a_clock_never_goes_back_nor_past_its_end(log: list[tuple[str, float]]) -> None:
    wall = Wall()
    clock = Clock(wall, start=START)
    furthest_wall = wall.seconds
    before = clock.now()
    for kind, amount in log:
        if kind == "wall":
            furthest_wall = max(furthest_wall, wall.seconds + amount)
            wall.seconds = furthest_wall
        elif kind == "run":
            clock.run(amount)
            assert clock.rate == amount
        else:
            assert clock.advance(timedelta(seconds=amount)) >= before
        assert before <= clock.now() <= LAST_INSTANT
        before = clock.now()


def test_a_clock_at_its_end_stays_there() -> None:
    wall = Wall()
    clock = Clock(wall, start=START)
    assert clock.advance(timedelta.max) == LAST_INSTANT
    wall.seconds += 10
    assert clock.now() == LAST_INSTANT


def test_a_clock_refuses_to_go_back() -> None:
    with pytest.raises(ValueError, match=r"^a clock moves forward only$"):
        Clock(Wall(), start=START).advance(timedelta(seconds=-1))


def test_a_frozen_clock_goes_on_at_its_rate() -> None:
    seconds = 0.0
    clock = Clock(lambda: seconds, start=START, rate=60)
    clock.freeze()
    seconds = 10
    assert (clock.rate, clock.running_rate, clock.now()) == (0, 60, START)
    clock.run()
    seconds = 11
    assert clock.now() == START + timedelta(minutes=1)
    clock.freeze(running_rate=2)
    clock.run()
    assert clock.rate == 2
