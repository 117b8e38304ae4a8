"""Bodies that a client has to bear: all legal ones, and those that the versioning policy permits."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from flexforward_contract_tests.client.transcript.case import Case, early_end, for_each_track, missed
from flexforward_contract_tests.client.transcript.ending import ending_of
from flexforward_contract_tests.client.transcript.ending_cause import cause_of
from flexforward_contract_tests.client.transcript.finding import KEPT, Breach, Finding, NotExercised
from flexforward_contract_tests.client.transcript.guide import FLOOR, TERMINAL, at_least, span_text
from flexforward_contract_tests.client.transcript.notifications import missed_notifications
from flexforward_contract_tests.client.transcript.reading import NEW_FIELDS
from flexforward_mockserver.scenarios.tag import TAGS

from .declaration import client_rule

if TYPE_CHECKING:
    from flexforward_contract_tests.client.transcript.client_profile import ClientProfile
    from flexforward_contract_tests.client.transcript.reading import Reading
    from flexforward_contract_tests.client.transcript.track import Track

__all__ = ["evolution", "legal"]

_LEGAL = "an answer with nulls, no checkpoints, another form of time, or a long history, and time to go on"
_EVOLVED = "an answer with a new field, tag, subtag or status, and time to go on"


@client_rule(
    "client.body.legal",
    "must",
    "It survives every legal body and goes on: nulls, no checkpoints, any form of time, long histories.",
    sources=("op",),
)
def legal(case: Case) -> Finding:
    """Judge ``client.body.legal``."""
    return for_each_track(case, _legal, _LEGAL)


def _legal(track: Track, profile: ClientProfile) -> Finding:
    ending = ending_of(track)
    if ending is not None and cause_of(ending, profile) == "body":
        return early_end(track, ending, "body")
    for missed_one in missed_notifications(track, profile):
        if missed_one.cause == "body":
            return missed(track, missed_one.span, "a status is told whatever legal body brings it")
    is_borne = any(reading.kind == "good" and reading.traits for reading in track.readings[:-1])
    return KEPT if is_borne else NotExercised(_LEGAL)


@client_rule(
    "client.body.evolution",
    "should",
    "It survives a new field, a new tag (taken as Unknown), a new subtag and an unlisted status.",
    sources=("policy",),
)
def evolution(case: Case) -> Finding:
    """Judge ``client.body.evolution``."""
    return for_each_track(case, _evolution, _EVOLVED)


def _evolution(track: Track, profile: ClientProfile) -> Finding:
    ending = ending_of(track)
    if ending is not None and cause_of(ending, profile) == "evolution":
        return early_end(track, ending, "evolution")
    refused = _refused(track) or _hurried(track, profile)
    if refused is not None:
        return refused
    for match in track.matches:
        tag = match.notification.tag
        if match.span is not None and tag not in TAGS:
            return Breach(
                expected="a tag that the client does not know is taken as Unknown, so it is not told",
                actual=f"it told {tag}",
                at=match.notification.at,
                culprit=match.notification,
                label=track.label,
            )
    for missed_one in missed_notifications(track, profile):
        if missed_one.cause == "evolution":
            return missed(track, missed_one.span, "a status is told although the answer holds something new")
    return KEPT if any(reading.evolutions for reading in track.readings[:-1]) else NotExercised(_EVOLVED)


def _hurried(track: Track, profile: ClientProfile) -> Breach | None:
    """Return the breach of a client that asks again soon after an answer with a new field, and after no other one."""
    if not (profile.is_unhurried and profile.has_waited and track.run.is_timing_trusted):
        return None
    for before, after in pairwise(track.readings):
        wait = after.exchange.at - before.exchange.at
        if before.kind == "good" and before.evolutions & NEW_FIELDS and wait < at_least(FLOOR):
            return Breach(
                expected=f"{before.tag} is taken as it is, though the answer holds {_names(before)}",
                actual=f"it asked again after {span_text(wait)}, as after a failure",
                at=after.exchange.at,
                culprit=after.exchange,
                label=track.label,
            )
    return None


def _names(reading: Reading) -> str:
    return ", ".join(sorted(reading.evolutions))


def _refused(track: Track) -> Breach | None:
    """Return the breach of a client that takes an end with a new field for none, and asks on."""
    ends = [index for index, entry in enumerate(track.readings) if entry.kind == "good" and entry.tag in TERMINAL]
    if not ends or not all(track.readings[index].evolutions & NEW_FIELDS for index in ends):
        return None
    end = track.readings[ends[0]]
    known_at = end.exchange.at + timedelta(seconds=end.exchange.duration_s)
    later = [entry.exchange for entry in track.readings[ends[0] :] if entry.exchange.at > known_at]
    if not later:
        return None
    return Breach(
        expected=f"{end.tag} is the end, though the answer holds {_names(end)}",
        actual=f"it asked again {span_text(later[0].at - end.exchange.at)} after it",
        at=later[0].at,
        culprit=later[0],
        label=track.label,
    )
