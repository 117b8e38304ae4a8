"""Virtual time that somebody else keeps, over a socket; ``time_server`` says what is spoken."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .flexforward_virtual_time import Traffic, VirtualTime
else:
    from flexforward_virtual_time import VirtualTime  # beside this file, on the program's own path

__all__ = ["RemoteTimeAuthority", "live_by"]

_UNTIL_ENDED_S = 30.0
"""Real seconds in which whoever started the program ends it, if it is still there to do so."""


class RemoteTimeAuthority:
    """Asks the time server; one connection, one question at a time.

    Attributes:
        epoch: seconds since 1970 at which virtual time began.
        server: host and port of the mock server.
    """

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._is_stale = False
        self._elapsed = 0.0
        self.epoch = 0.0
        self.server = ("", 0)
        self._real_sleep = [time.sleep]  # in a list, so that it is not replaced
        self.connect()

    def connect(self) -> None:
        """Say hello, also after a fork."""
        self._lock = threading.Lock()
        self._has_asked = False
        connection = socket.create_connection(self._address)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._file = connection.makefile("rwb")
        connection.close()  # the file holds it open
        hello = self._ask({"hello": "python", "pid": os.getpid()})
        self.epoch = float(hello["epoch"])
        self.server = (str(hello["server"][0]), int(hello["server"][1]))

    def elapsed(self) -> float:
        """Return virtual seconds since virtual time began."""
        if self._is_stale:
            self._ask({"now": True})
        return self._elapsed

    def wait(self, until: float | None, traffic: Traffic | None) -> bool:
        """Ask for time to move on to ``until``; False if it is not yet to."""
        self._has_asked = self._has_asked or bool(traffic)
        return bool(self._ask({"wait": until, "asked": self._has_asked, "traffic": traffic})["moved"])

    def rest(self, standing: list[str], ended: list[str], waking: str | None) -> None:
        """Tell that the program waits without a timer and without a connection to the server."""
        self._ask({"rest": standing, "ended": ended, "waking": waking, "asked": self._has_asked})

    def check(self) -> None:
        """Take down that the server has been heard, which takes a moment of virtual time."""
        if not self._has_asked:
            self._has_asked = True
            self._ask({"now": True, "asked": True})
        self._is_stale = True

    def note(self, problem: str, *, is_end: bool = False) -> None:
        """Tell that times of this program cannot be trusted, and why."""
        self._ask({"note": problem, "end": is_end})

    def _ask(self, question: dict[str, Any]) -> dict[str, Any]:
        with self._lock:
            try:
                self._file.write(json.dumps(question).encode() + b"\n")
                self._file.flush()
                answer: dict[str, Any] = json.loads(self._file.readline() or b'{"over": true}')
            except OSError:
                answer = {"over": True}
        self._elapsed = float(answer.get("elapsed", self._elapsed))
        self._is_stale = False
        if "over" in answer or "stuck" in answer:
            self._real_sleep[0](_UNTIL_ENDED_S)
            os._exit(1)  # nobody has: a daemon that would stay for ever
        return answer


def live_by(address: str) -> None:
    """Put this thread, which is the program's first, under the virtual time that is kept at ``host:port``."""
    host, _, port = address.rpartition(":")
    try:
        authority = RemoteTimeAuthority(host, int(port))
    except (OSError, ValueError):
        return  # whoever started the program sees that nobody said hello
    virtual = VirtualTime(authority, server=authority.server)
    virtual.install()
    virtual.enter()
    if hasattr(os, "register_at_fork"):  # pragma: no branch  # Windows has none
        os.register_at_fork(after_in_child=authority.connect)
