"""The control API around a kit's engine; every answer is held against the control document."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from itertools import count
from typing import TYPE_CHECKING

import jsonschema_rs
import msgspec

from flexforward_mockserver.control.control import Control
from flexforward_mockserver.control.control_document import Call, ControlDocument, ControlError
from flexforward_mockserver.scenarios.catalogue import Catalogue
from flexforward_openapi import as_list, as_mapping
from flexforward_openapi.reference import followed
from kit import START, Got, Kit

if TYPE_CHECKING:
    from flexforward_openapi import Json

DEMOS = ("delivered", "foreign", "guide-sample")


@cache
def document() -> ControlDocument:
    return ControlDocument()


def check(operation_id: str, status: int, body: Json) -> None:
    """Fail where the control document lists no such answer of the operation, or another body."""
    root = document().json
    entries = (entry for item in root["paths"].values() for entry in item.values())
    operation = next(entry for entry in entries if as_mapping(entry).get("operationId") == operation_id)
    assert str(status) in operation["responses"], f"{operation_id} lists no {status}"
    response = followed(root, operation["responses"][str(status)])
    if "content" not in response:
        assert body is None
        return
    schema = {**followed(root, response["content"]["application/json"]["schema"]), "components": root["components"]}
    errors = [str(error) for error in jsonschema_rs.Draft202012Validator(schema).iter_errors(body)]
    assert not errors, errors


@dataclass
class ControlKit:
    """A kit with its control API, called without a socket."""

    kit: Kit = field(default_factory=lambda: Kit(with_demos=False))
    time_scale: float = 1.0
    control: Control = field(init=False)

    def __post_init__(self) -> None:
        numbers = count(1)
        self.control = Control(
            self.kit.engine,
            Catalogue(),
            draw=lambda: f"{next(numbers):04x}",
            wall=lambda: self.kit.seconds,
            today=lambda: START,
            demos=DEMOS,
            time_scale=self.time_scale,
        )

    def send(
        self, operation: str, body: bytes = b"", query: dict[str, str] | None = None, **path: str
    ) -> tuple[int, Json]:
        call = Call(
            operation=operation,
            path={"sandbox": "default", **path},
            query=query or {},
            body=body,
            base_url="http://mock.test",
        )
        try:
            status, answer = self.control.handle(call)
        except ControlError as error:
            status, answer = error.status, error.body
        answer = msgspec.json.decode(msgspec.json.encode(answer))
        check(operation, status, answer)
        return status, answer

    def call(
        self, operation: str, body: Json = None, query: dict[str, str] | None = None, **path: str
    ) -> tuple[int, Json]:
        return self.send(operation, b"" if body is None else msgspec.json.encode(body), query, **path)

    def get(self, operation: str, body: Json = None, query: dict[str, str] | None = None, **path: str) -> Json:
        """Call what has to succeed, and return its body."""
        status, answer = self.call(operation, body, query, **path)
        assert status < 300, answer
        return answer

    def open(self, body: Json = None) -> Box:
        return Box(self, self.get("createSandbox", body))


@dataclass
class Box:
    """A sandbox that was made by the control API."""

    desk: ControlKit
    made: Json

    @property
    def id(self) -> str:
        return str(self.made["id"])

    def headers(self, account: str = "own") -> dict[str, str]:
        return {"Authorization": f"Bearer {self.made['accounts'][account]['token']}"}

    def track(self, key: str, account: str = "own", **more: str) -> Got:
        return self.desk.kit.track(key, self.headers(account), **more)

    def post_label(self, body: Json, account: str = "own") -> Got:
        return self.desk.kit.post(body, self.headers(account))

    def call(
        self, operation: str, body: Json = None, query: dict[str, str] | None = None, **path: str
    ) -> tuple[int, Json]:
        return self.desk.call(operation, body, query, sandbox=self.id, **path)

    def get(self, operation: str, body: Json = None, query: dict[str, str] | None = None, **path: str) -> Json:
        return self.desk.get(operation, body, query, sandbox=self.id, **path)

    def journal(self, **query: str) -> list[Json]:
        return as_list(self.get("getJournal", query=query)["exchanges"])


STEPS: list[Json] = [
    {"tag": "Pending"},
    {"name": "moving", "after": "1h", "tag": "InTransit", "checkpoint": {}},
    {"after": "0s", "checkpoint": {"message": "at once"}},
    {"name": "home", "after": "1h", "tag": "Delivered", "checkpoint": {}},
]


def four_steps(box: Box) -> None:
    box.get("createLabel", {"order_number": "A", "scenario": {"name": "four", "summary": "x", "steps": STEPS}})


def statuses(box: Box, *keys: str) -> list[int]:
    return [box.track(key).status for key in keys]
