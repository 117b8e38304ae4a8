"""Where a Python client is taken through trials, in this process and in virtual time."""

from __future__ import annotations

import asyncio
import inspect
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Literal, TypeAlias

from flexforward_fixtures.mock import START, Mock

from .env import ClientEnv
from .preload.flexforward_virtual_time import StuckError, UnsupportedError, VirtualTime
from .run import ClientRun, Notification
from .run_time import RunClock, RunOver, RunTime
from .trial import horizon

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator, Iterator
    from contextlib import AbstractContextManager

    from .live_door import LiveDoor
    from .trial import Trial

__all__ = ["Client", "DoorName", "ProvingGround", "open_proving_ground"]

DoorName: TypeAlias = Literal["in-process", "live"]
Client: TypeAlias = "Callable[[ClientEnv], Awaitable[None] | None]"


class ProvingGround:
    """Takes a client through one trial after the other.

    Args:
        mock: answers.
        virtual: puts the client's thread under virtual time.
        live: the live server, where the client is to go through a socket.
    """

    def __init__(self, mock: Mock, virtual: VirtualTime, live: LiveDoor | None) -> None:
        self._mock = mock
        self._virtual = virtual
        self._live = live

    def take(self, client: Client, trial: Trial) -> ClientRun:
        """Take a client through one trial, and return what happened.

        Whatever the client raises ends it, as a crash would; the run says that it ended by itself.
        """
        live = self._live
        pace = RunTime(START, limit=horizon(trial.scenario), watch=None if live is None else live.watch)
        handle = self._mock.open(base_url=live.base_url if live else None, clock=RunClock(pace))
        label = handle.ship(trial.scenario, order_number=trial.order_number)
        told: list[Notification] = []

        def notify(tag: str) -> None:
            told.append(Notification(at=handle.clock.now, tag=str(tag), label=label.id))

        env = ClientEnv(
            base_url=handle.base_url,
            token=handle.token,
            api_key=handle.api_key,
            api_token=handle.api_token,
            label_id=label.id,
            order_number=label.order_number,
            notify=notify,
        )
        try:
            with self._paced(pace):
                self._run(client, env, pace)
                seen = tuple(handle.journal if live is None else live.seen_by_client(handle.journal))
            return ClientRun.of_exchanges(
                [label.value],
                seen,
                unattributed=handle.unattributed,
                notifications=told,
                ended_by="deadline" if pace.is_over else "client",
                ended_at=handle.clock.now,
                distrust="; ".join(pace.problems) or None,
            )
        finally:
            handle.close()

    @contextmanager
    def _paced(self, pace: RunTime) -> Generator[None]:
        before, self._mock.pace = self._mock.pace, pace
        if self._live is not None:
            self._live.begin(pace)
        try:
            yield
        finally:
            self._mock.pace = before
            if self._live is not None:
                self._live.begin(None)

    def _run(self, client: Client, env: ClientEnv, pace: RunTime) -> None:
        server = None if self._live is None else self._live.address
        with self._virtual.running(pace, server):
            try:
                ending = client(env)
                if inspect.isawaitable(ending):
                    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
                        runner.run(_awaited(ending))
            except RunOver:
                return
            except StuckError as error:
                pace.note(f"it is stuck: {error}")
            except UnsupportedError as error:
                pace.note(f"not in virtual time: {error}")
            except (Exception, SystemExit):  # noqa: BLE001  # a crash is one way in which a client ends
                return


async def _awaited(ending: Awaitable[None]) -> None:
    await ending


@contextmanager
def open_proving_ground(mock: Mock | None = None, *, door: DoorName = "in-process") -> Generator[ProvingGround]:
    """Open a proving ground for the length of the ``with`` block.

    Args:
        mock: answers; None for a new one with the shipped contract.
        door: how clients reach it: in process through httpx, httpx2 and requests, or over a socket.
    """
    mock = mock or Mock()
    with ExitStack() as stack:
        live: LiveDoor | None = None
        if door == "live":
            from .live_door import open_live_door

            live = stack.enter_context(open_live_door(mock.engine))
        else:
            for opened in _doors(mock):
                stack.enter_context(opened)
        virtual = VirtualTime(RunTime(START, limit=timedelta(0)))
        virtual.install()
        stack.callback(virtual.uninstall)
        yield ProvingGround(mock, virtual, live)


def _doors(mock: Mock) -> Iterator[AbstractContextManager[None]]:
    """Yield the in-process doors of the libraries that are there."""
    if find_spec("respx") is not None:
        from flexforward_fixtures.respx_door import open_respx_door

        yield open_respx_door(mock)
    if find_spec("requests") is not None:
        from flexforward_fixtures.requests_door import open_requests_door

        yield open_requests_door(mock)
