"""The thin edge that sends what was planned, at its pace, to one host and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import msgspec

from .observation import Observation
from .probe import filled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .probe import Probe
    from .rate import Limiter
    from .target import Target

__all__ = ["MAX_BODY_BYTES", "REPEATS", "STRIKES", "Sender"]

MAX_BODY_BYTES = 5_000_000
REPEATS = 20
"""How many requests of a run may be made again, because of a 502, a 429 or no answer."""

STRIKES = 5
"""So many troubles in a row end a run; so many with odd input end the odd input."""

_TRIES = 3
_LONGEST_PAUSE_S = 10.0


class Sender:
    """Sends probes one after the other; usable in a ``with`` statement.

    Redirects are not followed and cookies not kept, so credentials reach no other host. Loopback addresses are asked
    without a proxy; others as the environment says.

    Args:
        target: whom it asks; holds the secrets for the probes' variables.
        limiter: is asked before every request.
        clock: seconds, never going back.
        sleep: waits so many seconds, when an answer asks for that.
        timeout_s: for connecting, and for each wait for a part of an answer; a whole answer may take three times that.
        on_sent: is told each probe that was sent.

    Attributes:
        stopped: why it sends no more; None while it does.
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
        self._limiter, self._clock, self._sleep = limiter, clock, sleep
        self._timeout_s = timeout_s
        self._on_sent = on_sent
        self._secrets = {
            "FLEXFORWARD_TOKEN": target.token or "",
            "FLEXFORWARD_API_KEY": target.api_key or "",
            "FLEXFORWARD_API_TOKEN": target.api_token or "",
        }
        self._client = httpx.Client(
            timeout=timeout_s, follow_redirects=False, trust_env=not target.is_loopback, headers={"Accept": "*/*"}
        )
        self._repeats_left = REPEATS
        self._strikes = 0
        self._odd_strikes = 0
        self._is_answered = False
        self._pulse: Probe | None = None
        self.stopped: str | None = None

    def __enter__(self) -> Sender:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def send_all(self, probes: Iterable[Probe]) -> tuple[Observation, ...]:
        """Send probes until one trouble follows the other; return every observation, repeated ones too."""
        observations: list[Observation] = []
        for probe in probes:
            if self.stopped is None and not (probe.is_odd and self._odd_strikes >= STRIKES):
                observations += self._odd(probe) if probe.is_odd else self._plain(probe)
        return tuple(observations)

    def _plain(self, probe: Probe) -> list[Observation]:
        observations = [self._send(probe)]
        while (
            _is_passing(observations[-1])
            and len(observations) < _TRIES
            and self._repeats_left
            and probe.method == "GET"
        ):
            self._repeats_left -= 1
            self._pause(observations[-1])
            observations[-1] = _repeated(observations[-1])
            observations.append(self._send(probe))
        last = observations[-1]
        self._count(last)
        self._is_answered = self._is_answered or last.status is not None
        if not self._is_answered:
            self.stopped = f"nobody answers there ({last.problem})"
        if last.status == 200 and probe.purpose in ("read", "order"):
            self._pulse = probe
        return observations

    def _odd(self, probe: Probe) -> list[Observation]:
        observation = self._send(probe)
        if observation.status is None and self._repeats_left:
            self._repeats_left -= 1  # a connection that was kept may have been closed meanwhile
            observation = self._send(probe)
        if not _is_trouble(observation):
            return [observation]
        self._odd_strikes += 1
        if self._pulse is None:
            self._count(observation)
            return [observation]
        # Was it the input, or has the server gone? Only a plain request can tell.
        pulse = self._send(self._pulse)
        self._count(pulse)
        return [_repeated(observation) if _is_trouble(pulse) else observation, pulse]

    def _count(self, observation: Observation) -> None:
        self._strikes = self._strikes + 1 if _is_trouble(observation) else 0
        if self._strikes >= STRIKES:
            status = observation.status
            last = f"the answer was {status}" if status is not None else f"there was no answer ({observation.problem})"
            self.stopped = f"stopped early: {STRIKES} times in a row something failed, and the last time {last}"

    def _pause(self, observation: Observation) -> None:
        wanted = observation.header("retry-after") or ""
        pause_s = float(wanted) if wanted.isascii() and wanted.isdigit() else 0.0
        if 0 < pause_s <= _LONGEST_PAUSE_S:
            self._sleep(pause_s)

    def _send(self, probe: Probe) -> Observation:
        self._limiter.wait()
        self._on_sent(probe)
        self._client.cookies.clear()  # a session is a credential, and this request may have to do without
        request = self._client.build_request(
            probe.method,
            self._target.origin,
            headers=[
                (name.encode("ascii"), filled(value, self._secrets).encode("latin-1")) for name, value in probe.headers
            ],
            content=probe.body or None,
            extensions={"target": (self._target.path + probe.target).encode("ascii")},
        )
        status: int | None = None
        headers: tuple[tuple[str, str], ...] = ()
        parts: list[bytes] = []
        problem: str | None = None
        try:
            ends_at = self._clock() + 3 * self._timeout_s
            response = self._client.send(request, stream=True, auth=None)
            try:
                status = response.status_code
                headers = tuple(
                    (name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in response.headers.raw
                )
                size = 0
                for part in response.iter_bytes():
                    parts.append(part)
                    size += len(part)
                    if size > MAX_BODY_BYTES or self._clock() > ends_at:
                        large = f"it had not ended after {MAX_BODY_BYTES} bytes"
                        problem = large if size > MAX_BODY_BYTES else "it had not ended in time"
                        break
            finally:
                response.close()
        except httpx.TimeoutException:
            problem = f"nothing came for {self._timeout_s:g} s"
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            problem = str(error) or type(error).__name__
        return Observation(probe=probe, status=status, headers=headers, body=b"".join(parts), problem=problem)


def _is_passing(observation: Observation) -> bool:
    """Tell whether the answer may be another one in a moment."""
    return observation.status is None or observation.status in (429, 502)


def _is_trouble(observation: Observation) -> bool:
    return observation.status is None or observation.status >= 500 or observation.status == 429


def _repeated(observation: Observation) -> Observation:
    return msgspec.structs.replace(observation, is_repeated=True)
