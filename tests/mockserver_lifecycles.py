"""Hypothesis strategies for scenarios and for what happens to them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import strategies as st

from flexforward_mockserver.scenario import Event, Failure, Scenario, Status, Step
from flexforward_mockserver.tag import TAGS

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

SPANS: SearchStrategy[timedelta] = st.sampled_from(
    [timedelta(0), timedelta(seconds=1), timedelta(minutes=30), timedelta(hours=6), timedelta(days=1)]
)
PLACES = st.one_of(st.none(), st.text(max_size=8))


@st.composite
def events(draw: DrawFn, status: Status) -> Event:
    late = draw(SPANS)
    return Event(
        status=status,
        message=draw(st.text(max_size=10)),
        city=draw(PLACES),
        state=draw(PLACES),
        country=draw(st.sampled_from([None, "CN", "NO", "XK"])),
        location=draw(PLACES),
        at=-late,
    )


@st.composite
def steps(draw: DrawFn, *, is_first: bool, tag: str) -> Step:
    """One step with its tag; any mixture of triggers, but at least one unless it is the first."""
    status = Status.plain(tag, draw(st.sampled_from(["yunexpress", "posten"])))
    failures = [Failure(status=code) for code in (401, 403, 404, 422, 502)]
    failure = draw(st.sampled_from([None, None, None, *failures]))
    after = None if is_first else draw(st.none() | SPANS)
    polls = None if is_first else draw(st.none() | st.integers(1, 3))
    event = draw(st.none() | events(status)) if failure is None else None
    return Step(
        after=after,
        polls=polls,
        manual=not is_first and after is None and polls is None,
        status=status,
        failure=failure,
        event=event,
    )


@st.composite
def scenarios(draw: DrawFn) -> Scenario:
    """Scenarios with a legal order of tags: no way back, and nothing after a terminal one."""
    tags = draw(st.lists(st.sampled_from(list(TAGS)), min_size=1, max_size=8))
    legal: list[str] = []
    rank = 0
    for tag in tags:
        own = TAGS[tag].rank
        if legal and TAGS[legal[-1]].is_terminal:
            legal.append(legal[-1])
        elif own is None or own >= rank:
            legal.append(tag)
            rank = own or rank
        else:
            legal.append(legal[-1])
    return Scenario(
        name="drawn",
        summary="drawn by hypothesis",
        steps=tuple(draw(steps(is_first=index == 0, tag=tag)) for index, tag in enumerate(legal)),
        numbered_from=draw(st.none() | st.integers(0, len(legal) - 1)),
        time_format=draw(st.sampled_from(["seconds", "milliseconds", "offset"])),
    )
