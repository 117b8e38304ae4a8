"""Breaches under odd ids, headers and queries."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from mutants.api.mutant import ApiMutant
from mutants.api.tracking_api import Answer, TrackingApi

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.api.tracking_api import Question

__all__ = ["MUTANTS"]

ROBUST: Final = "api.robust.no-5xx"

TRACEBACK: Final = b"<html><body><h1>Traceback</h1><pre>File app.py, line 7: KeyError</pre></body></html>"


class CrashError(Exception):
    """The server's program breaks."""


class _Odd(TrackingApi):
    def __init__(
        self, is_odd: Callable[[Question, str], bool], outcome: Callable[[TrackingApi, Question], Answer]
    ) -> None:
        super().__init__()
        self.is_odd, self.outcome = is_odd, outcome

    def judged(self, question: Question) -> Answer:
        wanted = self.decoded(question.path.removeprefix("/tracking/"))
        is_odd = self.is_odd(question, wanted) and self.account(question) is not None and question.method == "GET"
        return self.outcome(self, question) if is_odd else super().judged(question)


def _failure(status: int) -> Callable[[TrackingApi, Question], Answer]:
    return lambda api, _: api.reply(status, {"error": "Internal error"})


def _traceback(_: TrackingApi, __: Question) -> Answer:
    return Answer(status=500, body=TRACEBACK, headers={"Content-Type": "text/html"})


def _hang_up(_: TrackingApi, __: Question) -> Answer:
    raise CrashError


def _first_label(api: TrackingApi, question: Question) -> Answer:
    return api.reply(200, api.shipment(api.delivered, question))


def odd(
    name: str,
    sentence: str,
    is_odd: Callable[[Question, str], bool],
    outcome: Callable[[TrackingApi, Question], Answer] = _failure(500),  # noqa: B008  # the same for each
) -> ApiMutant:
    """Return a mutant with an outcome of its own for odd questions of those that are let in."""
    return ApiMutant(name=name, rule=ROBUST, sentence=sentence, api=lambda: _Odd(is_odd, outcome))


def _header(name: str, usual: str) -> Callable[[Question, str], bool]:
    return lambda question, _: question.headers.get(name, usual) not in {usual, "*/*"}


MUTANTS: Final[tuple[ApiMutant, ...]] = (
    odd("quote-500", "A quote in the id gets 500.", lambda _, wanted: "'" in wanted or '"' in wanted),
    odd(
        "quote-200", "A quote in the id gets another label, as by SQL injection.", lambda _, it: "'" in it, _first_label
    ),
    odd("zero-byte-500", "A zero byte in the id gets 500.", lambda _, wanted: "\0" in wanted),
    odd("long-id-500", "An id of more than 255 characters gets 500.", lambda _, wanted: len(wanted) > 255),
    odd(
        "emoji-500",
        "A character beyond 16 bits in the id gets 500.",
        lambda _, wanted: max(wanted, default="") > "\uffff",
    ),
    odd(
        "not-utf-8-500",
        "An id that is not UTF-8 gets 500.",
        lambda _, it: any("\udc80" <= mark <= "\udcff" for mark in it),
    ),
    odd("dots-500", "An id of dots gets 500.", lambda _, wanted: wanted in {".", ".."} or "../" in wanted, _traceback),
    odd(
        "percent-500",
        "A percent sign that begins no escape gets 500, as from decoding twice.",
        lambda _, it: re.search("%(?![0-9A-Fa-f]{2})", it) is not None,
    ),
    odd("line-break-502", "A line break in the id gets 503.", lambda _, it: "\n" in it or "\r" in it, _failure(503)),
    odd(
        "capitals-500",
        "A UUID in capitals gets 500.",
        lambda _, it: len(it) == 36 and it != it.lower() and it.count("-") == 4,
    ),
    odd("space-200", "An id of spaces gets another label.", lambda _, wanted: not wanted.strip(), _first_label),
    odd("wildcard-200", "A wildcard for an id gets another label.", lambda _, it: it in {"*", "%"}, _first_label),
    odd("number-200", "The id 0 or 1 gets another label.", lambda _, wanted: wanted in {"0", "1"}, _first_label),
    odd(
        "emoji-hangs-up",
        "An emoji in the id cuts the connection.",
        lambda _, it: max(it, default="") > "\uffff",
        _hang_up,
    ),
    odd(
        "traceback",
        "An id with an angle bracket gets a traceback in HTML.",
        lambda _, wanted: "<" in wanted,
        _traceback,
    ),
    odd("query-500", "A query gets 500.", lambda question, _: bool(question.query)),
    odd(
        "broken-query-500",
        "A query with a broken escape gets 500.",
        lambda it, _: "%" in it.query and it.query[-3:-2] != "%",
    ),
    odd("accept-500", "Another Accept than JSON gets 500.", _header("accept", "application/json")),
    odd(
        "long-header-500",
        "A header of more than 2000 characters gets 500.",
        lambda it, _: max(map(len, it.headers.values())) > 2000,
    ),
    odd("language-500", "A strange Accept-Language gets 500.", _header("accept-language", "en")),
)
