"""A mutant: the independent API with one breach, named, and the rule meant for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from mutants.api.change import ChangedAnswers, ChangedRefusals, ChangedShipments

if TYPE_CHECKING:
    from collections.abc import Callable

    from mutants.api.change import AnswerChange
    from mutants.api.label import Body, Label
    from mutants.api.tracking_api import TrackingApi

__all__ = ["ApiMutant", "answers", "breach", "refusals", "shipments"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiMutant:
    """One breach.

    Attributes:
        rule: the id of the rule meant for it.
        sentence: what it does wrong.
        api: makes the broken API.
    """

    name: str
    rule: str
    sentence: str
    api: Callable[[], TrackingApi]


def breach(rule: str, api: type[TrackingApi]) -> ApiMutant:
    """Return the mutant of a class: its name says its name, its docstring what is wrong."""
    name = re.sub(r"(?<!^)(?=[A-Z])", "-", api.__name__).lower()
    return ApiMutant(name=name, rule=rule, sentence=(api.__doc__ or "").strip(), api=api)


def shipments(name: str, rule: str, sentence: str, change: Callable[[Body], object]) -> ApiMutant:
    """Return a mutant that changes each shipment in place."""
    return ApiMutant(name=name, rule=rule, sentence=sentence, api=partial(ChangedShipments, change))


def refusals(name: str, rule: str, sentence: str, status: int, change: Callable[[Label | None], Any]) -> ApiMutant:
    """Return a mutant with another body at a status; the function is given the label that was asked for."""
    return ApiMutant(name=name, rule=rule, sentence=sentence, api=partial(ChangedRefusals, status, change))


def answers(name: str, rule: str, sentence: str, status: int, change: AnswerChange) -> ApiMutant:
    """Return a mutant that changes the answers of a status in place, down to their bytes."""
    return ApiMutant(name=name, rule=rule, sentence=sentence, api=partial(ChangedAnswers, status, change))
