"""A body and its status, and those that no contract has to list."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ResponseBody", "phrase", "refused", "supplied", "undocumented"]


class ResponseBody(msgspec.Struct, frozen=True, kw_only=True):
    """A body that was checked, and its status.

    Attributes:
        tag: tag at the top of a shipment's body.
        kinds: in what ways the answer leaves the contract on purpose; named in ``X-Flexforward-Mock``.
        violation: why the body could not be sent, if it was refused; the client is told so by ``status`` and
            ``content``.
    """

    status: int
    content: bytes
    media_type: bytes = b"application/json"
    tag: str | None = None
    kinds: tuple[str, ...] = ()
    violation: str | None = None

    @property
    def is_json(self) -> bool:
        """Whether its content is JSON."""
        return b"json" in self.media_type


def undocumented(status: int, text: str, *kinds: str) -> ResponseBody:
    """Make a body for a status that the contract does not list."""
    is_bare = status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
    return ResponseBody(status=status, content=b"" if is_bare else msgspec.json.encode({"error": text}), kinds=kinds)


def refused(status: int, problems: Sequence[str]) -> ResponseBody:
    """Make the body that is sent in the place of one that would break the contract.

    Args:
        status: that was due.
        problems: what the contract has against its body.
    """
    violation = f"the {status} that was due would break the contract: {'; '.join(problems[:3])}"
    content = msgspec.json.encode({"error": violation})
    return ResponseBody(status=500, content=content, kinds=("contract-violation",), violation=violation)


def supplied(kind_name: str, status: int | None) -> ResponseBody:
    """Make the body that a fault supplies with a status that the contract need not list.

    Args:
        kind_name: of the fault.
        status: that was ordered; None for the kind's usual one.
    """
    kind = FAULT_KINDS[kind_name]
    status = status or kind.default_status or 500
    body = undocumented(status, phrase(status), kind_name)
    if kind.body is None:
        return body
    return msgspec.structs.replace(body, content=kind.body, media_type=kind.media_type or body.media_type)


def phrase(status: int) -> str:
    """Return the usual words for a status, whatever its number."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
