"""Where a client stops, and where it must not."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from flexforward_contract_tests.client.transcript.case import UNMOVED, Case, early_end, for_each_track
from flexforward_contract_tests.client.transcript.ending import ending_of
from flexforward_contract_tests.client.transcript.ending_cause import cause_of
from flexforward_contract_tests.client.transcript.finding import KEPT, Breach, Finding, NotExercised
from flexforward_contract_tests.client.transcript.guide import TERMINAL, span_text
from flexforward_contract_tests.client.transcript.reading import NEW_FIELDS

from .declaration import client_rule

if TYPE_CHECKING:
    from flexforward_contract_tests.client.transcript.client_profile import ClientProfile
    from flexforward_contract_tests.client.transcript.reading import Reading
    from flexforward_contract_tests.client.transcript.track import Track

__all__ = ["goes_on", "terminal"]


@client_rule(
    "client.stop.terminal",
    "must",
    "After Delivered or Cancelled it asks no more.",
    sources=("guide",),
)
def terminal(case: Case) -> Finding:
    """Judge ``client.stop.terminal``."""
    return for_each_track(case, _terminal, "an answer that says Delivered or Cancelled")


def _terminal(track: Track, _: ClientProfile) -> Finding:
    # One that holds a new field may have been refused, and was then no end to the client: another rule.
    ends = (entry for entry in track.readings if entry.kind == "good" and entry.tag in TERMINAL)
    end = next((entry for entry in ends if not entry.evolutions & NEW_FIELDS), None)
    if end is None:
        return NotExercised("an answer that says Delivered or Cancelled")
    # A request that was on its way when the answer came is not one after it.
    known_at = end.exchange.at + timedelta(seconds=end.exchange.duration_s)
    later = [entry.exchange for entry in track.readings if entry.exchange.at > known_at]
    if not later:
        return NotExercised(f"time to see that it asks no more after {end.tag}") if track.run.cut else KEPT
    return Breach(
        expected=f"no request after {end.tag}",
        actual=f"{_count(len(later))}, the first {span_text(later[0].at - end.exchange.at)} after it",
        at=later[0].at,
        culprit=later[0],
        label=track.label,
    )


def _count(requests: int) -> str:
    return "one request" if requests == 1 else f"{requests} requests"


@client_rule(
    "client.goes-on",
    "must",
    "It goes on after Exception, Unknown and passing failures until the end.",
    sources=("guide",),
)
def goes_on(case: Case) -> Finding:
    """Judge ``client.goes-on``."""
    forgotten = [track for track in case.tracks if not track.readings]
    has_ended = case.run.ended_by == "client" or case.run.rest is not None
    if forgotten and has_ended and len(forgotten) < len(case.tracks) and not _is_account_refused(case):
        return Breach(
            expected="it asks for each label, whatever becomes of another one",
            actual=f"it ended and had never asked for {forgotten[0].label.order_number!r}",
            at=case.run.ended_at,
            label=forgotten[0].label,
        )
    return for_each_track(case, _goes_on, "an answer with Exception or Unknown, or a passing failure")


def _is_account_refused(case: Case) -> bool:
    return any(exchange.status == HTTPStatus.UNAUTHORIZED for exchange in case.run.exchanges)


def _goes_on(track: Track, profile: ClientProfile) -> Finding:
    ending = ending_of(track)
    cause = None if ending is None else cause_of(ending, profile)
    if ending is not None and cause == "plain":
        return early_end(track, ending, "plain")
    if cause == "unmoved":
        return NotExercised(UNMOVED)
    if any(_tries(reading) for reading in track.readings[:-1]):
        return KEPT
    return NotExercised("an answer with Exception or Unknown, or a passing failure, and time to go on")


def _tries(reading: Reading) -> bool:
    return reading.kind == "failure" or (reading.kind == "good" and reading.tag in ("Exception", "Unknown"))
