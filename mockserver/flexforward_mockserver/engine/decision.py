"""What the engine decides about one request, and what becomes of it under a fault."""

from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from math import ceil
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS

if TYPE_CHECKING:
    from datetime import datetime

    from flexforward_mockserver.scenarios.fault_kind import FaultKind, RetryAfter
    from flexforward_mockserver.state.fault import Fault
    from flexforward_mockserver.state.journal import Unmatched
    from flexforward_openapi import Json

    from .bodies.response_body import ResponseBody
    from .prefer import Preference

__all__ = ["Decision", "ResponseHeaders", "altered", "extra_headers", "preferred", "quota_headers", "under_fault"]

ResponseHeaders: TypeAlias = tuple[tuple[bytes, bytes], ...]

_RETRY_AFTER = timedelta(minutes=1)


class Decision(msgspec.Struct, frozen=True):
    """A response and what the journal says of it.

    Attributes:
        delay_s: virtual seconds that the response is held back.
    """

    body: ResponseBody
    label: str | None = None
    poll: int | None = None
    step: int | None = None
    note: str | None = None
    headers: tuple[tuple[bytes, bytes], ...] = ()
    fault: str | None = None
    delay_s: float = 0.0
    unmatched: Unmatched | None = None


def under_fault(decision: Decision, kind: str, delay_s: float) -> Decision:
    """Return a decision under a fault that acts on the response that was due.

    One that does not fit it (an evolution of an error's body) leaves the decision as it is.
    """
    body = altered(kind, decision.body)
    if body is decision.body:
        return decision
    return msgspec.structs.replace(decision, body=body, fault=kind, delay_s=delay_s)


def preferred(decision: Decision, preference: Preference) -> Decision:
    """Return a decision as one that ``Prefer`` asked for: it says so, and is held back as long as was wanted."""
    applied = (b"preference-applied", str(preference).encode())
    return msgspec.structs.replace(
        decision,
        note=f"Prefer: {preference}",
        headers=(applied, *decision.headers),
        delay_s=preference.delay_s or 0.0,
    )


def altered(name: str, due: ResponseBody) -> ResponseBody:
    """Return what a fault makes of the body that was due; one that acts on its delivery only marks it."""
    kind = FAULT_KINDS[name]
    content = due.content if kind.body is None else kind.body
    if kind.evolves:
        if due.status >= 300 or not due.is_json:  # successes end there
            return due
        content = _evolved(kind, content)
        if content == b"":
            return due
    if kind.keeps < 1:
        content = content[: int(len(content) * kind.keeps)]
    media_type = kind.media_type or due.media_type
    return msgspec.structs.replace(due, content=content, media_type=media_type, kinds=(*due.kinds, name))


def _evolved(kind: FaultKind, content: bytes) -> bytes:
    """Return a body with a kind's evolution; empty where it has none of the fields that evolve."""
    decoded: Json = msgspec.json.decode(content)
    tag = str(decoded.get("tag", "InTransit"))
    news = {
        name: text.replace("{tag}", tag) for name, text in kind.evolves.items() if kind.adds_fields or name in decoded
    }
    return msgspec.json.encode({**decoded, **news}) if news else b""


def quota_headers(fault: Fault, left_s: float) -> ResponseHeaders:
    """Return the headers of a 429 that a quota gives; both seconds are whole ones until it is refilled.

    That ``X-RateLimit-Reset`` counts seconds is ours: its unit is not published.
    """
    seconds = b"%d" % max(1, ceil(left_s))
    return (
        (b"retry-after", seconds),
        (b"x-ratelimit-limit", b"%d" % (fault.requests or 0)),
        (b"x-ratelimit-remaining", b"0"),
        (b"x-ratelimit-reset", seconds),
    )


def extra_headers(
    body: ResponseBody,
    challenge: ResponseHeaders,
    retry_after: RetryAfter | None = None,
    now: datetime | None = None,
) -> ResponseHeaders:
    """Return the headers that HTTP wants with some statuses.

    Args:
        body: of the response.
        challenge: headers of a 401.
        retry_after: the form of ``Retry-After``; None for what is usual with the status.
        now: needed for a date.
    """
    if body.status == 401:
        return challenge
    form = retry_after or ("seconds" if body.status in (429, 503) else "none")
    if form == "date" and now is not None:
        return ((b"retry-after", format_datetime(now + _RETRY_AFTER, usegmt=True).encode()),)
    return ((b"retry-after", b"%d" % _RETRY_AFTER.total_seconds()),) if form == "seconds" else ()
