"""Legal variations of how the API refuses, and of how its answers are sent."""

from __future__ import annotations

import gzip
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from mutants.api.change import ChangedAnswers, ChangedRefusals
from mutants.api.legal.variation import LegalVariation
from mutants.api.socket import Wire
from mutants.api.tracking_api import Answer, TrackingApi

if TYPE_CHECKING:
    from mutants.api.label import Label
    from mutants.api.tracking_api import Question

__all__ = ["VARIATIONS"]

EXTRA: Final = (
    ("X-Request-Id", "YT2611200009CN"),
    ("Set-Cookie", "a=1; Path=/"),
    ("Set-Cookie", "b=2; Path=/"),
    ("Server", "nginx"),
    ("Cache-Control", "no-store"),
    ("ETag", '"c0ffee"'),
    ("X-RateLimit-Remaining", "9"),
    ("Access-Control-Allow-Origin", "*"),
    ("Vary", "Accept-Encoding, Origin"),
    ("X-Empty", ""),
)


class _Zipped(TrackingApi):
    """Bodies are zipped for those who take it."""

    def judged(self, question: Question) -> Answer:
        answer = super().judged(question)
        if "gzip" in question.headers.get("accept-encoding", ""):
            answer.body = gzip.compress(answer.body)
            answer.headers["Content-Encoding"] = "gzip"
        return answer


class _Typed(TrackingApi):
    def __init__(self, media_type: str) -> None:
        super().__init__()
        self.media_type = media_type

    def reply(self, status: int, value: Any) -> Answer:
        answer = super().reply(status, value)
        answer.headers["Content-Type"] = self.media_type
        return answer


class _AnswersHeadAndOptions(TrackingApi):
    """HEAD is answered as GET without its body, OPTIONS with what is allowed."""

    def wrong_method(self, question: Question) -> Answer:
        if question.method == "HEAD":
            return self.judged(type(question)(method="GET", target=question.target, headers=question.headers))
        answer = super().wrong_method(question)
        answer.headers["Allow"] = "GET, HEAD, OPTIONS"
        if question.method == "OPTIONS":
            answer.status, answer.body = 204, b""
        return answer


class _HasNoOtherMethods(TrackingApi):
    """Other methods than GET find nothing."""

    def wrong_method(self, question: Question) -> Answer:
        return self.refusal(404, None, question)


class _RefusesMethodsEmptily(TrackingApi):
    """A 405 has no body."""

    def wrong_method(self, question: Question) -> Answer:
        return Answer(status=405, headers={"Allow": "GET"})


class _JudgesCredentialsFirst(TrackingApi):
    """Without credentials everything gets 401, another method or path too."""

    def judged(self, question: Question) -> Answer:
        return self.refusal(401, None, question) if self.account(question) is None else super().judged(question)


class _NamesWhatWasAsked(TrackingApi):
    """A 404 repeats the id that nobody has."""

    def unknown(self, question: Question) -> Answer:
        wanted = self.decoded(question.path.rpartition("/")[2]).encode(errors="replace").decode()
        return self.reply(404, {"error": f"There is no label {wanted}", "code": "LABEL_NOT_FOUND"})


class _OnlyExactIds(TrackingApi):
    """A UUID in capitals finds nothing."""

    def find(self, wanted: str) -> Label | None:
        return super().find(wanted) if wanted == wanted.lower() or "-" not in wanted[:9] else self._by_number(wanted)

    def _by_number(self, wanted: str) -> Label | None:
        return next((label for label in self.labels if label.order_number == wanted), None)


def _challenge(answer: Answer, _: Question) -> None:
    answer.headers["WWW-Authenticate"] = 'Bearer realm="flexforward", error="invalid_token"'


def _plain(name: str, **wire: Any) -> LegalVariation:
    return LegalVariation(name=name, api=TrackingApi, wire=Wire(**wire))


def _typed(name: str, media_type: str) -> LegalVariation:
    return LegalVariation(name=name, api=partial(_Typed, media_type))


def _refusing(name: str, status: int, **body: Any) -> LegalVariation:
    return LegalVariation(name=name, api=partial(ChangedRefusals, status, lambda _: body))


VARIATIONS: Final[tuple[LegalVariation, ...]] = (
    _plain("plain"),
    _plain("chunked", is_chunked=True),
    _plain("chunked-in-pieces", is_chunked=True, pieces=7),
    _plain("in-pieces", pieces=5),
    _plain("http-1.0", version="HTTP/1.0", closes=True),
    _plain("http-1.0-without-length", version="HTTP/1.0", closes=True, has_length=False),
    _plain("closes", closes=True),
    _plain("ends-with-the-connection", closes=True, has_length=False),
    _plain("closes-without-a-word", is_silent=True),
    _plain("interim-answers", has_interim=True),
    _plain("header-names-in-small-letters", is_lower_case=True),
    _plain("no-reason-phrase", has_reason=False),
    LegalVariation(
        name="no-date", api=TrackingApi, wire=Wire(clock_s=None), without=frozenset({"api.time.not-future"})
    ),
    _plain("clock-behind", clock_s=-120),
    _plain("slow", delay_s=0.05),
    _plain("extra-headers", extra=EXTRA),
    _typed("charset-utf-8", "application/json; charset=UTF-8"),
    _typed("charset-in-quotes", 'application/json;charset="utf-8"'),
    _typed("media-type-in-capitals", "Application/JSON"),
    _refusing("401-with-code", 401, error="Unauthorized", code="UNAUTHORIZED"),
    _refusing("403-with-code", 403, error="", code="FORBIDDEN"),
    _refusing("404-in-words", 404, error="標籤不存在 — проверьте номер", code=""),
    _refusing("422-without-code", 422, error="Label creation failed"),
    _refusing("422-with-all", 422, error="Label creation failed", errorCode="", errorMessage="Straße unbekannt 東京"),
    LegalVariation(name="401-with-challenge", api=partial(ChangedAnswers, 401, _challenge)),
    LegalVariation(name="zipped", api=_Zipped),
    LegalVariation(name="head-and-options", api=_AnswersHeadAndOptions),
    LegalVariation(name="404-for-other-methods", api=_HasNoOtherMethods),
    LegalVariation(name="405-without-body", api=_RefusesMethodsEmptily),
    LegalVariation(name="credentials-first", api=_JudgesCredentialsFirst),
    LegalVariation(name="404-names-what-was-asked", api=_NamesWhatWasAsked),
    LegalVariation(name="only-exact-ids", api=_OnlyExactIds),
)
