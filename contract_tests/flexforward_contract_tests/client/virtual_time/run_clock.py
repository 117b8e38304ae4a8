"""The time of one run: who waits for what, and when the run is over.

Theory of operation. Virtual time stands still while anybody works and jumps when everybody waits. Three parties meet
in a ``RunClock``, on threads of their own, under one lock:

- *The client* (``TimeAuthority``: ``elapsed``, ``wait``, ``check``, ``note``). When each of its tasks waits, it calls
  ``wait`` with its earliest timer and the bytes that it has sent and read on each connection (``Traffic``).
- *The server* (``take_request``, ``take_end``, ``hold``). It says which requests have come in and which answers it
  holds back until an instant of virtual time.
- *The sandbox* reads the same time through ``SandboxClock``, so that labels go on as the client waits.

A supervised program is one client with all its processes. Its supervisor calls ``wait_for_all`` when every thread was
seen asleep, and instead of ``Traffic`` it tells what it has seen of the wire (``Wire``).

``wait`` refuses to move (False) while a byte is in flight, as ``WireWatch`` knows. Otherwise time moves to the earliest
instant that somebody waits for: the client's timer, or the first answer that is held back, which is released then. If
there is no such instant, nothing can ever happen again, and the client is stuck.

An exchange takes ``EXCHANGE_S`` of virtual time, though it costs none while it happens. A request notes when its
answer is due; that much time has passed once the client has been heard to read the answer: at its next look at a
clock, its next wait, or its next request. Exchanges that overlap take no longer than one.

The run is over at its limit, or is cut with its last request that counts. From then on whatever the client does with
time raises ``RunOver``.
"""

from __future__ import annotations

import asyncio
import math
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NoReturn

import msgspec

from flexforward_mockserver.state.clock import Clock

from .preload.flexforward_virtual_time import StuckError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from flexforward_contract_tests.client.transcript.run import EndedBy
    from flexforward_mockserver.engine.messages import Response
    from flexforward_mockserver.state.journal import Exchange

    from .preload.flexforward_virtual_time import Traffic
    from .wire_watch import WireWatch

__all__ = ["EXCHANGE_S", "HURRIED_REQUESTS", "MOST_REQUESTS", "RunClock", "RunOver", "SandboxClock", "Wire"]

EXCHANGE_S = 0.12
"""Virtual seconds that an exchange takes, so that a loop over many labels is no burst."""

MOST_REQUESTS = 15_000
"""Requests for a label after which a run is cut: whoever asks once a minute comes to the end of every trial."""

HURRIED_REQUESTS = 1_500
"""The same for a client that was cut before and asked more than twice a minute: each trial would take as long."""

_LONGEST_REAL_S = 20.0
_LEAST_REQUESTS = 1_000
"""A run is not cut for the real time that it takes before so many: a busy machine is no reason."""

_NEVER_COMES = "the client waits for something that never comes"
_PATIENCE = 5
_ANSWERING_S, _GLANCE_S = 0.2, 0.0002
_REAL_SLEEP = [time.sleep]  # in a list, so that no client's virtual time replaces it
_REAL_MONOTONIC = [time.monotonic]


class RunOver(BaseException):
    """The run is over: what a client waits for would only come later. No ``except Exception`` of its own hides it."""


class Wire(msgspec.Struct, frozen=True, kw_only=True):
    """What a supervised program knows of its connections to the server.

    Attributes:
        opened: how many have been opened so far, counted as ``RunClock.connections_made`` does.
        seen: ``RunClock.activity`` as it was before all of the program was seen asleep.
        is_patient: what the program waits for may come from elsewhere.
    """

    opened: int
    seen: int
    is_patient: bool


class RunClock:
    """Decides about the time of one run. Safe to be used by the client's thread and the server's at once.

    Args:
        start: aware instant at which virtual time begins.
        limit: the run is over after this span of virtual time,
        most_requests: it is cut when the client has asked so often, or after ``longest_real_s``.
        longest_real_s: real seconds after which a run with many requests is cut.
        longest_work_s: seconds of the processor after which a run is cut that works in the calling thread; None for no
            bound. No busy machine has a part in it.
        watch: knows what is in flight on the sockets of a live server; None where there are none.

    Attributes:
        epoch: ``start`` in seconds since 1970.
        most_requests: as given.
        requests: how often the client has asked.
        is_over: the run ended because of its limit, or was cut.
        cut: why it was cut, such as ``after 15,000 requests``; None if it was not.
        problems: why times of this run cannot be trusted.
        rested: where each of its tasks stands, as a clause, if the client waits for what can never come.
        has_failed_tasks: errors have ended others of its tasks by then.
        has_cut_off: virtual time has ended a part of the client that it does not cover.
        insist: is called, with a number that counts, before ``RunOver`` is raised to a client that catches it always.
    """

    def __init__(
        self,
        start: datetime,
        *,
        limit: timedelta,
        most_requests: int = MOST_REQUESTS,
        longest_real_s: float = _LONGEST_REAL_S,
        longest_work_s: float | None = None,
        watch: WireWatch | None = None,
    ) -> None:
        self.epoch = start.timestamp()
        self.requests = 0
        self.is_over = False
        self.cut: str | None = None
        self.problems: list[str] = []
        self.rested: str | None = None
        self.has_failed_tasks = False
        self.has_cut_off = False
        self._limit_s = limit.total_seconds()
        self.most_requests = most_requests
        self._longest_real_s = longest_real_s
        self._longest_work_s = longest_work_s
        self._worker = threading.get_ident()
        self._real_began, self._work_began = _REAL_MONOTONIC[0](), time.thread_time()
        self._watch = watch
        self._elapsed_s = 0.0
        self._held: list[tuple[float, Callable[[], None]]] = []
        self.insist: Callable[[int], None] | None = None
        self._endings = 0
        self._waits = 0
        self._waited: dict[int, float] = {}
        self._all_waited = 0.0
        self._ended: dict[int, float] = {}
        self._due: dict[int, float] = {}
        self._left: dict[int, float] = {}
        self._late: set[int] = set()
        self._hearer: int | None = None
        self._lock = threading.RLock()

    @property
    def ended_by(self) -> EndedBy:
        """Who ended the run, once it has ended."""
        if self.is_over:
            return "deadline" if self.cut is None else "cut"
        return "virtual-time" if self.has_cut_off else "client"

    @property
    def is_laborious(self) -> bool:
        """Whether the client has worked for as long as it may; only its own thread, which has made this, knows that."""
        longest_s = self._longest_work_s
        return (
            longest_s is not None
            and threading.get_ident() == self._worker
            and time.thread_time() - self._work_began > longest_s
        )

    @property
    def is_hurried(self) -> bool:
        """Whether it was cut, and the client had asked more than twice a virtual minute on the whole."""
        return self.cut is not None and self.requests > self._elapsed_s / 30

    # -- The client's side

    def elapsed(self) -> float:
        """Return virtual seconds since the start."""
        if self._hearer is not None and self._hearer == threading.get_ident():
            self._hearer = None
            self.hear()
        return self._elapsed_s

    def wait(self, until: float | None, traffic: Traffic | None) -> bool:
        """Move time to ``until``, or to an answer that comes due before; False if something is in flight.

        Raises:
            RunOver: the limit comes first.
            StuckError: nothing that the client waits for can ever happen.
        """
        with self._lock:
            self._waits += 1
            if not self.is_over and self.is_laborious:
                self.cut, self.is_over = self._work_words(), True
            self.check()
            if traffic and self._watch is not None and not self._watch.is_quiet(traffic):
                return False
            if self._due:
                self._settle(tuple(self._due))
            if until is not None and until <= self._elapsed_s:
                return True
            to = self._next(until)
            if to is None and traffic:
                if self._watch is not None:
                    self._watch.end_all()  # as servers do with connections that nobody uses: nothing else can come
                return False
            if to is None:
                raise StuckError(_NEVER_COMES)
            # Before time moves, for that lets go of answers, each of which looks at who still waited for it.
            if traffic:
                self._waited.update(dict.fromkeys(traffic, min(to, self._limit_s)))
            self._move(to)
            return True

    def wait_for_all(self, until: float | None, wire: Wire) -> bool:
        """Move time as ``wait`` does, for a program all of whose threads were seen asleep; False if it is not yet to.

        Raises:
            RunOver: the limit comes first.
            StuckError: nothing that the program waits for can ever happen.
        """
        with self._lock:
            self.check()
            if not self.is_settled(wire.opened):
                return False
            if self._due:
                self._settle(tuple(self._due))
            if self.activity() != wire.seen:
                return False  # the program may have been woken after it was seen asleep
            if until is not None and until <= self._elapsed_s:
                return True
            to = self._next(until)
            if to is None and wire.is_patient:
                return False
            if to is None:
                raise StuckError(_NEVER_COMES)
            self._all_waited = min(to, self._limit_s)
            self._move(to)
            return True

    def rest(self, standing: list[str], ended: list[str], waking: str | None) -> None:
        """Let time move to the end of the run for a client that waits for nothing that could ever come.

        If the server holds an answer back, that is what it waits for, and nothing happens.

        Raises:
            RunOver: it is the end.
            StuckError: something could wake it, or virtual time itself has ended a part of it.
        """
        with self._lock:
            self.check()
            if self._held:
                return
            if waking is not None:
                raise StuckError(f"{_NEVER_COMES}, unless {waking}")
            if self.has_cut_off:
                raise StuckError(_NEVER_COMES)
            self.rested = "; ".join((*ended, *standing)) or "no code of its own waits"
            self.has_failed_tasks = bool(ended)
            self._move(float("inf"))

    def is_settled(self, opened: int) -> bool:
        """Tell whether the server has nothing left to do for a program that has opened so many connections."""
        return self._watch is None or self._watch.is_settled(opened)

    def activity(self) -> int:
        """Return a number that grows with whatever happens on the wire; 0 without a server."""
        return 0 if self._watch is None else self._watch.activity

    def connections_made(self) -> int:
        """Return how many connections the server has ever taken; 0 without a server."""
        return 0 if self._watch is None else self._watch.made

    def _next(self, until: float | None) -> float | None:
        """Return when something happens next to who waits ``until`` then; None if nothing ever does."""
        return min((at for at in (until, *(at for at, _ in self._held)) if at is not None), default=None)

    def waited_until(self, port: int) -> float:
        """Return up to when, in virtual seconds, the client waited on the connection with that port of its own."""
        latest = max(self._waited.get(port, 0.0), self._all_waited)
        return min(latest, self._ended.get(port, latest))

    def free_until(self) -> float:
        """Return how far nobody but the client moves time: until the limit, unless the server holds answers back."""
        with self._lock:
            return self._elapsed_s if self._held else self._limit_s

    def catch_up(self, to: float) -> None:
        """Move time to where a client has gone that was free to.

        Raises:
            RunOver: the limit comes first.
        """
        with self._lock:
            self._move(to)

    def check(self) -> None:
        """Take down that this thread, a client's, has heard from the server; raise what ends it, if the run is over.

        Raises:
            RunOver: it is.
        """
        self._hearer = None if self._watch is None else threading.get_ident()
        if self.is_over:
            self._end()

    def note(self, problem: str, *, is_end: bool = False) -> None:
        """Take down why times of this run cannot be trusted; ``is_end`` where a part of the client is ended for it."""
        self.has_cut_off = self.has_cut_off or is_end
        if problem not in self.problems:
            self.problems.append(problem)

    # -- The side of an in-process transport

    def spend(self, reply: Response) -> None:
        """Let a client without an event loop wait for a reply."""
        self.count(reply.exchange)
        self.check()
        with self._lock:
            self._move(self._elapsed_s + _takes(reply))

    async def spend_in_loop(self, reply: Response, *, read_timeout_s: float = math.inf) -> None:  # noqa: ARG002  # its timers are the loop's
        """Let a task wait for a reply; its loop's timers go on meanwhile, and may cancel it."""
        self.count(reply.exchange)
        began_s = self._elapsed_s
        try:
            # A task is not the place to end the client from: its loop is, which comes to wait, and is told.
            await (asyncio.Event().wait() if self.is_over else asyncio.sleep(_takes(reply)))
        except asyncio.CancelledError:
            self._left[id(reply.exchange)] = self._elapsed_s - began_s
            raise

    def seen_by_client(self, exchanges: Iterable[Exchange]) -> Iterator[Exchange]:
        """Yield exchanges as the client saw them: one that it has left had no answer; after the end there are none."""
        for exchange in exchanges:
            if id(exchange) in self._late:
                continue
            left_s = self._left.get(id(exchange))
            yield exchange if left_s is None else msgspec.structs.replace(exchange, status=None, duration_s=left_s)

    # -- The server's side

    def take_request(self, port: int) -> None:
        """Take down that a request comes in on a connection: what it was answered before, the client has read."""
        with self._lock:
            self._settle((port,))
            self._due[port] = self._elapsed_s + EXCHANGE_S
            self._ended.pop(port, None)

    def take_end(self, port: int) -> None:
        """Take down that a connection has ended; what is awaited from now on is not awaited on it."""
        with self._lock:
            self._settle((port,))
            self._ended[port] = self._elapsed_s

    def hear(self) -> None:
        """Take down that the client has read something: an exchange has taken it a moment."""
        watch = self._watch
        glances = int(_ANSWERING_S / _GLANCE_S)
        while watch is not None and glances and any(map(watch.is_answering, tuple(self._due))):
            glances -= 1
            _REAL_SLEEP[0](_GLANCE_S)  # the client may have read its answer before the server knows that it is out
        with self._lock:
            self._settle(tuple(port for port in self._due if watch is None or watch.has_answered(port)))

    def let_go(self) -> float | None:
        """Move time to the earliest answer that is held back; return how far that is, None if there is none.

        For clients that know nothing of virtual time: whoever waits is taken to wait on.

        Raises:
            RunOver: the limit comes first.
        """
        with self._lock:
            if not self._held:
                return None
            to, before = min(at for at, _ in self._held), self._elapsed_s
            self._all_waited = min(to, self._limit_s)
            self._move(to)
            return to - before

    def _settle(self, ports: tuple[int, ...]) -> None:
        """Let the exchanges on these connections be over; those that went on at once take no longer than one."""
        due = [self._due.pop(port) for port in ports if port in self._due]
        self._elapsed_s = max([self._elapsed_s, *due])

    def hold(self, seconds: float, release: Callable[[], None]) -> Callable[[], None]:
        """Call ``release`` when ``seconds`` have passed, if the client waits so long; return what takes that back."""
        entry = (self._elapsed_s + seconds, release)
        with self._lock:
            self._held.append(entry)

        def drop() -> None:
            with self._lock:
                if entry in self._held:
                    self._held.remove(entry)

        return drop

    def count(self, exchange: Exchange | None) -> None:
        """Take down a request; the last one that is allowed cuts the run, and those after it do not count."""
        if self.is_over:
            self._late.add(id(exchange))
            return
        self.is_over = self.is_cut_at(self.requests + 1)

    def is_cut_at(self, requests: int) -> bool:
        """Take down how often the client has asked by now, and tell whether the run is cut for it."""
        self.requests = requests
        self.cut = self._reason_to_cut()
        return self.cut is not None

    def _reason_to_cut(self) -> str | None:
        if self.requests >= self.most_requests:
            return f"after {self.requests:,} requests"
        if self.is_laborious:
            return self._work_words()
        if self._longest_work_s is not None and self._watch is None:
            return None
        is_slow = self.requests >= _LEAST_REQUESTS and _REAL_MONOTONIC[0]() - self._real_began > self._longest_real_s
        return f"after {self._longest_real_s:g} real seconds, with {self.requests:,} requests" if is_slow else None

    def _work_words(self) -> str:
        work = f"with {self.requests:,} requests and {self._waits:,} waits"
        return f"after {self._longest_work_s:g} seconds of the processor, {work}"

    def _end(self) -> NoReturn:
        self._endings += 1
        if self._endings > _PATIENCE and self.insist is not None:
            self.insist(self._endings - _PATIENCE - 1)
        raise RunOver

    def _move(self, to: float) -> None:
        if to > self._limit_s:
            self._elapsed_s = max(self._elapsed_s, self._limit_s)
            self.is_over = True
            self._end()
        self._elapsed_s = max(self._elapsed_s, to)
        if not self._held:
            return
        for entry in [entry for entry in self._held if entry[0] <= self._elapsed_s]:
            self._held.remove(entry)
            entry[1]()


class SandboxClock(Clock):
    """A sandbox's clock that is the run's: whoever waits moves both."""

    longest_wait_s = float("inf")

    def __init__(self, time: RunClock) -> None:
        super().__init__(time.elapsed, start=datetime.fromtimestamp(time.epoch, UTC), rate=1.0)

    def on_client_wait(self, span: timedelta) -> None:
        """Do nothing: the run's time moves when the client waits, and that is seen to by whoever makes it wait."""


def _takes(reply: Response) -> float:
    return EXCHANGE_S + (0.0 if reply.delivery is None else reply.delivery.delay_s)
