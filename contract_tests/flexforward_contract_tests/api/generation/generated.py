"""Requests that schemathesis makes up from the document, brought among the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import unquote

import msgspec

from flexforward_contract_tests.api.evidence.document import tracking
from flexforward_contract_tests.api.evidence.evidence import HTTP_REFUSALS
from flexforward_contract_tests.api.probing.label_key import as_uuid
from flexforward_contract_tests.api.probing.observation import Observation
from flexforward_contract_tests.api.probing.probe import API_KEY, API_TOKEN, Headers, Probe
from flexforward_contract_tests.api.probing.probe_plan import AUTH_HEADERS, UNKNOWN_ID

from .schemathesis_run import request_bound, run_document

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from flexforward_contract_tests.api.probing.probe import AuthMethod, Purpose
    from flexforward_contract_tests.api.probing.rate import Rate
    from flexforward_contract_tests.api.probing.target import Target

    from .schemathesis_report import Complaint, GeneratedExchange
    from .schemathesis_run import DocumentRun

__all__ = ["Generated", "Run", "generate", "plan_runs"]

_HALF_EXAMPLES = 5
_FEWEST_MINUTES = 2
_OWN_HEADERS = {"user-agent", "accept-encoding", "accept", "connection", "x-schemathesis-testcaseid"}
_EXCLUDED = ("ignored_auth", "unsupported_method", "allow_header_conformance")
"""Checks that have rules of their own here, and that ask for more: without them the number of requests is bounded."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of schemathesis.

    Attributes:
        name: for people.
        auth_method: how it authenticates; None with half of the pair.
        half: header that holds the half, if it is one.
        bound: how many requests it makes at the most.
    """

    name: str
    purpose: Purpose
    auth_method: AuthMethod | None = None
    half: str | None = None
    ids: tuple[str, ...]
    max_examples: int
    bound: int


class Generated(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a run.

    Attributes:
        observations: for the rules.
        complaints: of schemathesis's own checks, each with its observation.
        trouble: why the run did not come to its end; None if it did.
    """

    observations: tuple[Observation, ...]
    complaints: tuple[tuple[Complaint, Observation], ...]
    trouble: str | None = None


def plan_runs(target: Target, purposes: Collection[Purpose], max_examples: int) -> tuple[Run, ...]:
    """ProbePlan the runs: one for each way of authenticating, and one for each half of the pair."""
    known = (
        target.label_id,
        target.order_number,
        target.foreign_label_id,
        target.failed_label_id,
        target.delivered_label_id,
        target.pending_label_id,
        UNKNOWN_ID,
    )
    ids = tuple(dict.fromkeys(key for key in known if key is not None))
    few = min(max_examples, _HALF_EXAMPLES)
    runs: list[Run] = []

    def add(
        name: str, purpose: Purpose, examples: int, *, auth_method: AuthMethod | None = None, half: str | None = None
    ) -> None:
        bound = request_bound(len(ids), examples)
        runs.append(
            Run(
                name=name,
                purpose=purpose,
                auth_method=auth_method,
                half=half,
                ids=ids,
                max_examples=examples,
                bound=bound,
            )
        )

    if max_examples > 0:
        if target.token is not None and "generated" in purposes:
            add("with the bearer token", "generated", max_examples, auth_method="bearer")
        if target.has_pair and "generated" in purposes:
            add("with the pair", "generated", max_examples, auth_method="pair")
        if target.has_pair and "key-alone" in purposes:
            add("with the key alone", "key-alone", few, half="x-rr-apikey")
        if target.has_pair and "token-alone" in purposes:
            add("with the token of the pair alone", "token-alone", few, half="x-rr-apitoken")
    return tuple(runs)


def generate(target: Target, run: Run, *, rate: Rate | None, timeout_s: float) -> Generated:
    """Let schemathesis make a run."""
    seconds = run.bound * (rate.interval_s if rate is not None else 0.1)
    try:
        done = run_document(
            target.base_url.rstrip("/"),
            credentials=_credentials(target, run),
            headers=_half(target, run),
            ids=run.ids,
            max_examples=run.max_examples,
            rate=None if rate is None else str(rate),
            request_timeout_s=timeout_s,
            timeout_s=2 * seconds + 60 * _FEWEST_MINUTES,
            excluded_checks=_EXCLUDED,
            is_loopback=target.is_loopback,
        )
    except TimeoutError as error:
        return Generated(observations=(), complaints=(), trouble=str(error))
    observations = {entry.case: _observation(target, run, entry) for entry in done.exchanges}
    complaints = [
        (complaint, observations[complaint.case])
        for complaint in done.complaints
        if complaint.case in observations and not _is_forgiven(observations[complaint.case])
    ]
    return Generated(observations=tuple(observations.values()), complaints=tuple(complaints), trouble=_trouble(done))


def _credentials(target: Target, run: Run) -> Mapping[str, str]:
    if run.auth_method == "bearer":
        return {"bearerAuth": target.token or ""}
    if run.auth_method == "pair":
        return {"apiKey": target.api_key or "", "apiToken": target.api_token or ""}
    return {}


def _half(target: Target, run: Run) -> Mapping[str, str]:
    if run.half is None:
        return {}
    return {run.half: (target.api_key if run.half == "x-rr-apikey" else target.api_token) or ""}


def _observation(target: Target, run: Run, entry: GeneratedExchange) -> Observation:
    raw = entry.url.removeprefix(target.origin).removeprefix(target.path)
    path, _, query = raw.partition("?")
    match = tracking().pattern.fullmatch(path)
    asks_for = unquote(match[1]) if match is not None else None
    headers = tuple(_headers(run, entry))
    is_plain = not query and headers == _sent(run) and (asks_for in run.ids or as_uuid(asks_for) is not None)
    probe = Probe(
        name=f"made up by schemathesis, {run.name}",
        purpose=run.purpose if match is not None else "elsewhere",
        target=raw,
        method=entry.method,
        headers=headers,
        asks_for=asks_for,
        auth_method=run.auth_method if is_plain else None,
        is_odd=not is_plain,
    )
    if not entry.status:
        return Observation(
            probe=probe, status=None, problem="the connection broke, or nothing came in time", is_repeated=True
        )
    return Observation(probe=probe, status=entry.status, headers=entry.headers, body=entry.body)


def _sent(run: Run) -> Headers:
    """Return the headers that a run shows when it makes nothing up."""
    if run.auth_method is not None:
        return AUTH_HEADERS[run.auth_method]
    return (("x-rr-apikey", API_KEY),) if run.half == "x-rr-apikey" else (("x-rr-apitoken", API_TOKEN),)


def _headers(run: Run, entry: GeneratedExchange) -> Iterator[tuple[str, str]]:
    """Yield the headers as a curl line writes them.

    A credential's value is filtered out of what schemathesis hands back. It is the right one, or one that was made up;
    those that the run has not got were made up.
    """
    sent = {name.lower(): (name, value) for name, value in _sent(run)}
    for name in sent:
        if name in dict(entry.request_headers):
            yield sent[name]
    for name, value in entry.request_headers:
        if name not in _OWN_HEADERS and name not in sent:
            yield name, value


def _is_forgiven(observation: Observation) -> bool:
    """Tell whether odd input was refused by what is not the API."""
    return observation.probe.is_odd and observation.status in (*HTTP_REFUSALS, 405)


def _trouble(done: DocumentRun) -> str | None:
    if done.exit_code in (0, 1) and done.exchanges:
        return None
    last = next((line for line in reversed(done.output.splitlines()) if line.strip(" =")), "it said nothing")
    return f"schemathesis came to no end ({last.strip(' =')})"
