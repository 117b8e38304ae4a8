"""Rules on what a shipment says: order, tags, times, countries, numbers."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from flexforward_contract_tests.api.evidence.finding import Findings, NotRun, no_input
from flexforward_contract_tests.api.evidence.timestamps import read_date_header, read_time
from flexforward_mockserver.scenarios.tag import TAGS
from flexforward_openapi import as_list
from flexforward_openapi.validation import is_alpha2

from .declaration import READS, api_rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from flexforward_contract_tests.api.evidence.evidence import Evidence
    from flexforward_contract_tests.api.evidence.finding import Violation
    from flexforward_openapi import Json

__all__ = [
    "country_alpha2",
    "newest_first",
    "subtag_belongs",
    "tag_known",
    "time_not_future",
    "time_rfc3339",
    "top_is_newest",
    "tracking_number",
]

_GRACE = timedelta(minutes=5)
_WITHOUT_EVENT = ("Pending", "Cancelled", "Unknown")
"""Tags that a shipment may have though no checkpoint says so."""


@api_rule(
    "api.order.newest-first",
    "must",
    "Checkpoint times do not rise down the list.",
    sources=("guide",),
    needs=("--label",),
    purposes=READS,
)
def newest_first(evidence: Evidence) -> Findings:
    """Judge the order of checkpoints."""
    found: list[Violation] = []
    is_judged = False
    for observation, body in evidence.shipments:
        placed = [(index, at) for index, at in enumerate(map(_at, _entries(body))) if at is not None]
        is_judged = is_judged or len(placed) > 1
        for (above, later), (below, earlier) in pairwise(placed):
            if earlier > later:
                actual = (
                    f"checkpoints[{below}] is of {earlier.isoformat()}, checkpoints[{above}] of {later.isoformat()}"
                )
                found.append(evidence.violation(observation, expected="the newest checkpoint first", actual=actual))
    return tuple(found) if is_judged else _nothing(evidence, "no shipment had two checkpoints whose times can be read")


@api_rule(
    "api.tag.known",
    "should",
    "Tags are among the seven, at the top and in checkpoints.",
    sources=("guide", "op"),
    needs=("--label",),
    purposes=READS,
    is_drift=True,
)
def tag_known(evidence: Evidence) -> Findings:
    """Judge tags."""
    return _each_level(evidence, _tag_problem, f"one of {', '.join(TAGS)}")


@api_rule(
    "api.tag.top-is-newest",
    "should",
    "Tag and subtag at the top are a newest checkpoint's, unless it is Pending, Cancelled or Unknown.",
    sources=("ours",),
    needs=("--label",),
    purposes=READS,
)
def top_is_newest(evidence: Evidence) -> Findings:
    """Judge whether the shipment's status is that of a newest checkpoint."""
    found: list[Violation] = []
    is_judged = False
    for observation, body in evidence.shipments:
        newest = _newest(body)
        if not newest or body.get("tag") in _WITHOUT_EVENT:
            continue
        is_judged = True
        top = (body.get("tag"), body.get("subtag"))
        theirs = [(entry.get("tag"), entry.get("subtag")) for entry in newest]
        if top not in theirs:
            actual = f"{_words(top)} at the top, {_words(theirs[0])} in the newest checkpoint"
            expected = "tag and subtag of a newest checkpoint at the top"
            found.append(evidence.violation(observation, expected=expected, actual=actual))
    return tuple(found) if is_judged else _nothing(evidence, "no shipment under way had a checkpoint")


@api_rule(
    "api.subtag.belongs",
    "should",
    "A subtag begins with its tag and an underscore.",
    sources=("ours",),
    needs=("--label",),
    purposes=READS,
)
def subtag_belongs(evidence: Evidence) -> Findings:
    """Judge whether subtags go with their tags."""
    return _each_level(evidence, _subtag_problem, "a subtag that begins with its tag and an underscore")


@api_rule(
    "api.time.rfc3339",
    "must",
    "Checkpoint times are RFC 3339 with a zone.",
    sources=("op", "guide"),
    needs=("--label",),
    purposes=READS,
)
def time_rfc3339(evidence: Evidence) -> Findings:
    """Judge how times are written."""
    return _each_checkpoint(
        evidence,
        lambda entry: (
            read_time(entry.get("checkpointTime")) is not None or not isinstance(entry.get("checkpointTime"), str)
        ),
        "checkpointTime",
        "RFC 3339 with a zone",
    )


@api_rule(
    "api.time.not-future",
    "should",
    "No checkpoint is later than the answer's Date plus five minutes.",
    sources=("ours",),
    needs=("--label",),
    purposes=READS,
)
def time_not_future(evidence: Evidence) -> Findings:
    """Judge whether checkpoints lie in the future, by the answer's own clock."""
    found: list[Violation] = []
    is_judged = False
    for observation, place, entry in evidence.checkpoints:
        now, at = read_date_header(observation.header("date")), _at(entry)
        if now is None or at is None:
            continue
        is_judged = True
        if at > now + _GRACE:
            actual = f"{place} is of {at.isoformat()}, the answer of {now.isoformat()}"
            found.append(evidence.violation(observation, expected="no checkpoint in the future", actual=actual))
    return tuple(found) if is_judged else _nothing(evidence, "no answer had both a Date and a checkpoint's time")


@api_rule(
    "api.country.alpha2",
    "must",
    "A countryRegion is null or an ISO 3166-1 alpha-2 code in capitals (or XK).",
    sources=("op",),
    needs=("--label",),
    purposes=READS,
)
def country_alpha2(evidence: Evidence) -> Findings:
    """Judge countries."""

    def is_kept(entry: Json) -> bool:
        country = entry.get("countryRegion")
        return not isinstance(country, str) or is_alpha2(country)

    return _each_checkpoint(evidence, is_kept, "countryRegion", "null or an ISO 3166-1 alpha-2 code in capitals")


@api_rule(
    "api.tracking-number",
    "should",
    "A trackingNumber is null or not empty.",
    sources=("op",),
    needs=("--label",),
    purposes=READS,
)
def tracking_number(evidence: Evidence) -> Findings:
    """Judge tracking numbers."""
    shipments = list(evidence.shipments)
    if not shipments:
        return _nothing(evidence, "no label was shown")
    return tuple(
        evidence.violation(
            observation, expected="a trackingNumber that is null or says something", actual=f"{number!r}"
        )
        for observation, body in shipments
        if isinstance(number := body.get("trackingNumber"), str) and not number.strip()
    )


def _entries(body: Json) -> list[Json]:
    return [entry for entry in as_list(body.get("checkpoints")) if isinstance(entry, dict)]


def _at(entry: Json) -> datetime | None:
    return read_time(entry.get("checkpointTime"))


def _newest(body: Json) -> list[Json]:
    """Return the newest checkpoints; several of them if they have the same time."""
    times = [(at, entry) for entry in _entries(body) if (at := _at(entry)) is not None]
    latest = max((at for at, _ in times), default=None)
    return [entry for at, entry in times if at == latest]


def _words(status: tuple[Json, Json]) -> str:
    return f"{status[0]} {status[1]}"


def _levels(body: Json) -> Iterator[tuple[str, Json]]:
    yield "", body
    for index, entry in enumerate(_entries(body)):
        yield f"checkpoints[{index}].", entry


def _tag_problem(entry: Json) -> str | None:
    tag = entry.get("tag")
    return f"tag {tag!r}" if isinstance(tag, str) and tag not in TAGS else None


def _subtag_problem(entry: Json) -> str | None:
    tag, subtag = entry.get("tag"), entry.get("subtag")
    if not (isinstance(tag, str) and isinstance(subtag, str)) or subtag.startswith(f"{tag}_"):
        return None
    return f"subtag {subtag!r} with tag {tag!r}"


def _each_level(evidence: Evidence, problem_of: Callable[[Json], str | None], expected: str) -> Findings:
    shipments = list(evidence.shipments)
    if not shipments:
        return _nothing(evidence, "no label was shown")
    return tuple(
        evidence.violation(observation, expected=expected, actual=place + problem)
        for observation, body in shipments
        for place, entry in _levels(body)
        if (problem := problem_of(entry))
    )


def _each_checkpoint(evidence: Evidence, is_kept: Callable[[Json], bool], field: str, expected: str) -> Findings:
    checkpoints = list(evidence.checkpoints)
    if not checkpoints:
        return _nothing(evidence, "no shipment had a checkpoint")
    return tuple(
        evidence.violation(observation, expected=expected, actual=f"{place}.{field} is {entry.get(field)!r}")
        for observation, place, entry in checkpoints
        if not is_kept(entry)
    )


def _nothing(evidence: Evidence, reason: str) -> NotRun:
    return NotRun(reason) if evidence.keys else no_input("--label")
