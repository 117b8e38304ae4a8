"""Breaches in what a client bears: legal bodies, and what the vendor may add."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from mutants.client.mutant import breach
from mutants.client.tracking_client import INTERVALS_S, TERMINAL, Poller

if TYPE_CHECKING:
    import requests

    from mutants.client.mutant import ClientMutant

__all__ = ["MUTANTS"]

LEGAL: Final = "client.body.legal"
EVOLUTION: Final = "client.body.evolution"


class NullCity(Poller):
    """It shows the city in capitals, and ends with an error where the city is null."""

    def look_at(self, body: dict[str, Any]) -> None:
        for checkpoint in body["checkpoints"]:
            checkpoint["city"].upper()


class NullTrackingNumber(Poller):
    """It shortens the tracking number, and ends with an error where there is none yet."""

    def look_at(self, body: dict[str, Any]) -> None:
        body["trackingNumber"].strip()


class NoCheckpoints(Poller):
    """It looks at the newest checkpoint, and ends with an error where there is none yet."""

    def look_at(self, body: dict[str, Any]) -> None:
        body["checkpoints"][0]["message"].strip()


class NoMilliseconds(Poller):
    """It reads times as the guide shows them, and ends with an error at milliseconds."""

    def look_at(self, body: dict[str, Any]) -> None:
        for checkpoint in body["checkpoints"]:
            datetime.strptime(checkpoint["checkpointTime"], "%Y-%m-%dT%H:%M:%S%z")


class NoOffset(Poller):
    """It takes the Z off a time and puts an offset on, and ends with an error where there is one already."""

    def look_at(self, body: dict[str, Any]) -> None:
        for checkpoint in body["checkpoints"]:
            datetime.fromisoformat(f"{checkpoint['checkpointTime'].rstrip('Z')}+00:00")


class AsciiOnly(Poller):
    """It logs the newest event as ASCII, and ends with an error at any other script."""

    def look_at(self, body: dict[str, Any]) -> None:
        for checkpoint in body["checkpoints"][:1]:
            "{city} {message}".format(**checkpoint).encode("ascii")


class ShortHistory(Poller):
    """It has room for a hundred checkpoints, and ends with an error at one more."""

    def look_at(self, body: dict[str, Any]) -> None:
        room: list[str | None] = [None] * 100
        for index, checkpoint in enumerate(body["checkpoints"]):
            room[index] = checkpoint["message"]


class IntervalByTag(Poller):
    """It looks its interval up by the tag, and ends with an error at a tag that it does not know."""

    def tag(self, body: dict[str, Any]) -> str:
        tag: str = body["tag"]
        return tag if tag in TERMINAL else {name: name for name in INTERVALS_S}[tag]


@dataclass
class _Shipment:
    """A body with the documented fields, no more and no less."""

    id: str
    trackingNumber: str | None  # noqa: N815  # as documented
    tag: str
    subtag: str
    subtagMessage: str  # noqa: N815
    slug: str
    checkpoints: list[Any]


@dataclass
class _Checkpoint:
    """A checkpoint with the documented fields, no more and no less."""

    tag: str
    subtag: str
    subtagMessage: str  # noqa: N815
    checkpointTime: str  # noqa: N815
    city: str | None
    state: str | None
    countryRegion: str | None  # noqa: N815
    location: str | None
    message: str
    slug: str


@dataclass
class _Error:
    """An error's body with the documented fields."""

    error: str
    code: str | None = None


class StrictFields(Poller):
    """It makes an object of the body, and ends with an error at a field that it does not know."""

    def look_at(self, body: dict[str, Any]) -> None:
        _Shipment(**body)


class StrictFieldsTriesAgain(StrictFields):
    """It takes a body with a field that it does not know for a failure, and tries again for ever."""

    def after_answer(self, body: dict[str, Any]) -> float | None:
        try:
            self.look_at(body)
        except TypeError:
            return self.after_failure(None)
        return super().after_answer(body)


class StrictCheckpoints(Poller):
    """It makes an object of each checkpoint, and ends with an error at a field that it does not know."""

    def look_at(self, body: dict[str, Any]) -> None:
        for checkpoint in body["checkpoints"]:
            _Checkpoint(**checkpoint)


class StrictErrors(Poller):
    """It makes an object of an error's body, and ends with an error of its own at a field that it does not know."""

    def after_failure(self, response: requests.Response | None) -> float | None:
        if response is not None and response.status_code == 502 and "json" in response.headers["Content-Type"]:
            _Error(**response.json())
        return super().after_failure(response)


class OneFormOfTime(Poller):
    """It finds out by the newest checkpoint how times are written, and ends with an error at one in another form."""

    def look_at(self, body: dict[str, Any]) -> None:
        forms = {
            ("." in time, time.endswith("Z")) for time in (entry["checkpointTime"] for entry in body["checkpoints"])
        }
        if len(forms) > 1:
            raise ValueError("times in several forms")


class NumberedSubtag(Poller):
    """It reads the number behind the subtag, and ends with an error where there is none."""

    def look_at(self, body: dict[str, Any]) -> None:
        int(body["subtag"].rpartition("_")[2])


class ListedStatusesOnly(Poller):
    """It ends with an error at a status that the document does not list."""

    def after_failure(self, response: requests.Response | None) -> float | None:
        if response is not None and response.status_code not in (200, 401, 403, 404, 422, 429, 500, 502):
            raise RuntimeError(f"unexpected status {response.status_code}")
        return super().after_failure(response)


class TellsNewTags(Poller):
    """It tells the customer a tag that it does not know."""

    def tag(self, body: dict[str, Any]) -> str:
        tag: str = body["tag"]
        return tag

    def is_told(self, tag: str) -> bool:
        return tag not in ("Pending", "Unknown", "Cancelled")

    def interval_s(self, tag: str) -> float:
        return INTERVALS_S.get(tag, INTERVALS_S["Unknown"])


MUTANTS: Final[tuple[ClientMutant, ...]] = (
    breach(LEGAL, NullCity),
    breach(LEGAL, NullTrackingNumber),
    breach(LEGAL, NoCheckpoints),
    breach(LEGAL, NoMilliseconds),
    breach(LEGAL, NoOffset),
    breach(LEGAL, OneFormOfTime),
    breach(LEGAL, AsciiOnly),
    breach(LEGAL, ShortHistory),
    breach(EVOLUTION, IntervalByTag),
    breach(EVOLUTION, StrictFields),
    breach(EVOLUTION, StrictFieldsTriesAgain),
    breach(EVOLUTION, StrictCheckpoints),
    breach(EVOLUTION, StrictErrors),
    breach(EVOLUTION, NumberedSubtag),
    breach(EVOLUTION, ListedStatusesOnly, "client.goes-on"),
    breach(EVOLUTION, TellsNewTags),
)
