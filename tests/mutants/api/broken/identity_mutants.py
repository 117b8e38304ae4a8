"""Breaches of identity: which label an id or an order number finds, and what the answer calls it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, unquote_plus

from mutants.api.label import Label
from mutants.api.mutant import breach
from mutants.api.tracking_api import TrackingApi

if TYPE_CHECKING:
    from mutants.api.mutant import ApiMutant
    from mutants.api.tracking_api import Answer, Question

__all__ = ["MUTANTS"]

IS_LABEL: Final = "api.identity.id-is-label"
ORDER: Final = "api.identity.order-number"
STABLE: Final = "api.identity.stable"


class FirstLabelForAll(TrackingApi):
    """Every UUID of ours gets the shipment of one and the same label."""

    def shipment(self, label: Label, question: Question) -> Any:
        return super().shipment(self.delivered, question)


class IdOfSomethingElse(TrackingApi):
    """The id is a UUID of the tracking record, not the label's."""

    def shipment(self, label: Label, question: Question) -> Any:
        return {**super().shipment(label, question), "id": str(uuid.uuid5(uuid.NAMESPACE_URL, label.id))}


class IdEchoes(TrackingApi):
    """The id is whatever was asked for, so the order number for an order number."""

    def shipment(self, label: Label, question: Question) -> Any:
        return {**super().shipment(label, question), "id": self.decoded(question.path.rpartition("/")[2])}


class IdPerOrderNumber(TrackingApi):
    """Asked for by order number, a label has another UUID."""

    def shipment(self, label: Label, question: Question) -> Any:
        body = super().shipment(label, question)
        is_id = question.path.lower().endswith(label.id)
        return body if is_id else {**body, "id": str(uuid.uuid5(uuid.NAMESPACE_URL, label.order_number))}


class IdPerRead(TrackingApi):
    """The id is a new UUID at each read."""

    def shipment(self, label: Label, question: Question) -> Any:
        return {**super().shipment(label, question), "id": str(uuid.uuid4())}


class IdOfReplica(TrackingApi):
    """Every second read has another UUID, as from a replica that numbers by itself."""

    def shipment(self, label: Label, question: Question) -> Any:
        body = super().shipment(label, question)
        return body if label.reads % 2 else {**body, "id": str(uuid.uuid5(uuid.NAMESPACE_URL, label.id))}


class NoOrderNumbers(TrackingApi):
    """Order numbers find nothing."""

    def find(self, wanted: str) -> Label | None:
        label = super().find(wanted)
        return label if label is not None and label.id == wanted.lower() else None


class NotDecoded(TrackingApi):
    """The path is not percent-decoded."""

    def decoded(self, raw: str) -> str:
        return raw


class DecodedTwice(TrackingApi):
    """The path is percent-decoded twice."""

    def decoded(self, raw: str) -> str:
        return unquote(super().decoded(raw))


class PlusIsSpace(TrackingApi):
    """A plus in the path is taken for a space."""

    def decoded(self, raw: str) -> str:
        return unquote_plus(raw, errors="surrogateescape")


class PlusIsSpaceAfterDecoding(TrackingApi):
    """A plus in the path is taken for a space, an escaped one too."""

    def decoded(self, raw: str) -> str:
        return super().decoded(raw).replace("+", " ")


class DecodedAsLatin1(TrackingApi):
    """The bytes of the path are taken for Latin-1."""

    def decoded(self, raw: str) -> str:
        return unquote(raw, encoding="latin-1")


class SlashIsRouted(TrackingApi):
    """The path is decoded before it is routed: an escaped slash parts it."""

    def judged(self, question: Question) -> Answer:
        raw = question.path.rpartition("/")[2]
        return self.refusal(404, None, question) if "/" in self.decoded(raw) else super().judged(question)


class CutAtSlash(TrackingApi):
    """An order number ends at its first slash."""

    def decoded(self, raw: str) -> str:
        return super().decoded(raw).partition("/")[0]

    def find(self, wanted: str) -> Label | None:
        return super().find(wanted) or (self.delivered if wanted == self.order_number.partition("/")[0] else None)


class CutAtQuestionMark(TrackingApi):
    """An order number ends at its first question mark, an escaped one too."""

    def decoded(self, raw: str) -> str:
        return super().decoded(raw).partition("?")[0]


class OrderNumbersWithoutCase(TrackingApi):
    """Order numbers are compared without case, and an older one in small letters is found first."""

    def __init__(self) -> None:
        super().__init__()
        older = Label(id="0b7e6f5d-4c3a-4291-8f0e-d1c2b3a49506", order_number=self.order_number.lower())
        self.labels.append(older)

    def find(self, wanted: str) -> Label | None:
        matches = (label for label in reversed(self.labels) if label.order_number.lower() == wanted.lower())
        return next(matches, None) or super().find(wanted)


class PunctuationIgnored(TrackingApi):
    """Of an order number only letters and digits count, and an older one with the same is found first."""

    def find(self, wanted: str) -> Label | None:
        is_same = "".join(filter(str.isalnum, wanted)) == "".join(filter(str.isalnum, self.order_number))
        return self.delivered if is_same else super().find(wanted)


MUTANTS: Final[tuple[ApiMutant, ...]] = (
    breach(IS_LABEL, FirstLabelForAll),
    breach(IS_LABEL, IdOfSomethingElse),
    breach(ORDER, IdEchoes),
    breach(ORDER, IdPerOrderNumber),
    breach(STABLE, IdPerRead),
    breach(STABLE, IdOfReplica),
    *(
        breach(ORDER, api)
        for api in (
            NoOrderNumbers,
            NotDecoded,
            DecodedTwice,
            PlusIsSpaceAfterDecoding,
            DecodedAsLatin1,
            SlashIsRouted,
            CutAtSlash,
            CutAtQuestionMark,
            OrderNumbersWithoutCase,
            PunctuationIgnored,
        )
    ),
)
