"""The thin edge that sends what was planned, at its pace, until it is in vain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from .api_connection import ApiConnection
from .observation import Observation
from .probe import filled
from .retry_after import retry_after_s

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .probe import Probe
    from .rate import Limiter
    from .target import Target

__all__ = ["MAX_TOTAL_BYTES", "REPEATS", "STRIKES", "Sender"]

MAX_TOTAL_BYTES: Final = 200_000_000
"""Bodies of a whole run, as they are kept."""

REPEATS: Final = 20
"""How many requests of a run may be made again, because of a 502, a 429 or no answer."""

STRIKES: Final = 5
"""So many troubles in a row end a run; so many with odd input end the odd input."""

_TRIES: Final = 3
_LONGEST_PAUSE_S: Final = 10.0
_LONGEST_PAUSE_OF_A_LIMIT_S: Final = 60.0
_TOO_MANY: Final = 429


class Sender:
    """Sends probes one after the other; usable in a ``with`` statement.

    Redirects are not followed and cookies not kept, so credentials reach no other host. Where the API answers 429, the
    pace goes down for good, and the request is made again after the pause that the answer asks for.

    Args:
        target: whom it asks; holds the secrets for the probes' variables.
        limiter: is asked before every request.
        clock: seconds, never going back.
        sleep: waits so many seconds, when an answer asks for that.
        timeout_s: for connecting, and for each wait for a part of an answer; a whole answer may take three times that.
        on_sent: is told each probe that was sent.

    Attributes:
        stopped: why it sends no more; None while it does.

    Raises:
        TrustError: the environment names certificates that cannot be read.
    """

    def __init__(
        self,
        target: Target,
        *,
        limiter: Limiter,
        clock: Callable[[], float],
        sleep: Callable[[float], None],
        timeout_s: float,
        on_sent: Callable[[Probe], None],
    ) -> None:
        self._target = target
        self._limiter, self._sleep = limiter, sleep
        self._on_sent = on_sent
        self._secrets = {
            "FLEXFORWARD_TOKEN": target.token or "",
            "FLEXFORWARD_API_KEY": target.api_key or "",
            "FLEXFORWARD_API_TOKEN": target.api_token or "",
        }
        self._connection = ApiConnection(target, timeout_s=timeout_s, clock=clock)
        self._repeats_left = REPEATS
        self._bytes_left = MAX_TOTAL_BYTES
        self._strikes = 0
        self._odd_strikes = 0
        self._is_answered = False
        self._pulse: Probe | None = None
        self.stopped: str | None = None

    def __enter__(self) -> Sender:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def send_all(self, probes: Iterable[Probe]) -> tuple[Observation, ...]:
        """Send probes until one trouble follows the other; return every observation, repeated ones too."""
        observations: list[Observation] = []
        for probe in probes:
            if self.stopped is None and not (probe.is_odd and self._odd_strikes >= STRIKES):
                observations += self._odd(probe) if probe.is_odd else self._plain(probe)
        return tuple(observations)

    def send_generated(self, probe: Probe) -> tuple[Observation, ...]:
        """Send a probe that was made up; return every observation, the last one being its answer.

        What is odd may provoke one trouble after the other; no answer at all, time after time, ends the run.
        """
        observations = self._within_limits(probe)
        last = observations[-1]
        if last.status is None:
            self._count(last)
        else:
            self._strikes = 0
        return tuple(observations)

    def _plain(self, probe: Probe) -> list[Observation]:
        observations = self._within_limits(probe)
        while (
            _is_passing(observations[-1])
            and len(observations) < _TRIES
            and self._repeats_left
            and probe.method == "GET"
            and self.stopped is None
        ):
            self._repeats_left -= 1
            self._pause(observations[-1])
            observations[-1] = _repeated(observations[-1])
            observations += self._within_limits(probe)
        last = observations[-1]
        self._count(last)
        self._is_answered = self._is_answered or last.status is not None
        if not self._is_answered:
            self.stopped = f"the API does not answer ({last.problem})"
        if last.status == 200 and probe.purpose in ("read", "order"):
            self._pulse = probe
        return observations

    def _odd(self, probe: Probe) -> list[Observation]:
        observations = self._within_limits(probe)
        if observations[-1].status is None and self._repeats_left:
            self._repeats_left -= 1  # a connection that was kept may have been closed meanwhile
            observations = [*observations[:-1], *self._within_limits(probe)]
        observation = observations[-1]
        if not _is_trouble(observation):
            return observations
        self._odd_strikes += 1
        if self._pulse is None:
            self._count(observation)
            return observations
        # Was it the input, or has the server gone? Only a plain request can tell.
        pulse = self._send(self._pulse)
        self._count(pulse)
        return [*observations[:-1], _repeated(observation) if _is_trouble(pulse) else observation, pulse]

    def _within_limits(self, probe: Probe) -> list[Observation]:
        """Send a probe, and again, more slowly, while the API says that there are too many."""
        observations = [self._send(probe)]
        while observations[-1].status == _TOO_MANY:
            last = observations[-1]
            self._limiter.slow_down()
            pause_s = retry_after_s(last.header("retry-after"), last.header("date")) or 0.0
            if pause_s > _LONGEST_PAUSE_OF_A_LIMIT_S:
                wanted = f"a pause of {pause_s:g} s" if pause_s < float("inf") else "an endless pause"
                self.stopped = f"stopped early: the API limits requests (429), and asks for {wanted}"
                break
            if not self._repeats_left or len(observations) >= _TRIES:
                break
            self._repeats_left -= 1
            if pause_s:
                self._sleep(pause_s)
            observations[-1] = _repeated(last)
            observations.append(self._send(probe))
        return observations

    def _count(self, observation: Observation) -> None:
        self._strikes = self._strikes + 1 if _is_trouble(observation) else 0
        if self._strikes >= STRIKES and self.stopped is None:
            status = observation.status
            last = f"the answer was {status}" if status is not None else f"there was no answer ({observation.problem})"
            self.stopped = f"stopped early: {STRIKES} times in a row something failed, and the last time {last}"

    def _pause(self, observation: Observation) -> None:
        pause_s = retry_after_s(observation.header("retry-after"), observation.header("date")) or 0.0
        if 0 < pause_s <= _LONGEST_PAUSE_S:
            self._sleep(pause_s)

    def _send(self, probe: Probe) -> Observation:
        self._limiter.wait()
        self._on_sent(probe)
        answer = self._connection.exchange(
            probe.method,
            self._target.path + probe.target,
            [(_encoded(name), _encoded(filled(value, self._secrets))) for name, value in probe.headers],
            probe.body,
        )
        self._bytes_left -= len(answer.body)
        if self._bytes_left < 0 and self.stopped is None:
            self.stopped = f"stopped early: the answers came to more than {MAX_TOTAL_BYTES // 1_000_000} MB"
        return Observation(
            probe=probe, status=answer.status, headers=answer.headers, body=answer.body, problem=answer.problem
        )


def _encoded(text: str) -> bytes:
    return text.encode("latin-1", "replace")


def _is_passing(observation: Observation) -> bool:
    """Tell whether the answer may be another one in a moment."""
    return observation.status is None or observation.status == 502


def _is_trouble(observation: Observation) -> bool:
    return observation.status is None or observation.status >= 500 or observation.status == _TOO_MANY


def _repeated(observation: Observation) -> Observation:
    return msgspec.structs.replace(observation, is_repeated=True)
