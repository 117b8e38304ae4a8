"""Where everything stands in the drawing of a lifecycle: a pure layout, which ``timeline_svg`` writes as SVG.

The axis is not to scale: a lifecycle has seconds beside weeks. Each step is as wide as the logarithm of its duration
says, within the given width, and time runs evenly inside a step.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from flexforward_mockserver.scenarios.duration import format_duration
from flexforward_mockserver.scenarios.timestamp import write_timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from flexforward_mockserver.scenarios.lifecycle import Progress
    from flexforward_mockserver.scenarios.scenario import Event, Scenario, Step

__all__ = ["MARGIN", "Phase", "Poll", "Span", "Tick", "Timeline", "describe_event", "describe_trigger", "lay_out"]

MARGIN = 8.0
"""Pixels at either end, in which the first and the last mark have room."""
HALF_TIME = timedelta(hours=6)
"""A step that nothing ends has no right end: a point in time stands half-way through its span after this long."""
_NARROWEST = 14.0

Phase: TypeAlias = Literal["past", "open", "future"]


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """A request that was made for the label.

    Attributes:
        at: virtual instant.
        status: HTTP status; None where no answer was sent.
    """

    at: datetime
    status: int | None

    @property
    def is_good(self) -> bool:
        """Whether the client got the shipment."""
        return self.status is not None and self.status < 300


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A step, or a run of steps that look alike where there is no room for each.

    Attributes:
        x: left end, in pixels.
        width: in pixels.
        step: index of the first step.
        count: how many steps.
        tag: what a read finds; of a failure, the tag that is hidden.
        failure: HTTP status with which every read fails; None if it does not.
        fault: kind of the fault that spoils every response; None for none.
        trigger: what opens it, such as ``+6h``.
        text: all of it, in words.
        opened_at: when its first step opened; None if it has not.
        ends_at: when its last step ended, or time alone will end it; None if that is not known.
    """

    x: float
    width: float
    step: int
    count: int
    tag: str
    failure: int | None
    fault: str | None
    phase: Phase
    trigger: str
    text: str
    opened_at: datetime | None
    ends_at: datetime | None

    @property
    def look(self) -> tuple[str, int | None, str | None]:
        """What is drawn of it, apart from where and when."""
        return self.tag if self.failure is None else "", self.failure, self.fault

    def place(self, at: datetime) -> float:
        """Return where an instant stands in it, in pixels."""
        if self.opened_at is None or at <= self.opened_at:
            return self.x
        if self.ends_at is None:
            elapsed = at - self.opened_at
            return self.x + self.width * (elapsed / (elapsed + HALF_TIME))
        return self.x + self.width * min((at - self.opened_at) / (self.ends_at - self.opened_at), 1.0)


class Tick(msgspec.Struct, frozen=True, kw_only=True):
    """A poll, with where it stands in pixels."""

    x: float
    poll: Poll


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """A lifecycle, laid out.

    Attributes:
        width: of the whole drawing, in pixels.
        spans: from left to right.
        open_span: the one that is open now; None for a scenario that nobody lives.
        now_x: where the present stands; None where there is none.
        ticks: the polls.
    """

    name: str
    width: int
    spans: tuple[Span, ...]
    open_span: Span | None
    now_x: float | None
    ticks: tuple[Tick, ...]


def lay_out(
    scenario: Scenario,
    *,
    name: str | None = None,
    width: int = 720,
    progress: Progress | None = None,
    now: datetime | None = None,
    polls: Iterable[Poll] = (),
) -> Timeline:
    """Lay out a lifecycle.

    Args:
        scenario: what is drawn.
        name: of the drawing; None for the scenario's.
        width: in pixels.
        progress: how far it has come by ``now``; None for a scenario that nobody lives.
        now: the present.
        polls: requests for it so far.
    """
    steps = list(_steps(scenario, progress))
    drawn = steps if len(steps) * _NARROWEST <= width - 2 * MARGIN else list(_folded(steps))
    spans = tuple(_placed(drawn, width - 2 * MARGIN))
    open_span = next((span for span in spans if span.phase == "open"), None)
    lived = [span for span in spans if span.opened_at is not None]
    return Timeline(
        name=name or scenario.name,
        width=width,
        spans=spans,
        open_span=open_span,
        now_x=None if open_span is None or now is None else open_span.place(now),
        ticks=tuple(Tick(x=_where(lived, poll.at), poll=poll) for poll in polls) if lived else (),
    )


def describe_trigger(step: Step) -> str:
    """Return what opens a step, such as ``+6h or 2 polls``."""
    ways = [f"+{format_duration(step.after)}"] if step.after is not None else []
    ways += [f"{step.polls} {'poll' if step.polls == 1 else 'polls'}"] if step.polls is not None else []
    ways += ["by hand"] if step.manual else []
    return " or ".join(ways) or "start"


def describe_event(event: Event) -> str:
    """Return where an event happened and what the courier says of it."""
    place = ", ".join(part for part in (event.location, event.city, event.state, event.country) if part)
    return f"{place + ': ' if place else ''}{event.message}"


def _steps(scenario: Scenario, progress: Progress | None) -> Iterator[Span]:
    """Yield a span for each step, as wide as it would like to be."""
    opened = () if progress is None else progress.opened
    for index, step in enumerate(scenario.steps):
        opened_at = opened[index] if index < len(opened) else None
        following = scenario.steps[index + 1] if index + 1 < len(scenario.steps) else None
        phase: Phase = "future"
        ends_at: datetime | None = None
        if index + 1 < len(opened):
            phase, ends_at = "past", opened[index + 1]
        elif opened_at is not None and progress is not None:
            phase, ends_at = "open", progress.due
        lasts = following.after if following else None
        if ends_at is not None and opened_at is not None:
            lasts = ends_at - opened_at
        status = step.evolution.status if step.evolution and step.evolution.status else step.status
        yield Span(
            x=0.0,
            width=_wish(lasts),
            step=index,
            count=1,
            tag=status.tag,
            failure=step.failure.status if step.failure else None,
            fault=step.fault.kind if step.fault else None,
            phase=phase,
            trigger=describe_trigger(step),
            text=_text(index, step, opened_at),
            opened_at=opened_at,
            ends_at=ends_at,
        )


def _wish(lasts: timedelta | None) -> float:
    minutes = 0.0 if lasts is None else lasts / timedelta(minutes=1)
    return 1 + math.log2(1 + max(minutes, 0.0)) / 4


def _text(index: int, step: Step, opened_at: datetime | None) -> str:
    status = step.evolution.status if step.evolution and step.evolution.status else step.status
    what = f"{status.tag}, {status.subtag}" if step.failure is None else f"every read fails with {step.failure.status}"
    parts = [f"Step {index}{f' ({step.name})' if step.name else ''}: {what}", f"opens: {describe_trigger(step)}"]
    parts += [f"opened at {write_timestamp(opened_at.replace(microsecond=0))}"] if opened_at else []
    parts += [describe_event(step.event)] if step.event else []
    parts += ["earlier checkpoints are gone"] if step.forgets else []
    parts += [f"every response is spoilt: {step.fault.kind}"] if step.fault else []
    return "; ".join(parts)


def _folded(steps: Sequence[Span]) -> Iterator[Span]:
    """Join neighbours that look alike; what is open stands alone."""
    run = steps[0]
    for span in steps[1:]:
        if (span.look, span.phase) == (run.look, run.phase):
            run = msgspec.structs.replace(
                run, count=run.count + 1, width=max(run.width, span.width), ends_at=span.ends_at
            )
            continue
        yield _counted(run)
        run = span
    yield _counted(run)


def _counted(run: Span) -> Span:
    if run.count == 1:
        return run
    last = run.step + run.count - 1
    shown = run.tag if run.failure is None else f"every read fails with {run.failure}"
    text = f"Steps {run.step} to {last}: {shown}, {run.count} times"
    return msgspec.structs.replace(run, width=run.width + 1, trigger=f"{run.count} times", text=text)


def _placed(spans: Sequence[Span], room: float) -> Iterator[Span]:
    scale = room / math.fsum(span.width for span in spans)
    x = MARGIN
    for span in spans:
        width = span.width * scale
        yield msgspec.structs.replace(span, x=x, width=width)
        x += width


def _where(lived: Sequence[Span], at: datetime) -> float:
    for span, following in pairwise(lived):
        if following.opened_at is not None and at < following.opened_at:
            return span.place(at)
    return lived[-1].place(at)
