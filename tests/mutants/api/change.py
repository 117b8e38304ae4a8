"""The independent API with its answers changed on their way out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from mutants.api.tracking_api import TrackingApi

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.api.label import Body, Label
    from mutants.api.tracking_api import Answer, Question

    AnswerChange: TypeAlias = Callable[[Answer, Question], object]

__all__ = ["AnswerChange", "ChangedAnswers", "ChangedRefusals", "ChangedShipments", "each", "oldest"]


class ChangedShipments(TrackingApi):
    """Each shipment is changed in place."""

    def __init__(self, change: Callable[[Body], object]) -> None:
        super().__init__()
        self.change = change

    def shipment(self, label: Label, question: Question) -> Any:
        body = super().shipment(label, question)
        self.change(body)
        return body


class ChangedRefusals(TrackingApi):
    """The refusals of a status have another body; the function is given the label that was asked for."""

    def __init__(self, status: int, change: Callable[[Label | None], Any]) -> None:
        super().__init__()
        self.status, self.change = status, change

    def refusal_body(self, status: int, label: Label | None) -> Any:
        return self.change(label) if status == self.status else super().refusal_body(status, label)


class ChangedAnswers(TrackingApi):
    """The answers of a status are changed in place, down to their bytes."""

    def __init__(self, status: int, change: AnswerChange) -> None:
        super().__init__()
        self.status, self.change = status, change

    def judged(self, question: Question) -> Answer:
        answer = super().judged(question)
        if answer.status == self.status:
            self.change(answer, question)
        return answer


def each(change: Callable[[Body], object]) -> Callable[[Body], object]:
    """Return a change of every checkpoint."""
    return lambda body: [change(checkpoint) for checkpoint in body["checkpoints"]]


def oldest(change: Callable[[Body], object]) -> Callable[[Body], object]:
    """Return a change of the oldest checkpoint only, where a look at the first misses it."""
    return lambda body: [change(checkpoint) for checkpoint in body["checkpoints"][-1:]]
