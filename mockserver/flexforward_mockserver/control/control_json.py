"""What the control API says of labels, clocks, faults, scenarios and exchanges, as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.scenarios.lifecycle import show
from flexforward_mockserver.scenarios.scenario import ErrorStep
from flexforward_mockserver.scenarios.timestamp import write_timestamp

if TYPE_CHECKING:
    from flexforward_mockserver.scenarios.scenario import AccountName, Scenario
    from flexforward_mockserver.state.armed_fault import ArmedFault
    from flexforward_mockserver.state.clock import Clock
    from flexforward_mockserver.state.credentials import Credentials
    from flexforward_mockserver.state.fault import Delay
    from flexforward_mockserver.state.journal import Exchange, Journal
    from flexforward_mockserver.state.sandbox import Sandbox, Tracked
    from flexforward_openapi import Json

__all__ = [
    "clock_json",
    "credentials_json",
    "exchange_json",
    "fault_json",
    "journal_json",
    "label_json",
    "revoked_accounts",
    "sandbox_json",
    "scenario_json",
]


def sandbox_json(sandbox: Sandbox) -> Json:
    """Return how a sandbox stands."""
    with sandbox.lock:
        return {
            "id": sandbox.id,
            "labels": sandbox.label_count,
            "faults": len(sandbox.faults),
            "exchanges": len(sandbox.journal.exchanges),
            "revoked": revoked_accounts(sandbox),
            "clock": clock_json(sandbox.clock),
        }


def label_json(sandbox: Sandbox, tracked: Tracked) -> Json:
    """Return how far a label has come; the caller holds the sandbox's lock."""
    label = tracked.label
    progress = sandbox.settle(tracked, sandbox.clock.now())
    shown = show(label.scenario, progress)
    return {
        "id": label.id,
        "order_number": label.order_number,
        "account": label.account,
        "scenario": label.scenario.name,
        "tracking_number": label.tracking_number,
        "tag": None if isinstance(shown, ErrorStep) else shown.status.tag,
        "status": shown.status if isinstance(shown, ErrorStep) else 200,
        "step": progress.step,
        "steps": len(label.scenario.steps),
        "polls": tracked.polls,
        "began_at": write_timestamp(label.began_at),
        "next_at": None if progress.due is None else write_timestamp(progress.due),
        "idempotency_key": label.creation.key if label.creation else None,
    }


def revoked_accounts(sandbox: Sandbox) -> list[AccountName]:
    """Return accounts whose credentials are not taken now."""
    return sorted(sandbox.revoked - {"bad"})


def credentials_json(credentials: Credentials) -> Json:
    """Return credentials, what is missing left out."""
    return {name: secret for name, secret in msgspec.structs.asdict(credentials).items() if secret}


def clock_json(clock: Clock) -> Json:
    """Return what time it is."""
    return {"now": write_timestamp(clock.now()), "rate": clock.running_rate, "frozen": clock.rate == 0}


def fault_json(armed: ArmedFault) -> Json:
    """Return a fault with what it has met."""
    fault = armed.fault
    match = {name: value for name, value in msgspec.structs.asdict(fault.match).items() if value not in (None, 0)}
    return {
        "id": armed.id,
        "kind": fault.kind,
        "status": fault.status,
        "delay_s": _delay_json(fault.delay),
        "body": fault.body,
        "match": match,
        "times": fault.times,
        "probability": fault.probability,
        "seed": fault.seed,
        **({} if fault.per_s is None else {"requests": fault.requests, "per_s": fault.per_s, "times": None}),
        "seen": armed.seen,
        "fired": armed.applied,
    }


def _delay_json(delay: Delay | None) -> Json:
    if delay is None or delay.fixed is not None:
        return None if delay is None else delay.fixed
    if delay.median is not None:
        return {"median": delay.median, "sigma": delay.sigma}
    return {"low": delay.low, "high": delay.high}


def scenario_json(scenario: Scenario) -> Json:
    """Return a scenario's steps."""
    return {
        "name": scenario.name,
        "summary": scenario.summary,
        "breaks": sorted(scenario.breaks),
        "steps": [
            {
                "name": step.name,
                "after_s": None if step.after is None else step.after.total_seconds(),
                "polls": step.polls,
                "manual": step.manual,
                "tag": step.status.tag,
                "subtag": step.status.subtag,
                "status": step.failure.status if step.failure else None,
                "fault": step.fault.kind if step.fault else None,
            }
            for step in scenario.steps
        ],
    }


def journal_json(journal: Journal, query: dict[str, str]) -> Json:
    """Return the exchanges that a query wants, and how many are no longer kept."""
    label = query["label"].lower() if "label" in query else None
    status = int(query["status"]) if "status" in query else None
    wanted = [
        exchange
        for exchange in journal.exchanges
        if label in (None, exchange.label) and status in (None, exchange.status)
    ]
    kept = wanted[-int(query.get("limit", 1000)) :]
    return {"exchanges": [exchange_json(exchange) for exchange in kept], "dropped": journal.dropped}


def exchange_json(exchange: Exchange) -> Json:
    """Return an exchange, without its body."""
    fields = msgspec.structs.asdict(exchange)
    del fields["body"], fields["unmatched"]
    real_at = datetime.fromtimestamp(exchange.real_at, UTC)
    return {**fields, "at": write_timestamp(exchange.at), "real_at": write_timestamp(real_at)}
