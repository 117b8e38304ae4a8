"""What a rule is given: a run, read label by label, and the profile of the client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .ending_cause import PASSING
from .finding import Breach, Finding, combine
from .guide import span_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from .client_profile import ClientProfile
    from .ending import Ending
    from .ending_cause import EndingCause
    from .run import ClientRun
    from .track import Track

__all__ = ["UNMOVED", "Case", "early_end", "for_each_track", "missed"]

UNMOVED = (
    "a client that asks again fifteen minutes or more after an answer: this one never did in any trial, so that the "
    "clock that it waits by may be one that virtual time does not move"
)


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A run as the rules see it."""

    run: ClientRun
    tracks: tuple[Track, ...]
    profile: ClientProfile


def for_each_track(case: Case, judge: Callable[[Track, ClientProfile], Finding], otherwise: str) -> Finding:
    """Judge each label by itself; ``otherwise`` says what would exercise the rule if nothing was asked."""
    tracks = (track for track in case.tracks if track.readings)
    return combine((judge(track, case.profile) for track in tracks), otherwise)


def early_end(track: Track, ending: Ending, cause: EndingCause) -> Breach:
    """Return the breach that an early end is."""
    last = ending.last
    rest = "" if ending.rest is None else f", and never would: {ending.rest}"
    wanted = {
        "evolution": f"it goes on after {_words(last.evolutions)}",
        "body": f"it goes on after a legal body with {_words(last.traits)}",
        "failures": "three failures in a row do not end it",
    }
    return Breach(
        expected=wanted.get(cause, "it asks on until Delivered or Cancelled, or until it is refused"),
        actual=f"{ending.text} after {_last_seen(ending)}{rest}{_beside(track, ending)}",
        at=track.run.ended_at,
        label=track.label,
    )


def missed(track: Track, index: int, expected: str) -> Breach:
    """Return the breach that a status is which was served and not told; the answer that brought it shows it."""
    span = track.spans[index]
    return Breach(
        expected=expected,
        actual=f"{span.tag} was served {span_text(span.began_at - track.run.began_at)} after the start, not told",
        at=span.began_at,
        culprit=span.readings[0].exchange,
        label=track.label,
    )


def _beside(track: Track, ending: Ending) -> str:
    """Say what another label was answered last, where that may be why this one is not followed any more."""
    if not ending.is_another_labels:
        return ""
    return f"; another label's last answer was {track.run.exchanges[-1].status or 'none'}"


def _last_seen(ending: Ending) -> str:
    last = ending.last
    if last.kind != "unlisted" and ending.failures:
        count = len(ending.failures)
        span = last.exchange.at - ending.failures[0].exchange.at
        within = f" within {span_text(span)}" if count > 1 and span <= PASSING else ""
        return "one failure" if count == 1 else f"{count} failures in a row{within}"
    return str(last.exchange.status) if last.tag is None else last.tag


def _words(names: frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "nothing special"
