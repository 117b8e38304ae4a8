from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal, TypeAlias

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flexforward_fixtures.strategies import scenarios
from flexforward_mockserver.engine.bodies.tracking_bodies import ResponseBodies, tracking_operation
from flexforward_mockserver.scenarios.lifecycle import (
    Happening,
    Progress,
    Shipment,
    advance,
    begin,
    evaluate,
    poll,
    settle,
    show,
)
from flexforward_mockserver.scenarios.scenario import ErrorStep, Event, Order, Scenario, Status, Step
from flexforward_mockserver.scenarios.tag import TAGS
from flexforward_mockserver.state.label import Label
from flexforward_openapi import Validation, load_contract

START = datetime(2026, 4, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
SPANS = st.sampled_from(
    [timedelta(0), timedelta(seconds=1), timedelta(minutes=30), timedelta(hours=6), timedelta(days=1)]
)

Log: TypeAlias = list[tuple[Literal["poll", "advance", "look"], timedelta]]


@st.composite
def logs(draw: st.DrawFn) -> Log:
    kinds: st.SearchStrategy[Literal["poll", "advance", "look"]] = st.sampled_from(["poll", "advance", "look"])
    return draw(st.lists(st.tuples(kinds, SPANS), max_size=12))


def play(scenario: Scenario, log: Log) -> list[Progress]:
    """Apply a log one happening at a time, as a sandbox does."""
    progress, now = begin(scenario, START), START
    reached = [progress]
    for kind, span in log:
        now += span
        step = {"poll": poll, "advance": advance, "look": settle}[kind]
        progress = step(scenario, progress, now)
        reached.append(progress)
    return reached


def happenings(log: Log) -> tuple[list[Happening], datetime]:
    now = START
    found: list[Happening] = []
    for kind, span in log:
        now += span
        if kind != "look":
            found.append(Happening(kind, now))
    return found, now


def checkpoints(scenario: Scenario, progress: Progress) -> list[tuple[datetime, str]]:
    shown = show(scenario, progress)
    return [] if isinstance(shown, ErrorStep) else [(entry.at, entry.event.message) for entry in shown.checkpoints]


def opened_by_the_words(scenario: Scenario, found: list[Happening], now: datetime) -> list[datetime]:
    """Play a scenario as the docs say it, second by second through everything that happens, with nothing carried over.

    At each instant time comes first; then what happens there: a request opens the next step if that waits for
    requests and enough have seen this one, a step by hand opens it in any case; then time again (``after: 0s``).
    """
    opened = [START]
    seen = [0] * len(scenario.steps)

    def time_passes(until: datetime) -> None:
        while len(opened) < len(scenario.steps):
            after = scenario.steps[len(opened)].after
            if after is None or opened[-1] + after > until:
                return
            opened.append(opened[-1] + after)

    for happening in [*found, None]:
        at = happening.at if happening else now
        time_passes(at)
        if happening is None or len(opened) == len(scenario.steps):
            continue
        needed = scenario.steps[len(opened)].polls
        is_due = needed is not None and seen[len(opened) - 1] >= needed
        if happening.kind == "advance" or is_due:
            opened.append(at)
            time_passes(at)
        if happening.kind == "poll":
            seen[len(opened) - 1] += 1
    return opened


@given(scenarios(), logs())
@example(
    Scenario(
        name="at-once",
        summary="",
        steps=(
            Step(status=Status.plain("Pending", "y")),
            Step(status=Status.plain("InTransit", "y"), polls=1),
            Step(status=Status.plain("Delivered", "y"), after=timedelta(0)),
        ),
        numbered_from=None,
    ),
    [("poll", timedelta(0)), ("poll", timedelta(0))],
)
def test_steps_open_when_the_words_of_the_docs_say_so(scenario: Scenario, log: Log) -> None:
    found, now = happenings(log)
    assert list(evaluate(scenario, START, found, now).opened) == opened_by_the_words(scenario, found, now)


@given(scenarios(), logs())
def test_where_a_lifecycle_stands_is_the_same_however_it_was_reached(scenario: Scenario, log: Log) -> None:
    found, now = happenings(log)
    assert evaluate(scenario, START, found, now) == settle(scenario, play(scenario, log)[-1], now)


@given(scenarios(), logs(), SPANS)
def test_looking_in_between_changes_nothing(scenario: Scenario, log: Log, span: timedelta) -> None:
    last = play(scenario, log)[-1]
    now = happenings(log)[1] + span
    in_between = settle(scenario, last, happenings(log)[1] + span / 2)
    assert settle(scenario, in_between, now) == settle(scenario, last, now)


@given(scenarios(), logs())
def test_steps_open_in_order_one_by_one_and_never_close(scenario: Scenario, log: Log) -> None:
    reached = play(scenario, log)
    for before, after in pairwise(reached):
        assert after.opened[: len(before.opened)] == before.opened
    opened = reached[-1].opened
    assert list(opened) == sorted(opened)
    assert 1 <= len(opened) <= len(scenario.steps)


@given(scenarios(), logs())
def test_history_only_grows_and_is_newest_first(scenario: Scenario, log: Log) -> None:
    seen: set[tuple[datetime, str]] = set()
    for progress in play(scenario, log):
        if isinstance(show(scenario, progress), ErrorStep):
            continue
        entries = checkpoints(scenario, progress)
        assert seen <= set(entries)
        seen |= set(entries)
        times = [at for at, _ in entries]
        assert times == sorted(times, reverse=True)


@given(scenarios(), logs())
def test_a_terminal_tag_stays(scenario: Scenario, log: Log) -> None:
    terminal: str | None = None
    for progress in play(scenario, log):
        shown = show(scenario, progress)
        if isinstance(shown, Shipment):
            assert terminal in (None, shown.status.tag)
            if TAGS[shown.status.tag].is_terminal:
                terminal = shown.status.tag


@given(scenarios(), logs(), st.timedeltas(timedelta(0), timedelta(days=4000)))
def test_nothing_depends_on_when_the_lifecycle_began(scenario: Scenario, log: Log, shift: timedelta) -> None:
    found, now = happenings(log)
    here = evaluate(scenario, START, found, now)
    later = [Happening(entry.kind, entry.at + shift) for entry in found]
    there = evaluate(scenario, START + shift, later, now + shift)
    assert [at + shift for at in here.opened] == list(there.opened)
    assert here.polls == there.polls


CONTRACT = load_contract()
ANSWERS = ResponseBodies(CONTRACT, Validation(CONTRACT), tracking_operation(CONTRACT))


@given(scenarios(), logs())
def test_every_answer_keeps_contract_and_strict_schema(scenario: Scenario, log: Log) -> None:
    label = Label(
        id="f47ac10b-58cc-4372-a567-0e02b2c3d479",
        order_number="drawn",
        tracking_number="YT0000000001CN",
        account="own",
        scenario=scenario,
        began_at=START,
    )
    for progress in play(scenario, log):
        shown = show(scenario, progress)
        answer = (
            ANSWERS.failure(shown.status, shown.body)
            if isinstance(shown, ErrorStep)
            else ANSWERS.shipment(label, shown)
        )
        assert answer.violation is None
        assert answer.status == (shown.status if isinstance(shown, ErrorStep) else 200)


def scripted(*steps: Step) -> Scenario:
    return Scenario(name="scripted", summary="", steps=steps, numbered_from=None)


def status(tag: str) -> Status:
    return Status.plain(tag, "yunexpress")


def test_polls_n_means_n_requests_see_the_step_before_and_the_next_one_opens_it() -> None:
    scenario = scripted(
        Step(status=status("Pending")),
        Step(status=status("InTransit"), polls=2),
        Step(status=status("Delivered"), polls=1),
    )
    progress = begin(scenario, START)
    seen: list[int] = []
    for minute in range(6):
        progress = poll(scenario, progress, START + minute * timedelta(minutes=1))
        seen.append(progress.step)
    assert seen == [0, 0, 1, 2, 2, 2]
    assert progress.opened == (START, START + timedelta(minutes=2), START + timedelta(minutes=3))


def test_a_step_opened_by_a_request_begins_then_and_later_times_count_from_there() -> None:
    scenario = scripted(
        Step(status=status("Pending")),
        Step(status=status("InTransit"), polls=1),
        Step(status=status("Delivered"), after=HOUR),
    )
    progress = poll(scenario, begin(scenario, START), START)
    progress = poll(scenario, progress, START + 5 * HOUR)
    assert progress.due == START + 6 * HOUR
    assert settle(scenario, progress, START + 6 * HOUR - timedelta.resolution).step == 1
    assert settle(scenario, progress, START + 6 * HOUR).step == 2


@pytest.mark.parametrize(
    ("at_minute", "opened_at_minute"),
    [pytest.param(10, 10, id="polls come first"), pytest.param(90, 60, id="time comes first")],
)
def test_of_several_triggers_the_first_counts(at_minute: int, opened_at_minute: int) -> None:
    scenario = scripted(Step(status=status("Pending")), Step(status=status("InTransit"), after=HOUR, polls=1))
    progress = poll(scenario, begin(scenario, START), START)
    progress = poll(scenario, progress, START + timedelta(minutes=at_minute))
    assert progress.opened[1] == START + timedelta(minutes=opened_at_minute)


def test_steps_by_hand_open_whatever_comes_next_and_end_at_the_last() -> None:
    scenario = scripted(
        Step(status=status("Pending")),
        Step(status=status("InTransit"), manual=True),
        Step(status=status("Delivered"), after=timedelta(days=9)),
    )
    progress = settle(scenario, begin(scenario, START), START + timedelta(days=100))
    assert progress.step == 0
    for expected in (1, 2, 2):
        progress = advance(scenario, progress, START + timedelta(days=101))
        assert progress.step == expected


@pytest.mark.parametrize(
    ("order", "messages"),
    [
        ("newest-first", ["second", "first", "late"]),
        ("oldest-first", ["late", "first", "second"]),
        ("as-reported", ["first", "late", "second"]),
    ],
)
def test_checkpoints_come_in_the_order_that_the_scenario_asks_for(order: Order, messages: list[str]) -> None:
    def told(message: str, after: timedelta | None, at: timedelta = timedelta(0)) -> Step:
        event = Event(status=status("InTransit"), message=message, at=at)
        return Step(status=status("InTransit"), event=event, after=after)

    steps = (told("first", None), told("late", HOUR, -9 * HOUR), told("second", HOUR))
    scenario = Scenario(name="scripted", summary="", steps=steps, numbered_from=None, order=order)
    progress = settle(scenario, begin(scenario, START), START + 2 * HOUR)
    assert [message for _, message in checkpoints(scenario, progress)] == messages


def test_of_equal_instants_what_was_reported_last_stands_first() -> None:
    def told(message: str, after: timedelta | None = None) -> Step:
        return Step(status=status("InTransit"), event=Event(status=status("InTransit"), message=message), after=after)

    scenario = scripted(told("first"), told("second", timedelta(0)), told("third", timedelta(0)))
    assert [message for _, message in checkpoints(scenario, begin(scenario, START))] == ["third", "second", "first"]
