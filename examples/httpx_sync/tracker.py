"""Follows shipments on Flex Forward with httpx: reads where they stand, and polls until they have arrived."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import httpx

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TERMINAL = frozenset({"Delivered", "Cancelled"})
INTERVALS = {
    "Pending": timedelta(hours=4),
    "InfoReceived": timedelta(hours=4),
    "InTransit": timedelta(minutes=30),
    "Exception": timedelta(minutes=15),
    "Unknown": timedelta(hours=1),
}
"""How long to wait after each tag that is not the end, as the vendor's guide has it; it says nothing of Unknown."""

BACKOFFS_S = (1, 2, 4, 8)


class TrackingError(Exception):
    """A shipment cannot be read.

    Attributes:
        may_pass: whether it makes sense to ask again.
    """

    def __init__(self, problem: str, *, may_pass: bool) -> None:
        super().__init__(problem)
        self.may_pass = may_pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where a shipment stands.

    Attributes:
        tag: one of the documented seven; a new one counts as Unknown, as the versioning policy asks.
        message: what the courier says of it.
        tracking_number: None until the courier has given one.
        place: of the newest event, as far as it is told.
    """

    tag: str
    message: str
    tracking_number: str | None
    place: str | None

    @classmethod
    def of(cls, body: dict[str, Any]) -> Self:
        """Read a body; fields that nobody knows yet are left alone."""
        # The documentation tells two orders of the checkpoints, so none is relied on.
        checkpoints: list[dict[str, Any]] = sorted(body["checkpoints"], key=_time)
        parts = (checkpoints[-1][name] for name in ("city", "state", "countryRegion") if checkpoints)
        return cls(
            tag=body["tag"] if body["tag"] in TERMINAL | INTERVALS.keys() else "Unknown",
            message=body["subtagMessage"],
            tracking_number=body["trackingNumber"],
            place=", ".join(part for part in parts if part) or None,
        )


def _time(checkpoint: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(checkpoint["checkpointTime"])


class Tracker:
    """A client of the tracking API.

    Args:
        base_url: such as ``https://api.flexforwardship.com``.
        token: for the bearer scheme.
        sleep: waits so many seconds.
    """

    def __init__(self, base_url: str, token: str, *, sleep: Callable[[float], object] = time.sleep) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=base_url, headers=headers, timeout=httpx.Timeout(10, connect=5))
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._http.close()

    def read(self, shipment: str) -> Status:
        """Return where a shipment stands, by label id or order number; what may pass is tried again.

        Raises:
            TrackingError: refused, or still no answer after the last try.
        """
        for backoff_s in BACKOFFS_S:
            try:
                return self._ask(shipment)
            except TrackingError as error:
                if not error.may_pass:
                    raise
            self._sleep(backoff_s)
        return self._ask(shipment)

    def follow(self, shipment: str, *, patience: timedelta = timedelta(days=30)) -> Iterator[Status]:
        """Poll until a shipment has arrived, is cancelled, or ``patience`` is over; yield each change of its tag."""
        told = ""
        waited = timedelta()
        while waited <= patience:
            status = self.read(shipment)
            if status.tag != told:
                told = status.tag
                yield status
            if status.tag in TERMINAL:
                return
            waited += INTERVALS[status.tag]
            self._sleep(INTERVALS[status.tag].total_seconds())

    def _ask(self, shipment: str) -> Status:
        try:
            answer = self._http.get(f"/tracking/{quote(shipment, safe='')}")
        except httpx.TransportError as error:
            raise TrackingError(f"{shipment}: {error}", may_pass=True) from error
        if answer.status_code != 200:
            problem = f"{shipment}: {answer.status_code} {answer.reason_phrase}"
            raise TrackingError(problem, may_pass=answer.status_code == 502)
        return Status.of(answer.json())
