"""The judge as a whole, the story that it tells, and how much of the contract a client has met."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

import flexforward_contract_tests.client
from client_timeline import SCENARIO, START, Timeline, actual, body, client, outcome, span, verdict
from flexforward_contract_tests.client import (
    CLIENT_CHECKS,
    ClientRun,
    Notification,
    coverage_lines,
    coverage_of,
    failure_text,
    judge_client,
    read,
    run_of,
    served_tag,
)
from flexforward_contract_tests.client.rules.registry import CLIENT_RULES
from flexforward_contract_tests.client.transcript.coverage import nullable_fields
from flexforward_contract_tests.client.transcript.guide import QUIET, STAGES, TERMINAL, TOLD
from flexforward_contract_tests.client.transcript.reading import EVOLUTIONS
from flexforward_fixtures import in_respx
from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS
from flexforward_mockserver.scenarios.scenario_reader import parse_scenario
from flexforward_mockserver.scenarios.tag import TAGS
from flexforward_openapi import YamlText, load_contract
from kit import OWN, Kit

if TYPE_CHECKING:
    from flexforward_openapi import Json

HASTY = client().asks("0s", "Pending").asks("1m", "Pending")
EARLY = client().asks("0s", "InTransit").asks("30m", "InTransit").asks("1m", "InTransit")


def test_each_rule_has_its_check_and_its_outcome_in_order() -> None:
    assert list(CLIENT_CHECKS) == [rule.id for rule in CLIENT_RULES]
    assert [entry.rule for entry in judge_client([HASTY.run])] == list(CLIENT_RULES)
    wanted = ["client.tell.once", "client.auth.accepted"]
    assert [entry.rule.id for entry in judge_client([HASTY.run], wanted)] == [
        "client.auth.accepted",
        "client.tell.once",
    ]


def test_what_needs_notifications_says_so_in_both_places() -> None:
    marked = {rule.id for rule in CLIENT_RULES if rule.needs == ("notifications",)}
    assert marked == {rule for rule, check in CLIENT_CHECKS.items() if "notifications" in check.inputs}


def test_every_tag_has_its_place_in_the_guide() -> None:
    assert {*STAGES, *TERMINAL, "Unknown"} == TOLD | QUIET == set(TAGS)
    assert set(EVOLUTIONS) - set(FAULT_KINDS) == {"new-checkpoint-field", "new-error-field"}


def test_all_public_names_are_there() -> None:
    names = flexforward_contract_tests.client.__all__
    assert list(names) == sorted(names, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert dir(flexforward_contract_tests.client) == sorted(names)
    assert all(hasattr(flexforward_contract_tests.client, name) for name in names)
    with pytest.raises(AttributeError, match="has no attribute 'jury'"):
        flexforward_contract_tests.client.jury  # noqa: B018


def test_a_client_that_asked_nothing_was_not_judged() -> None:
    assert {(entry.verdict, entry.reason) for entry in judge_client([client().run])} == {
        ("not-run", "no request arrived")
    }
    assert {entry.reason for entry in judge_client([])} == {"the client was not run"}
    pair = client("1", "2").asks("0s", 404, label=None, path="/favicon.ico")
    assert outcome("client.stop.terminal", pair).reason == "it takes an answer that says Delivered or Cancelled"


def test_the_usual_reason_is_told() -> None:
    found = outcome("client.stop.terminal", client(), EARLY, EARLY, client())
    assert found.reason == "no request arrived"
    found = outcome("client.stop.terminal", client(), EARLY, EARLY)
    assert found.reason == "it takes an answer that says Delivered or Cancelled"


def test_one_breach_outweighs_any_number_of_good_runs_and_the_shortest_is_shown() -> None:
    good = client().asks("0s", "Pending").asks("4h", "Pending")
    assert verdict("client.interval.floor", good, good) == "passed"
    assert actual("client.interval.floor", EARLY, good, HASTY) == "it asked again after 1m"
    assert "Pending" in (failure_text(outcome("client.interval.floor", EARLY, good, HASTY)).splitlines()[1])


def test_the_story_marks_what_broke_the_rule() -> None:
    run = client().repeats(9, "30m", "InTransit").tells("InTransit").asks("5m", "InTransit").repeats(5, "1h", 502)
    assert failure_text(outcome("client.interval.floor", run)) == (
        """\
client.interval.floor (should, guide): It does not ask again within 15 minutes, unless the last request failed.
  expected  15m or more after InTransit (14m10s would pass)
  actual    it asked again after 5m
  from 2026-04-01T00:00:00Z:
  … 2 earlier
        +1h30m  GET /tracking/1001  200 InTransit
           +2h  GET /tracking/1001  200 InTransit
        +2h30m  GET /tracking/1001  200 InTransit
           +3h  GET /tracking/1001  200 InTransit
        +3h30m  GET /tracking/1001  200 InTransit
           +4h  GET /tracking/1001  200 InTransit
        +4h30m  GET /tracking/1001  200 InTransit
        +4h30m  → told InTransit
>       +4h35m  GET /tracking/1001  200 InTransit
        +5h35m  GET /tracking/1001  502
        +6h35m  GET /tracking/1001  502
        +7h35m  GET /tracking/1001  502
  … 3 later"""
    )


def test_the_story_of_an_early_end_marks_the_end() -> None:
    ended = failure_text(outcome("client.goes-on", client().asks("0s", "Exception").ends("1s")))
    assert ended.endswith("\n>          +1s  the client ended")
    silent = client().asks("0s", "Exception").asks("15m", "Exception").ends("9d", by="deadline")
    assert failure_text(outcome("client.goes-on", silent)).endswith("\n>     +9d0h15m  the client was ended")
    assert failure_text(outcome("client.goes-on", HASTY)) == ""


def test_the_scenario_is_written_as_a_file_or_named() -> None:
    scenario = parse_scenario(YamlText("name: a\nsummary: b\nsteps:\n  - tag: Pending\n", source="a"))
    for given, expected in ((scenario, "name: a\n"), (msgspec.structs.replace(scenario, name="P-1d-X"), "P-1d-X")):
        failure = outcome("client.goes-on", client(scenario=given).asks("0s", "Unknown").ends()).failure
        assert failure is not None
        assert (failure.scenario or "").startswith(expected)
    assert SCENARIO.name == client().run.name


def test_a_run_is_made_of_any_journal() -> None:
    kit = Kit(with_demos=False)
    label = kit.sandbox.add(kit.sandbox.make_label(SCENARIO, order_number="1")).label
    kit.track("1", {})
    kit.wait(hours=1)
    kit.track("1", OWN)
    told = [Notification(at=START + span("2h"), tag="Pending"), Notification(at=START + span("1h"), tag="Pending")]
    run = ClientRun.of_exchanges(
        [label],
        kit.sandbox.journal.exchanges,
        unattributed=kit.engine.sandboxes.unattributed.exchanges,
        notifications=told,
    )
    assert [exchange.status for exchange in run.exchanges] == [401, 200]
    assert (run.began_at, run.ended_at, run.notifications) == (START, START + span("2h"), tuple(reversed(told)))
    silent = ClientRun.of_exchanges([label], [], distrust="it runs in real time")
    assert (silent.notifications, silent.is_timing_trusted, silent.ended_at) == (None, False, START)


def test_a_run_is_made_of_a_handle() -> None:
    httpx = pytest.importorskip("httpx")
    with in_respx() as flexforward:
        label = flexforward.ship("ITD-1h-1")
        httpx.get(f"{flexforward.base_url}/tracking/{label.id}", headers=flexforward.headers)
        flexforward.clock.advance(minutes=5)
        httpx.get(f"{flexforward.base_url}/tracking/{label.id}", headers=flexforward.headers)
        run = run_of(flexforward, label)
    found = {entry.rule.id: entry.verdict for entry in judge_client([run])}
    assert (found["client.auth.accepted"], found["client.interval.floor"]) == ("passed", "failed")


@pytest.mark.parametrize(
    ("what", "more", "tag"),
    [
        ("InTransit", {}, "InTransit"),
        ("InTransit", {"body": body("Delivered")}, "Delivered"),
        ("new-tag", {"body": body("Held")}, "Held"),
        ("new-field", {"body": body("InTransit", more=1)}, "InTransit"),
        ("latency", {"duration_s": 1.9}, "InTransit"),
        ("latency", {"duration_s": 2.0}, None),
        ("dribble", {}, None),
        ("wrong-media-type", {"body": body("InTransit")}, None),
        ("close-mid-body", {"body": body("InTransit")}, None),
        ("truncated", {"body": body("InTransit")[:9]}, None),
        ("InTransit", {"body": body("InTransit")[:9]}, None),
        ("InTransit", {"body": b"[]"}, None),
        ("InTransit", {"body": b'{"tag": null}'}, None),
        ("no-answer", {"body": body("InTransit")}, None),
        (502, {"tag": "InTransit"}, None),
        ("unlisted-status", {"status": 202}, None),
        (404, {"body": b'{"error": "x", "tag": "Delivered"}'}, None),
    ],
)
def test_the_tag_that_a_client_is_sure_to_have_got(what: str | int, more: dict[str, Json], tag: str | None) -> None:
    [exchange] = client().asks("0s", what, **more).exchanges
    assert served_tag(exchange) == tag


def checkpoint(time: str, **more: str | None) -> dict[str, Json]:
    return {"checkpointTime": time, "city": "Oslo", **more}


@pytest.mark.parametrize(
    ("checkpoints", "traits"),
    [
        ([], {"no checkpoints"}),
        ([checkpoint("2026-04-01T00:00:00Z")], {"time in seconds"}),
        ([checkpoint("2026-04-01T00:00:00.000Z")], {"time in milliseconds"}),
        ([checkpoint("2026-04-01T00:00:00+08:00", city=None)], {"time in offset", "null checkpoints[].city"}),
        ([checkpoint("2026-04-01T00:00:00Z", city="København")], {"time in seconds", "text beyond ASCII"}),
        ([checkpoint("2026-04-01T00:00:00Z")] * 99, {"time in seconds"}),
        ([checkpoint("2026-04-01T00:00:00Z")] * 100, {"time in seconds", "long history"}),
    ],
)
def test_what_is_special_about_a_body(checkpoints: Json, traits: set[str]) -> None:
    [exchange] = client().asks("0s", "InTransit", body=body("InTransit", checkpoints=checkpoints)).exchanges
    assert read(exchange).traits == traits


def met(*runs: Timeline) -> set[str]:
    items = coverage_of([run.run for run in runs], load_contract()).items
    return {f"{item.group} {item.name}" for item in items if item.is_met}


def test_coverage_is_of_what_the_contract_lists() -> None:
    contract = load_contract()
    places = [f"checkpoints[].{name}" for name in ("city", "state", "countryRegion", "location")]
    assert list(nullable_fields(contract)) == ["trackingNumber", *places]
    coverage = coverage_of([], contract)
    assert coverage.percent == 0
    assert [item.name for item in coverage.items if item.group == "status"] == [
        "200",
        "401",
        "403",
        "404",
        "422",
        "502",
    ]
    assert [item.name for item in coverage.items if item.group == "tag"] == list(TAGS)


def test_a_type_that_lists_null_is_nullable_too() -> None:
    contract = load_contract()
    document = msgspec.json.decode(msgspec.json.encode(contract.document))
    fields = document["components"]["schemas"]["TrackingResponse"]["properties"]
    fields["slug"] = {"type": ["string", "null"]}
    operation = contract.operations[0]
    schema = document["components"]["schemas"]["TrackingResponse"]
    listed = operation.responses["200"]
    assert listed.json is not None
    response = msgspec.structs.replace(listed, json=msgspec.structs.replace(listed.json, schema=schema))
    operation = msgspec.structs.replace(operation, responses={**operation.responses, "200": response})
    altered = type(contract)(
        source="",
        title="",
        version="",
        hosts=(),
        operations=(operation,),
        document=document,
        origin=contract.origin,
    )
    assert "slug" in nullable_fields(altered)


def test_coverage_counts_what_a_client_can_have_read() -> None:
    full = body("InTransit", trackingNumber=None, checkpoints=[checkpoint("2026-04-01T00:00:00.5Z", state=None)])
    run = client().asks("0s", "InTransit", body=full).asks("1h", "Pending", body=body("Pending", checkpoints=[]))
    run.asks("1h", 502).asks("1h", "close").asks("1h", "Exception", fault="truncated").asks("1h", "new-field")
    assert met(run) == {
        *("status 200", "status 502", "tag InTransit", "tag Pending", "null trackingNumber"),
        *("null checkpoints[].state", "time milliseconds", "history no checkpoints", "evolution new-field"),
    }


def test_coverage_in_lines() -> None:
    lines = list(coverage_lines(coverage_of([client().asks("0s", "Delivered").run], load_contract())))
    assert lines[:3] == [
        "The client met 2 of 30 listed things (7 %)",
        "  status     1 of 6, not met: 401, 403, 404, 422, 502",
        "  tag        1 of 7, not met: Pending, InfoReceived, InTransit, Exception, Cancelled, Unknown",
    ]
    assert lines[-1] == (
        "  evolution  0 of 6, not met: new-field, new-tag, new-subtag, unlisted-status, new-checkpoint-field, "
        "new-error-field"
    )
    everything = [msgspec.structs.replace(item, is_met=True) for item in coverage_of([], load_contract()).items]
    assert list(coverage_lines(flexforward_contract_tests.client.Coverage(tuple(everything))))[1] == (
        "  status     6 of 6"
    )


@pytest.mark.parametrize(
    ("checkpoint", "shown"), [("", frozenset[str]()), ("checkpoint: {}, ", frozenset({"new-checkpoint-field"}))]
)
def test_a_new_field_of_checkpoints_is_met_only_where_there_is_one(checkpoint: str, shown: frozenset[str]) -> None:
    text = (
        "name: a\nsummary: a\nbreaks: [contract-holds]\nsteps:\n"
        f"  - {{tag: InfoReceived, {checkpoint}evolve: {{checkpoint: {{code: A}}}}}}\n"
    )
    scenario = parse_scenario(YamlText(text, source="a.yaml"))
    kit = Kit(with_demos=False)
    kit.sandbox.add(kit.sandbox.make_label(scenario, order_number="1001"))
    kit.track("1001")
    assert read(kit.sandbox.journal.exchanges[-1], scenario).evolutions == shown
