"""How long a client waits after a good answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_contract_tests.client.transcript.case import Case, for_each_track
from flexforward_contract_tests.client.transcript.finding import KEPT, Breach, Finding, NotExercised
from flexforward_contract_tests.client.transcript.guide import FLOOR, LATEST, STAGES, TERMINAL, at_least, span_text
from flexforward_contract_tests.client.transcript.reading import NEW_FIELDS

from .declaration import client_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import timedelta

    from flexforward_contract_tests.client.transcript.client_profile import ClientProfile
    from flexforward_contract_tests.client.transcript.track import Track

__all__ = ["floor", "late", "stage"]


@client_rule(
    "client.interval.floor",
    "should",
    "It does not ask again within 15 minutes, unless the last request failed.",
    sources=("guide",),
    needs_timing=True,
)
def floor(case: Case) -> Finding:
    """Judge ``client.interval.floor``."""
    return for_each_track(case, lambda track, _: _judge(track, _floor_of), "a request after a good answer")


def _floor_of(_: str) -> timedelta:
    return FLOOR


@client_rule(
    "client.interval.stage",
    "should",
    "It waits 4 h or more after Pending and InfoReceived, 30 min after InTransit, 15 min after Exception.",
    sources=("guide",),
    needs_timing=True,
)
def stage(case: Case) -> Finding:
    """Judge ``client.interval.stage``."""
    return for_each_track(case, _stage, "a request after Pending, InfoReceived, InTransit or Exception")


@client_rule(
    "client.interval.late",
    "should",
    "It asks again within nine hours of a good answer, at any stage.",
    sources=("guide",),
    needs_timing=True,
)
def late(case: Case) -> Finding:
    """Judge ``client.interval.late``."""
    return for_each_track(case, _late, "a request after Pending, InfoReceived, InTransit or Exception")


def _late(track: Track, _: ClientProfile) -> Finding:
    is_judged = False
    for index, tag in _waits(track):
        if tag not in STAGES:
            continue
        is_judged = True
        exchange = track.readings[index].exchange
        wait = exchange.at - track.readings[index - 1].exchange.at
        if wait > LATEST:
            every = track.run.every
            started = "" if every is None else f"; --every starts it each {span_text(every)}"
            return Breach(
                expected=f"a request within {span_text(LATEST)} of {tag}: the guide's longest interval is 6h",
                actual=f"it asked again after {span_text(wait)}{started}",
                at=exchange.at,
                culprit=exchange,
                label=track.label,
            )
    return KEPT if is_judged else NotExercised("a request that follows a good answer")


def _stage(track: Track, _: ClientProfile) -> Finding:
    return _judge(track, lambda tag: STAGES[tag].shortest if tag in STAGES else None)


def _judge(track: Track, bound_of: Callable[[str], timedelta | None]) -> Finding:
    is_judged = False
    for index, tag in _waits(track):
        bound = bound_of(tag)
        if bound is None:
            continue
        is_judged = True
        wait = _wait(track, index)
        if wait < at_least(bound):
            exchange = track.readings[index].exchange
            return Breach(
                expected=f"{span_text(bound)} or more after {tag} ({span_text(at_least(bound))} would pass)",
                actual=f"it asked again after {span_text(wait)}",
                at=exchange.at,
                culprit=exchange,
                label=track.label,
            )
    return KEPT if is_judged else NotExercised("a request that follows a good answer")


def _waits(track: Track) -> Iterator[tuple[int, str]]:
    """Yield the index of each request that follows a good answer, and that answer's tag.

    After a failure other rules count, and after the end another one.
    """
    for index, before in enumerate(track.readings[:-1], start=1):
        if before.tag in TERMINAL:
            return
        # One that holds something new may have been taken for a failure: another rule.
        if before.kind == "good" and before.tag is not None and not before.evolutions & NEW_FIELDS:
            yield index, before.tag


def _wait(track: Track, index: int) -> timedelta:
    """Return the time between two requests, which is what a client with a fixed beat keeps.

    An answer that retries have brought may come late for the beat, so the wait then counts from the request that
    failed first.
    """
    first = index - 1
    while first and track.readings[first - 1].is_failing:
        first -= 1
    return track.readings[index].exchange.at - track.readings[first].exchange.at
