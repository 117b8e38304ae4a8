"""Pollers of one label at once: together they must see each step as often as its script says."""

from __future__ import annotations

import re
import threading
import uuid
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from benchmarks.control_client import Client, Outcome, request

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from .findings import Findings

__all__ = ["Race", "label_uuid"]

_POLLERS: Final = 3
_NAMESPACE: Final = uuid.UUID("5f1f6a3e-0c53-5b0e-9d3b-9f8f2a7a6a11")  # docs/script-ids.md
# No step of one of these shows what another step of it shows.
_SCRIPTS: Final = ("PITED", "PIGTD", "TGTFTD", "PITAXED", "PINIT", "ITTTTTTD", "PE004TE010TD")
_TAGS: Final = {"P": "Pending", "I": "InfoReceived", "T": "InTransit", "E": "Exception", "D": "Delivered"}
_FAILURES: Final = {"G": 502, "F": 422, "N": 404, "X": 403, "A": 401}
_FAULTS: Final = ("close", "reset", "close-mid-body", "truncated", "latency", "undocumented-status")

_Sight = tuple[int, str | None, int]
"""Status, tag and number of checkpoints: what tells one step's answer from another's."""


def label_uuid(order_number: str) -> str:
    """Return the UUID of a label that a script id made."""
    return str(uuid.uuid5(_NAMESPACE, order_number))


@dataclass(frozen=True, kw_only=True)
class Race:
    """A label that counts requests, and several who ask for it at once.

    Args:
        port: of the server.
        sandbox: its id.
        headers: the credentials to show.
        name: makes the label's order number unique in the sandbox.
    """

    port: int
    sandbox: str
    headers: Mapping[str, str]
    name: str

    def run(self, rng: Random, findings: Findings) -> None:
        """Poll and compare with script and journal, while some of the answers are struck by faults."""
        script, pace = rng.choice(_SCRIPTS), rng.randint(1, 9)
        sights = _sights(script)
        order_number = f"{script}-{pace}x-{self.name}"
        each = pace * len(sights) // _POLLERS + 2
        kind, struck = rng.choice(_FAULTS), rng.randint(0, each)
        if struck:
            self._order(order_number, kind, struck, rng.randint(0, each))
        outcomes = self._poll_at_once(order_number, each)
        counted = _POLLERS * each - struck
        wanted = [sights[min(number // pace, len(sights) - 1)] for number in range(counted)]
        seen = [[_sight(one) for one in mine if one.kind == "answer" and not one.fault] for mine in outcomes]
        findings.asked["polls in races"] += _POLLERS * each
        findings.polls += counted
        broken = sum(one.kind != "answer" for mine in outcomes for one in mine)
        findings.ordered += min(broken, struck)
        findings.unanswered += max(0, broken - struck)
        if Counter(sight for mine in seen for sight in mine) != Counter(wanted):
            findings.problem(f"{order_number} under {struck} {kind}: pollers saw {seen}")
        places = {sight: index for index, sight in enumerate(sights)}
        for mine in seen:
            steps = [places.get(sight, -1) for sight in mine]
            if steps != sorted(steps):
                findings.problem(f"{order_number}: a poller saw steps in the order {steps}")
        self._compare_journal(order_number, [places[sight] for sight in wanted], struck, findings)

    def _poll_at_once(self, order_number: str, each: int) -> list[list[Outcome]]:
        sent = request("GET", f"/tracking/{order_number}", self.headers)
        outcomes: list[list[Outcome]] = [[] for _ in range(_POLLERS)]

        def poll(mine: list[Outcome]) -> None:
            with Client(self.port) as client:
                mine.extend(client.send(sent) for _ in range(each))

        pollers = [threading.Thread(target=poll, args=(mine,)) for mine in outcomes]
        for poller in pollers:
            poller.start()
        for poller in pollers:
            poller.join()
        return outcomes

    def _order(self, order_number: str, kind: str, times: int, after: int) -> None:
        match = {"label": order_number, "after": after}
        body: dict[str, Any] = {"kind": kind, "times": times, "match": match}
        if kind == "latency":
            body["delay_s"] = 0.001
        with Client(self.port) as client:
            client.send(request("POST", f"/_mock/sandboxes/{self.sandbox}/faults", body=body))

    def _compare_journal(self, order_number: str, wanted: list[int], struck: int, findings: Findings) -> None:
        path = f"/_mock/sandboxes/{self.sandbox}/journal?label={label_uuid(order_number)}&limit=10000"
        with Client(self.port) as client:
            outcome = client.send(request("GET", path))
        exchanges: list[dict[str, Any]] = outcome.fields.get("exchanges", [])
        counted = [entry for entry in exchanges if entry["poll"] is not None]
        if [entry["poll"] for entry in counted] != [*range(1, len(wanted) + 1)]:
            findings.problem(f"{order_number}: the journal counts {[entry['poll'] for entry in counted]}")
        if [entry["step"] for entry in counted] != wanted:
            findings.problem(f"{order_number}: the journal has steps {[entry['step'] for entry in counted]}")
        if len(exchanges) - len(counted) > struck:
            findings.problem(f"{order_number}: {len(exchanges) - len(counted)} struck instead of {struck}")


def _sights(script: str) -> list[_Sight]:
    sights: list[_Sight] = []
    checkpoints = 0
    for letter in re.findall(r"[A-Z]", script):
        if letter in _FAILURES:
            sights.append((_FAILURES[letter], None, 0))
        else:
            checkpoints += letter != "P"
            sights.append((200, _TAGS[letter], checkpoints))
    return sights


def _sight(outcome: Outcome) -> _Sight:
    body = outcome.fields if outcome.status == 200 else {}
    return (outcome.status, body.get("tag"), len(body.get("checkpoints", ())))
