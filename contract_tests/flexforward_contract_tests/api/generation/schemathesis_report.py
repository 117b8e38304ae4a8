"""What schemathesis writes of a run, as values: the exchanges of its HAR file and the complaints of its event log."""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path


__all__ = ["Complaint", "GeneratedExchange", "read_complaints", "read_exchanges"]

_CASE_HEADER = "x-schemathesis-testcaseid"


class GeneratedExchange(msgspec.Struct, frozen=True, kw_only=True):
    """A request that schemathesis made up, with its answer.

    Attributes:
        case: its id in the run.
        request_headers: names in small letters; credentials are filtered out by schemathesis.
        status: 0 if no answer came.
        headers: the answer's, names in small letters.
    """

    case: str
    method: str
    url: str
    request_headers: tuple[tuple[str, str], ...]
    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class Complaint(msgspec.Struct, frozen=True, kw_only=True):
    """A check that failed.

    Attributes:
        case: the exchange that it is about.
        check: its name.
        title: what it found, in short.
        message: the same at length.
    """

    case: str
    check: str
    title: str
    message: str


class _Header(msgspec.Struct):
    name: str
    value: str


class _Content(msgspec.Struct):
    text: str | None = None
    encoding: str | None = None


class _Asked(msgspec.Struct):
    method: str
    url: str
    headers: list[_Header] = []


class _Answered(msgspec.Struct):
    status: int
    headers: list[_Header] = []
    content: _Content = msgspec.field(default_factory=_Content)


class _Entry(msgspec.Struct):
    request: _Asked
    response: _Answered


class _Log(msgspec.Struct):
    entries: list[_Entry] = []


class _Har(msgspec.Struct):
    log: _Log


class _CheckFailure(msgspec.Struct):
    title: str = ""
    message: str = ""


class _FailureInfo(msgspec.Struct):
    failure: _CheckFailure


class _Check(msgspec.Struct):
    name: str
    status: str
    failure_info: _FailureInfo | None = None


class _Recorder(msgspec.Struct):
    checks: dict[str, list[_Check]] = {}


class _Scenario(msgspec.Struct):
    recorder: _Recorder


class _LogEvent(msgspec.Struct, rename="pascal"):
    scenario_finished: _Scenario | None = None


def read_exchanges(file: Path) -> tuple[GeneratedExchange, ...]:
    """Read a HAR file; none is no exchange."""
    if not file.exists():
        return ()
    har = msgspec.json.decode(file.read_bytes(), type=_Har)
    return tuple(map(_exchange, har.log.entries))


def read_complaints(file: Path) -> tuple[Complaint, ...]:
    """Read an event log; none is no complaint."""
    if not file.exists():
        return ()
    decoder = msgspec.json.Decoder(_LogEvent)
    found: list[Complaint] = []
    for line in file.read_bytes().splitlines():
        scenario = decoder.decode(line).scenario_finished
        for case, checks in scenario.recorder.checks.items() if scenario is not None else ():
            for check in checks:
                if check.failure_info is not None:
                    failure = check.failure_info.failure
                    found.append(Complaint(case=case, check=check.name, title=failure.title, message=failure.message))
    return tuple(found)


def _exchange(entry: _Entry) -> GeneratedExchange:
    headers = _pairs(entry.request.headers)
    content = entry.response.content.text or ""
    return GeneratedExchange(
        case=dict(headers).get(_CASE_HEADER, ""),
        method=entry.request.method,
        url=entry.request.url,
        request_headers=headers,
        status=entry.response.status,
        headers=_pairs(entry.response.headers),
        body=b64decode(content) if entry.response.content.encoding == "base64" else content.encode(),
    )


def _pairs(headers: list[_Header]) -> tuple[tuple[str, str], ...]:
    return tuple((header.name.lower(), header.value) for header in headers)
