from __future__ import annotations

from typing import TYPE_CHECKING

import jsonschema_rs
import msgspec
import pytest

from control_kit import ControlKit
from flexforward_mockserver.state.har import write_har
from flexforward_mockserver.state.journal import Exchange
from kit import OWN, START, Kit

if TYPE_CHECKING:
    from flexforward_openapi import Json


def whole(**properties: Json) -> Json:
    return {
        "type": "object",
        "required": list(properties),
        "properties": {**properties, "comment": {"type": "string"}, "_error": {"type": "string"}},
        "additionalProperties": False,
    }


TEXT, NUMBER, COUNT = {"type": "string"}, {"type": "number", "minimum": 0}, {"type": "integer", "minimum": -1}
PAIRS = {"type": "array", "items": whole(name=TEXT, value=TEXT)}
HAR_1_2 = whole(
    log=whole(
        version={"const": "1.2"},
        creator=whole(name=TEXT, version=TEXT),
        entries={
            "type": "array",
            "items": whole(
                startedDateTime={"type": "string", "format": "date-time"},
                time=NUMBER,
                request=whole(
                    method=TEXT,
                    url={"type": "string", "format": "uri"},
                    httpVersion=TEXT,
                    cookies=PAIRS,
                    headers=PAIRS,
                    queryString=PAIRS,
                    headersSize=COUNT,
                    bodySize=COUNT,
                ),
                response=whole(
                    status=COUNT,
                    statusText=TEXT,
                    httpVersion=TEXT,
                    cookies=PAIRS,
                    headers=PAIRS,
                    content=whole(size=COUNT, mimeType=TEXT, text=TEXT),
                    redirectURL=TEXT,
                    headersSize=COUNT,
                    bodySize=COUNT,
                ),
                cache={"type": "object"},
                timings=whole(send=NUMBER, wait=NUMBER, receive=NUMBER),
            ),
        },
    )
)
"""The shape of HAR 1.2, as far as a journal can fill it."""

BODY = '{"a":"é"}'.encode()


def entry(*, method: str = "GET", path: str = "/tracking/a", status: int | None = 200, **more: Json) -> Json:
    exchange = Exchange(at=START, real_at=0.0, method=method, path=path, status=status, body=BODY, **more)
    archive = write_har([exchange], base_url="http://mock.test", version="1")
    jsonschema_rs.Draft202012Validator(HAR_1_2, validate_formats=True).validate(archive)
    return archive["log"]["entries"][0]


def test_an_exchange_becomes_an_entry() -> None:
    got = entry(path="/tracking/a%2Fb?x=1&y=&token=***", duration_s=1.5, note="why")
    assert got["startedDateTime"] == "2026-04-01T00:00:00Z"
    assert (got["time"], got["timings"]) == (1500, {"send": 0, "wait": 1500, "receive": 0})
    assert got["request"]["url"] == "http://mock.test/tracking/a%2Fb?x=1&y=&token=***"
    assert got["request"]["queryString"] == [
        {"name": "x", "value": "1"},
        {"name": "y", "value": ""},
        {"name": "token", "value": "***"},
    ]
    assert got["response"]["content"] == {"size": 10, "mimeType": "application/json", "text": '{"a":"é"}'}
    assert (got["response"]["statusText"], got["comment"]) == ("OK", "why")


@pytest.mark.parametrize(
    ("fields", "status", "words", "text"),
    [
        pytest.param({"status": None, "fault": "reset"}, -1, "", "", id="no answer was sent"),
        pytest.param({"status": 599}, 599, "", '{"a":"é"}', id="a status without words"),
        pytest.param({"method": "HEAD", "status": 405}, 405, "Method Not Allowed", "", id="HEAD has no body"),
        pytest.param({"fault": "close-mid-body"}, -1, "", '{"a":', id="half a body"),
    ],
)
def test_the_archive_says_what_reached_the_client(fields: Json, status: int, words: str, text: str) -> None:
    got = entry(**fields)["response"]
    assert (got["status"], got["statusText"]) == (status, words)
    assert (got["content"]["text"], got["bodySize"]) == (text, len(text.encode()))


def test_a_wrong_media_type_is_told() -> None:
    assert entry(fault="wrong-media-type")["response"]["content"]["mimeType"] == "text/html; charset=utf-8"


def test_what_was_spoiled_is_marked_for_tools_that_replay() -> None:
    got = entry(fault="close-mid-body", note="asked for")
    assert got["response"]["headers"] == [
        {"name": "content-type", "value": "application/json"},
        {"name": "content-length", "value": "10"},
    ]
    assert (got["response"]["_error"], got["response"]["bodySize"]) == ("close-mid-body", 5)
    assert got["comment"] == "asked for; fault close-mid-body; status 200, then broken off"
    assert "_error" not in entry()["response"]
    assert entry(status=None, fault="reset")["response"]["headers"] == []


def test_an_entry_says_whose_label_it_is() -> None:
    desk = ControlKit(Kit(with_demos=False))
    desk.get("createLabel", {"scenario": "delivered", "order_number": "ORDER-7"})
    desk.kit.track("ORDER-7", OWN)
    (got,) = desk.get("getJournalHar")["log"]["entries"]
    assert got["comment"] == "order number ORDER-7"


def test_a_real_journal_is_an_archive_without_requests_headers() -> None:
    desk = ControlKit(Kit(with_demos=False))
    kinds = ("reset", "truncated", "not-json", "empty-body", "close-mid-body")
    for kind in kinds:
        desk.get("createFault", {"kind": kind})
    for _ in kinds:
        desk.kit.track("T-1h-a", OWN)
    desk.kit.track("T-1h-%E8%AE%A2?x=%FF", OWN)
    desk.kit.ask("/nowhere", method="PUT")
    archive = desk.get("getJournalHar")
    jsonschema_rs.Draft202012Validator(HAR_1_2, validate_formats=True).validate(archive)
    assert len(archive["log"]["entries"]) == 7
    assert b"YOUR_API_TOKEN" not in msgspec.json.encode(archive)
