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
from .tag import subtag_message

if TYPE_CHECKING:
    from collections.abc import Mapping

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
]

AccountName: TypeAlias = Literal["own", "other", "bad"]
"""Accounts of a sandbox; those of ``bad`` are credentials that are never taken."""
Order: TypeAlias = Literal["newest-first", "oldest-first", "as-reported"]
TimeFormat: TypeAlias = Literal["seconds", "milliseconds", "offset"]


class Status(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """Where a shipment stands.

    Attributes:
        subtag: such as ``InTransit_004``.
        slug: code of the courier that says so.
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
    """Something that happens to the parcel and leaves a checkpoint.

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
    """Every read fails so while the step lasts.

    Attributes:
        status: HTTP status that the contract lists.
        body: JSON body; None for the usual one of that status.
    """

    status: int
    body: Json = None


class Evolution(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """What a newer API might answer: changes that the vendor's versioning policy permits without notice.

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
    """What spoils every answer while a step lasts.

    Attributes:
        kind: a name of ``STEP_FAULT_KINDS``.
        delay_s: virtual seconds before the answer.
        status: for the kinds that supply the response; None for the kind's usual one.
        retry_after: for the same kinds; None for what is usual with the status.
    """

    kind: str
    delay_s: float = 0.0
    status: int | None = None
    retry_after: RetryAfter | None = None


class Step(msgspec.Struct, frozen=True, kw_only=True, repr_omit_defaults=True):
    """What becomes true, and when: the first of its triggers that happens opens it.

    Attributes:
        after: this long after the step before it opened.
        polls: after this many requests have seen the step before it; the next request opens this one.
        manual: also when told to by hand. (Every step can be opened so; the word stands where nothing else would.)
        status: holds from here on. Under a failure it is hidden, and holds again when the failure ends.
        forgets: checkpoints of earlier steps are gone.
        evolution: in what the step's answers leave the contract, what earlier steps brought included.
        fault: spoils the answers of this step.
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
        """What a read finds while the step lasts, apart from the history; to be compared with another step's."""
        return self.failure or self.status, self.evolution, self.fault


class Scenario(msgspec.Struct, frozen=True, kw_only=True):
    """The script of a lifecycle.

    Attributes:
        summary: one sentence on what it is for.
        steps: at least one; the first opens with the label.
        numbered_from: index of the step that brings the tracking number; None for never.
        tracking_number: the number; None to have one drawn for each label.
        account: whose label it is unless somebody says otherwise.
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
