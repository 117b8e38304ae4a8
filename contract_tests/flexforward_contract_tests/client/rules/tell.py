"""What a client tells its customer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_contract_tests.client.transcript.case import Case, for_each_track, missed
from flexforward_contract_tests.client.transcript.finding import KEPT, Breach, Finding, NotExercised
from flexforward_contract_tests.client.transcript.guide import QUIET, TOLD, span_text
from flexforward_contract_tests.client.transcript.notifications import missed_news, news_of
from flexforward_mockserver.scenarios.duration import format_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from flexforward_contract_tests.client.transcript.client_profile import Habits
    from flexforward_contract_tests.client.transcript.run import Notification
    from flexforward_contract_tests.client.transcript.track import Track

__all__ = ["changes", "delivered", "once", "quiet", "true"]

_NO_NAMES = "notifications that say which label they are for"


def delivered(case: Case) -> Finding:
    """Judge ``client.tell.delivered``."""
    return _judge(case, _delivered, "an answer that says Delivered")


def _delivered(track: Track, habits: Habits) -> Finding:
    return _news(track, habits, frozenset(("Delivered",)), "an answer that says Delivered")


def changes(case: Case) -> Finding:
    """Judge ``client.tell.changes``."""
    return _judge(case, _changes, "a change to InfoReceived, InTransit or Exception")


def _changes(track: Track, habits: Habits) -> Finding:
    return _news(track, habits, TOLD - {"Delivered"}, "a change to InfoReceived, InTransit or Exception")


def _news(track: Track, habits: Habits, tags: frozenset[str], occasion: str) -> Finding:
    for news in missed_news(track, habits):
        tag = track.stretches[news.stretch].tag
        if tag in tags and news.cause == "plain":
            return missed(track, news.stretch, f"{tag} is told once it is served")
    is_told = any(is_told and track.stretches[index].tag in tags for index, is_told in news_of(track))
    return KEPT if is_told else NotExercised(occasion)


def once(case: Case) -> Finding:
    """Judge ``client.tell.once``."""
    return _judge(case, _once, "a status that is served again after it was told")


def _once(track: Track, _: Habits) -> Finding:
    is_served_again = False
    for match in track.matches:
        if match.stretch is None:
            continue
        stretch, told = track.stretches[match.stretch], match.notification
        if match.is_repeat:
            before = next(entry for entry in track.matches if entry.stretch == match.stretch).notification
            return _told_wrongly(
                track,
                told,
                f"{told.tag} is told once for as long as it lasts",
                f"it told {told.tag} again {span_text(told.at - before.at)} later",
            )
        is_served_again |= any(reading.exchange.at > told.at for reading in stretch.readings)
    return KEPT if is_served_again else NotExercised("a status that is served again after it was told")


def quiet(case: Case) -> Finding:
    """Judge ``client.tell.quiet``."""
    return _judge(case, _quiet, "an answer that says Pending, Unknown or Cancelled")


def _quiet(track: Track, _: Habits) -> Finding:
    for notification in track.told or ():
        if notification.tag in QUIET:
            return _told_wrongly(track, notification, f"{notification.tag} is not told", f"it told {notification.tag}")
    is_served = any(stretch.is_certain and stretch.tag in QUIET for stretch in track.stretches)
    return KEPT if is_served else NotExercised("an answer that says Pending, Unknown or Cancelled")


def true(case: Case) -> Finding:
    """Judge ``client.tell.true``."""
    return _judge(case, _true, "a notification")


def _true(track: Track, _: Habits) -> Finding:
    for match in track.matches:
        if match.stretch is None:
            told = match.notification
            served = [stretch for stretch in track.stretches if stretch.began_at <= told.at]
            on_top = served[-1].tag if served else "nothing"
            age = format_duration(told.at - track.run.began_at)
            return _told_wrongly(
                track,
                told,
                "what is told stands as the tag at the top of an answer, and is the newest that was told",
                f"it told {told.tag!r} {age} after the start; the last that was served was {on_top}",
            )
    return KEPT if track.matches else NotExercised("a notification")


def _judge(case: Case, judge: Callable[[Track, Habits], Finding], occasion: str) -> Finding:
    def of_track(track: Track, habits: Habits) -> Finding:
        return NotExercised(_NO_NAMES) if track.told is None else judge(track, habits)

    return for_each_track(case, of_track, occasion)


def _told_wrongly(track: Track, notification: Notification, expected: str, actual: str) -> Breach:
    return Breach(expected=expected, actual=actual, at=notification.at, culprit=notification, label=track.label)
