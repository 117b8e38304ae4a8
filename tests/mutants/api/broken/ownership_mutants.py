"""Breaches of ownership: who sees what, and what a refusal tells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from mutants.api.mutant import breach, refusals
from mutants.api.tracking_api import TrackingApi

if TYPE_CHECKING:
    from mutants.api.label import Account, Label
    from mutants.api.mutant import ApiMutant
    from mutants.api.tracking_api import Answer, Question

__all__ = ["MUTANTS"]

LEAK: Final = "api.ownership.no-leak"


class _Foreign(TrackingApi):
    status = 0

    def refusal(self, status: int, label: Label | None, question: Question) -> Answer:
        answer = super().refusal(status, label, question)
        answer.status = self.status if status == 403 else status
        return answer


class Foreign404(_Foreign):
    """A foreign label gets 404."""

    status = 404


class Foreign401(_Foreign):
    """A foreign label gets 401."""

    status = 401


class Foreign200Error(_Foreign):
    """A foreign label gets a 200 with an error in it."""

    status = 200


class ForeignShown(TrackingApi):
    """A foreign label is shown."""

    def found(self, label: Label, account: Account, question: Question) -> Answer:
        return super().found(label, label.account, question)


class ForeignShownToPair(TrackingApi):
    """A foreign label is shown to those who come with the pair."""

    def found(self, label: Label, account: Account, question: Question) -> Answer:
        return super().found(label, label.account if "x-rr-apikey" in question.headers else account, question)


class _Unknown(TrackingApi):
    status = 0

    def unknown(self, question: Question) -> Answer:
        return self.reply(self.status, {"error": "No such label"})


class Unknown403(_Unknown):
    """An unknown id gets 403."""

    status = 403


class Unknown400(_Unknown):
    """An unknown id gets 400."""

    status = 400


class Unknown410(_Unknown):
    """An unknown id gets 410."""

    status = 410


class Unknown422(_Unknown):
    """An unknown id gets 422."""

    status = 422

    def unknown(self, question: Question) -> Answer:
        return self.refusal(422, None, question)


class Unknown200Error(_Unknown):
    """An unknown id gets a 200 with an error in it."""

    status = 200


class Unknown500(_Unknown):
    """An unknown id gets 500."""

    status = 500


class Unknown502(_Unknown):
    """An unknown id gets 502."""

    status = 502


class UnknownIsPending(TrackingApi):
    """An unknown UUID gets a pending shipment."""

    def unknown(self, question: Question) -> Answer:
        wanted = question.path.rpartition("/")[2]
        if len(wanted) != 36:
            return super().unknown(question)
        return self.reply(200, {**self.shipment(self.pending, question), "id": wanted})


def _whole(api: TrackingApi, label: Label, question: Question) -> dict[str, Any]:
    return {**api.refusal_body(403, None), "shipment": api.shipment(label, question)}


class ForeignShownInside403(TrackingApi):
    """The 403 for a foreign label holds the shipment."""

    def refusal(self, status: int, label: Label | None, question: Question) -> Answer:
        if status != 403 or label is None:
            return super().refusal(status, label, question)
        return self.reply(403, _whole(self, label, question))


class ShownInside401(TrackingApi):
    """The 401 holds the shipment that was asked for."""

    def judged(self, question: Question) -> Answer:
        answer = super().judged(question)
        if answer.status == 401:
            label = self.find(self.decoded(question.path.rpartition("/")[2]))
            if label is not None:
                answer.body = self.encoded(self.shipment(label, question))
        return answer


def _told(label: Label | None) -> Label:
    if label is None:
        raise LookupError
    return label


MUTANTS: Final[tuple[ApiMutant, ...]] = (
    *(
        breach("api.ownership.foreign", api)
        for api in (Foreign404, Foreign401, Foreign200Error, ForeignShown, ForeignShownToPair)
    ),
    *(
        breach("api.ownership.unknown", api)
        for api in (
            Unknown403,
            Unknown400,
            Unknown410,
            Unknown422,
            Unknown200Error,
            Unknown500,
            Unknown502,
            UnknownIsPending,
        )
    ),
    breach(LEAK, ForeignShownInside403),
    breach(LEAK, ShownInside401),
    refusals("tag-in-403", LEAK, "A 403 tells the tag.", 403, lambda it: {"error": "Forbidden", "tag": _told(it).tag}),
    refusals(
        "tracking-number-in-403",
        LEAK,
        "The text of a 403 tells the tracking number.",
        403,
        lambda it: {"error": f"Parcel {_told(it).tracking_number} is not yours"},
    ),
    refusals(
        "nearest-in-404",
        LEAK,
        "A 404 names a label that comes near, whoever's it is.",
        404,
        lambda _: {"error": "Did you mean YT2611200001CN?"},
    ),
)
