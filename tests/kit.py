"""An engine with a clock that the test moves, and a short way to ask it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.engine.engine import Engine, EngineOptions
from flexforward_mockserver.engine.messages import Request
from flexforward_mockserver.scenarios.catalogue import Catalogue
from flexforward_mockserver.state.clock import Clock
from flexforward_mockserver.state.demo import add_demo_labels, open_default_sandbox
from flexforward_mockserver.state.sandbox import LABEL_LIMIT
from flexforward_openapi import Json, load_served_contract

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from flexforward_mockserver.state.journal import Exchange
    from flexforward_mockserver.state.sandbox import Sandbox

START = datetime(2026, 4, 1, tzinfo=UTC)
OWN = {"Authorization": "Bearer YOUR_API_TOKEN"}
PAIR = {"x-rr-apikey": "test-key", "x-rr-apitoken": "test-secret"}
OTHER = {"Authorization": "Bearer other-token"}


@dataclass(frozen=True)
class Got:
    """A reply, decoded."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Json:
        return msgspec.json.decode(self.body)


@dataclass
class Kit:
    """An engine around a wall clock that stands still until the test moves it."""

    engine: Engine = field(init=False)
    contract: Path | None = None
    options: EngineOptions = field(default_factory=EngineOptions)
    with_demos: bool = True
    strict: bool = False
    accept_any_token: bool = False
    label_limit: int = LABEL_LIMIT
    seconds: float = 1000.0

    def __post_init__(self) -> None:
        clock = Clock(lambda: self.seconds, start=START)
        contract, rest = load_served_contract(self.contract, strict=self.strict)
        self.engine = Engine(
            contract,
            lambda ways: open_default_sandbox(
                ways, clock=clock, accept_any_token=self.accept_any_token, label_limit=self.label_limit
            ),
            self.options,
            rest=rest,
        )
        if self.with_demos:
            catalogue, answers = Catalogue(), self.engine
            is_shipped = self.contract is None
            names = [name for name in catalogue.names if is_shipped or answers.objection(catalogue[name]) is None]
            add_demo_labels(self.sandbox, catalogue, names)

    @property
    def sandbox(self) -> Sandbox:
        return self.engine.sandboxes.default

    @property
    def last(self) -> Exchange:
        return self.sandbox.journal.exchanges[-1]

    def wait(self, **span: float) -> None:
        self.seconds += timedelta(**span).total_seconds()

    def ask(
        self,
        path: str,
        headers: Mapping[str, str] = OWN,
        *,
        method: str = "GET",
        query: str = "",
        body: bytes = b"",
        **more: str,
    ) -> Got:
        pairs = [(name.lower().encode(), value.encode("latin-1")) for name, value in {**headers, **more}.items()]
        reply = self.engine.handle(Request(method, path, query, pairs, body))
        names = {name.decode(): value.decode("latin-1") for name, value in reply.headers}
        return Got(reply.status, names, reply.body)

    def track(self, key: str, headers: Mapping[str, str] = OWN, *, method: str = "GET", **more: str) -> Got:
        return self.ask(f"/tracking/{key}", {**headers, **more}, method=method)

    def post(self, body: Json, headers: Mapping[str, str] = OWN, **more: str) -> Got:
        shown = {**headers, **more}
        return self.ask("/labels", shown, method="POST", body=msgspec.json.encode(body))
