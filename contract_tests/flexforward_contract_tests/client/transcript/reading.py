"""What a client can have read of an answer: the one place that decides it.

Three things are told apart. What was surely delivered readable is *good*, and every rule may build on it. What some
clients take and others do not (JSON under a wrong media type, a body in drops, an answer later than many time-outs) is
*doubtful*: a client may act on it or take it for a failure. Everything else says nothing of the shipment.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS
from flexforward_mockserver.scenarios.tag import TAGS
from flexforward_openapi import Json, as_list, as_mapping

from .guide import REFUSALS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_mockserver.scenarios.scenario import Evolution, Scenario
    from flexforward_mockserver.state.journal import Exchange

__all__ = ["EVOLUTIONS", "LONG", "NEW_FIELDS", "SLOW_S", "Reading", "ReadingKind", "read", "served_tag"]

ReadingKind: TypeAlias = Literal["good", "doubtful", "failure", "refused", "unlisted"]

_EVOLVED_KINDS = tuple(name for name, kind in FAULT_KINDS.items() if kind.readable == "evolved")
EVOLUTIONS = (*_EVOLVED_KINDS, "new-checkpoint-field", "new-error-field")
"""What the vendor's versioning policy permits without notice: kinds of fault, and what only a scenario brings."""
NEW_FIELDS = frozenset(("new-field", "new-checkpoint-field", "new-error-field"))
"""Those that a client may refuse, though it reads the rest."""

SLOW_S = 2.0
"""From so many seconds on, a client may have given up before the answer came; the journal does not always know."""
LONG = 100
"""From so many checkpoints on, a history is long."""

_HIDING = frozenset(name for name, kind in FAULT_KINDS.items() if kind.readable == "hidden")
_DOUBTFUL = frozenset(name for name, kind in FAULT_KINDS.items() if kind.readable == "doubtful")
_ODD_REQUEST = frozenset((400, 405))
_MILLISECONDS = re.compile(r"\.\d+")


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """An exchange as the client saw it.

    Attributes:
        tag: at the top of the body; None unless the answer is good, or doubtful with a body.
        traits: what is special about the body, such as ``null checkpoints[].city``.
        evolutions: those of ``EVOLUTIONS`` that the answer shows.
    """

    exchange: Exchange
    kind: ReadingKind
    tag: str | None = None
    traits: frozenset[str] = frozenset()
    evolutions: frozenset[str] = frozenset()

    @property
    def is_failing(self) -> bool:
        """Whether the client may, or must, take it for something that passes and try again."""
        return self.kind in ("failure", "doubtful", "unlisted")

    @property
    def may_be_refused(self) -> bool:
        """Whether the client may take it for an answer that asking again does not mend."""
        return self.kind == "refused" or (self.kind == "doubtful" and self.tag is None)


def read(exchange: Exchange, scenario: Scenario | None = None) -> Reading:
    """Return what a client can have read.

    Args:
        exchange: with its body, if the journal has it.
        scenario: of the label; says where its answers leave the contract as the versioning policy permits.
    """
    status, fault = exchange.status, exchange.fault
    if status is None:
        return Reading(exchange=exchange, kind="failure")
    if fault == "unlisted-status":
        return Reading(exchange=exchange, kind="unlisted", evolutions=frozenset((fault,)))
    error_evolutions = frozenset(_error_evolutions(exchange, scenario))
    if status >= 500 or status == 429:
        return Reading(exchange=exchange, kind="failure", evolutions=error_evolutions)
    is_slow = fault in _DOUBTFUL or exchange.duration_s >= SLOW_S
    if status in REFUSALS or status in _ODD_REQUEST:
        # The status line of a broken answer may have come through, or not.
        kind: ReadingKind = "doubtful" if is_slow or fault in _HIDING else "refused"
        return Reading(exchange=exchange, kind=kind, evolutions=error_evolutions)
    if 200 <= status < 300:
        return _read_success(exchange, scenario, is_slow=is_slow)
    return Reading(exchange=exchange, kind="unlisted", evolutions=frozenset(("unlisted-status",)))


def served_tag(exchange: Exchange) -> str | None:
    """Return the tag at the top of the answer, if the client is sure to have got it."""
    reading = read(exchange)
    return reading.tag if reading.kind == "good" else None


def _read_success(exchange: Exchange, scenario: Scenario | None, *, is_slow: bool) -> Reading:
    tag, traits = (None, frozenset[str]()) if exchange.fault in _HIDING else _told_by(exchange)
    if tag is None:
        return Reading(exchange=exchange, kind="failure")
    return Reading(
        exchange=exchange,
        kind="doubtful" if is_slow else "good",
        tag=tag,
        traits=traits,
        evolutions=frozenset(_evolutions(exchange, tag, traits, scenario)),
    )


def _told_by(exchange: Exchange) -> tuple[str | None, frozenset[str]]:
    """Return the tag at the top of a body and what is special about it; where a journal keeps no body, its own word."""
    return _parsed(exchange.body) if exchange.body else (exchange.tag, frozenset())


@lru_cache(maxsize=16)
def _parsed(body: bytes) -> tuple[str | None, frozenset[str]]:
    """Read a body; kept because a client gets the same one again and again, and some are long."""
    try:
        parts = as_mapping(msgspec.json.decode(body))
    except msgspec.DecodeError:
        parts = {}
    tag = parts.get("tag")
    return (tag, frozenset(_traits(parts))) if isinstance(tag, str) else (None, frozenset())


def _traits(body: dict[str, Json]) -> Iterator[str]:
    yield from (f"null {name}" for name, value in body.items() if value is None)
    if "checkpoints" not in body:
        return
    checkpoints = as_list(body["checkpoints"])
    if not checkpoints:
        yield "no checkpoints"
    if len(checkpoints) >= LONG:
        yield "long history"
    for checkpoint in map(as_mapping, checkpoints):
        yield from (f"null checkpoints[].{name}" for name, value in checkpoint.items() if value is None)
        yield f"time in {_time_form(str(checkpoint.get('checkpointTime')))}"
        if not all(value.isascii() for value in checkpoint.values() if isinstance(value, str)):
            yield "text beyond ASCII"


def _time_form(text: str) -> str:
    """Return the form of an instant, in the words of ``scenario.TimeFormat``."""
    if not text.endswith("Z"):
        return "offset"
    return "milliseconds" if _MILLISECONDS.search(text) else "seconds"


def _evolutions(exchange: Exchange, tag: str, traits: frozenset[str], scenario: Scenario | None) -> Iterator[str]:
    if exchange.fault in _EVOLVED_KINDS:
        yield exchange.fault
    if tag not in TAGS:
        yield "new-tag"
    evolution = _evolution_of(exchange, scenario)
    if evolution is None:
        return
    if evolution.fields:
        yield "new-field"
    if evolution.checkpoint and "no checkpoints" not in traits:  # else there is none that could show it
        yield "new-checkpoint-field"
    if evolution.status is not None and tag in TAGS:
        yield "new-subtag"


def _error_evolutions(exchange: Exchange, scenario: Scenario | None) -> Iterator[str]:
    evolution = _evolution_of(exchange, scenario)
    if evolution is not None and evolution.error and exchange.fault is None:
        yield "new-error-field"


def _evolution_of(exchange: Exchange, scenario: Scenario | None) -> Evolution | None:
    """Return in what the answer leaves the contract by its step of the scenario."""
    if scenario is None or exchange.step is None or exchange.step >= len(scenario.steps):
        return None
    return scenario.steps[exchange.step].evolution
