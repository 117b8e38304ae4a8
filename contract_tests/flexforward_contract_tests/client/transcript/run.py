"""One client taken through one scenario: what it asked, what it was answered, what it told, and how it ended."""

from __future__ import annotations

from datetime import datetime, timedelta  # noqa: TC003  # msgspec reads the annotations
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from flexforward_mockserver.engine.labels.names import DOCUMENTS_PATH, LABEL_OPERATIONS
from flexforward_mockserver.scenarios.scenario import Scenario  # noqa: TC001  # as above
from flexforward_mockserver.state.journal import Exchange  # noqa: TC001  # as above

if TYPE_CHECKING:
    from collections.abc import Iterable

    from flexforward_fixtures import FlexForward, LabelHandle
    from flexforward_mockserver.state.label import Label

__all__ = ["ClientRun", "EndedBy", "Notification", "RunLabel", "run_of"]

EndedBy: TypeAlias = Literal["client", "deadline", "cut", "virtual-time"]
"""Whether the client ended by itself; was ended a day after the last step; was cut while it went on asking, so that
nothing is known of what would have come; or whether virtual time, which does not cover what it did, has ended a part of
it: then its end says nothing."""


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """A notification of the client to its customer.

    Attributes:
        at: virtual time.
        tag: the status, as the client called it.
        label: UUID or order number; None where only one label can be meant.
    """

    at: datetime
    tag: str
    label: str | None = None


class RunLabel(msgspec.Struct, frozen=True, kw_only=True):
    """A label that the client was to follow.

    Attributes:
        id: UUID in canonical form.
    """

    id: str
    order_number: str
    scenario: Scenario


class ClientRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run of a client through one scenario, or through several labels at once.

    Attributes:
        exchanges: all that it asked, in the order of time; those too that no sandbox could be named for. Making labels
            and fetching their documents is left out: it is no poll.
        on_labels: what was left out.
        notifications: all that it told, in the order of time; None if it had no way to tell, or is known never to
            use it: what it tells is not judged then.
        began_at: virtual time at which the client was started.
        ended_at: virtual time at which it ended, or was ended.
        is_timing_trusted: the client lived in virtual time throughout; if not, nothing is said about its waits.
        distrust: why the timing is not trusted, as a clause such as ``two threads waited``.
        last_words: of a program that ended by itself: how, and what it printed last, as lines; None if not known.
        has_crashed: it is known that it ended by an error of its own.
        is_accelerated: it lived in real time, which virtual time runs ahead of.
        cut: of a run that was cut: after what, such as ``after 15,000 requests``.
        every: at what interval a program that asks once is started; None for one that goes on by itself.
        unheard: why nothing that it told was heard, as a clause; None if it was, or is not known.
        thread_errors: errors that ended threads of the client, each with its place.
        rest: of a client that waited for what could never come: where each of its tasks stood, as a clause.
        zone: of the machine that the client believed to be on, such as ``America/New_York``; None for this machine's.
        unmatched: it is unheard though it was said by what pattern it would be.
    """

    labels: tuple[RunLabel, ...]
    exchanges: tuple[Exchange, ...]
    notifications: tuple[Notification, ...] | None
    began_at: datetime
    ended_at: datetime
    ended_by: EndedBy
    is_timing_trusted: bool = True
    distrust: str | None = None
    last_words: str | None = None
    has_crashed: bool = False
    is_accelerated: bool = False
    cut: str | None = None
    every: timedelta | None = None
    unheard: str | None = None
    unmatched: bool = False
    thread_errors: tuple[str, ...] = ()
    rest: str | None = None
    zone: str | None = None
    on_labels: tuple[Exchange, ...] = ()

    @property
    def all_exchanges(self) -> tuple[Exchange, ...]:
        """All that it asked, in the order of time."""
        if not self.on_labels:
            return self.exchanges
        return tuple(sorted((*self.exchanges, *self.on_labels), key=lambda exchange: exchange.at))

    @property
    def name(self) -> str:
        """The names of its scenarios."""
        return ", ".join(dict.fromkeys(label.scenario.name for label in self.labels))

    @classmethod
    def of_exchanges(
        cls,
        labels: Iterable[Label],
        exchanges: Iterable[Exchange],
        *,
        unattributed: Iterable[Exchange] = (),
        notifications: Iterable[Notification] | None = None,
        ended_by: EndedBy = "deadline",
        ended_at: datetime | None = None,
        distrust: str | None = None,
        last_words: str | None = None,
        has_crashed: bool = False,
        is_accelerated: bool = False,
        cut: str | None = None,
        every: timedelta | None = None,
        thread_errors: Iterable[str] = (),
        rest: str | None = None,
        zone: str | None = None,
    ) -> ClientRun:
        """Make a run of any journal.

        Args:
            labels: those that the client was to follow; at least one.
            exchanges: of their sandbox.
            unattributed: those of the server that no sandbox could be named for.
            notifications: what the client told; None if it had no way to tell.
            ended_by: who ended the run.
            ended_at: when; None for its last exchange or notification.
            distrust: why its timing is not to be judged; None if it is.
            last_words: how it ended, and what it printed last, as lines.
            has_crashed: it is known that it ended by an error of its own.
            is_accelerated: it lived in real time, which virtual time runs ahead of.
            cut: of a run that was cut: after what.
            every: at what interval a program that asks once is started.
            thread_errors: errors that ended threads of the client.
            rest: where its tasks stood, if it waited for what could never come.
            zone: of the machine that the client believed to be on; None for this machine's.
        """
        kept = tuple(labels)
        asked = tuple(sorted((*exchanges, *unattributed), key=lambda exchange: exchange.at))
        told = None if notifications is None else tuple(sorted(notifications, key=lambda entry: entry.at))
        began_at = min(label.began_at for label in kept)
        instants = [began_at, *(exchange.at for exchange in asked), *(entry.at for entry in told or ())]
        return cls(
            labels=tuple(
                RunLabel(id=label.id, order_number=label.order_number, scenario=label.scenario) for label in kept
            ),
            exchanges=tuple(exchange for exchange in asked if not _is_on_labels(exchange)),
            on_labels=tuple(exchange for exchange in asked if _is_on_labels(exchange)),
            notifications=told,
            began_at=min(instants),
            ended_at=ended_at or max(instants),
            ended_by=ended_by,
            is_timing_trusted=distrust is None,
            distrust=distrust,
            last_words=last_words,
            has_crashed=has_crashed,
            is_accelerated=is_accelerated,
            cut=cut,
            every=every,
            thread_errors=tuple(thread_errors),
            rest=rest,
            zone=zone,
        )


def _is_on_labels(exchange: Exchange) -> bool:
    return exchange.operation in LABEL_OPERATIONS or exchange.path.startswith(DOCUMENTS_PATH)


def run_of(
    flexforward: FlexForward,
    *labels: LabelHandle,
    notifications: Iterable[Notification] | None = None,
    ended_by: EndedBy = "deadline",
) -> ClientRun:
    """Make a run of what a fixture's sandbox has recorded so far."""
    return ClientRun.of_exchanges(
        [label.value for label in labels],
        flexforward.journal,
        unattributed=flexforward.unattributed,
        notifications=notifications,
        ended_by=ended_by,
        ended_at=flexforward.clock.now,
    )
