"""What a client does while every request fails."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from flexforward_contract_tests.client.transcript.case import Case, early_end, for_each_track, missed
from flexforward_contract_tests.client.transcript.ending import ending_of
from flexforward_contract_tests.client.transcript.ending_cause import cause_of
from flexforward_contract_tests.client.transcript.finding import KEPT, Breach, Finding, NotExercised, combine
from flexforward_contract_tests.client.transcript.guide import (
    ASKING_FOR_TIME,
    ENDURED_FAILURES,
    FLOOR,
    LATEST,
    TERMINAL,
    at_least,
    span_text,
)
from flexforward_contract_tests.client.transcript.notifications import missed_notifications
from flexforward_contract_tests.client.transcript.track import wait_before
from flexforward_contract_tests.client.transcript.tries import tries_of

from .declaration import client_rule

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flexforward_contract_tests.client.transcript.client_profile import ClientProfile
    from flexforward_contract_tests.client.transcript.reading import Reading
    from flexforward_contract_tests.client.transcript.track import Track

__all__ = ["STORM", "backs_off", "storm", "survives"]

STORM = ((timedelta(seconds=1), 3), (timedelta(seconds=10), 8), (timedelta(minutes=10), 20))
"""Windows, and how many requests each may hold."""

_CAP = timedelta(seconds=57)
"""A minute, less 5 %: waits of so much may stay as they are."""
_LONG_ENOUGH = timedelta(seconds=20)
"""A client that draws each wait from zero to a minute may not be seen to wait much longer than this for a while."""
_EQUAL = 3
"""So many equal waits in a row are no growth; drawn ones are not equal."""
_STALLED = 5
"""So many waits in a row that do not exceed the longest before. Of clients that draw each wait from zero to a bound
that doubles up to a minute, one in a thousand does so by accident in an outage of twenty requests."""
_SAME_SHARE, _SAME = 0.02, timedelta(milliseconds=50)
_TROUBLE = "failures for ten minutes, or four in a row"
_ACCELERATED = "virtual time, for in accelerated time a second of a library's own counts as an hour"


@client_rule(
    "client.retry.storm",
    "must",
    "While every request fails, it makes at most 3 in a second, 8 in ten seconds and 20 in ten minutes.",
    sources=("guide", "page"),
    needs_timing=True,
)
def storm(case: Case) -> Finding:
    """Judge ``client.retry.storm``."""
    if case.run.is_accelerated:
        return NotExercised(_ACCELERATED)
    return for_each_track(case, lambda track, _: combine(_storms(track), _TROUBLE), _TROUBLE)


def _storms(track: Track) -> list[Finding]:
    return [_storm(track, run) for run in track.failing_runs]


def _storm(track: Track, run: tuple[Reading, ...]) -> Finding:
    """Judge one run; the windows slide, so that a burst is one whenever it comes."""
    for last, reading in enumerate(run):
        for window, limit in STORM:
            if last >= limit and reading.exchange.at - run[last - limit].exchange.at < window:
                within = span_text(reading.exchange.at - run[last - limit].exchange.at)
                return Breach(
                    expected=f"at most {limit} requests in {span_text(window)} while all of them fail",
                    actual=f"{limit + 1} in {within}{_in_tries(run)}",
                    at=reading.exchange.at,
                    culprit=reading.exchange,
                    label=track.label,
                )
    is_long = run[-1].exchange.at - run[0].exchange.at >= STORM[-1][0]
    return KEPT if is_long or len(run) > STORM[0][1] else NotExercised(_TROUBLE)


def _in_tries(run: tuple[Reading, ...]) -> str:
    """Say that requests come in bursts, as those of libraries do that try again by themselves."""
    size = max(map(len, tries_of(run)))
    if size == 1:
        return ""
    return f", in tries of {size} requests: a library's own retries? docs/clients.md says how to turn them off"


@client_rule(
    "client.retry.backs-off",
    "should",
    "While every request fails, its waits grow to 60 s or more, or are its regular interval; none exceeds nine hours.",
    sources=("guide", "page"),
    needs_timing=True,
)
def backs_off(case: Case) -> Finding:
    """Judge ``client.retry.backs-off``."""
    if case.run.is_accelerated:
        return NotExercised(_ACCELERATED)
    return for_each_track(case, lambda track, _: combine(_back_offs(track), _TROUBLE), _TROUBLE)


def _back_offs(track: Track) -> list[Finding]:
    return [*(_back_off(track, run) for run in track.failing_runs), *_uncapped(track)]


def _uncapped(track: Track) -> Iterator[Breach]:
    """Yield the waits after a failure that no cap held, as of a back-off that is never set back."""
    regular = max(
        (
            after.exchange.at - before.exchange.at
            for before, after in pairwise(track.readings)
            if before.kind == "good" and before.tag not in TERMINAL
        ),
        default=LATEST,
    )
    failures = 0
    for index, reading in enumerate(track.readings[1:], start=1):
        before = track.readings[index - 1]
        failures += before.kind == "failure"
        if before.kind != "failure" or before.exchange.status in ASKING_FOR_TIME:
            continue
        wait = wait_before(track.readings, index)
        if wait > max(LATEST, regular):
            yield Breach(
                expected=f"a cap: no wait after a failure is longer than {span_text(LATEST)}",
                actual=f"it asked again {span_text(wait)} after a failure, the {failures}. in all",
                at=reading.exchange.at,
                culprit=reading.exchange,
                label=track.label,
            )


def _back_off(track: Track, run: tuple[Reading, ...]) -> Finding:
    """Judge one run: each span of it between two regular waits has to grow from try to try."""
    tries = tries_of(run)
    growing: list[timedelta] = []
    is_patient = False
    for before, after in pairwise(tries):
        first = after[0]
        wait = wait_before((before[-1], first), 1)
        is_regular = first.exchange.at - before[-1].exchange.at >= at_least(FLOOR)
        is_patient = is_patient or is_regular or wait >= _CAP
        growing = [] if is_regular else [*growing, wait]
        problem = _no_growth(growing)
        if problem is not None:
            size = f" between tries of {len(after)} requests" if len(after) > 1 else ""
            return Breach(
                expected=f"waits that grow to {span_text(timedelta(minutes=1))} or more, or the regular interval",
                actual=f"{problem}{size}",
                at=first.exchange.at,
                culprit=first.exchange,
                label=track.label,
            )
    return KEPT if is_patient or len(tries) > _EQUAL else NotExercised(_TROUBLE)


def _no_growth(waits: Sequence[timedelta]) -> str | None:
    """Say why waits do not grow, if the last of them shows it."""
    newest = waits[-_EQUAL:]
    if len(newest) == _EQUAL and max(newest) < _CAP and _are_same(newest):
        if max(newest) == timedelta(0):
            return f"{_EQUAL + 1} requests in a row without a wait, or that overlap"
        return f"{_EQUAL} waits in a row of {span_text(newest[-1])}"
    newest, before = waits[-_STALLED:], waits[:-_STALLED]
    if before and max(newest) <= max(before) < _LONG_ENOUGH:
        return f"{_STALLED} waits in a row ({_listed(newest)}) no longer than {span_text(max(before))} before them"
    return None


def _are_same(waits: Sequence[timedelta]) -> bool:
    return max(waits) - min(waits) <= max(max(waits) * _SAME_SHARE, _SAME)


def _listed(waits: Sequence[timedelta]) -> str:
    return ", ".join(map(span_text, waits))


@client_rule(
    "client.retry.survives",
    "must",
    "Three failures in a row neither end it nor make it miss what follows; "
    "it may give up after four or more in a row that last over ten minutes.",
    sources=("guide",),
)
def survives(case: Case) -> Finding:
    """Judge ``client.retry.survives``."""
    return for_each_track(case, _survives, "three failures in a row, and time to go on")


def _survives(track: Track, profile: ClientProfile) -> Finding:
    ending = ending_of(track)
    if ending is not None and cause_of(ending, profile) == "failures":
        return early_end(track, ending, "failures")
    for missed_one in missed_notifications(track, profile):
        if missed_one.cause == "failures":
            return missed(track, missed_one.span, "what follows three failures in a row is told like everything else")
    count = 0
    for before, _ in pairwise(track.readings):
        count = count + 1 if before.kind == "failure" else 0
        if count == ENDURED_FAILURES:
            return KEPT
    return NotExercised("three failures in a row, and time to go on")
