"""What the process of schemathesis and ours say to each other, over two pipes."""

from __future__ import annotations

import struct
from typing import IO, TypeAlias

import msgspec

__all__ = ["Complaint", "Ended", "Job", "Message", "Proposal", "Reply", "RunOrder", "read_message", "write_message"]

_LENGTH = struct.Struct(">I")


class RunOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One run that schemathesis is to make.

    Attributes:
        credentials: security scheme name to what stands for its secret; both of a pair, or schemathesis makes them up.
        headers: sent with every request.
        ids: ids and order numbers to ask for.
        max_examples: how many requests its fuzzing phase makes.
        excluded_checks: checks of its own that it leaves out.
    """

    credentials: dict[str, str]
    headers: dict[str, str]
    ids: tuple[str, ...]
    max_examples: int
    excluded_checks: tuple[str, ...]


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """All that one process is to do.

    Attributes:
        base_url: of the API; nothing is sent there by that process.
        document: OpenAPI document, as JSON.
        seed: the same seed makes the same requests.
    """

    base_url: str
    document: bytes
    orders: tuple[RunOrder, ...]
    seed: int


class Proposal(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A request to be sent; a ``Reply`` is waited for.

    Attributes:
        case: its id in the run.
        headers: names as schemathesis writes them.
    """

    case: str
    method: str
    url: str
    headers: tuple[tuple[str, str], ...]


class Complaint(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A check of schemathesis's that failed.

    Attributes:
        case: the proposal that it is about.
        check: its name.
        title: what it found, in short.
        message: the same at length.
    """

    case: str
    check: str
    title: str
    message: str


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A run came to its end.

    Attributes:
        trouble: why it was not the end that was meant; None if it was.
    """

    trouble: str | None = None


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a proposal.

    Attributes:
        status: None if no answer came.
        headers: names in small letters.
        body: decoded from its transfer and content encoding, as much as came.
        problem: why there is no answer.
        is_last: the run is to end; the proposal was not sent.
    """

    status: int | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    problem: str = ""
    is_last: bool = False


Message: TypeAlias = Proposal | Complaint | Ended


def write_message(pipe: IO[bytes], message: msgspec.Struct) -> None:
    """Write a message with its length before it."""
    data = msgspec.msgpack.encode(message)
    pipe.write(_LENGTH.pack(len(data)) + data)
    pipe.flush()


def read_message(pipe: IO[bytes]) -> bytes | None:
    """Read what ``write_message`` wrote, to be decoded; None if the pipe ends before that."""
    head = pipe.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (size,) = _LENGTH.unpack(head)
    data = pipe.read(size)
    return data if len(data) == size else None
