"""Virtual time for a Python program that knows nothing of it.

Time stands still while the program works and jumps when it waits. How far it jumps is decided by the ``TimeAuthority``,
which stands beside the mock server; this module only replaces the calls by which a program reads a clock or waits:

- ``time``: sleep, time, monotonic, perf_counter, clock_gettime (and their ``_ns``), gmtime, localtime, ctime, asctime,
  strftime; ``os.times`` and ``uuid.uuid1``;
- ``datetime``: now, utcnow, today;
- ``threading.Condition.wait``, on which Event, Queue and the like stand;
- the ``select`` of event loops, on which all timers of asyncio and anyio stand;
- time-outs of sockets that are connected to the mock server.

Names that were bound before (``from time import sleep``) are found and replaced as well. Every replacement looks first
whether the thread that calls it is the one under virtual time, and is the real call for all others.

Standard library only, and nothing of flexforward-mock: it is loaded into programs that have neither. That is why it is
one long file, too.
"""

from __future__ import annotations

import ctypes
import datetime
import functools
import gc
import importlib
import os
import select
import selectors
import signal
import socket
import sys
import threading
import time
import types
import weakref
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Protocol

__all__ = ["StuckError", "TimeAuthority", "Traffic", "UnsupportedError", "VirtualTime"]

Traffic = dict[int, tuple[int, int]]
"""Local port of each connection to the mock server: bytes sent and received so far, as the client sees it."""

_LEAST_S = 1e-6
"""Virtual seconds by which a wait moves time at least: less could be lost in rounding, and the wait never end."""

_GLANCE_S, _FIRST_GLANCE_S = 0.02, 0.001
"""Real seconds for which a socket is watched before the authority is asked whether an answer is withheld; the first
time less, for then most of them are."""

_PATIENCE_S = 5.0
"""Real seconds for which other threads of the program are waited for, before it is taken to be stuck."""

_LONG_S = 60.0
"""An event loop in a second thread that waits longer is the program's own; shorter waits may be a server's turns."""

_MOST_LOOKS = 500_000
"""Looks at a clock that stands still after which the program is taken to wait for it in a loop."""
_STANDS_STILL_S = 1e-3

_OTHER_LOOPS = {"uvloop": ("run", "new_event_loop", "Loop"), "trio": ("run",)}
"""Event loops with timers of their own, and what starts them."""

_CONDITION_WAIT = threading.Condition.wait.__code__
_WALL_CLOCKS = {
    getattr(time, name) for name in ("CLOCK_REALTIME", "CLOCK_REALTIME_COARSE", "CLOCK_TAI") if hasattr(time, name)
}
_CLOCKS = _WALL_CLOCKS | {
    getattr(time, name)
    for name in ("CLOCK_MONOTONIC", "CLOCK_MONOTONIC_RAW", "CLOCK_MONOTONIC_COARSE", "CLOCK_BOOTTIME", "CLOCK_UPTIME")
    if hasattr(time, name)
}
"""Those of ``clock_gettime`` that go on while a program waits; others count the work of its processor."""

_ENDING = {
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGBREAK") if hasattr(signal, name)
}
"""Signals that are only sent to end a program, which nobody does here before its time."""
_LIBRARIES = (os.__file__.rsplit(os.sep, 1)[0], __file__.rsplit(os.sep, 4)[0])
"""Folders whose code is none of the program's: Python's own, and this suite's."""

_PARTIAL, _NAMES, _ADDRESS = (functools.partial,), (dict,), (tuple,)
_Function = Callable[..., Any]
_UTC = datetime.timezone.utc  # noqa: UP017  # clients may run on an older Python


class UnsupportedError(BaseException):
    """The program waits in a way that virtual time does not cover. No ``except Exception`` of its own hides it."""


class StuckError(BaseException):
    """The program waits for something that can never happen."""


class TimeAuthority(Protocol):
    """Who decides about time.

    Attributes:
        epoch: seconds since 1970 at which virtual time began.
    """

    epoch: float

    def elapsed(self) -> float:
        """Return virtual seconds since virtual time began."""
        ...

    def wait(self, until: float | None, traffic: Traffic | None) -> bool:
        """Move time on to ``until``, or less far if an answer comes due before; False if something is in flight.

        Args:
            until: virtual seconds since virtual time began; None where only an answer can end the wait.
            traffic: of the program's connections to the server; None where none of them can matter.
        """
        ...

    def rest(self, standing: list[str], ended: list[str], waking: str | None) -> None:
        """Take down that the program waits without a timer and without a connection to the server.

        Args:
            standing: where each of its tasks waits, as clauses.
            ended: what ended those of its tasks that failed, as clauses.
            waking: what could end the wait all the same, as a clause; None for nothing, so that it never ends.
        """

    def check(self) -> None:
        """Raise what ends the program, if it is to end."""

    def note(self, problem: str, *, is_end: bool = False) -> None:
        """Take down that times of this program cannot be trusted, and why.

        Args:
            problem: why.
            is_end: a thread of the program, or all of it, is ended for this.
        """


class _Real:
    """A function that was replaced, held where the search for bound names does not look."""

    __slots__ = ("call",)

    def __init__(self, call: _Function) -> None:
        self.call = call


_real_sleep = _Real(time.sleep)


class VirtualTime:
    """Puts threads under virtual time. One at a time; what it replaces stays replaced until ``uninstall``.

    Args:
        authority: decides about time.
        server: host and port of the mock server, whose sockets are watched; None without one.
        patience_s: real seconds for which threads that work are waited for.
        most_looks: at the clock, without a wait between them, after which a program is taken to wait by looking.
    """

    def __init__(
        self,
        authority: TimeAuthority,
        *,
        server: tuple[str, int] | None = None,
        patience_s: float = _PATIENCE_S,
        most_looks: int = _MOST_LOOKS,
    ) -> None:
        self.authority = authority
        self.server = server
        self._patience_s = patience_s
        self._most_looks = most_looks
        self._ident: int | None = None
        self._others: _Threads | None = None
        self._handlers: dict[int, Any] = {}
        self._steady_offset = 0.0
        self._undo: list[Callable[[], None]] = []
        self._mine: dict[str, tuple[_Real, _Function]] = {}
        self._traffic: dict[int, _Count] = {}
        self._has_heard = False
        self._looks = 0
        self._looked_at = 0.0
        self._is_asking = False
        self._elapsed_s = 0.0

    # -- Whose time it is

    def _rules_here(self) -> bool:
        return threading.get_ident() == self._ident and not self._is_asking

    def _ask(self, question: Callable[..., Any], *about: Any) -> Any:
        """Ask the authority something.

        What Python runs amid the answer (a callback of the garbage collector, a finalizer) may look at a clock itself.
        It sees the last known time, and does not ask in between: the authority is answering, under a lock.
        """
        self._is_asking = True
        try:
            return question(*about)
        finally:
            self._is_asking = False

    def _note_end(self, problem: str) -> None:
        self._ask(lambda: self.authority.note(problem, is_end=True))

    def _check_stranger(self, what: str) -> None:
        """Refuse to let a thread that the program started wait in real time: it would be days."""
        others = self._others
        if others is not None and threading.get_ident() != self._ident and threading.current_thread() not in others:
            self.authority.note("it waits in several threads", is_end=True)
            raise SystemExit(f"{what} in a second thread of the program")  # ends the thread without a word

    def enter(self) -> None:
        """Put the calling thread under virtual time."""
        self._steady_offset = (
            int(time.monotonic()) + 1 - self.authority.elapsed()
        )  # whole seconds: sums come out the same
        self._traffic.clear()
        self._has_heard = False
        self._looks = 0
        self._handlers = _signal_handlers()
        self._others = _Threads()
        self._ident = threading.get_ident()

    def leave(self) -> None:
        """Let the thread live in real time again."""
        self._ident = None
        self._others = None

    def has_open_sockets(self) -> bool:
        """Tell whether the program has left connections to the server open, and somebody holds them."""
        sockets = (count.sock() for count in self._traffic.values())
        return any(sock is not None and sock.fileno() != -1 for sock in sockets)

    def running(self, authority: TimeAuthority, server: tuple[str, int] | None = None) -> _Running:
        """Return a context in which the calling thread is under virtual time, decided about by ``authority``."""
        self.authority = authority
        self.server = server
        return _Running(self)

    # -- Reading clocks

    def wall(self) -> float:
        """Return virtual seconds since 1970."""
        return self.authority.epoch + self._look()

    def steady(self) -> float:
        """Return seconds that only grow, virtual ones."""
        return self._look() + self._steady_offset

    def _look(self) -> float:
        if self._is_asking:
            return self._elapsed_s
        self._is_asking = True  # as in _ask, without its cost: a client of tasks looks a dozen times in an exchange
        try:
            self._elapsed_s = elapsed = self.authority.elapsed()
        finally:
            self._is_asking = False
        if elapsed - self._looked_at > _STANDS_STILL_S or elapsed < self._looked_at:
            self._looked_at, self._looks = elapsed, 0
        self._looks += 1
        if self._looks > self._most_looks:
            self._looks = 0
            self._note_end("it waits by looking at the clock again and again")
            raise UnsupportedError("a loop that looks at the clock and does not wait")
        return elapsed

    # -- Waiting

    def pause(self, seconds: float) -> None:
        """Let the thread wait: nothing else of the program can be going on."""
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        until = self._look() + seconds
        while self._look() < until:
            if not self._ask(self.authority.wait, until, None):
                _real_sleep.call(_GLANCE_S)

    def idle(self, selector: Any, poll: Callable[[float], list[Any]], timeout: float | None) -> list[Any]:
        """Let an event loop wait for whatever comes first: something on a socket, or its earliest timer."""
        if self._has_heard:
            self._has_heard = False
            self._ask(self.authority.check)
        found = poll(0)
        if found or (timeout is not None and timeout <= 0):
            return found
        until = None if timeout is None else self._look() + max(timeout, _LEAST_S)
        traffic = self._traffic_now()
        if self._helpers():  # such as one that resolves a name for it: time stands still meanwhile
            found = self._wait_for_helpers(lambda: poll(_GLANCE_S))
            if not found and self._helpers():
                self._ask(self.authority.note, "it waits while threads of its own work")
        if not found and until is None and not traffic:
            found = self._wait_for_helpers(lambda: poll(_GLANCE_S))
        if found:
            return found
        if until is None and not traffic:
            self._rest(selector)
        return [] if self._ask(self.authority.wait, until, traffic) else poll(_GLANCE_S)

    def _rest(self, selector: Any) -> None:
        """Tell that a loop of asyncio has come to rest; of what other loops wait for nothing is known."""
        asyncio = sys.modules.get("asyncio")
        loop = asyncio and asyncio._get_running_loop()
        if asyncio is None or getattr(loop, "_selector", None) is not selector:
            return
        standing = sorted(filter(None, map(_standing, asyncio.all_tasks(loop))))
        self._ask(self.authority.rest, standing, _ended(asyncio.Task, loop), self._waking(loop, selector))

    def _waking(self, loop: Any, selector: Any) -> str | None:
        """Say what could wake a loop without timers."""
        if self._helpers() or any(map(_is_at_work_for_others, sys._current_frames().values())):  # pyright: ignore[reportPrivateUsage]
            return "a thread of its own is at work"
        watched = [key.fd for key in selector.get_map().values() if key.fd != loop._ssock.fileno()]
        if watched:
            return f"it watches {len(watched)} other connections or files"
        handlers = {number: handler for number, handler in _signal_handlers().items() if number not in _ENDING}
        changed = [number for number, handler in handlers.items() if handler is not self._handlers.get(number)]
        return f"it handles {signal.Signals(min(changed)).name}" if changed else None

    def _wait_for_helpers(self, look: Callable[[], Any]) -> Any:
        """Look in real time, until something is seen or no other thread of the program can bring it about."""
        found = look()
        for _ in range(int(self._patience_s / _GLANCE_S)):
            if found or not self._helpers():
                break
            found = look()
        return found

    def hold_out(self, wait: Callable[[float], bool], timeout: float | None) -> bool:
        """Let the thread wait for a condition, which nobody but another thread of the program can bring about."""
        if any(not thread.is_alive() for thread in threading.enumerate()) and wait(self._patience_s):
            return True  # as whoever starts a thread waits until it has begun, which takes no time of the program's
        if self._helpers():
            self._ask(self.authority.note, "it waits for threads of its own")
            if wait(_GLANCE_S):
                return True
        if timeout is not None:
            self.pause(max(timeout, 0.0))
            return False
        if self._helpers() and self._wait_for_helpers(lambda: wait(_GLANCE_S)):
            return True
        problem = "it waits for another thread, and there is none that could end that"
        self._note_end(f"it is stuck: {problem}")
        raise StuckError(problem)

    def _helpers(self) -> bool:
        """Tell whether threads that the program started are at work; one that waits to be given some is not."""
        if threading.active_count() == 1:
            return False
        others = [
            thread.ident
            for thread in threading.enumerate()
            if thread.ident != self._ident and (self._others is None or thread not in self._others)
        ]
        if not others:
            return False
        frames = sys._current_frames()  # pyright: ignore[reportPrivateUsage]  # documented all the same
        # One without a number is being started at this moment: that is work.
        return not all(ident is not None and _is_idle(frames.get(ident)) for ident in others)

    # -- Replacing

    def install(self) -> None:
        """Replace the calls, wherever they are bound."""
        self._mine = {name: (_Real(getattr(time, name)), mine) for name, mine in self._clock_calls().items()}
        if hasattr(os, "times_result"):  # pragma: no branch
            real_times = _Real(os.times)
            self._mine["times"] = real_times, self._process_times(real_times)
        _rebind_all(self._mine.values(), is_back=False)
        for owner, name, mine in (*self._waits(), *self._sockets()):
            self._swap_attribute(owner, name, mine)
        for kind, name, wrap in self._calendar():
            self._swap_in_type(kind, name, wrap)
        for name in (*_OTHER_LOOPS, "uuid"):
            if name in sys.modules:
                self._change(importlib.import_module(name))  # which waits where another thread imports it just now
        finder = _Finder(self._change)
        sys.meta_path.insert(0, finder)
        self._undo.append(lambda: sys.meta_path.remove(finder))

    def uninstall(self) -> None:
        """Put everything back, also where modules that were imported meanwhile have bound ours."""
        while self._undo:
            self._undo.pop()()
        _rebind_all(self._mine.values(), is_back=True)
        self._mine = {}

    def _clock_calls(self) -> dict[str, _Function]:
        """Return, by name, what takes the places of functions of the module ``time``."""
        calls = {
            "time": self._either(time.time, self.wall),
            "time_ns": self._either(time.time_ns, lambda: int(self.wall() * 1e9)),
            "monotonic": self._either(time.monotonic, self.steady),
            "monotonic_ns": self._either(time.monotonic_ns, lambda: int(self.steady() * 1e9)),
            "perf_counter": self._either(time.perf_counter, self.steady),
            "perf_counter_ns": self._either(time.perf_counter_ns, lambda: int(self.steady() * 1e9)),
            "sleep": self._sleep(_Real(time.sleep)),
            "strftime": self._strftime(_Real(time.strftime), _Real(time.localtime)),
            "asctime": self._asctime(_Real(time.asctime), _Real(time.localtime)),
        }
        for name in ("clock_gettime", "clock_gettime_ns"):
            if hasattr(time, name):  # pragma: no branch  # Windows has none
                calls[name] = self._clock(_Real(getattr(time, name)), 1e9 if name.endswith("ns") else None)
        for name in ("gmtime", "localtime", "ctime"):
            calls[name] = self._moment(_Real(getattr(time, name)))
        for name, call in calls.items():
            call.__name__ = call.__qualname__ = name
        # A function in a class would become a method, which those of ``time`` do not; what is bound already does not.
        return {name: types.MethodType(call, self) for name, call in calls.items()}

    def _either(self, call: _Function, mine: _Function) -> _Function:
        real = _Real(call)
        get_ident = threading.get_ident

        def either(_: VirtualTime) -> Any:
            return mine() if self._ident == get_ident() else real.call()

        return either

    def _clock(self, real: _Real, units: float | None) -> _Function:
        def clock(_: VirtualTime, number: int, /) -> Any:
            if not self._rules_here() or number not in _CLOCKS:
                return real.call(number)
            seconds = self.wall() if number in _WALL_CLOCKS else self.steady()
            return seconds if units is None else int(seconds * units)

        return clock

    def _process_times(self, real: _Real) -> _Function:
        def times(_: VirtualTime, /) -> Any:
            found = real.call()
            return os.times_result((*found[:4], self.steady())) if self._rules_here() else found

        return types.MethodType(times, self)

    def _sleep(self, real: _Real) -> _Function:
        def sleep(_: VirtualTime, seconds: float, /) -> None:
            if self._rules_here():
                self.pause(seconds)
                return
            self._check_stranger("time.sleep")
            real.call(seconds)

        return sleep

    def _moment(self, real: _Real) -> _Function:
        def moment(_: VirtualTime, seconds: float | None = None, /) -> Any:
            return real.call(self.wall() if seconds is None and self._rules_here() else seconds)

        return moment

    def _strftime(self, real: _Real, localtime: _Real) -> _Function:
        def strftime(_: VirtualTime, text: str, moment: Any = None, /) -> Any:
            if moment is None:
                moment = localtime.call(self.wall() if self._rules_here() else None)
            return real.call(text, moment)

        return strftime

    def _asctime(self, real: _Real, localtime: _Real) -> _Function:
        def asctime(_: VirtualTime, moment: Any = None, /) -> Any:
            if moment is None:
                moment = localtime.call(self.wall() if self._rules_here() else None)
            return real.call(moment)

        return asctime

    def _calendar(self) -> Iterator[tuple[type, str, Callable[[Any], _Function]]]:
        """Yield class methods of the calendar types, each with what makes its replacement of the real one."""

        def now(real: Any) -> _Function:
            def replacement(kind: Any, tz: Any = None) -> Any:
                if not self._rules_here():
                    return real.__get__(None, kind)(tz)
                return kind.fromtimestamp(self.wall(), tz)

            return replacement

        def utcnow(real: Any) -> _Function:
            def replacement(kind: Any) -> Any:
                if not self._rules_here():
                    return real.__get__(None, kind)()
                return kind.fromtimestamp(self.wall(), _UTC).replace(tzinfo=None)

            return replacement

        def today(real: Any) -> _Function:
            def replacement(kind: Any) -> Any:
                return kind.fromtimestamp(self.wall()) if self._rules_here() else real.__get__(None, kind)()

            return replacement

        yield datetime.datetime, "now", now
        yield datetime.datetime, "utcnow", utcnow
        yield datetime.date, "today", today

    def _waits(self) -> Iterator[tuple[Any, str, Callable[..., Any]]]:
        real_wait = threading.Condition.wait

        def wait(condition: threading.Condition, timeout: float | None = None) -> bool:
            if not self._rules_here():
                if timeout is not None:
                    self._check_stranger("a wait with a time-out")
                return real_wait(condition, timeout)
            return self.hold_out(lambda seconds: real_wait(condition, seconds), timeout)

        yield threading.Condition, "wait", wait
        for name in ("SelectSelector", "PollSelector", "EpollSelector", "DevpollSelector", "KqueueSelector"):
            kind = getattr(selectors, name, None)
            if kind is not None:
                yield kind, "select", self._select(kind.select)

    def _select(self, real: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
        def choose(selector: Any, timeout: float | None = None) -> list[Any]:
            if not self._rules_here():
                if timeout is not None and timeout > _LONG_S:
                    self._check_stranger("an event loop's wait")
                return real(selector, timeout)
            return self.idle(selector, lambda seconds: real(selector, seconds), timeout)

        return choose

    def _change(self, module: types.ModuleType) -> None:
        """Change a module that is imported late, if at all."""
        if module.__name__ != "uuid":
            self._refuse_in(module)
            return
        for name in ("_generate_time_safe", "_UuidCreate"):  # the system's own, which look at its clock
            real = getattr(module, name, None)
            if real is not None:
                self._swap_attribute(module, name, None)

    def _refuse_in(self, module: types.ModuleType) -> None:
        for name in _OTHER_LOOPS[module.__name__]:
            self._swap_attribute(module, name, self._refuse(getattr(module, name), module.__name__))

    def _refuse(self, real: Callable[..., Any], module: str) -> Callable[..., Any]:
        def refuse(*args: Any, **more: Any) -> Any:
            if self._rules_here():
                self._note_end(f"it runs under {module}, whose timers are its own")
                raise UnsupportedError(f"{module} has timers of its own")
            return real(*args, **more)

        return refuse

    # -- Sockets to the server

    def _sockets(self) -> Iterator[tuple[Any, str, Callable[..., Any]]]:
        kind = socket.socket
        real_connect, real_connect_ex, real_close = kind.connect, kind.connect_ex, kind.close

        def connect(sock: socket.socket, address: Any) -> None:
            try:
                real_connect(sock, address)
            finally:
                self._opened(sock, address)

        def connect_ex(sock: socket.socket, address: Any) -> int:
            try:
                return real_connect_ex(sock, address)
            finally:
                self._opened(sock, address)

        def close(sock: socket.socket) -> None:
            port = _port(sock) if self._traffic and self._rules_here() else -1
            real_close(sock)
            if sock.fileno() == -1:  # else a file of it is being read still, as by http.client
                self._traffic.pop(port, None)

        yield kind, "connect", connect
        yield kind, "connect_ex", connect_ex
        yield kind, "close", close
        for name in ("send", "sendall", "sendmsg"):
            if hasattr(kind, name):  # pragma: no branch  # Windows has no sendmsg
                yield kind, name, self._sending(getattr(kind, name))
        for name in ("recv", "recv_into"):
            yield kind, name, self._receiving(getattr(kind, name))

    def _opened(self, sock: socket.socket, address: Any) -> None:
        if self.server is None or self._is_asking or not _is_at(address, self.server):
            return
        if self._rules_here():
            self._traffic[_port(sock)] = _Count(sock)
        elif self._others is not None and threading.current_thread() not in self._others:
            self.authority.note("it asks in a second thread, whose time is not covered")

    def _count(self, sock: socket.socket) -> _Count | None:
        return self._traffic.get(_port(sock)) if self._traffic and self._rules_here() else None

    def _sending(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def send(sock: socket.socket, data: Any, *more: Any) -> Any:
            try:
                sent = real(sock, data, *more)
            except OSError as error:
                self._hear_of(sock, error)
                raise
            count = self._count(sock)
            if count is not None:
                count.sent += len(memoryview(data).cast("B")) if sent is None else sent
            return sent

        return send

    def _receiving(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def receive(sock: socket.socket, *args: Any) -> Any:
            count = self._count(sock)
            if count is None:
                return real(sock, *args)
            is_blocking = sock.gettimeout() != 0
            if is_blocking:
                self._await_data(sock)
            try:
                got = real(sock, *args)
            except OSError as error:
                self._hear_of(sock, error)
                raise
            size = got if isinstance(got, int) else len(got)
            count.received += size
            if not size:
                self._traffic.pop(_port(sock), None)
            if is_blocking:
                self._ask(self.authority.check)
            else:
                self._has_heard = True  # an event loop's: it is told when it waits next, not amid its own reading
            return got

        return receive

    def _hear_of(self, sock: socket.socket, error: OSError) -> None:
        """Ask whether the run is over where a connection has failed: nobody reads an answer then that would tell."""
        if isinstance(error, (BlockingIOError, InterruptedError)) or self._count(sock) is None:
            return
        if sock.gettimeout() == 0:
            self._has_heard = True
        else:
            self._ask(self.authority.check)

    def _await_data(self, sock: socket.socket) -> None:
        """Wait for data as a blocking read does; its time-out is a virtual one, which only withheld answers meet."""
        timeout = sock.gettimeout()
        until = None if timeout is None else self._look() + timeout
        glance_s = _FIRST_GLANCE_S
        while not _is_readable(sock, glance_s):
            if until is not None and self._look() >= until:
                raise TimeoutError("timed out")
            has_moved = self._ask(self.authority.wait, until, self._traffic_now())
            glance_s = _FIRST_GLANCE_S if has_moved else _GLANCE_S

    def _traffic_now(self) -> Traffic:
        # A socket that nobody has closed and nobody holds any longer is closed all the same.
        if not self._traffic:
            return {}
        self._traffic = {port: count for port, count in self._traffic.items() if count.sock() is not None}
        return {port: (count.sent, count.received) for port, count in self._traffic.items()}

    # -- How things are replaced

    def _swap_attribute(self, owner: Any, name: str, mine: Any) -> None:
        own: dict[str, Any] = {**owner.__dict__}
        is_own, real = name in own, own.get(name)
        setattr(owner, name, mine)
        self._undo.append(lambda: setattr(owner, name, real) if is_own else delattr(owner, name))

    def _swap_in_type(self, kind: type, name: str, wrap: Callable[[Any], _Function]) -> None:
        """Replace a class method of a type that Python calls immutable; names bound to the type stay what they are."""
        contents = gc.get_referents(kind.__dict__)[0]
        real = contents[name]

        def put(value: Any) -> None:
            contents[name] = value
            ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))

        put(classmethod(wrap(real)))
        self._undo.append(lambda: put(real))


class _Threads:
    """The threads that there are now: later ones are the program's."""

    def __init__(self) -> None:
        self._known = frozenset(threading.enumerate())
        self._idents = frozenset(sys._current_frames())  # pyright: ignore[reportPrivateUsage]  # documented all the same

    def __contains__(self, thread: threading.Thread) -> bool:
        # One that was not started by ``threading`` gets an object of its own only when somebody asks in it who it is.
        return thread in self._known or (type(thread).__name__ == "_DummyThread" and thread.ident in self._idents)


class _Count:
    """The bytes of one connection to the server, as long as somebody holds its socket."""

    __slots__ = ("received", "sent", "sock")

    def __init__(self, sock: socket.socket) -> None:
        self.sock = weakref.ref(sock)
        self.sent = 0
        self.received = 0


class _Finder:
    """Finds modules with clocks and loops of their own as they are imported, so that they can be changed."""

    def __init__(self, change: Callable[[types.ModuleType], None]) -> None:
        self._change = change

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        if name not in _OTHER_LOOPS and name != "uuid":
            return None
        others = (finder for finder in sys.meta_path if finder is not self)
        spec = next(filter(None, (finder.find_spec(name, path, target) for finder in others)), None)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def exec_module(module: types.ModuleType) -> None:
                load(module)
                self._change(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


class _Running:
    def __init__(self, virtual: VirtualTime) -> None:
        self._virtual = virtual

    def __enter__(self) -> None:
        self._virtual.enter()

    def __exit__(self, *_: object) -> None:
        self._virtual.leave()


def _is_idle(frame: types.FrameType | None) -> bool:
    """Tell whether a thread does nothing until another one gives it something to do.

    It stands in a wait without an end: a worker of ``concurrent.futures`` for work, or any thread for a condition, on
    which queues and events stand.
    """
    if frame is None:
        return True  # it has ended
    code = frame.f_code
    if code.co_name == "_worker" and code.co_filename.replace("\\", "/").endswith("concurrent/futures/thread.py"):
        known = frame.f_locals
        queue = known.get("work_queue")
        return known.get("work_item") is None and (queue is None or queue.empty())
    return code is _CONDITION_WAIT and frame.f_locals.get("timeout") is None


def _is_at_work_for_others(frame: types.FrameType) -> bool:
    """Tell whether a thread does what was given to a pool of ``concurrent.futures``, however old that is."""
    innermost: types.FrameType | None = frame
    while innermost is not None:
        if innermost.f_code.co_name == "_worker" and _is_idle(innermost) is False:
            return innermost.f_code.co_filename.replace("\\", "/").endswith("concurrent/futures/thread.py")
        innermost = innermost.f_back
    return False


def _signal_handlers() -> dict[int, Any]:
    """Return what handles each signal, as far as that is Python's business."""
    known: dict[int, Any] = {number: signal.getsignal(number) for number in signal.valid_signals()}
    return {number: handler for number, handler in known.items() if callable(handler)}


def _standing(task: Any) -> str | None:
    """Say where a task waits: the innermost line that is in no library."""
    coroutine, place = task.get_coro(), None
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None)
        if frame is not None and not _is_in_library(frame.f_code.co_filename):
            place = f"{frame.f_code.co_name} waits at {_name(frame.f_code.co_filename)}:{frame.f_lineno}"
        coroutine = getattr(coroutine, "cr_await", None)
    return place


def _ended(kind: type, loop: Any) -> list[str]:
    """Say what ended the tasks of a loop that failed, as far as somebody holds them."""
    found: list[str] = []
    tasks: list[Any] = [item for item in gc.get_objects() if type(item) is kind]
    for task in tasks:
        error = task._exception if task.done() and task.get_loop() is loop else None
        if error is not None:
            found.append(f"{task.get_coro().__name__} ended by {type(error).__name__}: {error}{_raised_at(error)}")
    return sorted(found)


def _raised_at(error: BaseException) -> str:
    place, trace = "", error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if not _is_in_library(code.co_filename):
            place = f" ({_name(code.co_filename)}:{trace.tb_lineno})"
        trace = trace.tb_next
    return place


def _name(file: str) -> str:
    return file.rsplit(os.sep, 1)[-1]


def _is_in_library(file: str) -> bool:
    return "site-packages" in file or file.startswith(("<", *_LIBRARIES))


def _port(sock: socket.socket) -> int:
    try:
        return int(sock.getsockname()[1])
    except (OSError, IndexError, TypeError, ValueError):
        return -1


def _is_at(address: Any, server: tuple[str, int]) -> bool:
    """Tell whether an address is the server's, by whatever name."""
    if type(address) not in _ADDRESS:
        return False
    host, port = address[:2]
    return port == server[1] and (host == server[0] or not {host, *_numbers(host)}.isdisjoint(_numbers(server[0])))


def _numbers(host: Any) -> set[str]:
    """Return the numeric addresses that a name stands for; all names of this machine's own loopback are the same."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, ValueError):
        found = {str(host)}
    return {"loopback" if number.startswith("127.") or number == "::1" else number for number in found}


def _is_readable(sock: socket.socket, seconds: float) -> bool:
    if hasattr(select, "poll"):
        watched = select.poll()
        watched.register(sock, select.POLLIN)
        return bool(watched.poll(seconds * 1000))
    return bool(select.select([sock], [], [], seconds)[0])


def _rebind_all(pairs: Iterable[tuple[_Real, _Function]], *, is_back: bool) -> None:
    """Bind, wherever a real call is bound, the one in its place, or the reverse."""
    if gc.get_freeze_count():
        gc.unfreeze()  # the collector does not say who refers to what, of objects that are frozen
    olds = [mine if is_back else real.call for real, mine in pairs]
    news = {id(old): real.call if is_back else mine for old, (real, mine) in zip(olds, pairs, strict=True)}
    tuples: list[Any] = []
    owners: list[Any] = gc.get_referrers(*olds)
    for owner in owners:
        if isinstance(owner, tuple):
            tuples.append(owner)
        elif isinstance(owner, types.CellType):
            owner.cell_contents = news.get(id(owner.cell_contents), owner.cell_contents)
        elif type(owner) in _NAMES:
            _rebind_names(owner, news)
        elif not isinstance(owner, (list, _Real)):
            _rebind_attributes(owner, news)
    for holder in gc.get_referrers(*tuples) if tuples else ():
        if isinstance(holder, types.FunctionType) and holder.__defaults__ is not None:
            holder.__defaults__ = tuple(news.get(id(value), value) for value in holder.__defaults__)


def _rebind_names(names: dict[Any, Any], news: dict[int, _Function]) -> None:
    found = {name: news[id(value)] for name, value in names.items() if id(value) in news}
    kinds: list[type] = []
    if "__module__" in names and "__name__" not in names:  # those of a class, and it has to be told
        kinds = [kind for kind in gc.get_referrers(names) if isinstance(kind, type)]
    names.update(found)
    for kind in kinds:
        ctypes.pythonapi.PyType_Modified(ctypes.py_object(kind))


def _rebind_attributes(owner: Any, news: dict[int, _Function]) -> None:
    """Bind anew what an object holds, which has its attributes in no dictionary until somebody asks for it."""
    if type(owner) in _PARTIAL:
        owner.__setstate__((news.get(id(owner.func), owner.func), owner.args, owner.keywords, vars(owner)))
    own: Any = getattr(owner, "__dict__", None)
    if type(own) in _NAMES:
        _rebind_names(own, news)
    for name in (name for kind in type(owner).__mro__ for name in vars(kind).get("__slots__", ())):
        value = getattr(owner, name, None)
        if id(value) in news:
            object.__setattr__(owner, name, news[id(value)])
