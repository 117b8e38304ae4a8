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
from flexforward_contract_tests.api.evidence.finding import NotRun, Verdict, no_input
from flexforward_contract_tests.api.evidence.observation import NO_JSON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_contract_tests.api.evidence.evidence import Evidence
    from flexforward_contract_tests.api.evidence.finding import Breach
    from flexforward_contract_tests.api.evidence.observation import Exchange

__all__ = ["closed", "encoding", "error_schema", "failed_label_schema", "media_type", "status_documented", "success"]

_PROSE_ONLY = (400, 500)
"""Statuses that the vendor's error page has and the document has not."""

_BOMS = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, codecs.BOM_UTF32_BE)


def status_documented(evidence: Evidence) -> Verdict:
    """Judge statuses."""
    judged = list(evidence.answers)
    if not judged:
        return NotRun("no answer came")
    found: list[Breach] = []
    for exchange in judged:
        status = exchange.status or 0
        # What odd input provokes has a rule of its own.
        is_explained = documented(status) is not None or (exchange.probe.is_odd and (status >= 500 or status == 405))
        if not is_explained:
            is_drift = status in _PROSE_ONLY
            found.append(
                evidence.breach(
                    exchange,
                    expected=f"one of {', '.join(map(str, tracking().statuses))}, not {status}",
                    actual=exchange.said,
                    level="should" if is_drift else None,
                    is_drift=is_drift,
                )
            )
    return tuple(found)


def success(evidence: Evidence) -> Verdict:
    """Judge the shape of a 200."""
    return _shape(evidence, (200,), "no answer was 200", "--label")


def error_schema(evidence: Evidence) -> Verdict:
    """Judge the shape of errors."""
    return _shape(evidence, (401, 403, 404, 502), "no answer was 401, 403, 404 or 502")


def failed_label_schema(evidence: Evidence) -> Verdict:
    """Judge the shape of a 422."""
    return _shape(evidence, (422,), "no answer was 422", "--failed-label")


def closed(evidence: Evidence) -> Verdict:
    """Judge whether bodies have fields that the document does not list."""
    judged = [exchange for exchange in _documented(evidence) if exchange.json is not NO_JSON]
    if not judged:
        return NotRun("no answer had a JSON body")
    return tuple(
        evidence.breach(exchange, expected=f"only listed fields in a {exchange.status}", actual=problem)
        for exchange in judged
        for problem in extra_fields(exchange.status or 0, exchange.json)
    )


def media_type(evidence: Evidence) -> Verdict:
    """Judge what bodies say they are."""
    judged = [exchange for exchange in _documented(evidence) if exchange.body]
    if not judged:
        return NotRun("no answer had a body")
    return tuple(
        evidence.breach(
            exchange,
            expected=f"Content-Type application/json in a {exchange.status}",
            actual=f"Content-Type {exchange.header('content-type') or 'is not there'}",
        )
        for exchange in judged
        if exchange.media_type != "application/json"
    )


def encoding(evidence: Evidence) -> Verdict:
    """Judge how bodies are written as bytes."""
    judged = [exchange for exchange in _documented(evidence) if exchange.body and exchange.problem is None]
    if not judged:
        return NotRun("no answer had a body")
    return tuple(
        evidence.breach(exchange, expected=f"UTF-8 without a byte-order mark in a {exchange.status}", actual=problem)
        for exchange in judged
        if (problem := _encoding_problem(exchange.body))
    )


def _documented(evidence: Evidence) -> Iterator[Exchange]:
    for exchange in evidence.answers:
        if documented(exchange.status or 0) is not None:
            yield exchange


def _shape(evidence: Evidence, statuses: tuple[int, ...], reason: str, option: str | None = None) -> Verdict:
    judged = [exchange for exchange in evidence.answers if exchange.status in statuses]
    if not judged:
        lacks = option == "--failed-label" and evidence.target.failed_label_id is None
        lacks = lacks or (option == "--label" and not evidence.keys)
        return no_input(option) if option is not None and lacks else NotRun(reason)
    return tuple(breach for exchange in judged for breach in _misshapen(evidence, exchange))


def _misshapen(evidence: Evidence, exchange: Exchange) -> Iterator[Breach]:
    status = exchange.status or 0
    body = exchange.json
    if exchange.problem is not None:
        yield evidence.breach(
            exchange, expected=f"a whole body of a {status}", actual=f"it was cut off: {exchange.problem}"
        )
    elif body is NO_JSON:
        yield evidence.breach(exchange, expected=f"JSON as the body of a {status}", actual=exchange.said)
    else:
        for problem in shape_problems(status, body):
            yield evidence.breach(exchange, expected=f"{schema_name(status)} as the body of a {status}", actual=problem)


def _encoding_problem(body: bytes) -> str | None:
    if body.startswith(_BOMS):
        return "it begins with a byte-order mark"
    try:
        body.decode("utf-8")
    except UnicodeDecodeError as error:
        return f"byte {error.start} is no UTF-8"
    return "it is not UTF-8, for it has NUL bytes" if b"\0" in body else None
