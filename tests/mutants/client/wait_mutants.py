"""Breaches in when a client asks: its end, its intervals, its retries."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import requests

from mutants.client.mutant import breach
from mutants.client.tracking_client import HOUR, INTERVALS_S, Poller
from mutants.client.tracking_client import TERMINAL as ENDS

if TYPE_CHECKING:
    from mutants.client.mutant import ClientMutant

__all__ = ["MUTANTS"]

TERMINAL: Final = "client.stop.terminal"
GOES_ON: Final = "client.goes-on"
FLOOR: Final = "client.interval.floor"
STAGE: Final = "client.interval.stage"
LATE: Final = "client.interval.late"
STORM: Final = "client.retry.storm"
BACKS_OFF: Final = "client.retry.backs-off"
SURVIVES: Final = "client.retry.survives"
STOPS: Final = "client.refused.stops"


class PollsAfterDelivered(Poller):
    """It asks on after Delivered."""

    def is_end(self, tag: str) -> bool:
        return tag == "Cancelled"

    def interval_s(self, tag: str) -> float:
        return INTERVALS_S.get(tag, 6 * HOUR)


class PollsAfterCancelled(Poller):
    """It asks on after Cancelled."""

    def is_end(self, tag: str) -> bool:
        return tag == "Delivered"

    def interval_s(self, tag: str) -> float:
        return INTERVALS_S.get(tag, 6 * HOUR)


class EachMinuteWithoutEnd(Poller):
    """It asks each minute, and tells the customer Cancelled and asks on."""

    def is_end(self, tag: str) -> bool:
        return tag == "Delivered"

    def is_told(self, tag: str) -> bool:
        return tag == "Cancelled" or super().is_told(tag)

    def interval_s(self, tag: str) -> float:
        return 60.0


class EndOfTheNewestCheckpoint(Poller):
    """It takes the status of the newest checkpoint for the shipment's, so a cancellation without one ends nothing."""

    newest = ""

    def is_end(self, tag: str) -> bool:
        return self.newest in ENDS if self.newest else super().is_end(tag)

    def look_at(self, body: dict[str, Any]) -> None:
        self.newest = body["checkpoints"][0]["tag"] if body["checkpoints"] else ""

    def interval_s(self, tag: str) -> float:
        return INTERVALS_S.get(tag, 4 * HOUR)


class LooksOnceMore(Poller):
    """It asks once more after Delivered, to be sure."""

    looks = 0

    def is_end(self, tag: str) -> bool:
        self.looks += tag == "Delivered"
        return tag == "Cancelled" or self.looks > 1

    def interval_s(self, tag: str) -> float:
        return INTERVALS_S.get(tag, HOUR)


class StopsAtException(Poller):
    """It takes Exception for the end."""

    def is_end(self, tag: str) -> bool:
        return tag == "Exception" or super().is_end(tag)


class StopsAtUnknown(Poller):
    """It takes Unknown for the end."""

    def is_end(self, tag: str) -> bool:
        return tag == "Unknown" or super().is_end(tag)


class StopsAtFirst502(Poller):
    """It ends at the first 502."""

    def after_failure(self, response: requests.Response | None) -> float | None:
        return None if response is not None and response.status_code == 502 else super().after_failure(response)


class StopsAtBrokenConnection(Poller):
    """It catches time-outs and no other error of a connection, so one that is reset ends it."""

    def after_error(self, error: requests.RequestException) -> float | None:
        if not isinstance(error, requests.Timeout):
            raise error
        return super().after_error(error)


class GivesUpAfterTimeout(Poller):
    """It ends at the first time-out."""

    def after_error(self, error: requests.RequestException) -> float | None:
        return None if isinstance(error, requests.Timeout) else super().after_error(error)


class SilentAfterException(Poller):
    """It lives on after Exception, and asks no more."""

    def interval_s(self, tag: str) -> float:
        return 1e6 if tag == "Exception" else super().interval_s(tag)


class SilentAfterFailure(Poller):
    """It lives on after a failure, and asks no more."""

    def back_off_s(self, failures: int) -> float:
        return 1e6


class CountsFailuresForEver(Poller):
    """It ends at the sixth failure of its life, for it never sets its count back."""

    ever = 0

    def after_failure(self, response: requests.Response | None) -> float | None:
        wait_s = super().after_failure(response)
        self.ever += 1
        return None if self.ever == 6 else max(wait_s or 0.0, HOUR / 2)


class CountsTenForEver(CountsFailuresForEver):
    """It ends at the tenth failure of its life."""

    def after_failure(self, response: requests.Response | None) -> float | None:
        wait_s = Poller.after_failure(self, response)
        self.ever += 1
        return None if self.ever == 10 else max(wait_s or 0.0, HOUR / 2)


class NeverSetsBackItsBackOff(Poller):
    """Its back-off doubles with each failure of its life, without a cap."""

    ever = 0

    def back_off_s(self, failures: int) -> float:
        self.ever += 1
        return float(5 * 2.0**self.ever)


class ReadsErrorsAsJson(Poller):
    """It reads the body of each error as JSON, and ends with an error of its own at a page of HTML."""

    def after_failure(self, response: requests.Response | None) -> float | None:
        if response is not None and response.status_code != 200:
            json.loads(response.content)
        return super().after_failure(response)


class NumberedRetryAfter(Poller):
    """It reads Retry-After as a number, and ends with an error at a date."""

    def after_failure(self, response: requests.Response | None) -> float | None:
        wait_s = super().after_failure(response)
        asked_s = 0 if response is None else int(response.headers.get("Retry-After", "0"))
        return max(asked_s, wait_s or 0.0)


class OnceADay(Poller):
    """It asks once a day, whatever the status."""

    def interval_s(self, tag: str) -> float:
        return 24 * HOUR


class TwiceADay(Poller):
    """It asks each twelve hours, whatever the status."""

    def interval_s(self, tag: str) -> float:
        return 12 * HOUR


class EachMinute(Poller):
    """It asks each minute, whatever the status."""

    def interval_s(self, tag: str) -> float:
        return 60.0


class EachTenMinutes(Poller):
    """It asks each ten minutes, whatever the status."""

    def interval_s(self, tag: str) -> float:
        return 600.0


class EagerAfterUnknown(Poller):
    """It asks again five minutes after Unknown."""

    def interval_s(self, tag: str) -> float:
        return 300.0 if tag == "Unknown" else super().interval_s(tag)


class HalfHourAlways(Poller):
    """It asks each thirty minutes, as the code in the guide does; its table says otherwise of Pending."""

    def interval_s(self, tag: str) -> float:
        return HOUR / 4 if tag == "Exception" else HOUR / 2


class HourInInfoReceived(Poller):
    """It asks each hour once the shipment is announced."""

    def interval_s(self, tag: str) -> float:
        return HOUR if tag == "InfoReceived" else super().interval_s(tag)


class QuarterInTransit(Poller):
    """It asks each quarter of an hour in transit."""

    def interval_s(self, tag: str) -> float:
        return HOUR / 4 if tag == "InTransit" else super().interval_s(tag)


class RetriesAtOnce(Poller):
    """It tries again at once, without end."""

    def back_off_s(self, failures: int) -> float:
        return 0.0


class RetriesEachSecond(Poller):
    """It tries again each second, without end."""

    def back_off_s(self, failures: int) -> float:
        return 1.0


class RetriesCappedAtTen(Poller):
    """Its waits grow to ten seconds, and no further."""

    def back_off_s(self, failures: int) -> float:
        return min(2.0 ** (failures - 1), 10.0)


class BurstEachInterval(Poller):
    """At each failure of its interval it tries ten times within seconds."""

    def back_off_s(self, failures: int) -> float:
        return 0.5 if failures % 10 else HOUR / 2


class TenAtOnceEachMinute(Poller):
    """While requests fail it makes ten at once each minute."""

    def back_off_s(self, failures: int) -> float:
        return 0.0 if failures % 10 else 60.0


class ThreeTriesEachSecond(Poller):
    """Its library tries three times in a call, and it calls each second, without end."""

    def back_off_s(self, failures: int) -> float:
        return 0.05 if failures % 3 else 1.0


class SameWaitAlways(Poller):
    """It tries again each fifty seconds, without end."""

    def back_off_s(self, failures: int) -> float:
        return 50.0


class StartsOver(Poller):
    """Its waits grow from five seconds to forty, and then begin anew."""

    def back_off_s(self, failures: int) -> float:
        return (10.0, 20.0, 29.0, 29.0, 29.0, 29.0)[failures % 6]


class StopsAfterThree(Poller):
    """It ends at the third failure in a row."""

    def after_failure(self, response: requests.Response | None) -> float | None:
        wait_s = super().after_failure(response)
        return None if self.failures == 3 else wait_s


class SilentAfterThree(Poller):
    """After three failures in a row it tells nothing more, though it asks on."""

    is_lost = False

    def after_failure(self, response: requests.Response | None) -> float | None:
        wait_s = super().after_failure(response)
        self.is_lost = self.is_lost or self.failures >= 3
        return wait_s

    def is_told(self, tag: str) -> bool:
        return not self.is_lost and super().is_told(tag)


class _Stubborn(Poller):
    """Tries a refusal again."""

    status = 0

    def after_refusal(self, response: requests.Response) -> float | None:
        is_meant = response.status_code == self.status
        return self.after_failure(response) if is_meant else super().after_refusal(response)


class Retries401(_Stubborn):
    """It tries again after 401 as after 502."""

    status = 401


class Retries403(_Stubborn):
    """It tries again after 403 as after 502."""

    status = 403


class Retries404(_Stubborn):
    """It tries again after 404 as after 502."""

    status = 404


class Retries422(_Stubborn):
    """It tries again after 422 as after 502."""

    status = 422


class AsksOnWhenRefused(Poller):
    """It asks on each thirty minutes after any refusal."""

    def after_refusal(self, response: requests.Response) -> float | None:
        return HOUR / 2


MUTANTS: Final[tuple[ClientMutant, ...]] = (
    breach(TERMINAL, PollsAfterDelivered),
    breach(TERMINAL, PollsAfterCancelled),
    breach(TERMINAL, EachMinuteWithoutEnd),
    breach(TERMINAL, EndOfTheNewestCheckpoint),
    breach(TERMINAL, LooksOnceMore),
    breach(GOES_ON, StopsAtException),
    breach(GOES_ON, StopsAtUnknown),
    breach(GOES_ON, StopsAtFirst502),
    breach(GOES_ON, StopsAtBrokenConnection),
    breach(GOES_ON, GivesUpAfterTimeout, "client.retry.survives"),
    breach(GOES_ON, SilentAfterException),
    breach(GOES_ON, SilentAfterFailure),
    breach(GOES_ON, CountsFailuresForEver, "client.retry.survives"),
    breach(GOES_ON, CountsTenForEver),
    breach(BACKS_OFF, NeverSetsBackItsBackOff),
    breach(GOES_ON, ReadsErrorsAsJson),
    breach(GOES_ON, NumberedRetryAfter),
    breach(LATE, OnceADay),
    breach(LATE, TwiceADay),
    breach(FLOOR, EachTenMinutes),
    breach(FLOOR, EachMinute),
    breach(FLOOR, EagerAfterUnknown),
    breach(STAGE, HalfHourAlways),
    breach(STAGE, HourInInfoReceived),
    breach(STAGE, QuarterInTransit),
    breach(STORM, RetriesAtOnce),
    breach(STORM, RetriesEachSecond),
    breach(STORM, RetriesCappedAtTen),
    breach(STORM, BurstEachInterval),
    breach(STORM, TenAtOnceEachMinute),
    breach(BACKS_OFF, SameWaitAlways),
    breach(BACKS_OFF, ThreeTriesEachSecond, STORM),
    breach(BACKS_OFF, StartsOver, STORM),
    breach(SURVIVES, StopsAfterThree),
    breach(SURVIVES, SilentAfterThree, "client.tell.delivered"),
    breach(STOPS, Retries401),
    breach(STOPS, Retries403),
    breach(STOPS, Retries404),
    breach(STOPS, Retries422),
    breach(STOPS, AsksOnWhenRefused),
)
