"""Breaches in methods and statuses."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

from mutants.api.mutant import answers, breach
from mutants.api.tracking_api import Answer, TrackingApi

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.api.label import Account, Label
    from mutants.api.mutant import ApiMutant
    from mutants.api.tracking_api import Question

__all__ = ["MUTANTS"]

METHOD: Final = "api.method.unsupported"
STATUS: Final = "api.status.documented"
FAILED: Final = "api.failed-label"


class _Methods(TrackingApi):
    methods: tuple[str, ...] = ()
    status = 0

    def wrong_method(self, question: Question) -> Answer:
        answer = super().wrong_method(question)
        if question.method in self.methods:
            answer.status = self.status
            if self.status != 405:
                del answer.headers["Allow"]
        return answer


class PostAccepted(_Methods):
    """A POST gets 200."""

    methods, status = ("POST",), 200


class PostCreated(_Methods):
    """A POST gets 201."""

    methods, status = ("POST",), 201


class PutAccepted(_Methods):
    """A PUT gets 204."""

    methods, status = ("PUT",), 204


class PatchAccepted(_Methods):
    """A PATCH gets 202."""

    methods, status = ("PATCH",), 202


class DeleteAccepted(_Methods):
    """A DELETE gets 204, and does nothing."""

    methods, status = ("DELETE",), 204


class MethodNotImplemented(_Methods):
    """A PATCH gets 501."""

    methods, status = ("PATCH",), 501


class MethodsAreBad(_Methods):
    """A POST or PUT gets 400."""

    methods, status = ("POST", "PUT"), 400


class MethodsAreAllGet(TrackingApi):
    """Every method is answered as a GET."""

    def judged(self, question: Question) -> Answer:
        return super().judged(type(question)(method="GET", target=question.target, headers=question.headers))


class NoAllow(TrackingApi):
    """A 405 has no Allow."""

    def wrong_method(self, question: Question) -> Answer:
        return self.refusal(405, None, question)


class LimitsRequests(TrackingApi):
    """Every ninth request gets 429, with a pause that is over at once."""

    def __init__(self) -> None:
        super().__init__()
        self.count = itertools.count(1)

    def judged(self, question: Question) -> Answer:
        if next(self.count) % 9:
            return super().judged(question)
        answer = self.reply(429, {"error": "Too many requests"})
        answer.headers["Retry-After"] = "0"
        return answer


class DeleteDeletes(TrackingApi):
    """A DELETE is refused with 405, and deletes the label."""

    def wrong_method(self, question: Question) -> Answer:
        if question.method == "DELETE":
            wanted = self.find(self.decoded(question.path.rpartition("/")[2]))
            self.labels = [label for label in self.labels if label is not wanted]
        return super().wrong_method(question)


class PutReplaces(TrackingApi):
    """A PUT is refused with 405, and empties the history."""

    def wrong_method(self, question: Question) -> Answer:
        wanted = self.find(self.decoded(question.path.rpartition("/")[2]))
        if question.method == "PUT" and wanted is not None:
            wanted.events.clear()
        return super().wrong_method(question)


def _to(status: int) -> Callable[[Answer, Question], None]:
    def change(answer: Answer, _: Question) -> None:
        answer.status = status

    return change


def _redirected(answer: Answer, question: Question) -> None:
    answer.status, answer.headers["Location"] = 302, question.path + "/"


class AllowsWhatItRefuses(TrackingApi):
    """A 405 has the refused method in its Allow."""

    def wrong_method(self, question: Question) -> Answer:
        answer = super().wrong_method(question)
        answer.headers["Allow"] = "GET, POST, PUT, PATCH, DELETE"
        return answer


class PatchCancels(TrackingApi):
    """A PATCH is refused with 405, and cancels the label."""

    def wrong_method(self, question: Question) -> Answer:
        wanted = self.find(self.decoded(question.path.rpartition("/")[2]))
        if question.method == "PATCH" and wanted is not None:
            wanted.tag, wanted.subtag, wanted.grows_every = "Cancelled", "Cancelled_001", 0
        return super().wrong_method(question)


class _Now(TrackingApi):
    """Every third shipment is not given."""

    status = 0

    def __init__(self) -> None:
        super().__init__()
        self.turns = itertools.count(1)

    def found(self, label: Label, account: Account, question: Question) -> Answer:
        answer = super().found(label, account, question)
        is_turn = answer.status == 200 and next(self.turns) % 3 == 0
        return self.reply(self.status, {"error": "Try again"}) if is_turn else answer


class TooMany(_Now):
    """Every third read gets 429."""

    status = 429


class Unavailable(_Now):
    """Every third read gets 503."""

    status = 503


class TimesOut(_Now):
    """Every third read gets 504."""

    status = 504


class NotReady(TrackingApi):
    """A label without checkpoints gets 204."""

    def found(self, label: Label, account: Account, question: Question) -> Answer:
        answer = super().found(label, account, question)
        return Answer(status=204) if answer.status == 200 and not label.events else answer


MUTANTS: Final[tuple[ApiMutant, ...]] = (
    *(
        breach(METHOD, api)
        for api in (
            PostAccepted,
            PostCreated,
            PutAccepted,
            PatchAccepted,
            DeleteAccepted,
            MethodNotImplemented,
            MethodsAreBad,
            MethodsAreAllGet,
            NoAllow,
            DeleteDeletes,
            PutReplaces,
            AllowsWhatItRefuses,
            PatchCancels,
        )
    ),
    breach(STATUS, LimitsRequests),
    answers("created-for-ok", STATUS, "A shipment comes with 201.", 200, _to(201)),
    answers("not-authoritative", STATUS, "A shipment comes with 203.", 200, _to(203)),
    answers("redirected", STATUS, "A read is redirected to the same path with a slash.", 200, _redirected),
    answers("teapot", STATUS, "A 401 is a 418.", 401, _to(418)),
    answers("payment-for-forbidden", STATUS, "A 403 is a 402.", 403, _to(402)),
    *(breach(STATUS, api) for api in (TooMany, Unavailable, TimesOut, NotReady)),
    answers("failed-400", FAILED, "A failed label gets 400.", 422, _to(400)),
    answers("failed-500", FAILED, "A failed label gets 500.", 422, _to(500)),
    answers("failed-409", FAILED, "A failed label gets 409.", 422, _to(409)),
    answers("failed-200", FAILED, "A failed label gets a 200 with an error in it.", 422, _to(200)),
    answers("failed-404", FAILED, "A failed label gets 404.", 422, _to(404)),
)
