"""Breaches in what a client tells its customer."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from mutants.client.mutant import breach
from mutants.client.tracking_client import Poller

if TYPE_CHECKING:
    import requests

    from mutants.client.mutant import ClientMutant

__all__ = ["MUTANTS"]

DELIVERED: Final = "client.tell.delivered"
ONCE: Final = "client.tell.once"
CHANGES: Final = "client.tell.changes"
QUIET: Final = "client.tell.quiet"
TRUE: Final = "client.tell.true"


class NeverTellsDelivered(Poller):
    """It ends at Delivered before it comes to telling."""

    def after_answer(self, body: dict[str, Any]) -> float | None:
        return None if body["tag"] == "Delivered" else super().after_answer(body)


class DeliveredNeedsTransit(Poller):
    """It tells Delivered only where it has told something before."""

    def is_told(self, tag: str) -> bool:
        return super().is_told(tag) and (tag != "Delivered" or self.told is not None)


class NewsByTime(Poller):
    """It takes for news only what its newest checkpoint is later for, so two events of one instant lose it one."""

    last = ""
    is_later = True

    def look_at(self, body: dict[str, Any]) -> None:
        newest = body["checkpoints"][0]["checkpointTime"] if body["checkpoints"] else ""
        self.is_later = newest > self.last or not newest
        self.last = max(self.last, newest)

    def is_news(self, tag: str, body: dict[str, Any]) -> bool:
        return self.is_later and super().is_news(tag, body)


class LocalTimeForUtc(Poller):
    """It holds back what lies in the future by the machine's local time, as if the API wrote that."""

    is_future = False

    def look_at(self, body: dict[str, Any]) -> None:
        newest = body["checkpoints"][0]["checkpointTime"] if body["checkpoints"] else None
        now = datetime.now()  # noqa: DTZ005  # the mistake
        self.is_future = newest is not None and datetime.fromisoformat(newest).replace(tzinfo=None) > now

    def is_news(self, tag: str, body: dict[str, Any]) -> bool:
        return not self.is_future and super().is_news(tag, body)


class TellsEachPoll(Poller):
    """It tells the status at each poll."""

    def is_news(self, tag: str, body: dict[str, Any]) -> bool:
        return True


class TellsAgainAfterFailure(Poller):
    """It forgets what it has told when a request fails."""

    def after_failure(self, response: requests.Response | None) -> float | None:
        self.told = None
        return super().after_failure(response)


class TellsEachSubtag(Poller):
    """It takes a new subtag for news."""

    subtag = ""

    def is_news(self, tag: str, body: dict[str, Any]) -> bool:
        before, self.subtag = self.subtag, body["subtag"]
        return before != self.subtag


class TellsEachCheckpoint(Poller):
    """It tells as often as checkpoints were added."""

    seen = 0

    def is_news(self, tag: str, body: dict[str, Any]) -> bool:
        before, self.seen = self.seen, len(body["checkpoints"])
        return super().is_news(tag, body) or self.seen > before


class TellsOnlyTheEnd(Poller):
    """It tells nothing but Delivered."""

    def is_told(self, tag: str) -> bool:
        return tag == "Delivered"


class NeverTellsException(Poller):
    """It keeps an Exception to itself."""

    def is_told(self, tag: str) -> bool:
        return tag != "Exception" and super().is_told(tag)


class TellsEachTagOnce(Poller):
    """It tells a tag once in its life, so not that the parcel moves again after an Exception."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.ever: set[str] = set()

    def is_news(self, tag: str, body: dict[str, Any]) -> bool:
        is_new = tag not in self.ever
        self.ever.add(tag)
        return is_new


class TellsPending(Poller):
    """It tells Pending."""

    def is_told(self, tag: str) -> bool:
        return tag == "Pending" or super().is_told(tag)


class TellsUnknown(Poller):
    """It tells Unknown."""

    def is_told(self, tag: str) -> bool:
        return tag == "Unknown" or super().is_told(tag)


class TellsCancelled(Poller):
    """It tells Cancelled."""

    def is_told(self, tag: str) -> bool:
        return tag == "Cancelled" or super().is_told(tag)


class TellsOldestCheckpoint(Poller):
    """It takes the last checkpoint for the newest, and tells its tag."""

    def tell_news(self, tag: str, body: dict[str, Any]) -> None:
        oldest = body["checkpoints"][-1]["tag"] if body["checkpoints"] else tag
        super().tell_news(oldest, body)


class TellsLateEvents(Poller):
    """It tells the tag of whatever checkpoint is new to it, also of one that comes late."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.known: set[str] = set()

    def tell_news(self, tag: str, body: dict[str, Any]) -> None:
        new = [entry for entry in body["checkpoints"] if str(entry) not in self.known]
        self.known |= {str(entry) for entry in new}
        for entry in reversed(new):
            if self.is_told(entry["tag"]) and entry["tag"] != self.told:
                self.told = entry["tag"]
                self.env.notify(entry["tag"])


class TellsErrorBody(Poller):
    """It reads the tag of an error body as well, and tells what is not there."""

    def after_failure(self, response: requests.Response | None) -> float | None:
        if response is not None and response.status_code == 502 and "json" in response.headers["Content-Type"]:
            self.env.notify(str(response.json().get("tag", "undefined")))
        return super().after_failure(response)


class TellsSubtag(Poller):
    """It tells the subtag instead of the tag."""

    def tell_news(self, tag: str, body: dict[str, Any]) -> None:
        if self.is_told(tag) and self.is_news(tag, body):
            self.told = tag
            self.env.notify(body["subtag"])


class GuessesDelivery(Poller):
    """It takes a refusal after a good answer for a delivery."""

    def after_refusal(self, response: requests.Response) -> float | None:
        if self.told is not None and response.status_code == 404:
            self.env.notify("Delivered")
        return super().after_refusal(response)


MUTANTS: Final[tuple[ClientMutant, ...]] = (
    breach(DELIVERED, NeverTellsDelivered),
    breach(DELIVERED, DeliveredNeedsTransit),
    breach(DELIVERED, NewsByTime),
    breach(ONCE, TellsEachPoll),
    breach(ONCE, TellsAgainAfterFailure),
    breach(ONCE, TellsEachSubtag),
    breach(ONCE, TellsEachCheckpoint),
    breach(CHANGES, TellsOnlyTheEnd),
    breach(CHANGES, LocalTimeForUtc, DELIVERED),
    breach(CHANGES, NeverTellsException),
    breach(CHANGES, TellsEachTagOnce),
    breach(QUIET, TellsPending),
    breach(QUIET, TellsUnknown),
    breach(QUIET, TellsCancelled),
    breach(TRUE, TellsOldestCheckpoint, "client.body.legal", DELIVERED, "client.retry.survives"),
    breach(TRUE, TellsLateEvents, DELIVERED, "client.retry.survives"),
    breach(TRUE, TellsErrorBody),
    breach(TRUE, TellsSubtag, DELIVERED),
    breach(TRUE, GuessesDelivery),
)
