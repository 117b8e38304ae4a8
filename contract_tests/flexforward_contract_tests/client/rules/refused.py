"""What a client does when it is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_contract_tests.client.transcript.case import Case, for_each_track
from flexforward_contract_tests.client.transcript.finding import KEPT, Breach, Finding, NotExercised
from flexforward_contract_tests.client.transcript.guide import DAY, REFUSALS, span_text

from .declaration import client_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_contract_tests.client.transcript.client_profile import ClientProfile
    from flexforward_contract_tests.client.transcript.track import Track
    from flexforward_mockserver.state.journal import Exchange

__all__ = ["stops"]

_ALLOWED = 1


@client_rule(
    "client.refused.stops",
    "should",
    "After 401, 403, 404 or 422 it makes at most one further request in a day.",
    sources=("page", "ours"),
    needs_timing=True,
)
def stops(case: Case) -> Finding:
    """Judge ``client.refused.stops``."""
    return for_each_track(case, _stops, "an answer of 401, 403, 404 or 422")


def _stops(track: Track, _: ClientProfile) -> Finding:
    is_refused = False
    for index, reading in enumerate(track.readings):
        refusal = reading.exchange
        if reading.kind != "refused" or refusal.status not in REFUSALS:
            continue
        is_cut_off = track.run.cut is not None and track.run.ended_at - refusal.at < DAY
        is_refused = is_refused or not is_cut_off
        further = tuple(_further(track, index))
        if len(further) > _ALLOWED:
            return Breach(
                expected=f"at most one further request in a day after a {refusal.status}",
                actual=f"{len(further)}, the second {span_text(further[1].at - refusal.at)} after it",
                at=further[1].at,
                culprit=further[1],
                label=track.label,
            )
    return KEPT if is_refused else NotExercised("an answer of 401, 403, 404 or 422")


def _further(track: Track, index: int) -> Iterator[Exchange]:
    """Yield the requests in the day after a refusal, up to one that is let in: from there on all is as before."""
    refused_at = track.readings[index].exchange.at
    for reading in track.readings[index + 1 :]:
        if reading.exchange.at - refused_at >= DAY:
            return
        yield reading.exchange
        if reading.tag is not None:
            return
