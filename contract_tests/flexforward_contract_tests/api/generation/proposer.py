"""Schemathesis in a process of its own: it proposes requests, and never sends one.

The judge starts this as a program. Whatever schemathesis wants to send goes to the judge over a pipe, and the judge's
answer comes back as the API's. So nothing here knows a credential, a certificate or a pace, and both halves of the
suite see the API by the same connection. Starting schemathesis takes longer than a run of it, so one process makes all
runs.
"""

from __future__ import annotations

import os
import resource
from contextlib import contextmanager
from io import BytesIO
from threading import Lock
from typing import IO, TYPE_CHECKING, Any, Final

import msgspec
import requests
import schemathesis
from requests.adapters import BaseAdapter, HTTPAdapter
from schemathesis.engine import StopReason, events, from_schema
from urllib3 import HTTPHeaderDict, HTTPResponse

from .messages import Complaint, Ended, Job, Proposal, Reply, read_message, write_message

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

    from .messages import Message, RunOrder

__all__ = ["MAX_MEMORY_BYTES", "main", "propose"]

MAX_MEMORY_BYTES: Final = 2 << 30
"""Address space of this process. Bodies are cut before they come here; this holds what nobody thought of."""

_CASE_HEADER = "X-Schemathesis-TestCaseId"
_PROBE_HEADER = "X-Schemathesis-Probe"


class JudgeGoneError(Exception):
    """The judge has closed its end of the pipe."""


class _Judge(BaseAdapter):
    """Where schemathesis's requests go."""

    def __init__(self, incoming: IO[bytes], outgoing: IO[bytes]) -> None:
        super().__init__()
        self._incoming, self._outgoing = incoming, outgoing
        self._lock = Lock()
        self._replies = msgspec.msgpack.Decoder(Reply)
        self._builder = HTTPAdapter()
        self.is_ended = False

    def send_message(self, message: Message) -> None:
        with self._lock:
            write_message(self._outgoing, message)

    def close(self) -> None:
        """Do nothing: every session of schemathesis's shares it."""

    def send(self, request: requests.PreparedRequest, *_: Any, **__: Any) -> requests.Response:
        headers = {str(name): _text(value) for name, value in request.headers.items()}
        if _PROBE_HEADER in headers:
            # It wants to know whether NULs get through, and they do not: what the judge sends with refuses them.
            return self._response(request, Reply(status=400, body=b"No"))
        if self.is_ended:
            raise requests.ConnectionError("the run is over", request=request)
        proposal = Proposal(
            case=headers.get(_CASE_HEADER, ""),
            method=str(request.method),
            url=str(request.url),
            headers=tuple(headers.items()),
        )
        with self._lock:
            write_message(self._outgoing, proposal)
            data = read_message(self._incoming)
        if data is None:
            self.is_ended = True
            raise requests.ConnectionError("the judge has gone", request=request)
        reply = self._replies.decode(data)
        self.is_ended = reply.is_last
        if reply.status is None:
            raise requests.ConnectionError(reply.problem or "the run is over", request=request)
        return self._response(request, reply)

    def _response(self, request: requests.PreparedRequest, reply: Reply) -> requests.Response:
        headers = HTTPHeaderDict()
        for name, value in reply.headers:
            if name != "content-encoding":  # it is unpacked already
                headers.add(name, value)
        raw = HTTPResponse(
            body=BytesIO(reply.body), status=reply.status or 0, headers=headers, version=11, preload_content=False
        )
        return self._builder.build_response(request, raw)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value


def propose(incoming: IO[bytes], outgoing: IO[bytes]) -> None:
    """Read a job, and make its runs one after the other.

    Args:
        incoming: pipe from the judge: the job, then a reply to each proposal.
        outgoing: pipe to the judge: proposals, complaints, and the end of each run.
    """
    data = read_message(incoming)
    if data is None:
        return
    job = msgspec.msgpack.decode(data, type=Job)
    judge = _Judge(incoming, outgoing)
    with _all_requests_to(judge):
        for order in job.orders:
            judge.is_ended = False
            judge.send_message(Ended(trouble=_run(job, order, judge)))


@contextmanager
def _all_requests_to(judge: _Judge) -> Generator[None]:
    """Let every session of this process send to the judge, also those that schemathesis makes for itself."""
    before = requests.Session.get_adapter
    requests.Session.get_adapter = lambda self, url: judge  # type: ignore[method-assign]  # noqa: ARG005  # requests' names
    try:
        yield
    finally:
        requests.Session.get_adapter = before  # type: ignore[method-assign]


def _run(job: Job, order: RunOrder, judge: _Judge) -> str | None:
    """Make one run; say why it came to another end than it should."""
    config = schemathesis.Config.from_dict(_config(job, order))  # pyright: ignore[reportUnknownMemberType]
    schema = schemathesis.openapi.from_dict(msgspec.json.decode(job.document), config=config)
    trouble: str | None = None
    stream = from_schema(schema).execute()
    for event in stream:
        if judge.is_ended:
            stream.stop()
        if isinstance(event, events.ScenarioFinished):
            for complaint in _complaints(event):
                judge.send_message(complaint)
        elif isinstance(event, events.FatalError):
            trouble = trouble or _words(event.exception)
        elif isinstance(event, events.NonFatalError) and not isinstance(event.value, requests.RequestException):
            trouble = trouble or _words(event.value)
        elif isinstance(event, events.EngineFinished) and event.stop_reason == StopReason.SERVER_UNAVAILABLE:
            trouble = trouble or "the server stopped answering"
    return None if judge.is_ended else trouble


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"


def _complaints(event: events.ScenarioFinished) -> Generator[Complaint]:
    for case, checks in event.recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                failure = check.failure_info.failure
                yield Complaint(case=case, check=check.name, title=failure.title, message=failure.message)


def _config(job: Job, order: RunOrder) -> dict[str, Any]:
    """Return schemathesis's configuration: GETs only, no redirect followed, each failure told once."""
    logins = {name: _login(name, secret) for name, secret in order.credentials.items()}
    return {
        **({"auth": {"openapi": logins}} if logins else {}),
        "seed": job.seed,
        "base-url": job.base_url,
        "continue-on-failure": True,
        "max-redirects": 0,
        "headers": order.headers,
        "dictionaries": {"ids": {"values": list(order.ids)}},
        "parameters": {"path.id": {"dictionary": "ids", "probability": 0.8}},
        "generation": {
            "max-examples": order.max_examples,
            "database": "none",
            "no-shrink": True,
            "with-security-parameters": bool(order.credentials),
        },
        # One operation that only reads has no links to follow.
        "phases": {"coverage": {"unexpected-methods": []}, "stateful": {"enabled": False}},
        "checks": {
            **{name: {"enabled": False} for name in order.excluded_checks},
            # The document lists 502 and 422: answers to a sound request, and no fault of the server's.
            "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", 502]},
            "positive_data_acceptance": {"expected-statuses": ["2xx", 401, 403, 404, 422, 429, 502]},
        },
        "cache": {"enabled": False},
    }


def _login(name: str, secret: str) -> Mapping[str, str]:
    return {"bearer" if name == "bearerAuth" else "api_key": secret}


def main() -> None:
    """Propose over the standard streams; what schemathesis prints goes to standard error."""
    with os.fdopen(os.dup(0), "rb") as incoming, os.fdopen(os.dup(1), "wb") as outgoing:
        os.dup2(2, 1)
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]))
        propose(incoming, outgoing)


if __name__ == "__main__":
    main()
