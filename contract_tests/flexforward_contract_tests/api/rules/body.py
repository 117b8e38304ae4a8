"""Rules on statuses and on the shape of bodies, whatever was asked."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING

from flexforward_contract_tests.api.evidence.document import (
    documented,
    extra_fields,
    schema_name,
    shape_problems,
    tracking,
)
from flexforward_contract_tests.api.evidence.finding import Findings, NotRun, no_input
from flexforward_contract_tests.api.probing.observation import NO_JSON, has_lone_surrogate, repeated_names

from .declaration import PASSIVE, REFUSALS, SHOWN, api_rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_contract_tests.api.evidence.evidence import Evidence
    from flexforward_contract_tests.api.evidence.finding import Violation
    from flexforward_contract_tests.api.probing.observation import Observation

__all__ = [
    "closed",
    "encoding",
    "error_schema",
    "failed_label_schema",
    "media_type",
    "status_documented",
    "success",
    "unique_names",
]

_DRIFT = (400, 429, 500)
"""Statuses that the vendor's error page has and the document has not; and that of a limit, which may come any day."""

_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


@api_rule(
    "api.status.documented",
    "must",
    "Every status is one that the document lists, or 404 or 405 for a wrong path or method.",
    sources=("op", "page"),
    purposes=PASSIVE,
)
def status_documented(evidence: Evidence) -> Findings:
    """Judge statuses."""
    judged = list(evidence.answers)
    if not judged:
        return NotRun("no answer came")
    found: list[Violation] = []
    for observation in judged:
        status = observation.status or 0
        # What odd input provokes has a rule of its own.
        is_explained = documented(status) is not None or (observation.probe.is_odd and (status >= 500 or status == 405))
        if not is_explained:
            is_drift = status in _DRIFT
            found.append(
                evidence.violation(
                    observation,
                    expected=f"one of {', '.join(map(str, tracking().statuses))}, not {status}",
                    actual=observation.said,
                    level="should" if is_drift else None,
                    is_drift=is_drift,
                )
            )
    return tuple(found)


@api_rule(
    "api.schema.success",
    "must",
    "A 200 has every required field with its documented type, in the shipment and in each checkpoint.",
    sources=("op",),
    needs=("--label",),
    purposes=SHOWN,
)
def success(evidence: Evidence) -> Findings:
    """Judge the shape of a 200."""
    return _shape(evidence, (200,), "no answer was 200", "--label")


@api_rule(
    "api.schema.closed",
    "should",
    "No body has a field that the document does not list.",
    sources=("op", "policy"),
    purposes=PASSIVE,
    is_drift=True,
)
def closed(evidence: Evidence) -> Findings:
    """Judge whether bodies have fields that the document does not list."""
    judged = [observation for observation in _documented(evidence) if observation.json is not NO_JSON]
    if not judged:
        return NotRun("no answer had a JSON body")
    return tuple(
        evidence.violation(observation, expected=f"only listed fields in a {observation.status}", actual=problem)
        for observation in judged
        for problem in extra_fields(observation.status or 0, observation.json)
    )


@api_rule(
    "api.schema.error",
    "must",
    "The bodies of 401, 403, 404 and 502 are an ErrorResponse.",
    sources=("op",),
    purposes=REFUSALS,
)
def error_schema(evidence: Evidence) -> Findings:
    """Judge the shape of errors."""
    return _shape(evidence, (401, 403, 404, 502), "no answer was 401, 403, 404 or 502")


@api_rule(
    "api.schema.failed-label",
    "must",
    "The body of a 422 is a LabelFailedResponse with the documented error.",
    sources=("op",),
    needs=("--failed-label",),
    purposes={"failed"},
)
def failed_label_schema(evidence: Evidence) -> Findings:
    """Judge the shape of a 422."""
    return _shape(evidence, (422,), "no answer was 422", "--failed-label")


@api_rule(
    "api.media-type",
    "must",
    "Every body is application/json.",
    sources=("op",),
    purposes=PASSIVE,
)
def media_type(evidence: Evidence) -> Findings:
    """Judge what bodies say they are."""
    judged = [observation for observation in _documented(evidence) if observation.body]
    if not judged:
        return NotRun("no answer had a body")
    return tuple(
        evidence.violation(
            observation,
            expected=f"Content-Type application/json in a {observation.status}",
            actual=f"Content-Type {observation.header('content-type') or 'is not there'}",
        )
        for observation in judged
        if observation.media_type != "application/json"
    )


@api_rule(
    "api.encoding",
    "must",
    "JSON is UTF-8 without a byte-order mark.",
    sources=("http",),
    purposes=PASSIVE,
)
def encoding(evidence: Evidence) -> Findings:
    """Judge how bodies are written as bytes."""
    judged = [observation for observation in _documented(evidence) if observation.body and observation.problem is None]
    if not judged:
        return NotRun("no answer had a body")
    found = [
        evidence.violation(
            observation, expected=f"UTF-8 without a byte-order mark in a {observation.status}", actual=problem
        )
        for observation in judged
        if (problem := _encoding_problem(observation.body))
    ]
    # The grammar allows it, and many a reader breaks on it (RFC 8259, section 8.2).
    found += [
        evidence.violation(
            observation,
            expected=f"whole characters in a {observation.status}, no lone surrogate",
            actual=observation.said,
            level="should",
        )
        for observation in judged
        if observation.json is not NO_JSON and has_lone_surrogate(observation.json)
    ]
    return tuple(found)


@api_rule(
    "api.json.unique-names",
    "should",
    "No object in a body has one name twice.",
    sources=("http",),
    purposes=PASSIVE,
)
def unique_names(evidence: Evidence) -> Findings:
    """Judge whether every reader of a body understands the same: of two members of one name each picks its own."""
    judged = [observation for observation in _documented(evidence) if observation.json is not NO_JSON]
    if not judged:
        return NotRun("no answer had a JSON body")
    return tuple(
        evidence.violation(
            observation,
            expected=f"each name once in each object of a {observation.status}",
            actual=f"{', '.join(map(repr, names))} twice in one object: {observation.said}",
        )
        for observation in judged
        if (names := repeated_names(observation.body))
    )


def _documented(evidence: Evidence) -> Iterator[Observation]:
    for observation in evidence.answers:
        if documented(observation.status or 0) is not None:
            yield observation


def _shape(evidence: Evidence, statuses: tuple[int, ...], reason: str, option: str | None = None) -> Findings:
    judged = [observation for observation in evidence.answers if observation.status in statuses]
    if not judged:
        lacks = option == "--failed-label" and evidence.target.failed_label_id is None
        lacks = lacks or (option == "--label" and not evidence.keys)
        return no_input(option) if option is not None and lacks else NotRun(reason)
    return tuple(violation for observation in judged for violation in _misshapen(evidence, observation))


def _misshapen(evidence: Evidence, observation: Observation) -> Iterator[Violation]:
    status = observation.status or 0
    body = observation.json
    if observation.problem is not None:
        yield evidence.violation(
            observation, expected=f"a whole body of a {status}", actual=f"it was cut off: {observation.problem}"
        )
    elif body is NO_JSON:
        yield evidence.violation(observation, expected=f"JSON as the body of a {status}", actual=observation.said)
    else:
        for problem in shape_problems(status, body):
            yield evidence.violation(
                observation, expected=f"{schema_name(status)} as the body of a {status}", actual=problem
            )


def _encoding_problem(body: bytes) -> str | None:
    if body.startswith(_BOMS):
        return "it begins with a byte-order mark"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"byte {error.start} is no UTF-8"
    return "it is not UTF-8, for it has NUL bytes" if b"\0" in body else None
