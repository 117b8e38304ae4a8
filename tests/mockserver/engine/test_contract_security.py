from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kit import OTHER, OWN, PAIR

if TYPE_CHECKING:
    from changing_kit import Changing
    from flexforward_openapi import Json

ALL: list[str] = []


@pytest.mark.parametrize(
    ("security", "open_to", "closed_to", "has_challenge"),
    [
        pytest.param([{"bearerAuth": ALL}], [OWN], [PAIR], True, id="pair removed"),
        pytest.param([{"apiKey": ALL, "apiToken": ALL}], [PAIR], [OWN], False, id="bearer removed"),
        pytest.param(
            [{"bearerAuth": ALL, "apiKey": ALL, "apiToken": ALL}], [], [OWN, PAIR, {}], True, id="all three together"
        ),
        pytest.param([{"bearerAuth": ALL}, {}], [OWN, {}, {"Authorization": "Bearer wrong"}], [], True, id="optional"),
    ],
)
def test_another_security_section_is_followed(
    changing: Changing,
    security: Json,
    open_to: list[dict[str, str]],
    closed_to: list[dict[str, str]],
    has_challenge: bool,
) -> None:
    changing.operation["security"] = security
    kit = changing.kit()
    assert [kit.track("DEMO-delivered", headers).status for headers in open_to] == [200] * len(open_to)
    refusals = [kit.track("DEMO-delivered", headers) for headers in closed_to]
    assert [(got.status, "www-authenticate" in got.headers) for got in refusals] == [(401, has_challenge)] * len(
        closed_to
    )


def test_a_header_under_another_name_is_followed(changing: Changing) -> None:
    changing.schemes["apiKey"]["name"] = "X-Other-Key"
    kit = changing.kit()
    assert kit.track("DEMO-delivered", {"x-other-key": "test-key", "x-rr-apitoken": "test-secret"}).status == 200
    assert kit.track("DEMO-delivered", PAIR).status == 401


def test_a_bearer_scheme_of_any_name_takes_the_token(changing: Changing) -> None:
    changing.schemes["jwt"] = {"type": "http", "scheme": "Bearer", "bearerFormat": "JWT"}
    changing.operation["security"] = [{"jwt": []}]
    kit = changing.kit()
    assert [kit.track("DEMO-delivered", headers).status for headers in (OWN, PAIR)] == [200, 401]


@pytest.mark.parametrize(
    ("query", "status"),
    [
        pytest.param("Key=test-key", 200, id="right"),
        pytest.param("a=b&Key=test%2Dkey", 200, id="percent-encoded"),
        pytest.param("key=test-key", 401, id="name in small letters"),
        pytest.param("Key=", 401, id="empty"),
        pytest.param("", 401, id="missing"),
    ],
)
def test_a_key_in_the_query_is_followed(changing: Changing, query: str, status: int) -> None:
    changing.schemes["apiKey"] = {"type": "apiKey", "in": "query", "name": "Key"}
    kit = changing.kit()
    got = kit.ask("/tracking/DEMO-delivered", {"x-rr-apitoken": "test-secret"}, query=query)
    assert got.status == status


@pytest.mark.parametrize(
    ("cookie", "status"),
    [
        pytest.param("Key=test-key", 200, id="right"),
        pytest.param('a=b; Key="test-key"', 200, id="second and quoted"),
        pytest.param("key=test-key", 401, id="name in small letters"),
        pytest.param("Key", 401, id="no value"),
        pytest.param("a@b=c", 401, id="no cookie at all"),
        pytest.param("", 401, id="empty"),
    ],
)
def test_a_key_in_a_cookie_is_followed(changing: Changing, cookie: str, status: int) -> None:
    changing.schemes["apiKey"] = {"type": "apiKey", "in": "cookie", "name": "Key"}
    kit = changing.kit()
    assert kit.track("DEMO-delivered", {"x-rr-apitoken": "test-secret", "cookie": cookie}).status == status
    assert kit.track("DEMO-delivered", PAIR).status == 401


@pytest.mark.parametrize("has_401", [True, False])
def test_without_security_everybody_is_the_own_account(changing: Changing, has_401: bool) -> None:
    del changing.operation["security"]
    if not has_401:
        del changing.responses["401"]
    kit = changing.kit()
    for headers in ({}, OTHER, {"Authorization": "Bearer wrong"}):
        assert kit.track("DEMO-delivered", headers).status == 200
    assert kit.last.account == "own"
    assert kit.track("DEMO-foreign", OTHER).status == 403
    assert kit.track("A-1h-a", {}).status == (401 if has_401 else 404)
    assert "www-authenticate" not in kit.track("A-1h-a", {}).headers


def test_the_documents_security_holds_where_the_operation_has_none(changing: Changing) -> None:
    del changing.operation["security"]
    changing.document["security"] = [{"bearerAuth": []}]
    kit = changing.kit()
    assert [kit.track("DEMO-delivered", headers).status for headers in (OWN, PAIR)] == [200, 401]
