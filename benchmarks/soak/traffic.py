"""Ordinary clients: each makes a sandbox, does in it what there is to do, looks at every answer, and deletes it."""

from __future__ import annotations

import time
from random import Random
from typing import TYPE_CHECKING, Any, Final

from benchmarks.control_client import Client, Outcome, request
from benchmarks.exchange import REQUEST
from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS

from .race import Race, label_uuid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .findings import Findings, Latencies

__all__ = ["FAULTS", "live", "probe"]

_OUTCOMES: Final = {"close-mid-body": "part", "no-answer": "silence", "close": "closed", "reset": "reset"}
FAULTS: Final[Mapping[str, tuple[str, int]]] = {
    name: (
        _OUTCOMES.get(kind.manner, "answer"),
        0
        if kind.manner in ("no-answer", "close", "reset")
        else kind.default_status or (502 if name == "status" else 200),
    )
    for name, kind in FAULT_KINDS.items()
}
"""Kind of fault to what becomes of the request: the kind of outcome, and the status if there is one."""

_NO_JSON: Final = tuple(name for name, kind in FAULT_KINDS.items() if kind.readable == "hidden")
_SILENCE_S: Final = 0.02
_DELAY_S: Final = 0.005
_RESIDENTS: Final = tuple(f"PITD-{days}d-resident" for days in range(1, 41))
_READS: Final = 300
# What stands after /tracking/, and the statuses that it may have; none of them is a label of anybody.
_ODD_IDS: Final[Mapping[str, tuple[int, ...]]] = {
    "": (404,),
    "nobody-knows-it": (404,),
    "PITD-0h-zero": (404,),
    "PITD-9999999999d-far": (404,),
    "Z-1h-a": (404,),
    "00000000-0000-0000-0000-000000000000": (404,),
    "%00": (404,),
    "%ff%fe": (404,),
    "%2e%2e%2f%2e%2e": (404,),
    "..": (404,),
    "a/b": (404,),
    "%E2%98%83": (404,),
    "%zz": (404,),
    "x" * 4000: (404,),
    "?a=b": (404,),
    "x?token=y&x=%": (404,),
    "x;y=1": (404,),
}
_HOUR_S: Final = 3600


def live(port: int, seed: str, findings: Findings, is_wanted: Callable[[], bool]) -> None:
    """Send traffic for as long as it ``is_wanted``, asked before each life, which is some 500 requests.

    Args:
        port: of the server.
        seed: decides what is asked; it has to be unique among those who ask at once.
        findings: is filled.
        is_wanted: ends it.
    """
    with Client(port) as client:
        try:
            resident = _Life(client, port, Random(seed), findings, f"{seed}-resident")
            resident.begin(frozen=False)
            number = 0
            while is_wanted():
                number += 1
                _Life(client, port, Random(f"{seed}/{number}"), findings, f"{seed}-{number}").run(resident)
                findings.sandboxes += 1
            resident.end()
        except (
            OSError,
            KeyError,
            TypeError,
            ValueError,
        ) as error:  # no server, or an answer that cannot be gone on with
            findings.problem(f"the traffic of {seed} ended early: {error!r}")


def probe(port: int, findings: Findings, is_wanted: Callable[[], bool], place: Callable[[], Latencies]) -> None:
    """Read one shipment again and again, and note how long each answer took where ``place`` says."""
    with Client(port) as client:
        while is_wanted():
            latencies = place()
            began = time.perf_counter()
            try:
                outcome = client.send(REQUEST)
            except OSError as error:
                findings.problem(f"the probe ended early: {error!r}")
                return
            latencies.add(time.perf_counter() - began)
            findings.asked["reads of the probe"] += 1
            findings.unanswered += outcome.kind != "answer"
            findings.check(outcome.status == 200, "the probe", outcome)


class _Life:
    """One sandbox from its making to its end."""

    def __init__(self, client: Client, port: int, rng: Random, findings: Findings, name: str) -> None:
        self.client, self.port, self.rng, self.findings, self.name = client, port, rng, findings, name
        self.sandbox = ""
        self.made: Any = {}
        self.bearer: dict[str, str] = {}

    def run(self, resident: _Life) -> None:
        self.begin(frozen=True)
        for part in (self.label, self.race, self.move_clock, self.break_things, self.knock, self.be_odd, self.look):
            part()
        resident.read(_READS)
        if self.rng.random() < 0.5:
            self.reset()
            self.race()
        self.end()

    def begin(self, *, frozen: bool) -> None:
        clock = {"frozen": frozen, "now": "2026-04-01T00:00:00Z"}
        self.made = self.control("POST", "", {"clock": clock, "seed": 7}, 201).fields
        self.sandbox = self.made["id"]
        self.bearer = {"Authorization": f"Bearer {self.made['accounts']['own']['token']}"}

    def end(self) -> None:
        self.control("DELETE", f"/{self.sandbox}", None, 204)
        self.control("GET", f"/{self.sandbox}", None, 404)
        self.track("bad credentials", "PITD-1h-a", 401)

    def read(self, count: int) -> None:
        """Read labels that nobody moves, by order number and by UUID."""
        for _ in range(count):
            key = self.rng.choice(_RESIDENTS)
            outcome = self.track("ordinary reads", key, 200)
            body = outcome.fields
            self.findings.check(body.get("id") == label_uuid(key), f"not the label of {key}", outcome)
            self.findings.check(body.get("tag") == "Pending", f"{key} moved", outcome)

    def label(self) -> None:
        """Make labels of scenarios, ask for them, and take them out again."""
        names = [entry["name"] for entry in self.control("GET", "scenarios", None, 200).fields["scenarios"]]
        for name in self.rng.sample(names, 5):
            made = self.control("POST", f"/{self.sandbox}/labels", {"scenario": name}, 201).fields
            status = 403 if made["account"] == "other" else made["status"]
            self.track("scenarios", made["order_number"], status)
            by_id = self.track("scenarios", made["id"].upper(), status)
            if by_id.status == 200:
                self.findings.check(by_id.fields["id"] == made["id"], f"not the label of {name}", by_id)
            self.control("POST", f"/{self.sandbox}/labels/{made['id']}/advance", {"steps": 2}, 200)
            self.control("DELETE", f"/{self.sandbox}/labels/{made['id']}", None, 204)
            self.track("scenarios", made["id"], 404)

    def race(self) -> None:
        name = f"{self.name}-{self.rng.random():.9f}"
        Race(port=self.port, sandbox=self.sandbox, headers=self.bearer, name=name).run(self.rng, self.findings)

    def move_clock(self) -> None:
        tags = ("Pending", "InfoReceived", "InTransit", "Exception", "Delivered")
        for tag in tags:
            outcome = self.track("reads as time passes", f"PITED-1h-{self.name}", 200)
            self.findings.check(outcome.fields.get("tag") == tag, f"not {tag}", outcome)
            self.control("POST", f"/{self.sandbox}/clock/advance", {"seconds": _HOUR_S}, 200)
        self.control("PATCH", f"/{self.sandbox}/clock", {"rate": 1_000_000}, 200)
        before = 0
        for _ in range(20):
            outcome = self.track("reads as time passes", f"PITED-1h-{self.name}-fast", 200)
            seen = outcome.fields.get("tag")
            now = tags.index(seen) if seen in tags else -1
            self.findings.check(now >= before, f"{tags[before]} came before", outcome)
            before = max(before, now)
        self.control("PATCH", f"/{self.sandbox}/clock", {"frozen": True}, 200)

    def break_things(self) -> None:
        """Meet a fault of each kind, by order or by ``Prefer``; no-answer, which costs time, in every life once."""
        key = f"T-1h-{self.name}"
        self.track("ordinary reads", key, 200)
        for kind, (wanted, status) in FAULTS.items():
            armed: Any = None
            headers = dict(self.bearer)
            if kind in ("status", "quota") or self.rng.random() < 0.5:
                body: dict[str, Any] = {"kind": kind, "match": {"label": key}}
                if kind == "status":
                    body["status"] = status
                if kind == "quota":
                    body |= {"requests": 0, "per_s": 1}
                if kind in ("latency", "dribble"):
                    body["delay_s"] = _DELAY_S
                armed = self.control("POST", f"/{self.sandbox}/faults", body, 201).json
            else:
                headers["Prefer"] = f"fault={kind}" + (f", delay={_DELAY_S}s" if kind in ("latency", "dribble") else "")
            patience = {"read_timeout_s": _SILENCE_S} if wanted == "silence" else {}
            outcome = self.client.send(request("GET", f"/tracking/{key}", headers), **patience)
            if kind == "quota":  # which stands until it is deleted
                self.control("DELETE", f"/{self.sandbox}/faults/{armed['id']}", None, 204)
            self.findings.asked[f"fault {kind}"] += 1
            self.findings.ordered += wanted != "answer" and outcome.kind == wanted
            self.findings.unanswered += wanted == "answer" and outcome.kind != "answer"
            self.findings.check((outcome.kind, outcome.status) == (wanted, status), f"fault {kind}", outcome)
            if outcome.head:
                self.findings.check(outcome.fault == ("" if kind == "status" else kind), f"fault {kind}", outcome)
                self.findings.check((outcome.json is None) == (kind in _NO_JSON), f"fault {kind}", outcome)

    def knock(self) -> None:
        """Show credentials that are not good here."""
        own = self.made["accounts"]["own"]
        bad: tuple[dict[str, str], ...] = (
            {},
            {"Authorization": "Bearer nobody"},
            {"Authorization": f"Basic {own['token']}"},
            {"Authorization": "Bearer"},
            {"Authorization": f"Bearer {self.made['bad_token']}"},
            {"x-rr-apikey": own["api_key"]},
            {"x-rr-apikey": own["api_key"], "x-rr-apitoken": "nothing"},
        )
        for headers in bad * 3:
            self.track("bad credentials", f"T-1h-{self.name}", 401, headers=headers)
        pair = {"x-rr-apikey": own["api_key"], "x-rr-apitoken": own["api_token"]}
        self.track("ordinary reads", f"T-1h-{self.name}", 200, headers=pair)
        other = {"Authorization": f"Bearer {self.made['accounts']['other']['token']}"}
        self.track("ordinary reads", f"T-1h-{self.name}", 403, headers=other)

    def be_odd(self) -> None:
        for key, statuses in _ODD_IDS.items():
            self.track("odd ids", key, *statuses)

    def look(self) -> None:
        """Read what there is to read of the sandbox."""
        for path in ("", "/labels", "/clock", "/faults", "/journal?limit=100", "/journal?status=401"):
            self.control("GET", f"/{self.sandbox}{path}", None, 200)
        if self.rng.random() < 0.1:
            self.control("GET", f"/{self.sandbox}/journal.har", None, 200)
            self.control("GET", "journal?limit=10", None, 200)
        self.control("GET", f"/{self.sandbox}/journal?limit=none", None, 400)
        self.control("POST", f"/{self.sandbox}/labels", {"scenario": "nobody-wrote-it"}, 400)

    def reset(self) -> None:
        self.control("POST", f"/{self.sandbox}/reset", None, 200)
        stands = self.control("GET", f"/{self.sandbox}", None, 200)
        self.findings.check(stands.fields.get("labels") == 0, "labels are left after a reset", stands)

    def track(self, what: str, key: str, *statuses: int, headers: Mapping[str, str] | None = None) -> Outcome:
        outcome = self.client.send(request("GET", f"/tracking/{key}", self.bearer if headers is None else headers))
        return self._judge(what, outcome, statuses)

    def control(self, method: str, path: str, body: object, status: int) -> Outcome:
        """Call the control API; ``path`` follows ``/_mock/sandboxes`` if it is empty or begins with a slash."""
        whole = f"/_mock/sandboxes{path}" if path[:1] in ("", "/") else f"/_mock/{path}"
        return self._judge("control calls", self.client.send(request(method, whole, None, body)), (status,))

    def _judge(self, what: str, outcome: Outcome, statuses: tuple[int, ...]) -> Outcome:
        self.findings.asked[what] += 1
        self.findings.unanswered += outcome.kind != "answer"
        self.findings.check(outcome.status in statuses, f"{what}, not {statuses}", outcome)
        return outcome
