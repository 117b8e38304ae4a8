"""A poller that does all that the guide asks, in pure Python, on a real engine in virtual time; in several styles."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote

import msgspec

from flexforward_contract_tests.client import ClientRun, Notification
from flexforward_contract_tests.client.transcript.guide import STAGES, TERMINAL, TOLD
from flexforward_mockserver.engine.messages import Request, Response
from flexforward_openapi import as_mapping
from kit import START, Kit

if TYPE_CHECKING:
    from flexforward_mockserver.scenarios.scenario import Scenario
    from flexforward_mockserver.state.label import Label
    from flexforward_mockserver.state.sandbox import Tracked

MOST_POLLS = 300
HORIZON = timedelta(days=40)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
TAKES = timedelta(milliseconds=120)
BROKEN = ("close", "reset", "no-answer", "dribble", "close-mid-body")


@dataclass(frozen=True)
class Style:
    """What the guide leaves open.

    Attributes:
        read_timeout_s: after which it gives up waiting for an answer.
        slack: its intervals are so many times the guide's shortest.
        backs_off: how it waits while it fails: ever longer, or just its interval.
        keeps_beat: its intervals count from the last regular request, whatever retries came after it.
        looks_again: it asks once more a day after it was refused; else it ends.
        forgets: a status that returns after Unknown is news.
        is_strict: JSON under another media type is a failure.
        by_uuid: it asks by UUID.
    """

    read_timeout_s: float = 30.0
    slack: float = 1.0
    backs_off: Literal["doubling", "jittered", "interval"] = "doubling"
    keeps_beat: bool = False
    looks_again: bool = False
    forgets: bool = False
    is_strict: bool = False
    by_uuid: bool = False
    seed: int = 0


@dataclass
class Poller:
    """Follows one label to its end, or to the run's."""

    style: Style
    kit: Kit
    label: Label
    tracked: Tracked
    told: list[Notification] = field(default_factory=list[Notification])
    tag: str | None = None
    seen: str | None = None
    failures: int = 0
    beat: datetime = START

    def __post_init__(self) -> None:
        self.dice = random.Random(self.style.seed)

    @property
    def now(self) -> datetime:
        return self.kit.sandbox.clock.now()

    def run(self) -> ClientRun:
        polls = 0
        while polls < MOST_POLLS and self.now < self.deadline():
            polls += 1
            wait = self.poll()
            if wait is None:
                return self.recorded("client")
            self.sleep(wait)
        return self.recorded("deadline")

    def sleep(self, wait: timedelta) -> None:
        self.kit.seconds += min(wait, max(self.deadline() - self.now, timedelta(0))).total_seconds()

    def deadline(self) -> datetime:
        """A day after the last step, as far as it has come."""
        progress = self.kit.sandbox.settle(self.tracked, self.now)
        if progress.step + 1 == len(self.label.scenario.steps):
            return progress.opened[-1] + DAY
        return START + HORIZON

    def poll(self) -> timedelta | None:
        """Ask once, and return how long to wait then; None to end."""
        if self.failures == 0 or self.style.backs_off == "interval":
            self.beat = self.now
        key = self.label.id if self.style.by_uuid else quote(self.label.order_number, safe="")
        headers = [(b"authorization", b"Bearer YOUR_API_TOKEN")]
        request = Request("GET", f"/tracking/{key}", "", headers)
        reply = self.kit.engine.handle(request, read_timeout_s=self.style.read_timeout_s)
        self.kit.seconds += TAKES.total_seconds()
        if self.is_refused(reply):
            self.failures = 0
            return DAY if self.style.looks_again else None
        tag = self.tag_of(reply)
        if tag is None:
            self.failures += 1
            return self.back_off()
        self.failures = 0
        self.tell(tag)
        self.tag = tag
        return None if tag in TERMINAL else self.until_next()

    def is_refused(self, reply: Response) -> bool:
        manner = reply.delivery.manner if reply.delivery else "whole"
        return manner not in BROKEN and reply.status in (401, 403, 404, 422)

    def tag_of(self, reply: Response) -> str | None:
        manner = reply.delivery.manner if reply.delivery else "whole"
        is_json = dict(reply.headers).get(b"content-type") == b"application/json"
        if manner in BROKEN or reply.status != 200 or (self.style.is_strict and not is_json):
            return None
        try:
            return as_mapping(msgspec.json.decode(reply.body)).get("tag")
        except msgspec.DecodeError:
            return None

    def tell(self, tag: str) -> None:
        is_news = tag != (self.tag if self.style.forgets else self.seen)
        if tag in TOLD and is_news:
            self.told.append(Notification(at=self.now, tag=tag))
        if tag in TOLD:
            self.seen = tag

    def interval(self) -> timedelta:
        stage = STAGES.get(self.tag or "")
        return (HOUR if stage is None else stage.shortest) * self.style.slack

    def until_next(self) -> timedelta:
        interval = self.interval()
        if self.style.keeps_beat and self.now - self.beat < interval:
            return self.beat + interval - self.now
        return interval

    def back_off(self) -> timedelta:
        if self.style.backs_off == "interval":
            return self.interval()
        wait = timedelta(seconds=min(2.0 ** (self.failures - 1), 900.0))
        return wait if self.style.backs_off == "doubling" else wait * self.dice.uniform(0.5, 1.0)

    def recorded(self, ended_by: Literal["client", "deadline"]) -> ClientRun:
        return ClientRun.of_exchanges(
            [self.label],
            self.kit.sandbox.journal.exchanges,
            unattributed=self.kit.engine.sandboxes.unattributed.exchanges,
            notifications=self.told,
            ended_by=ended_by,
            ended_at=self.now,
        )


def follow(scenario: Scenario, style: Style, order_number: str) -> ClientRun:
    """Let a poller of that style live one scenario."""
    kit = Kit(with_demos=False)
    label = kit.sandbox.make_label(scenario, order_number=order_number)
    return Poller(style, kit, label, kit.sandbox.add(label)).run()
