"""Is there anything to judge, and is it what the options say? Else one sentence tells why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_mockserver.scenarios.tag import TAGS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .evidence.evidence import Evidence
    from .probing.observation import Observation
    from .probing.target import Target

__all__ = ["nothing_to_judge", "wrong_input"]

_TERMINAL = tuple(tag.name for tag in TAGS.values() if tag.is_terminal)


def nothing_to_judge(target: Target, observations: Sequence[Observation]) -> str | None:
    """Say in one sentence why nothing can be judged, from the first observations; None if something can."""
    answered = [observation for observation in observations if observation.status is not None]
    if not answered:
        return f"the API does not answer ({observations[-1].problem})"
    statuses = {observation.status for observation in answered}
    location = next((place for observation in answered if (place := observation.header("location"))), None)
    if all(300 <= (status or 0) < 400 for status in statuses):
        return f"every answer leads elsewhere (to {location}); give the address that answers itself"
    if not any(map(_is_like_api, answered)):
        found = answered[0].media_type or "no media type"
        return f"the answers are no JSON ({answered[0].status}, {found}), so this is not the API's address"
    if len(statuses) > 1:
        return None
    (status,) = statuses
    if status == 401:
        return _refused(target)
    return None if status == 200 else f"every answer was {status}, whatever was asked"


def wrong_input(evidence: Evidence) -> str | None:
    """Say which label is not what its option says, with the tag that was served; None if all are.

    That is no fault of the API's, and a rule that needs such a label has not been judged.
    """
    key = evidence.target.delivered_label_id
    first = next(iter(evidence.reads_of(key)), None)
    tag = None if first is None else first.shipment.get("tag")
    if first is None or tag in _TERMINAL:
        return None
    return f"--delivered-label is not delivered: its tag is {tag}; give a label that was delivered, or leave it out"


def _is_like_api(observation: Observation) -> bool:
    return observation.media_type == "application/json" or isinstance(observation.json, dict)


def _refused(target: Target) -> str:
    if target.token is None and not target.has_pair:
        return "every answer was 401, for no credentials were given; give --token, or --api-key and --api-token"
    return "every answer was 401: the credentials that were given are not known there"
