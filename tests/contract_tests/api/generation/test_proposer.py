"""Schemathesis's own process, run in this one: what it proposes, and what it makes of answers."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
import requests
from schemathesis.engine import StopReason, events

from api_kit import LABEL, TARGET
from flexforward_contract_tests.api.generation import proposer
from flexforward_contract_tests.api.generation.generated import job_of
from flexforward_contract_tests.api.generation.messages import (
    Complaint,
    Ended,
    Proposal,
    Reply,
    read_message,
    write_message,
)
from flexforward_contract_tests.api.generation.proposer import propose
from flexforward_contract_tests.api.generation.run_plan import plan_runs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from flexforward_contract_tests.api.generation.messages import Message

ERROR = Reply(
    status=404, headers=(("content-type", "application/json"), ("content-encoding", "gzip")), body=b'{"error":"No"}'
)


def proposed(reply: Callable[[Proposal], Reply | None], *purposes: Any) -> list[Message]:
    """Let it propose, and answer; None closes the pipe."""
    job = job_of(TARGET, plan_runs(TARGET, set(purposes), 1))
    decoder = msgspec.msgpack.Decoder(Proposal | Complaint | Ended)
    said: list[Message] = []
    (to_read, to_write), (from_read, from_write) = os.pipe(), os.pipe()
    to, incoming = os.fdopen(to_write, "wb"), os.fdopen(to_read, "rb")
    heard, outgoing = os.fdopen(from_read, "rb"), os.fdopen(from_write, "wb")

    def judge() -> None:
        write_message(to, job)
        while (data := read_message(heard)) is not None:
            said.append(message := decoder.decode(data))
            if isinstance(message, Proposal):
                answer = reply(message)
                if answer is None:
                    to.close()
                else:
                    write_message(to, answer)

    thread = threading.Thread(target=judge)
    thread.start()
    try:
        propose(incoming, outgoing)
    finally:
        outgoing.close()
        thread.join()
        for pipe in (to, incoming, heard):
            pipe.close()
    return said


def proposals_in(said: list[Message]) -> list[Proposal]:
    return [message for message in said if isinstance(message, Proposal)]


def test_each_run_proposes_with_its_own_credentials_and_ends() -> None:
    before = requests.Session.get_adapter
    said = proposed(lambda _: ERROR, "generated", "key-alone")
    assert requests.Session.get_adapter is before
    assert [message for message in said if isinstance(message, Ended)] == [Ended()] * 3
    proposals = proposals_in(said)
    assert {proposal.method for proposal in proposals} == {"GET"}
    assert LABEL in {proposal.url.rpartition("/")[2] for proposal in proposals}
    assert all(proposal.case for proposal in proposals)
    shown = {tuple(value for _, value in it.headers if "$FLEXFORWARD" in value) for it in proposals}
    key, token = "$FLEXFORWARD_API_KEY", "$FLEXFORWARD_API_TOKEN"
    assert {("Bearer $FLEXFORWARD_TOKEN",), (key, token), (key,)} <= shown
    assert not [message for message in said if isinstance(message, Complaint)]


def test_a_check_that_fails_is_complained_of() -> None:
    said = proposed(lambda _: Reply(status=418, headers=ERROR.headers, body=b"{}"), "key-alone")
    complaints = [message for message in said if isinstance(message, Complaint)]
    assert "status_code_conformance" in {complaint.check for complaint in complaints}
    assert {complaint.case for complaint in complaints} <= {proposal.case for proposal in proposals_in(said)}


def test_no_answer_is_no_complaint_and_the_last_reply_ends_a_run() -> None:
    left = iter((Reply(problem="it broke"), Reply(is_last=True)))
    said = proposed(lambda _: next(left), "key-alone")
    assert len(proposals_in(said)) == 2
    assert said[-1] == Ended()


def test_a_judge_that_has_gone_ends_it() -> None:
    said = proposed(lambda _: None, "key-alone")
    assert len(proposals_in(said)) == 1


def test_without_a_job_it_ends() -> None:
    with Path(os.devnull).open("rb") as nothing:
        propose(nothing, nothing)


def test_as_a_program_it_proposes_over_its_standard_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """The program's own three lines; no limit is set on this process."""
    limits: list[int] = []

    def keep(_: int, limit: tuple[int, int]) -> None:
        limits.append(limit[0])

    (to_read, to_write), (from_read, from_write) = os.pipe(), os.pipe()
    os.close(to_write)
    kept = [(number, os.dup(number)) for number in (0, 1)]
    monkeypatch.setattr("resource.setrlimit", keep)
    try:
        os.dup2(to_read, 0)
        os.dup2(from_write, 1)
        proposer.main()
    finally:
        for number, copy in kept:
            os.dup2(copy, number)
            os.close(copy)
        for descriptor in (to_read, from_read, from_write):
            os.close(descriptor)
    assert limits == [proposer.MAX_MEMORY_BYTES]


class Stream:
    def __init__(self, *happened: object) -> None:
        self.happened = happened

    def __iter__(self) -> Iterator[object]:
        return iter(self.happened)

    def stop(self) -> None:
        raise AssertionError


def error_of(value: Exception) -> events.NonFatalError:
    return events.NonFatalError(error=value, phase=None, label="x", related_to_operation=False)


@pytest.mark.parametrize(
    ("happened", "trouble"),
    [
        ((events.FatalError(exception=ValueError("Boom")), error_of(KeyError("x"))), "ValueError: Boom"),
        ((error_of(TypeError("Boom")), events.FatalError(exception=ValueError("x"))), "TypeError: Boom"),
        ((error_of(requests.ConnectionError("x")),), None),
        (
            (events.EngineFinished(running_time=1, stop_reason=StopReason.SERVER_UNAVAILABLE),),
            "the server stopped answering",
        ),
        ((events.EngineFinished(running_time=1, stop_reason=StopReason.COMPLETED), events.EngineStarted()), None),
    ],
)
def test_an_end_that_was_not_meant_is_a_trouble(
    monkeypatch: pytest.MonkeyPatch, happened: tuple[object, ...], trouble: str | None
) -> None:
    class Engine:
        def execute(self) -> Stream:
            return Stream(*happened)

    def engine(_: object) -> Engine:
        return Engine()

    monkeypatch.setattr(proposer, "from_schema", engine)
    assert proposed(lambda _: ERROR, "key-alone") == [Ended(trouble=trouble)]
