"""What a client tells its customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_contract_tests.client.transcript.case import Case, for_each_track, missed
from flexforward_contract_tests.client.transcript.finding import KEPT, Breach, Finding, NotExercised
from flexforward_contract_tests.client.transcript.guide import QUIET, TOLD, span_text
from flexforward_contract_tests.client.transcript.notifications import due_notifications, missed_notifications

from .declaration import client_rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from flexforward_contract_tests.client.transcript.client_profile import ClientProfile
    from flexforward_contract_tests.client.transcript.run import Notification
    from flexforward_contract_tests.client.transcript.track import Track

__all__ = ["changes", "delivered", "once", "quiet", "true"]

_NO_NAMES = "notifications that say which label they are for"


@client_rule(
    "client.tell.delivered",
    "must",
    "It tells of the delivery.",
    sources=("guide",),
    needs_notifications=True,
    judges_silence=True,
)
def delivered(case: Case) -> Finding:
    """Judge ``client.tell.delivered``."""
    if case.run.unmatched:
        return for_each_track(case, _silent, "an answer that says Delivered")
    return _judge(case, _delivered, "an answer that says Delivered")


def _silent(track: Track, _: ClientProfile) -> Finding:
    """Judge a client whose pattern has found nothing in any run: it tells nothing, or the pattern is misspelt."""
    for index, _is_told in due_notifications(track):
        span = track.spans[index]
        if span.tag == "Delivered":
            return Breach(
                expected="Delivered is told once it is served, as --notify-pattern says",
                actual=f"in no trial does it tell anything, or it does so in other words: {track.run.unheard}",
                at=span.began_at,
                culprit=span.readings[0].exchange,
                label=track.label,
            )
    return NotExercised("an answer that says Delivered")


def _delivered(track: Track, profile: ClientProfile) -> Finding:
    return _due(track, profile, frozenset(("Delivered",)), "an answer that says Delivered")


@client_rule(
    "client.tell.once",
    "must",
    "It does not tell an unchanged status again, not even after a failure in between.",
    sources=("guide",),
    needs_notifications=True,
)
def once(case: Case) -> Finding:
    """Judge ``client.tell.once``."""
    return _judge(case, _once, "a status that is served again after it was told")


@client_rule(
    "client.tell.changes",
    "should",
    "It tells InfoReceived, InTransit and Exception when the status changes to them.",
    sources=("guide",),
    needs_notifications=True,
)
def changes(case: Case) -> Finding:
    """Judge ``client.tell.changes``."""
    return _judge(case, _changes, "a change to InfoReceived, InTransit or Exception")


def _changes(track: Track, profile: ClientProfile) -> Finding:
    return _due(track, profile, TOLD - {"Delivered"}, "a change to InfoReceived, InTransit or Exception")


def _due(track: Track, profile: ClientProfile, tags: frozenset[str], occasion: str) -> Finding:
    for missed_one in missed_notifications(track, profile):
        tag = track.spans[missed_one.span].tag
        if tag in tags and missed_one.cause == "plain":
            return missed(track, missed_one.span, f"{tag} is told once it is served")
    is_told = any(is_told and track.spans[index].tag in tags for index, is_told in due_notifications(track))
    return KEPT if is_told else NotExercised(occasion)


def _once(track: Track, _: ClientProfile) -> Finding:
    is_served_again = False
    for match in track.matches:
        if match.span is None:
            continue
        span, told = track.spans[match.span], match.notification
        if match.is_repeat:
            before = next(entry for entry in track.matches if entry.span == match.span).notification
            return _told_wrongly(
                track,
                told,
                f"{told.tag} is told once for as long as it lasts",
                f"it told {told.tag} again {span_text(told.at - before.at)} later",
            )
        is_served_again |= any(reading.exchange.at > told.at for reading in span.readings)
    return KEPT if is_served_again else NotExercised("a status that is served again after it was told")


@client_rule(
    "client.tell.quiet",
    "should",
    "It does not tell the customer Pending, Unknown or Cancelled.",
    sources=("guide",),
    needs_notifications=True,
)
def quiet(case: Case) -> Finding:
    """Judge ``client.tell.quiet``."""
    return _judge(case, _quiet, "an answer that says Pending, Unknown or Cancelled")


def _quiet(track: Track, _: ClientProfile) -> Finding:
    for notification in track.told or ():
        if notification.tag in QUIET:
            return _told_wrongly(track, notification, f"{notification.tag} is not told", f"it told {notification.tag}")
    is_served = any(span.is_certain and span.tag in QUIET for span in track.spans)
    return KEPT if is_served else NotExercised("an answer that says Pending, Unknown or Cancelled")


@client_rule(
    "client.tell.true",
    "must",
    "What it tells was served as the tag at the top.",
    sources=("guide",),
    needs_notifications=True,
)
def true(case: Case) -> Finding:
    """Judge ``client.tell.true``."""
    return _judge(case, _true, "a notification")


def _true(track: Track, _: ClientProfile) -> Finding:
    for match in track.matches:
        if match.span is None:
            told = match.notification
            served = [span for span in track.spans if span.began_at <= told.at]
            on_top = served[-1].tag if served else "nothing"
            age = span_text(told.at - track.run.began_at)
            return _told_wrongly(
                track,
                told,
                "what is told stands as the tag at the top of an answer, and is the newest that was told",
                f"it told {told.tag!r} {age} after the start; the last that was served was {on_top}",
            )
    return KEPT if track.matches else NotExercised("a notification")


def _judge(case: Case, judge: Callable[[Track, ClientProfile], Finding], occasion: str) -> Finding:
    def of_track(track: Track, profile: ClientProfile) -> Finding:
        return NotExercised(_NO_NAMES) if track.told is None else judge(track, profile)

    return for_each_track(case, of_track, occasion)


def _told_wrongly(track: Track, notification: Notification, expected: str, actual: str) -> Breach:
    return Breach(expected=expected, actual=actual, at=notification.at, culprit=notification, label=track.label)
