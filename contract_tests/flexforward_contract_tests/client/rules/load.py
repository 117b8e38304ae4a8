"""How much a client asks of an account at once, and how long it waits for an answer that does not come."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from flexforward_contract_tests.client.transcript.case import Case, for_each_track
from flexforward_contract_tests.client.transcript.finding import KEPT, Breach, Finding, NotExercised
from flexforward_contract_tests.client.transcript.guide import span_text

from .declaration import client_rule

if TYPE_CHECKING:
    from flexforward_contract_tests.client.transcript.client_profile import ClientProfile
    from flexforward_contract_tests.client.transcript.track import Track
    from flexforward_mockserver.state.journal import Exchange

__all__ = ["rate", "timeout"]

_LIMIT = 10
_OCCASION = f"a run with {_LIMIT} labels or more (--labels)"
_SECOND = timedelta(seconds=1)
_LONGEST = timedelta(minutes=2)
_SILENT = frozenset(("no-answer", "latency"))


@client_rule(
    "client.rate",
    "should",
    "It makes fewer than 10 requests a second for an account.",
    sources=("page",),
    needs=("--labels",),
    needs_timing=True,
)
def rate(case: Case) -> Finding:
    """Judge ``client.rate``."""
    if case.run.is_accelerated:
        return NotExercised("virtual time, for in accelerated time a second is no longer than a moment")
    if len(case.run.labels) == 1:
        return NotExercised(_OCCASION)
    by_account: dict[str | None, list[Exchange]] = {}
    for exchange in case.run.exchanges:
        recent = by_account.setdefault(exchange.account, [])
        recent[:] = [entry for entry in recent if exchange.at - entry.at < _SECOND] + [exchange]
        if len(recent) >= _LIMIT:
            return Breach(
                expected=f"fewer than {_LIMIT} requests in any second",
                actual=f"{len(recent)} in {span_text(exchange.at - recent[0].at)}",
                at=exchange.at,
                culprit=exchange,
            )
    if sum(bool(track.readings) for track in case.tracks) < _LIMIT:
        return NotExercised(_OCCASION)
    return KEPT


@client_rule(
    "client.timeout",
    "should",
    "It gives up a server that never answers within two minutes.",
    sources=("ours",),
    needs_timing=True,
)
def timeout(case: Case) -> Finding:
    """Judge ``client.timeout``."""
    return for_each_track(case, _timeout, "a request that is never answered")


def _timeout(track: Track, _: ClientProfile) -> Finding:
    is_exercised = False
    for index, reading in enumerate(track.readings):
        if reading.exchange.status is not None or reading.exchange.fault not in _SILENT:
            continue
        waited = _waited(track, index)
        if waited is not None and waited > _LONGEST:
            return Breach(
                expected=f"it gives up within {span_text(_LONGEST)}",
                actual=f"it waited {span_text(waited)} for an answer",
                at=reading.exchange.at,
                culprit=reading.exchange,
                label=track.label,
            )
        is_exercised = is_exercised or waited is not None
    return KEPT if is_exercised else NotExercised("a request that is never answered, and time to give up")


def _waited(track: Track, index: int) -> timedelta | None:
    """Return how long the client waited for an answer; None if that cannot be told.

    Where the journal does not say, the next request does, if it came soon; and a client that never asked again until
    it was ended was waiting still.
    """
    exchange = track.readings[index].exchange
    if exchange.duration_s > 0:
        return timedelta(seconds=exchange.duration_s)
    if index + 1 < len(track.readings):
        gap = track.readings[index + 1].exchange.at - exchange.at
        return gap if gap <= _LONGEST else None
    return track.run.ended_at - exchange.at if track.run.ended_by == "deadline" else None
