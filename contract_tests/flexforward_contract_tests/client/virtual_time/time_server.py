"""Tells programs under test what time it is, and moves time when they wait: ``RunClock`` over a socket.

A preload connects once, from inside the program, and then asks a line of JSON at a time:

- ``{"hello": "node", "pid": 123}`` gets ``{"epoch": …, "elapsed": …, "server": [host, port]}``;
- ``{"wait": seconds or null, "asked": …, "traffic": {"port": [sent, received]} or null}`` gets
  ``{"moved": …, "elapsed": …}``: ``moved`` is false while something is in flight, and then the program looks after its
  sockets for a moment and asks again. ``asked`` tells whether it has ever connected to the mock server; ``traffic`` are
  the bytes of its connections there, by its own port, null where it cannot be waiting for them. With ``"free": …`` the
  program may move time as far as that by itself, as long as it does nothing that anybody could see;
- a supervisor, which sees a whole program with all its processes and counts no bytes, says ``"traffic": null`` and
  ``"wire": [opened, seen]``: how many connections to the mock server were opened, and the ``"seen"`` of the answer
  before. Time moves only where nothing has happened on the wire since then. With ``"patient": true`` the program may be
  waiting for what comes from elsewhere;
- ``{"at": …}``, before it does such a thing, says how far it has, and gets ``{"elapsed": …}``;
- ``{"rest": [...], "ended": [...], "waking": "what" or null}`` says that it waits without a timer and without a
  connection, where each of its tasks does, what ended others, and what could end that; it gets ``{"elapsed": …}``;
- ``{"now": true}`` gets ``{"elapsed": …}``, and ``{"note": "why times cannot be trusted"}`` the same, with
  ``"end": true`` where something of the program is ended for it; with ``"asked": true`` it says that the process has
  heard from the mock server;
- ``{"remark": "what it was refused"}`` gets the same; the report tells it, and times are trusted all the same.

``elapsed`` and ``wait`` are virtual seconds since ``epoch``, which is in seconds since 1970. An answer with
``"over": true`` or ``"stuck": true`` is the last one: whoever started the program is about to end it.
"""

from __future__ import annotations

import socket
import socketserver
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import msgspec

from .preload.flexforward_virtual_time import StuckError
from .run_clock import RunOver, Wire

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from flexforward_openapi import Json

    from .run_clock import RunClock

__all__ = ["SUPERVISOR", "TimeServer", "open_time_server"]

SUPERVISOR = "supervisor"
"""What a supervisor calls itself when it says hello."""

_TWO = "two processes move the time of one run"


class TimeServer:
    """The time of one run after the other, for whatever processes ask.

    Args:
        server: host and port of the mock server, as programs reach it.

    Attributes:
        address: host and port at which it is asked.
        processes: names of the preloads that said hello in this run.
        has_asker: one of them has asked the mock server.
        is_stuck: one of them waits for what can never happen.
        remarks: what is worth telling of all runs, each once.
        before_move: called before time moves, to take in what a program has said up to then.
    """

    def __init__(self, server: tuple[str, int]) -> None:
        self.address: tuple[str, int] = ("", 0)
        self.processes: list[str] = []
        self.before_move: Callable[[], None] | None = None
        self.has_asker = False
        self.is_stuck = False
        self.remarks: list[str] = []
        self._server = server
        self._run_clock: RunClock | None = None
        self._present: list[int] = []
        self._movers: set[int] = set()
        self._made_before: dict[int, int] = {}
        self._lock = threading.Lock()

    def begin(self, run_clock: RunClock) -> None:
        """Begin a run."""
        with self._lock:
            self._run_clock = run_clock
            self._present = []
            self._movers = set()
            self.processes = []
            self.has_asker = False
            self.is_stuck = False

    def leave(self, asker: int) -> None:
        """Take down that the connection ``asker`` has ended, and with it the process: another one may follow."""
        with self._lock:
            self._movers.discard(asker)
            if asker in self._present:
                self._present.remove(asker)

    def answer(self, asker: int, asked: Json) -> Json:
        """Answer one line of the connection ``asker``."""
        run_clock = self._run_clock
        if run_clock is None:
            return {"over": True}
        if "hello" in asked:
            return self._welcome(asker, str(asked["hello"]), run_clock)
        if asker not in self._present:
            return {"over": True}  # of a program that has outlived its run
        if asked.get("asked"):
            self._take_asker(asker, run_clock)
        if "note" in asked:
            run_clock.note(str(asked["note"]), is_end=bool(asked.get("end")))
        if "remark" in asked and asked["remark"] not in self.remarks:
            self.remarks.append(str(asked["remark"]))
        if "at" in asked:
            return self._catch_up(run_clock, float(asked["at"]))
        if "rest" in asked:
            return self._rest(asker, asked, run_clock)
        if "wait" in asked:
            return self._wait(asker, asked, run_clock)
        run_clock.hear()
        return {"elapsed": run_clock.elapsed()}

    def _welcome(self, asker: int, name: str, run_clock: RunClock) -> Json:
        with self._lock:
            if name == SUPERVISOR:  # of a start of the program, the only one: what was there before has ended
                self._present, self._movers = [], set()
            self._made_before[asker] = run_clock.connections_made()
            self._present.append(asker)
            self.processes.append(name)
        return {"epoch": run_clock.epoch, "elapsed": run_clock.elapsed(), "server": list(self._server)}

    def _wait(self, asker: int, asked: Json, run_clock: RunClock) -> Json:
        if "wire" in asked:
            return self._wait_for_all(asker, asked, run_clock)
        counts: dict[str, list[int]] | None = asked["traffic"]
        traffic = None if counts is None else {int(port): (sent, got) for port, (sent, got) in counts.items()}
        until: float | None = asked["wait"]
        if until is not None and until <= run_clock.elapsed():
            return {"moved": True, "elapsed": run_clock.elapsed()}
        if not self._may_move(asker):
            return {"moved": False, "elapsed": run_clock.elapsed()}
        if self.before_move is not None:
            self.before_move()
        free = -1.0 if traffic is None else run_clock.free_until()
        answer = self._moved(lambda: run_clock.wait(until, traffic), run_clock)
        return {**answer, "free": free if answer["moved"] else -1.0} if "moved" in answer else answer

    def _rest(self, asker: int, asked: Json, run_clock: RunClock) -> Json:
        if not self._may_move(asker):
            return {"elapsed": run_clock.elapsed()}
        if self.before_move is not None:
            self.before_move()

        def rest() -> bool:
            run_clock.rest(asked["rest"], asked["ended"], asked["waking"])
            return False

        return self._moved(rest, run_clock)

    def _wait_for_all(self, asker: int, asked: Json, run_clock: RunClock) -> Json:
        seen = run_clock.activity()
        opened = self._made_before[asker] + int(asked["wire"][0])
        wire = Wire(opened=opened, seen=int(asked["wire"][1]), is_patient=bool(asked["patient"]))
        if self.before_move is not None:
            self.before_move()
        answer = self._moved(lambda: run_clock.wait_for_all(asked["wait"], wire), run_clock)
        if "moved" not in answer:
            return answer
        if answer["moved"]:
            return {**answer, "seen": seen, "free": run_clock.free_until()}
        # What the program may see of a server that is still busy comes after what it sees of it now.
        return {**answer, "seen": seen if run_clock.is_settled(opened) else -1}

    def _moved(self, move: Callable[[], bool], run_clock: RunClock) -> Json:
        try:
            return {"moved": move(), "elapsed": run_clock.elapsed()}
        except RunOver:
            return {"over": True, "elapsed": run_clock.elapsed()}
        except StuckError as error:
            run_clock.note(str(error), is_end=True)
            self.is_stuck = True
            return {"stuck": True, "elapsed": run_clock.elapsed()}

    def _catch_up(self, run_clock: RunClock, to: float) -> Json:
        if self.before_move is not None:
            self.before_move()
        try:
            run_clock.catch_up(to)
        except RunOver:
            return {"over": True, "elapsed": run_clock.elapsed()}
        return {"elapsed": run_clock.elapsed()}

    def _take_asker(self, asker: int, run_clock: RunClock) -> None:
        """Take down that a process asks the mock server; the time of a run can only be one process's."""
        with self._lock:
            self.has_asker = True
            self._movers.add(asker)
            if len(self._movers) > 1:
                run_clock.note(_TWO)

    def _may_move(self, asker: int) -> bool:
        """Tell whether the time is this process's to move: it asks the server, or nobody has and it came last.

        A program may be started by others that are under virtual time as well, such as npm; theirs follows.
        """
        with self._lock:
            return asker in self._movers or (not self._movers and asker == self._present[-1])


@contextmanager
def open_time_server(server: tuple[str, int], *, host: str = "127.0.0.1") -> Generator[TimeServer]:
    """Open a time server on a free port for the length of the ``with`` block; at its end it answers nobody any more.

    Args:
        server: host and port of the mock server, as clients reach it.
        host: to listen on.
    """
    times = TimeServer(server)
    numbers = iter(range(1, 1_000_000))

    connections: set[socket.socket] = set()

    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = True

        def handle(self) -> None:
            asker = next(numbers)
            connections.add(self.connection)
            try:
                for line in self.rfile:
                    self.wfile.write(msgspec.json.encode(times.answer(asker, msgspec.json.decode(line))) + b"\n")
            finally:
                connections.discard(self.connection)
                times.leave(asker)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """Say nothing: a program that is ended leaves its connection broken."""

    with Server((host, 0), Handler) as listening:
        times.address = (server[0], int(listening.server_address[1]))
        thread = threading.Thread(target=listening.serve_forever, name="flexforward-time", daemon=True)
        thread.start()
        try:
            yield times
        finally:
            listening.shutdown()
            thread.join()
            for connection in tuple(connections):
                with suppress(OSError):  # its process has just left
                    connection.shutdown(socket.SHUT_RDWR)
