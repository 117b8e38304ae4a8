"""The rules for a client. ``docs/rules.md`` is generated from here."""

from __future__ import annotations

from .rule import Rule

__all__ = ["CLIENT_RULES"]

_NOTIFICATIONS = ("notifications",)

CLIENT_RULES: tuple[Rule, ...] = (
    Rule(
        id="client.auth.accepted",
        level="must",
        sentence="It shows the bearer token, or both of the pair.",
        sources=("op",),
    ),
    Rule(
        id="client.auth.not-in-url",
        level="must",
        sentence="It puts no credential into the path or the query.",
        sources=("ours",),
    ),
    Rule(
        id="client.id.escaped",
        level="must",
        sentence="It percent-encodes the identifier, whatever characters it has.",
        sources=("http",),
    ),
    Rule(
        id="client.body.legal",
        level="must",
        sentence="It survives every legal body and goes on: nulls, no checkpoints, any form of time, long histories.",
        sources=("op",),
    ),
    Rule(
        id="client.body.evolution",
        level="should",
        sentence="It survives a new field, a new tag (taken as Unknown), a new subtag and an unlisted status.",
        sources=("policy",),
    ),
    Rule(
        id="client.tell.delivered",
        level="must",
        sentence="It tells of the delivery.",
        sources=("guide",),
        needs=_NOTIFICATIONS,
    ),
    Rule(
        id="client.tell.once",
        level="must",
        sentence="It does not tell an unchanged status again, not even after a failure in between.",
        sources=("guide",),
        needs=_NOTIFICATIONS,
    ),
    Rule(
        id="client.tell.changes",
        level="should",
        sentence="It tells InfoReceived, InTransit and Exception when the status changes to them.",
        sources=("guide",),
        needs=_NOTIFICATIONS,
    ),
    Rule(
        id="client.tell.quiet",
        level="should",
        sentence="It does not tell the customer Pending, Unknown or Cancelled.",
        sources=("guide",),
        needs=_NOTIFICATIONS,
    ),
    Rule(
        id="client.tell.true",
        level="must",
        sentence="What it tells was served as the tag at the top.",
        sources=("guide",),
        needs=_NOTIFICATIONS,
    ),
    Rule(
        id="client.stop.terminal",
        level="must",
        sentence="After Delivered or Cancelled it asks no more.",
        sources=("guide",),
    ),
    Rule(
        id="client.goes-on",
        level="must",
        sentence="It goes on after Exception, Unknown and passing failures until the end.",
        sources=("guide",),
    ),
    Rule(
        id="client.interval.floor",
        level="should",
        sentence="It does not ask again within 15 minutes, unless the last request failed.",
        sources=("guide",),
    ),
    Rule(
        id="client.interval.stage",
        level="should",
        sentence="It waits 4 h or more after Pending and InfoReceived, 30 min after InTransit, 15 min after Exception.",
        sources=("guide",),
    ),
    Rule(
        id="client.retry.storm",
        level="must",
        sentence="While every request fails, it makes at most 3 in a second, 8 in ten seconds and 20 in ten minutes.",
        sources=("guide", "page"),
    ),
    Rule(
        id="client.retry.backs-off",
        level="should",
        sentence="While every request fails, its waits grow to 60 s or more, or are its regular interval.",
        sources=("guide", "page"),
    ),
    Rule(
        id="client.retry.survives",
        level="must",
        sentence="Three failures in a row neither end it nor make it miss what follows.",
        sources=("guide",),
    ),
    Rule(
        id="client.refused.stops",
        level="should",
        sentence="After 401, 403, 404 or 422 it makes at most one further request in a day.",
        sources=("page", "ours"),
    ),
    Rule(
        id="client.rate",
        level="should",
        sentence="It makes fewer than 10 requests a second for an account.",
        sources=("page",),
        needs=("--labels",),
    ),
    Rule(
        id="client.timeout",
        level="should",
        sentence="It gives up a server that never answers within two minutes.",
        sources=("ours",),
    ),
)
