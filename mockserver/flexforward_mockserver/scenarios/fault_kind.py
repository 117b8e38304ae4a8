"""The kinds of fault: one row each, from which the engine, the schemas, the docs and the judges take what they need.

A new kind is a new row of ``FAULT_KINDS``; ``make docs`` writes its name into the schemas and the docs.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAULT_KINDS", "STEP_FAULT_KINDS", "FaultKind", "Listing", "Manner", "Readable", "RetryAfter"]

Manner: TypeAlias = Literal["whole", "dribble", "no-answer", "close", "reset", "close-mid-body"]
"""How a response reaches the client: as it should, byte by byte, never, or by a connection that breaks."""

Listing: TypeAlias = Literal["listed", "unlisted", "either"]
"""Whether the contract has to list the status of a fault, must not, or may."""

RetryAfter: TypeAlias = Literal["none", "seconds", "date"]
"""The header ``Retry-After`` of a response that a fault supplies: none, a number of seconds, or an HTTP date."""

Readable: TypeAlias = Literal["as-sent", "hidden", "doubtful", "evolved"]
"""What a client can read of the response: what was sent; nothing of the body; what some clients take and others do not;
or an evolution that the vendor's versioning policy permits."""

_ERROR_PAGE = b"<!doctype html><title>Bad gateway</title><h1>Bad gateway</h1>"


class FaultKind(msgspec.Struct, frozen=True, kw_only=True):
    """The properties of a kind of fault.

    Attributes:
        summary: what the client gets.
        acts_on: what is due (``response``: the fault supplies its own), its ``body``, the ``connection``, or its
            ``time``.
        default_status: of a fault that supplies the response, where the order names none; None where it has to.
        statuses: the only ones that such a fault may have; empty for all from 200 to 599.
        listing: whether the contract has to list that status.
        manner: how the response is delivered.
        body: in place of the one that was due; None leaves it.
        media_type: in place of the one that was due; None leaves it.
        keeps: the part of the body that is kept, from its beginning.
        evolves: fields of a success that change or are added; ``{tag}`` stands for the tag that was due.
        adds_fields: ``evolves`` names fields that no body has yet.
        is_metered: the fault is applied to requests beyond a number in a span of time, for as long as it stands.
        readable: what a client can read of it.
    """

    summary: str
    acts_on: Literal["response", "body", "connection", "time"]
    default_status: int | None = None
    statuses: tuple[int, ...] = ()
    listing: Listing = "either"
    manner: Manner = "whole"
    body: bytes | None = None
    media_type: bytes | None = None
    keeps: float = 1.0
    evolves: Mapping[str, str] = MappingProxyType({})
    adds_fields: bool = False
    is_metered: bool = False
    readable: Readable = "as-sent"

    @property
    def supplies_response(self) -> bool:
        """Whether the fault answers by itself, with a status of its own."""
        return self.acts_on == "response"


FAULT_KINDS: Mapping[str, FaultKind] = MappingProxyType(
    {
        "status": FaultKind(
            summary="a status that the contract lists, with a legal body", acts_on="response", listing="listed"
        ),
        "undocumented-status": FaultKind(
            summary="a status that the contract does not list: 429 (with Retry-After), 500, 503, 504, ...",
            acts_on="response",
            default_status=429,
            listing="unlisted",
        ),
        "gateway-page": FaultKind(
            summary="502, 503 (with Retry-After) or 504 with an HTML page, as proxies and load balancers send it",
            acts_on="response",
            default_status=502,
            statuses=(502, 503, 504),
            body=_ERROR_PAGE,
            media_type=b"text/html; charset=utf-8",
            readable="hidden",
        ),
        "quota": FaultKind(
            summary=(
                "429 with Retry-After and X-RateLimit-Limit, -Remaining and -Reset to whatever an account asks beyond "
                "`requests` in `per_s` seconds of the sandbox's clock, until the fault is deleted"
            ),
            acts_on="response",
            default_status=429,
            statuses=(429,),
            is_metered=True,
        ),
        "latency": FaultKind(summary="the response that was due, later", acts_on="time"),
        "dribble": FaultKind(
            summary="the response that was due, a few bytes at a time",
            acts_on="time",
            manner="dribble",
            readable="doubtful",
        ),
        "no-answer": FaultKind(summary="nothing, on an open connection", acts_on="connection", manner="no-answer"),
        "close": FaultKind(
            summary="the connection is closed before the response", acts_on="connection", manner="close"
        ),
        "reset": FaultKind(summary="the connection is reset before the response", acts_on="connection", manner="reset"),
        "close-mid-body": FaultKind(
            summary="the connection is closed after half of the body",
            acts_on="connection",
            manner="close-mid-body",
            readable="hidden",
        ),
        "truncated": FaultKind(
            summary="JSON that ends half-way, in a response that is otherwise complete",
            acts_on="body",
            keeps=0.5,
            readable="hidden",
        ),
        "not-json": FaultKind(
            summary="HTML under the media type application/json", acts_on="body", body=_ERROR_PAGE, readable="hidden"
        ),
        "wrong-media-type": FaultKind(
            summary="the body that was due under the media type text/html",
            acts_on="body",
            media_type=b"text/html; charset=utf-8",
            readable="doubtful",
        ),
        "empty-body": FaultKind(summary="no body where one was due", acts_on="body", body=b"", readable="hidden"),
        "new-field": FaultKind(
            summary="a field that the contract does not list (the versioning policy permits it)",
            acts_on="body",
            evolves=MappingProxyType({"estimatedDelivery": "2026-04-09"}),
            adds_fields=True,
            readable="evolved",
        ),
        "new-tag": FaultKind(
            summary="a tag that does not exist yet (permitted as well)",
            acts_on="body",
            evolves=MappingProxyType(
                {"tag": "OutForDelivery", "subtag": "OutForDelivery_001", "subtagMessage": "Out for Delivery"}
            ),
            readable="evolved",
        ),
        "new-subtag": FaultKind(
            summary="a subtag that does not exist yet (permitted as well)",
            acts_on="body",
            evolves=MappingProxyType({"subtag": "{tag}_HELD", "subtagMessage": "Held at a pick-up point"}),
            readable="evolved",
        ),
        "unlisted-status": FaultKind(
            summary="a status for an edge case that does not exist yet, such as 423 (permitted as well)",
            acts_on="response",
            default_status=423,
            listing="unlisted",
            readable="evolved",
        ),
    }
)
"""Each kind by its name; all but ``status`` are named in the header ``X-Flexforward-Mock``."""

STEP_FAULT_KINDS: tuple[str, ...] = tuple(
    name for name, kind in FAULT_KINDS.items() if name != "status" and not kind.evolves and not kind.is_metered
)
"""Those that a step of a scenario can have; a listed status is its ``status``, an evolution its ``evolve``."""
