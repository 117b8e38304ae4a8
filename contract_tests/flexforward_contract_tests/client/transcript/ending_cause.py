"""Which rule an early end concerns, as far as the client's other runs show."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from .guide import ENDURED_FAILURES

if TYPE_CHECKING:
    from .client_profile import ClientProfile
    from .ending import Ending

__all__ = ["PASSING", "EndingCause", "cause_of"]

EndingCause: TypeAlias = Literal["evolution", "body", "failures", "timeout", "plain", "tolerated", "unmoved"]
"""Which rule an early end is for; ``plain`` is ``client.goes-on``. ``tolerated`` is for none, and neither is
``unmoved``: a silence of a client that never asked again after a wait, so that its clock may stand still."""

PASSING = timedelta(minutes=10)
"""Failures that last no longer than this are passing, however many there are."""

_LONGEST_WAIT_S = 120.0

_PATIENCE = 2
"""A silence that is shorter than so many of its own waits elsewhere may be one of them."""


def cause_of(ending: Ending, profile: ClientProfile) -> EndingCause:
    """Return which rule an early end is for, given what the client bears elsewhere."""
    last = ending.last
    if ending.is_another_labels:
        return "plain"
    if ending.silence is not None and ending.rest is None:  # else it is known to be for ever
        if not profile.has_waited:
            return "unmoved"
        if ending.silence < _PATIENCE * profile.longest_wait:
            return "tolerated"
    if last.evolutions - profile.borne_evolutions and last.tag not in profile.fatal_tags:
        return "evolution"
    if ending.failures:
        return _cause_among_failures(ending)
    if ending.is_crash and last.tag in profile.borne_tags:
        return "body"
    if last.tag in profile.fatal_tags or (last.tag in ("Exception", "Unknown") and last.tag not in profile.borne_tags):
        return "plain"
    return "body" if last.traits - profile.borne_traits and profile.borne_tags else "plain"


def _cause_among_failures(ending: Ending) -> EndingCause:
    failures, last = ending.failures, ending.last.exchange
    is_hanging = not 0 < last.duration_s <= _LONGEST_WAIT_S
    if last.fault == "no-answer" and ending.silence is not None and is_hanging:
        return "timeout"
    if len(failures) == ENDURED_FAILURES:
        return "failures"
    span = last.at - failures[0].exchange.at
    return "plain" if len(failures) < ENDURED_FAILURES or span <= PASSING else "tolerated"
