"""A body and its status, and those that no contract has to list."""

from __future__ import annotations

from http import HTTPStatus

import msgspec

__all__ = ["ResponseBody", "phrase", "undocumented"]


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


def phrase(status: int) -> str:
    """Return the usual words for a status, whatever its number."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
