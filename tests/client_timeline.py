"""Clients made by hand: a few words for each request and notification, and what the judge makes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal

import msgspec

from flexforward_contract_tests.client import ClientRun, Notification, RunLabel, judge_client
from flexforward_mockserver.scenarios.duration import parse_duration
from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS
from flexforward_mockserver.scenarios.scenario import Scenario, Status, Step
from flexforward_mockserver.state.journal import Exchange
from flexforward_mockserver.state.label import label_uuid

if TYPE_CHECKING:
    from flexforward_contract_tests.client.transcript.run import EndedBy
    from flexforward_contract_tests.result import Outcome
    from flexforward_openapi import Json

START = datetime(2026, 4, 1, tzinfo=UTC)
SCENARIO = Scenario(
    name="by-hand",
    summary="made by hand",
    steps=(Step(status=Status.plain("Pending", "yunexpress")),),
    numbered_from=None,
)


def span(text: str) -> timedelta:
    parsed = parse_duration(text)
    assert parsed is not None, text
    return parsed


def body(tag: str, **more: Json) -> bytes:
    return msgspec.json.encode({"id": "1", "trackingNumber": "YT1CN", "tag": tag, **more})


@dataclass
class Timeline:
    """A client, and what happens between it and the API."""

    order_numbers: tuple[str, ...] = ("1001",)
    scenario: Scenario = SCENARIO
    hears: bool = True
    distrust: str | None = None
    now: timedelta = timedelta(0)
    exchanges: list[Exchange] = field(default_factory=list[Exchange])
    told: list[Notification] = field(default_factory=list[Notification])
    ended: tuple[timedelta, EndedBy] | None = None
    crashed: bool = False

    def asks(self, when: str, what: str | int | None, **more: Json) -> Timeline:
        """Ask ``when`` after the request before: for a tag, a status, or under a kind of fault."""
        self.now += span(when)
        given: dict[str, Json] = {"at": START + self.now, "real_at": 0.0, "method": "GET", "account": "own"}
        given |= {"label": label_uuid(self.order_numbers[0]), "path": f"/tracking/{self.order_numbers[0]}"}
        if isinstance(what, int):
            given["status"] = what
        elif what in FAULT_KINDS:
            is_sent = what not in ("no-answer", "close", "reset")
            given |= {"fault": what, "status": 200 if is_sent else None, "tag": "InTransit"}
        else:
            given |= {"status": None if what is None else 200, "tag": what}
        self.exchanges.append(Exchange(**(given | more)))
        return self

    def repeats(self, times: int, when: str, what: str | int | None, **more: Json) -> Timeline:
        for _ in range(times):
            self.asks(when, what, **more)
        return self

    def tells(self, tag: str, *, later: str = "0s", label: str | None = None) -> Timeline:
        self.told.append(Notification(at=START + self.now + span(later), tag=tag, label=label))
        return self

    def sees(self, when: str, tag: str, **more: Json) -> Timeline:
        """Ask, and tell what is served."""
        return self.asks(when, tag, **more).tells(tag)

    def ends(self, later: str = "0s", by: EndedBy = "client") -> Timeline:
        self.ended = self.now + span(later), by
        return self

    def crashes(self, later: str = "0s") -> Timeline:
        self.crashed = True
        return self.ends(later)

    @property
    def run(self) -> ClientRun:
        ended, by = self.ended or (self.now, "deadline")
        return ClientRun(
            labels=tuple(
                RunLabel(id=label_uuid(number), order_number=number, scenario=self.scenario)
                for number in self.order_numbers
            ),
            exchanges=tuple(self.exchanges),
            notifications=tuple(self.told) if self.hears else None,
            began_at=START,
            ended_at=START + ended,
            ended_by=by,
            is_timing_trusted=self.distrust is None,
            distrust=self.distrust,
            has_crashed=self.crashed,
        )


def client(*order_numbers: str, **more: Json) -> Timeline:
    return Timeline(order_numbers or ("1001",), **more)


def outcome(rule: str, *timelines: Timeline) -> Outcome:
    [found] = judge_client([timeline.run for timeline in timelines], [rule])
    return found


Verdict = Literal["passed", "failed", "not-run"]


def verdict(rule: str, *timelines: Timeline) -> Verdict:
    return outcome(rule, *timelines).verdict


def actual(rule: str, *timelines: Timeline) -> str:
    """Return what a rule that was broken says of it."""
    failure = outcome(rule, *timelines).failure
    assert failure is not None
    return failure.actual
