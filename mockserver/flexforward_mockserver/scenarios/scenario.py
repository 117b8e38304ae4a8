"""A scenario: the script of one shipment's lifecycle, as values with nothing left to look up or to default.

Scenario files (``scenario_reader``) and script ids (``script_id``) are two ways to write one; ``lifecycle`` plays it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from .fault_kind import RetryAfter  # noqa: TC001  # msgspec reads the annotations
from .tag import TAGS, subtag_message

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from flexforward_openapi import Json

__all__ = [
    "AccountName",
    "ErrorStep",
    "Event",
    "Evolution",
    "Order",
    "Scenario",
    "Status",
    "Step",
    "TimeFormat",
    "courier_step",
]

AccountName: TypeAlias = Literal["own", "other", "bad"]
"""Accounts of a sandbox; credentials of ``bad`` always get 401."""
Order: TypeAlias = Literal["newest-first", "oldest-first", "as-reported"]
TimeFormat: TypeAlias = Literal["seconds", "milliseconds", "offset"]


class Status(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """The status of a shipment: tag, subtag and courier.

    Attributes:
        subtag: such as ``InTransit_004``.
        slug: code of the courier that reports it.
    """

    tag: str
    subtag: str
    subtag_message: str
    slug: str

    @classmethod
    def plain(cls, tag: str, slug: str, subtag: str | None = None) -> Status:
        """Return a status with the catalogue's subtag (by default number 001) and message."""
        subtag = subtag or f"{tag}_001"
        return cls(tag=tag, subtag=subtag, subtag_message=subtag_message(subtag), slug=slug)


class Event(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """Something that happens to the parcel and adds a checkpoint.

    Attributes:
        country: ISO 3166-1 alpha-2 code in capitals.
        at: when it happened: relative to the instant at which its step opens (couriers report late, so mostly
            zero or negative), or an absolute aware instant.
        written: that absolute instant as the API writes it; None for UTC with ``Z``, whatever the scenario's form.
    """

    status: Status
    message: str
    city: str | None = None
    state: str | None = None
    country: str | None = None
    location: str | None = None
    at: timedelta | datetime = timedelta(0)
    written: str | None = None


class ErrorStep(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """A failure: every request gets this status while the step lasts.

    Attributes:
        status: HTTP status that the contract lists.
        body: JSON body; None for the usual one of that status.
    """

    status: int
    body: Json = None


class Evolution(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """What a newer API might send: changes that the vendor's versioning policy permits without notice.

    Attributes:
        fields: new fields at the top level of a shipment's body.
        checkpoint: new fields in each of its checkpoints.
        error: new fields at the top level of an error's body.
        status: new tag or subtag in place of the step's own.
    """

    fields: Mapping[str, Json] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    checkpoint: Mapping[str, Json] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    error: Mapping[str, Json] = msgspec.field(default_factory=lambda: MappingProxyType({}))
    status: Status | None = None


class StepFault(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """A fault that applies to every response while a step lasts.

    Attributes:
        kind: a name of ``STEP_FAULT_KINDS``.
        delay_s: virtual seconds before the response.
        status: for the kinds that supply the response; None for the kind's usual one.
        retry_after: for the same kinds; None for what is usual with the status.
    """

    kind: str
    delay_s: float = 0.0
    status: int | None = None
    retry_after: RetryAfter | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """A step of a lifecycle: what changes, and when. The first of its triggers that occurs opens it.

    Attributes:
        after: this long after the step before it opened.
        polls: after this many requests have seen the step before it; the next request opens this one.
        manual: by hand. (Every step can be opened by hand; a step without another trigger needs the word.)
        status: the status from here on. A failure hides it until the failure ends.
        forgets: whether checkpoints of earlier steps disappear.
        evolution: in what the step's responses leave the contract, what earlier steps brought included.
        fault: corrupts the responses of this step.
    """

    name: str | None = None
    after: timedelta | None = None
    polls: int | None = None
    manual: bool = False
    status: Status
    failure: ErrorStep | None = None
    event: Event | None = None
    forgets: bool = False
    evolution: Evolution | None = None
    fault: StepFault | None = None

    @property
    def shows(self) -> tuple[object, ...]:
        """What a request gets while the step lasts, apart from the history; to be compared with another step's."""
        return self.failure or self.status, self.evolution, self.fault


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """The script of a shipment's lifecycle.

    Attributes:
        summary: one sentence on what it is for.
        steps: at least one; the first opens with the label.
        numbered_from: index of the step that assigns the tracking number; None for never.
        tracking_number: the number; None to generate one for each label.
        account: owner of the label, unless the label is created for another.
        breaks: invariants of a lifecycle (``INVARIANTS``) that it breaks on purpose.
    """

    name: str
    summary: str
    steps: tuple[Step, ...]
    numbered_from: int | None
    tracking_number: str | None = None
    account: AccountName = "own"
    time_format: TimeFormat = "seconds"
    order: Order = "newest-first"
    breaks: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        """Write runs of one step as a product; a scenario may have five hundred."""
        runs = [(step, len(list(run))) for step, run in groupby(self.steps)]
        steps = "".join(f"{step!r}, " if count == 1 else f"*({step!r},) * {count}, " for step, count in runs)
        others = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name != "steps")
        return f"Scenario({', '.join(others)}, steps=({steps}))"


def courier_step(steps: Sequence[Step]) -> int | None:
    """Return the index of the first step that the courier knows of, which brings the tracking number; None if none."""
    for index, step in enumerate(steps):
        tag = TAGS.get(step.status.tag)
        if tag is not None and tag.is_with_courier and step.failure is None:
            return index
    return None
