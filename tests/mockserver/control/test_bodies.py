from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS

if TYPE_CHECKING:
    from control_kit import ControlKit
    from flexforward_openapi import Json

UUID = "f47ac10b-58cc-4372-a567-0e02b2c3d479"
NOWHERE = "no-such-thing"
FROZEN = {"clock": {"now": "2026-04-01T00:00:00Z", "frozen": True}}


WHOLE = "a whole number from"


@pytest.mark.parametrize(
    ("operation", "body", "error"),
    [
        pytest.param(
            "createLabel",
            b"",
            {"error": "the body is not JSON: Input data was truncated", "allowed": "a JSON object"},
            id="no body",
        ),
        pytest.param(
            "createSandbox",
            b"{",
            {"error": "the body is not JSON: Input data was truncated", "allowed": "a JSON object"},
            id="half a body",
        ),
        pytest.param(
            "createSandbox",
            b'{"seed": "\xff"}',
            {
                "error": "the body is not JSON: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte",
                "allowed": "a JSON object",
            },
            id="not UTF-8",
        ),
        pytest.param(
            "createSandbox",
            b'{"seed": 123456789012345678901}',
            {"error": "the body is not JSON: a number in it has more than 64 bits", "allowed": "a JSON object"},
            id="a number without end",
        ),
        pytest.param(
            "createLabel",
            b'{"scenario": ' + b'{"a":' * 65 + b"1" + b"}" * 66,
            {"error": "the body is nested too deeply", "allowed": "at most 64 levels"},
            id="nested deeply",
        ),
        pytest.param(
            "createLabel",
            b"[" * 100_000,
            {"error": "the body is nested too deeply", "allowed": "at most 64 levels"},
            id="nested very deeply",
        ),
        pytest.param(
            "createSandbox",
            b"[]",
            {"error": "not a mapping", "allowed": "a mapping with clock, seed, accounts"},
            id="no mapping",
        ),
        pytest.param(
            "createFault",
            b'{"kynd": "reset", "kind": "reset"}',
            {
                "error": "unknown key 'kynd'",
                "field": "kynd",
                "allowed": "did you mean 'kind'? kind, status, delay_s, body, match, times, probability, seed, "
                "requests, per_s",
            },
            id="unknown key",
        ),
        pytest.param(
            "createFault", b"{}", {"error": "no 'kind'", "allowed": "a mapping with 'kind'"}, id="missing key"
        ),
        pytest.param(
            "advanceLabel",
            b'{"steps": 0}',
            {"error": "0 is not allowed here", "field": "steps", "allowed": f"{WHOLE} 1 to 1000"},
            id="no steps",
        ),
        pytest.param(
            "advanceLabel",
            b'{"steps": true}',
            {"error": "true is not allowed here", "field": "steps", "allowed": f"{WHOLE} 1 to 1000"},
            id="true steps",
        ),
        pytest.param(
            "advanceLabel",
            b'{"steps": 1.5}',
            {"error": "1.5 is not allowed here", "field": "steps", "allowed": f"{WHOLE} 1 to 1000"},
            id="a step and a half",
        ),
        pytest.param(
            "advanceClock",
            b'{"seconds": -1}',
            {
                "error": "-1 is not allowed here",
                "field": "seconds",
                "allowed": "seconds from 0 to 316224000 (ten years)",
            },
            id="backwards",
        ),
        pytest.param(
            "setClock",
            b'{"rate": 0}',
            {
                "error": "0 is not allowed here",
                "field": "rate",
                "allowed": "virtual seconds for a real one above 0 up to 1000000",
            },
            id="no rate",
        ),
        pytest.param(
            "revokeAccount",
            b'{"account": "bad"}',
            {"error": '"bad" is not allowed here', "field": "account", "allowed": "own or other"},
            id="the bad account",
        ),
        *(
            pytest.param(
                "setClock",
                b'{"now": "' + text.encode() + b'"}',
                {
                    "error": f'"{text}" is not allowed here',
                    "field": "now",
                    "allowed": "an instant such as 2026-04-01T00:00:00Z, from 1970 to 8999",
                },
                id=f"now {text}",
            )
            for text in (
                "foo",
                "2026-04-01T00:00:00",
                "2026-02-30T00:00:00Z",
                "1969-12-31T23:59:59Z",
                "9000-01-01T00:00:00Z",
                "2026-04-01T23:59:60Z",
            )
        ),
        pytest.param(
            "createSandbox",
            b'{"clock": {"rate": 1e7}}',
            {
                "error": "10000000 is not allowed here",
                "field": "clock.rate",
                "allowed": "virtual seconds for a real one above 0 up to 1000000",
            },
            id="too fast",
        ),
        pytest.param(
            "createSandbox",
            b'{"accounts": {"own": {"token": "my secret"}}}',
            {
                "error": "a value that is not shown is not allowed here",
                "field": "accounts.own.token",
                "allowed": "1 to 256 printable ASCII characters without spaces",
            },
            id="a secret with a space",
        ),
        pytest.param(
            "createSandbox",
            b'{"accounts": {"own": {"api_key": "secret"}}}',
            {"error": "no 'api_token'", "field": "accounts.own", "allowed": "a mapping with 'api_token'"},
            id="half a pair",
        ),
        pytest.param(
            "createSandbox",
            b'{"accounts": {"own": {}}}',
            {
                "error": "a value that is not shown is not allowed here",
                "field": "accounts.own",
                "allowed": "a mapping of token, or of api_key and api_token together, or of all three",
            },
            id="an account that nobody can use",
        ),
        pytest.param(
            "createSandbox",
            b'{"accounts": "secret"}',
            {
                "error": "a value that is not shown is not allowed here",
                "field": "accounts",
                "allowed": "a mapping of own and other to credentials",
            },
            id="a secret in the wrong place",
        ),
        pytest.param(
            "createLabel",
            b'{"scenario": 7}',
            {
                "error": "7 is not allowed here",
                "field": "scenario",
                "allowed": "the name of a scenario, a script id, or a scenario as a mapping",
            },
            id="a number of a scenario",
        ),
        pytest.param(
            "createLabel",
            b'{"scenario": "delivered", "id": "1"}',
            {"error": '"1" is not allowed here', "field": "id", "allowed": "a UUID"},
            id="no UUID",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "foo"}',
            {
                "error": '"foo" is not allowed here',
                "field": "kind",
                "allowed": f"{', '.join(list(FAULT_KINDS)[:-1])} or {list(FAULT_KINDS)[-1]}",
            },
            id="unknown kind",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "status"}',
            {
                "error": "a fault of kind status needs one",
                "field": "status",
                "allowed": "401, 403, 404, 422, 502; others by kind undocumented-status",
            },
            id="no status",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "status", "status": 500}',
            {
                "error": "the contract lists no 500",
                "field": "status",
                "allowed": "401, 403, 404, 422, 502; others by kind undocumented-status",
            },
            id="a status that is not listed",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "undocumented-status", "status": 502}',
            {
                "error": "the contract lists 502",
                "field": "status",
                "allowed": "a status that it does not list; those that it does by kind status",
            },
            id="a status that is listed after all",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "reset", "status": 502}',
            {"error": "a fault of kind reset has no status", "field": "status", "allowed": "leave it out"},
            id="a status of a reset",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "reset", "body": {}}',
            {"error": "a fault of kind reset has no body", "field": "body", "allowed": "leave it out"},
            id="a body of a reset",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "status", "status": 502, "body": {"code": "COURIER_ERROR"}}',
            {
                "error": 'the 502 that was due would break the contract: "error" is a required property',
                "field": "body",
                "allowed": "a body that the contract allows",
            },
            id="a body that the contract forbids",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "latency"}',
            {
                "error": "a fault of kind latency needs a delay",
                "field": "delay_s",
                "allowed": "seconds from 0 to 86400, two bounds low and high of such, or a median of such with a "
                "sigma of 0 to 3",
            },
            id="no latency",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "latency", "delay_s": {"low": 2, "high": 1.5}}',
            {"error": "low 2 is above high 1.5", "field": "delay_s.low", "allowed": "at most high"},
            id="bounds the wrong way round",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "latency", "delay_s": {"low": 2}}',
            {
                "error": '{"low":2} is not allowed here',
                "field": "delay_s",
                "allowed": "seconds from 0 to 86400, or a mapping {low, high} or {median, sigma}",
            },
            id="one bound",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "reset", "match": {"nth": 0}}',
            {"error": "0 is not allowed here", "field": "match.nth", "allowed": "a whole number from 1"},
            id="the noughth",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "reset", "times": 0}',
            {
                "error": "0 is not allowed here",
                "field": "times",
                "allowed": "a whole number from 1, or null for as long as it stands",
            },
            id="not once",
        ),
        pytest.param(
            "createFault",
            b'{"kind": "reset", "probability": 1.1}',
            {"error": "1.1 is not allowed here", "field": "probability", "allowed": "a number from 0 to 1"},
            id="more than certain",
        ),
    ],
)
def test_a_body_that_is_not_allowed_is_a_400_that_says_where_and_what_is(
    desk: ControlKit, operation: str, body: bytes, error: Json
) -> None:
    desk.get("createLabel", {"scenario": "delivered", "order_number": "a"})
    before = desk.get("listSandboxes")
    assert desk.send(operation, body, label="a") == (400, {"field": "body", **error})
    assert desk.get("listSandboxes") == before


@pytest.mark.parametrize(
    ("operation", "query", "error"),
    [
        ("getJournal", {"limit": "0"}, ("'0' is not allowed here", "limit", "a whole number from 1 to 10000")),
        ("getJournal", {"limit": "10001"}, ("'10001' is not allowed here", "limit", "a whole number from 1 to 10000")),
        ("getJournal", {"limit": "٣"}, ("'٣' is not allowed here", "limit", "a whole number from 1 to 10000")),
        ("getJournal", {"status": ""}, ("'' is not allowed here", "status", "a whole number from 100 to 599")),
        ("getJournal", {"label": ""}, ("no value for 'label'", "label", "one that is not empty")),
        ("getJournal", {"labels": "a"}, ("unknown query parameter 'labels'", "labels", "limit, label, status")),
        ("getServerJournal", {"label": "a"}, ("unknown query parameter 'label'", "label", "limit")),
        ("getHealth", {"a": "b"}, ("unknown query parameter 'a'", "a", "none")),
        ("createSandbox", {"a": "b"}, ("unknown query parameter 'a'", "a", "none")),
        ("listLabels", {"limit": "x"}, ("'x' is not allowed here", "limit", "a whole number from 1 to 10000")),
    ],
)
def test_a_query_that_is_not_allowed_is_a_400(
    desk: ControlKit, operation: str, query: dict[str, str], error: tuple[str, str, str]
) -> None:
    assert desk.call(operation, query=query) == (400, dict(zip(("error", "field", "allowed"), error, strict=True)))


def test_a_whole_number_may_be_written_with_a_point(desk: ControlKit) -> None:
    assert desk.send("createFault", b'{"kind": "status", "status": 502.0, "times": 2.0, "seed": 1e1}')[0] == 201
    (fault,) = desk.get("listFaults")["faults"]
    assert [type(fault[name]) for name in ("status", "times", "seed")] == [int, int, int]
