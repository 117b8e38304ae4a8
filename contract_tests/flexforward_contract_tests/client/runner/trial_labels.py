"""The labels of one trial: put in before the program starts, or made by the program itself."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import uuid4

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flexforward_fixtures import FlexForward, LabelHandle

    from .trial import Trial

__all__ = ["GivenLabels", "MadeLabels", "TrialLabels"]


class TrialLabels(Mapping[str, str]):
    """The labels that a program is to follow, as a mapping of the names that it may give them to their UUIDs."""

    @property
    @abstractmethod
    def given(self) -> list[LabelHandle]:
        """Those that the program is told of."""
        ...

    @property
    @abstractmethod
    def followed(self) -> list[LabelHandle]:
        """Those that it was to follow, once it has ended; at least one."""
        ...

    @property
    @abstractmethod
    def _known(self) -> list[LabelHandle]: ...

    def __getitem__(self, name: str) -> str:
        for label in self._known:
            if name in (label.id, label.order_number):
                return label.id
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return (name for label in self._known for name in (label.id, label.order_number))

    def __len__(self) -> int:
        return 2 * len(self._known)


class GivenLabels(TrialLabels):
    """Labels that are there when the program starts.

    Each has a UUID that was never seen before: programs may keep what they know of a shipment.
    """

    def __init__(self, handle: FlexForward, trial: Trial, count: int) -> None:
        self._labels = [
            handle.ship(trial.scenario, order_number=_numbered(trial, number), id=str(uuid4()))
            for number in range(count)
        ]

    @property
    def given(self) -> list[LabelHandle]:
        """All of them."""
        return self._labels

    @property
    def followed(self) -> list[LabelHandle]:
        """All of them."""
        return self._labels

    @property
    def _known(self) -> list[LabelHandle]:
        return self._labels


class MadeLabels(TrialLabels):
    """Labels that the program makes: its first ones live the trial's lifecycle, whatever its requests say."""

    def __init__(self, handle: FlexForward, trial: Trial, count: int) -> None:
        self._handle, self._trial, self._count = handle, trial, count
        handle.next_labels(*[trial.scenario] * count)

    @property
    def given(self) -> list[LabelHandle]:
        """None."""
        return []

    @property
    def followed(self) -> list[LabelHandle]:
        """Those that it made; where it made none, one that it never asked for."""
        return self._known or [self._handle.ship(self._trial.scenario, order_number=str(uuid4()))]

    @property
    def _known(self) -> list[LabelHandle]:
        return list(self._handle.labels[: self._count])


def _numbered(trial: Trial, number: int) -> str:
    return trial.order_number if not number else f"{trial.order_number}-{number + 1}"
