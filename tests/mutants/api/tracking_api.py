"""A tracking API of another make: it keeps the contract, and shares no code with the product.

Every step from question to answer is a method of its own, so that a legal variation or a mutant replaces just one.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote_to_bytes

from mutants.api.label import stock

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mutants.api.label import Account, Label

__all__ = ["API_KEY", "API_TOKEN", "TOKEN", "Answer", "Question", "TrackingApi"]


TOKEN: Final = "tok-6f1d2c9a7b"
API_KEY: Final = "key-20a94c31"
API_TOKEN: Final = "sec-b75e08d4"

PREFIX: Final = "/tracking/"
ERRORS: Final = {401: "Unauthorized", 403: "Forbidden", 404: "Not found", 405: "Method not allowed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A request; ``target`` is the path and query as sent, header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


@dataclass(slots=True, kw_only=True)
class Answer:
    """A response without what the connection adds."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict[str, str])


class TrackingApi:
    """The API; one object is one server's state."""

    order_number = "A/B #?%41+é"
    """Of our moving label: every character that a path has a use for, and what decoding twice would spoil."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.labels = list(stock(datetime.now(UTC), self.order_number))

    @property
    def moving(self) -> Label:
        return self.labels[0]

    @property
    def delivered(self) -> Label:
        return self.labels[1]

    @property
    def pending(self) -> Label:
        return self.labels[2]

    @property
    def failed(self) -> Label:
        return self.labels[3]

    @property
    def foreign(self) -> Label:
        return self.labels[4]

    def answer(self, question: Question) -> Answer:
        """Answer a question; one at a time."""
        with self.lock:
            return self.judged(question)

    def judged(self, question: Question) -> Answer:
        """Judge path, method, credentials and label, in this order."""
        if not question.path.startswith(PREFIX) or "/" in (raw := question.path[len(PREFIX) :]) or not raw:
            return self.refusal(404, None, question)
        if question.method != "GET":
            return self.wrong_method(question)
        account = self.account(question)
        if account is None:
            return self.refusal(401, None, question)
        label = self.find(self.decoded(raw))
        return self.unknown(question) if label is None else self.found(label, account, question)

    def unknown(self, question: Question) -> Answer:
        return self.refusal(404, None, question)

    def wrong_method(self, question: Question) -> Answer:
        answer = self.refusal(405, None, question)
        answer.headers["Allow"] = "GET"
        return answer

    def account(self, question: Question) -> Account | None:
        """Return whose credentials these are; either way in suffices."""
        scheme, _, token = question.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer" and self.is_token(token.strip()):
            return "ours"
        key, secret = question.headers.get("x-rr-apikey", ""), question.headers.get("x-rr-apitoken", "")
        return "ours" if self.is_pair(key, secret) else None

    def is_token(self, token: str) -> bool:
        return token == TOKEN

    def is_pair(self, key: str, secret: str) -> bool:
        return (key, secret) == (API_KEY, API_TOKEN)

    def decoded(self, raw: str) -> str:
        """Percent-decode once."""
        return unquote_to_bytes(raw).decode("utf-8", "surrogateescape")

    def find(self, wanted: str) -> Label | None:
        matches = (label for label in self.labels if wanted == label.order_number or wanted.lower() == label.id)
        return next(matches, None)

    def found(self, label: Label, account: Account, question: Question) -> Answer:
        if label.account != account:
            return self.refusal(403, label, question)
        if label.is_failed:
            return self.refusal(422, label, question)
        return self.reply(200, self.shipment(self.read(label), question))

    def read(self, label: Label) -> Label:
        """Return the label as this read finds it."""
        label.read(datetime.now(UTC))
        return label

    def shipment(self, label: Label, question: Question) -> Any:
        """Return the body of a 200; ``question`` is for mutants."""
        del question
        return {
            "id": label.id,
            "trackingNumber": label.tracking_number,
            "tag": label.tag,
            "subtag": label.subtag,
            "subtagMessage": label.tag,
            "slug": "yunexpress",
            "checkpoints": [dict(event) for event in label.events],
        }

    def refusal(self, status: int, label: Label | None, question: Question) -> Answer:
        """Refuse; ``question`` is for mutants."""
        del question
        return self.reply(status, self.refusal_body(status, label))

    def refusal_body(self, status: int, label: Label | None) -> Any:
        """Return the body of a refusal; ``label`` is the one that was asked for, if there is."""
        del label
        if status == 422:
            return {"error": "Label creation failed", "errorCode": "COURIER_ERROR", "errorMessage": "Bad address"}
        return {"error": ERRORS[status]}

    def reply(self, status: int, value: Any) -> Answer:
        return Answer(status=status, body=self.encoded(value), headers={"Content-Type": "application/json"})

    def encoded(self, value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False).encode()
