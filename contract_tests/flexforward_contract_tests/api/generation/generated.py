"""Requests that schemathesis makes up from the document, sent and brought among the evidence."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote

import msgspec

from flexforward_contract_tests.api.evidence.document import tracking
from flexforward_contract_tests.api.evidence.evidence import HTTP_REFUSALS
from flexforward_contract_tests.api.probing.label_key import as_uuid
from flexforward_contract_tests.api.probing.probe import Probe
from flexforward_openapi import load_contract

from .messages import Complaint, Ended, Job, Proposal, Reply, RunOrder
from .schemathesis_process import SchemathesisProcess

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flexforward_contract_tests.api.probing.observation import Observation
    from flexforward_contract_tests.api.probing.sender import Sender
    from flexforward_contract_tests.api.probing.target import Target
    from flexforward_openapi import Contract, Json

    from .messages import Message
    from .run_plan import Run

__all__ = ["Generated", "GeneratedRun", "generate", "job_of"]

_SEED: Final = 1
_LONGEST_SILENCE_S: Final = 120.0
_OWN_HEADERS: Final = {"user-agent", "accept-encoding", "accept", "connection", "x-schemathesis-testcaseid"}
_EXCLUDED: Final = ("ignored_auth", "unsupported_method", "allow_header_conformance")
"""Checks that have rules of their own here, and that ask for more: without them the number of requests is bounded."""


class Generated(msgspec.Struct, frozen=True, kw_only=True):
    """What came of all runs.

    Attributes:
        observations: for the rules.
        complaints: of schemathesis's own checks, each with its observation.
        trouble: why a run did not come to its end, or saw nothing; None if all did and saw.
    """

    observations: tuple[Observation, ...] = ()
    complaints: tuple[tuple[Complaint, Observation], ...] = ()
    trouble: str | None = None


def generate(
    target: Target,
    runs: Sequence[Run],
    sender: Sender,
    *,
    process: Callable[[Job], SchemathesisProcess] = partial(SchemathesisProcess, timeout_s=_LONGEST_SILENCE_S),  # noqa: B008  # it starts nothing yet
) -> Generated:
    """Let schemathesis make its runs, in one process, and send what it proposes.

    Args:
        target: the API.
        runs: in their order; none is fine.
        sender: sends, at its pace, until it stops.
        process: starts schemathesis.
    """
    if not runs:
        return Generated()
    trouble: str | None = None
    made: list[GeneratedRun] = []
    with process(job_of(target, runs)) as schemathesis:
        for run in runs:
            here = GeneratedRun(target, run, sender)
            made.append(here)
            while not here.is_ended:
                message = schemathesis.next_message()
                if message is None:
                    here.trouble = f"schemathesis came to no end ({schemathesis.last_words})"
                    break
                reply = here.take(message)
                if reply is not None:
                    schemathesis.reply(reply)
            trouble = here.trouble
            if trouble is not None or sender.stopped is not None:
                break
    return Generated(
        observations=tuple(observation for run in made for observation in run.observations),
        complaints=tuple(complaint for run in made for complaint in run.complaints),
        trouble=trouble,
    )


def job_of(target: Target, runs: Sequence[Run]) -> Job:
    """Return what schemathesis is told: variables in the place of secrets, and an address where it sends nothing."""
    return Job(
        base_url=target.base_url.rstrip("/"),
        document=msgspec.json.encode(_with_examples(load_contract(), runs[0].ids)),
        orders=tuple(
            RunOrder(
                credentials=dict(run.credentials),
                headers=dict(() if run.half is None else (run.half,)),
                ids=run.ids,
                max_examples=run.max_examples,
                excluded_checks=_EXCLUDED,
            )
            for run in runs
        ),
        seed=_SEED,
    )


def _with_examples(contract: Contract, ids: Sequence[str]) -> Json:
    """Return the document with ``ids`` as the examples of each parameter; the contract has one, the path's.

    The examples phase asks for each of them once; the fuzzing phase draws from its dictionary very unevenly.
    """
    document: Json = msgspec.json.decode(msgspec.json.encode(contract.document))
    for item in document["paths"].values():
        for parameter in (entry for operation in item.values() for entry in operation["parameters"]):
            parameter.pop("example", None)
            parameter["examples"] = {f"id-{index}": {"value": value} for index, value in enumerate(ids)}
    return document


class GeneratedRun:
    """One run, message by message.

    Attributes:
        observations: every request that was sent, also those that were sent again.
        complaints: of what was sent.
        trouble: why it came to no end, or saw nothing.
        is_ended: schemathesis has nothing more to say of it.
    """

    def __init__(self, target: Target, run: Run, sender: Sender) -> None:
        self._target, self._run, self._sender = target, run, sender
        self._by_case: dict[str, Observation] = {}
        self._sent = 0
        self.observations: list[Observation] = []
        self.complaints: list[tuple[Complaint, Observation]] = []
        self.trouble: str | None = None
        self.is_ended = False

    def take(self, message: Message) -> Reply | None:
        """Take what schemathesis says; return what it waits for."""
        match message:
            case Proposal():
                return self._propose(message)
            case Complaint():
                self._complain(message)
            case _:
                self._end(message)
        return None

    def _propose(self, proposal: Proposal) -> Reply:
        if self._sender.stopped is not None or self._sent >= self._run.bound:
            return Reply(is_last=True)
        if proposal.method != "GET":
            return Reply(problem="nothing but GET is sent")
        self._sent += 1
        observations = self._sender.send_generated(_probe(self._target, self._run, proposal))
        last = observations[-1]
        if last.status is None:
            # The connection may have been closed meanwhile, and of odd input other probes say more.
            observations = (*observations[:-1], msgspec.structs.replace(last, is_repeated=True))
        self.observations += observations
        self._by_case[proposal.case] = observations[-1]
        return Reply(status=last.status, headers=last.headers, body=last.body, problem=last.problem or "")

    def _complain(self, complaint: Complaint) -> None:
        observation = self._by_case.get(complaint.case)
        if observation is not None and not _is_forgiven(observation):
            self.complaints.append((complaint, observation))

    def _end(self, ended: Ended) -> None:
        self.is_ended = True
        if self._sender.stopped is not None:
            return
        if not any(observation.status is not None for observation in self.observations):
            said = self.observations[-1].problem if self.observations else ended.trouble or "it made nothing up"
            self.trouble = f"nothing that schemathesis made up {self._run.name} was answered ({said})"
        elif ended.trouble is not None:
            self.trouble = f"schemathesis came to no end ({ended.trouble})"


def _probe(target: Target, run: Run, proposal: Proposal) -> Probe:
    raw = proposal.url.removeprefix(target.origin).removeprefix(target.path)
    path, _, query = raw.partition("?")
    match = tracking().pattern.fullmatch(path)
    asks_for = unquote(match[1]) if match is not None else None
    headers = _headers(run, proposal)
    is_plain = not query and headers == run.sent and (asks_for in run.ids or as_uuid(asks_for) is not None)
    return Probe(
        name=f"made up by schemathesis, {run.name}",
        purpose=run.purpose if match is not None else "elsewhere",
        target=raw,
        method=proposal.method,
        headers=headers,
        asks_for=asks_for,
        auth_method=run.auth_method if is_plain else None,
        is_odd=not is_plain,
    )


def _headers(run: Run, proposal: Proposal) -> tuple[tuple[str, str], ...]:
    """Return the headers as a curl line writes them: credentials first, without those of the library that sends."""
    names = {name.lower(): name for name, _ in run.sent}
    given = [(names.get(name.lower(), name), value) for name, value in proposal.headers]
    shown = [entry for entry in given if entry[0].lower() in names]
    return (*shown, *(entry for entry in given if entry[0].lower() not in names | dict.fromkeys(_OWN_HEADERS)))


def _is_forgiven(observation: Observation) -> bool:
    """Tell whether odd input was refused by what is not the API, or anything by its limit."""
    return observation.status == 429 or (observation.probe.is_odd and observation.status in (*HTTP_REFUSALS, 405))
