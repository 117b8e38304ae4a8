"""A document of somebody else's, without the tracking operation: it is answered from what it shows."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest

from flexforward_mockserver.engine.messages import Request
from flexforward_mockserver.scenarios.catalogue import Catalogue
from flexforward_mockserver.state.fault import Fault, FaultError
from flexforward_openapi import ContractError
from kit import OTHER, OWN, Kit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORMS = """
        '200':
          description: a
          content:
            text/plain: {example: hello}
            application/json: {schema: {type: object}, examples: {one: {value: {a: 1}}, two: {value: {a: 2}}}}
            application/xml: {schema: {type: object}, example: <a>1</a>}
            text/csv: {schema: {type: integer}}
            image/*: {schema: {type: string}}
"""


@pytest.fixture
def following(tmp_path: Path) -> Callable[..., Kit]:
    """Follow a document whose ``GET /a/{id}`` has these responses."""

    def follow(responses: str, *, security: str = "[]", more: str = "", strict: bool = False) -> Kit:
        file = tmp_path / "c.yaml"
        file.write_text(f"""\
openapi: 3.1.0
paths:
  /a/{{id}}:
    get:
      security: {security}
      parameters: [{{name: id, in: path, schema: {{type: integer}}}}]
      responses:{responses}
{more}""")
        return Kit(contract=file, with_demos=False, strict=strict)

    return follow


@pytest.mark.parametrize(
    ("accept", "media_type", "body"),
    [
        (None, "application/json", b'{"a":1}'),
        ("*/*", "application/json", b'{"a":1}'),
        ("text/plain", "text/plain", b"hello"),
        ("application/xml", "application/xml", b"<a>1</a>"),
        ("text/csv", "text/csv", b"0"),
        ("image/png;q=0.5, video/mp4", "image/png", b"string"),
        ("image/*", "application/octet-stream", b"string"),
    ],
)
def test_the_request_chooses_among_the_media_types(
    following: Callable[..., Kit], accept: str | None, media_type: str, body: bytes
) -> None:
    kit = following(FORMS)
    got = kit.ask("/a/1", {} if accept is None else {"Accept": accept})
    assert (got.status, got.headers["content-type"], got.body) == (200, media_type, body)


def test_a_media_type_that_is_not_there_is_a_406(following: Callable[..., Kit]) -> None:
    got = following(FORMS).ask("/a/1", {"Accept": "video/mp4"})
    assert got.status == 406
    assert got.json["error"].startswith(
        "GET /a/{id} has no body of the media type video/mp4; allowed: application/json, "
    )


def test_an_example_is_asked_for_by_its_name(following: Callable[..., Kit]) -> None:
    kit = following(FORMS)
    got = kit.ask("/a/1", Prefer="example=two")
    assert (got.json, got.headers["preference-applied"]) == ({"a": 2}, "example=two")
    refused = kit.ask("/a/1", Prefer="example=three")
    assert (refused.status, refused.headers["x-flexforward-mock"]) == (400, "refused-preference")
    assert refused.json["error"].endswith("allowed: one, two")
    both = kit.ask("/a/1", Prefer="example=two, fault=reset")
    assert both.json["error"] == "Prefer: example=two and fault=reset exclude each other; allowed: one of them"


@pytest.mark.parametrize(
    ("responses", "status", "body"),
    [
        pytest.param("\n        '201': {description: a}\n        '204': {description: a}", 201, b"", id="lowest"),
        pytest.param("\n        2XX: {description: a}", 200, b"", id="range"),
        pytest.param("\n        default: {description: a}", 200, b"", id="default"),
        pytest.param("\n        '404': {description: a}\n        5XX: {description: a}", 404, b"", id="no success"),
    ],
)
def test_the_status_is_the_lowest_success_or_what_comes_nearest(
    following: Callable[..., Kit], responses: str, status: int, body: bytes
) -> None:
    got = following(responses).ask("/a/1")
    assert (got.status, got.body) == (status, body)


def test_a_range_is_answered_with_each_of_its_statuses(following: Callable[..., Kit]) -> None:
    kit = following(
        "\n        '200': {description: a}\n        4XX: {description: b, content: {text/plain: {example: no}}}"
    )
    got = kit.ask("/a/1", Prefer="code=418")
    assert (got.status, got.body) == (418, b"no")
    assert kit.ask("/a/1", Prefer="code=500").status == 400


def test_values_are_made_where_none_is_shown_and_that_is_told(following: Callable[..., Kit]) -> None:
    responses = """
        '200':
          description: a
          content: {application/json: {schema: {properties: {a: {type: integer, minimum: 3}, b: {example: x}}}}}
"""
    kit = following(responses)
    assert kit.ask("/a/1").json == {"a": 3, "b": "x"}
    assert kit.last.note == "answered from the document's example, but for made values of a"
    assert kit.engine.notes == (
        "no operation getTracking: all answers are the document's examples",
        "answered with values made of type, format and bounds, since the document shows none: GET /a/{id}",
    )


def test_a_body_that_may_be_anything_is_an_empty_object_where_something_may_be_made(
    following: Callable[..., Kit],
) -> None:
    responses = "\n        '200': {description: a, content: {application/json: {}}}"
    kit = following(responses)
    assert kit.ask("/a/1").json == {}
    assert kit.last.note == "answered from the document's example, but for made values of the body"


def test_a_path_may_be_percent_encoded_in_the_document(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    shown = "responses: {'200': {description: a, content: {application/json: {schema: {type: integer}}}}}"
    file.write_text(f"openapi: 3.1.0\npaths: {{'/a%20b/{{id}}': {{get: {{{shown}}}}}}}")
    assert Kit(contract=file, with_demos=False).ask("/a%20b/1").json == 0


def test_a_false_example_is_no_example(following: Callable[..., Kit]) -> None:
    responses = """
        '200':
          description: a
          content: {application/json: {schema: {type: integer}, examples: {a: {value: x}, b: {value: 5}}}}
"""
    assert following(responses).ask("/a/1").json == 5


@pytest.mark.parametrize(
    ("responses", "reason"),
    [
        pytest.param(" {}", "the document lists no response", id="no response"),
        pytest.param(
            "\n        '200': {description: a, content: {application/json: {schema: {not: {}}}}}",
            "the document shows no value for the body",
            id="no value",
        ),
        pytest.param(
            "\n        '200': {description: a, content: {application/xml: {schema: {type: object}}}}",
            "the document shows no application/xml",
            id="XML without an example",
        ),
    ],
)
def test_what_cannot_be_answered_is_a_501_and_a_note(
    following: Callable[..., Kit], responses: str, reason: str
) -> None:
    kit = following(responses)
    assert kit.engine.notes[1:] == (f"GET /a/{{id}}: answered with 501, since {reason}",)
    got = kit.ask("/a/1")
    assert (got.status, got.headers["x-flexforward-mock"]) == (501, "undocumented-status")


@pytest.mark.parametrize(("path", "status"), [("/a/1", 200), ("/a/x", 404), ("/a/%ff", 404), ("/a/1.5", 404)])
def test_parameters_of_every_path_are_checked(following: Callable[..., Kit], path: str, status: int) -> None:
    kit = following(
        "\n        '200': {description: a}\n        '404': {description: b, content: {text/plain: {example: no}}}"
    )
    got = kit.ask(path)
    assert (got.status, got.body) == (status, b"" if status == 200 else b"no")


BASIC = {"Authorization": f"Basic {b64encode(b'test-key:test-secret').decode()}"}
SCHEMES = """
components:
  securitySchemes:
    basic: {type: http, scheme: basic}
    digest: {type: http, scheme: Digest}
    oauth: {type: oauth2, flows: {}}
    one: {type: apiKey, in: header, name: X-One}
    two: {type: apiKey, in: query, name: two}
    three: {type: apiKey, in: cookie, name: three}
    mtls: {type: mutualTLS}
"""


@pytest.mark.parametrize(
    ("security", "headers", "query", "status"),
    [
        pytest.param("[{basic: []}]", BASIC, "", 200, id="basic"),
        pytest.param("[{basic: []}]", {"Authorization": "Basic !"}, "", 401, id="basic that is no Base64"),
        pytest.param("[{basic: []}]", {"Authorization": "Basic YQ=="}, "", 401, id="basic without a colon"),
        pytest.param("[{basic: []}]", OWN, "", 401, id="bearer for basic"),
        pytest.param("[{digest: []}]", {"Authorization": "digest YOUR_API_TOKEN"}, "", 200, id="another scheme"),
        pytest.param("[{digest: []}]", {"Authorization": "digest a"}, "", 401, id="another scheme, wrong"),
        pytest.param("[{oauth: [read]}]", OWN, "", 200, id="OAuth 2"),
        pytest.param("[{one: []}]", {"X-One": "test-key"}, "", 200, id="header"),
        pytest.param("[{two: []}]", {}, "two=test-key", 200, id="query"),
        pytest.param("[{three: []}]", {"Cookie": "three=test-key"}, "", 200, id="cookie"),
        pytest.param("[{one: [], two: []}]", {"X-One": "test-key"}, "two=test-secret", 200, id="two together"),
        pytest.param("[{one: [], two: []}]", {"X-One": "test-key"}, "", 401, id="one of two"),
        pytest.param(
            "[{one: [], two: [], three: []}]",
            {"X-One": "test-key", "Cookie": "three=test-secret"},
            "two=test-secret",
            200,
            id="three together",
        ),
        pytest.param("[{one: []}, {basic: []}]", BASIC, "", 200, id="the second of two ways"),
        pytest.param("[{mtls: []}]", {}, "", 200, id="a certificate alone"),
        pytest.param("[{mtls: [], one: []}]", {"X-One": "test-key"}, "", 200, id="beside a certificate"),
        pytest.param("[{mtls: [], one: []}]", {}, "", 401, id="nothing beside a certificate"),
        pytest.param("[{mtls: []}, {one: []}]", {}, "", 401, id="neither a certificate nor a key"),
        pytest.param("[{mtls: []}, {}]", {}, "", 200, id="a certificate or nothing"),
    ],
)
def test_credentials_stand_where_the_document_says(
    following: Callable[..., Kit], security: str, headers: dict[str, str], query: str, status: int
) -> None:
    kit = following("\n        '200': {description: a}", security=security, more=SCHEMES)
    assert kit.ask("/a/1", headers, query=query).status == status


def test_a_certificate_that_nobody_is_asked_for_is_told(following: Callable[..., Kit]) -> None:
    kit = following("\n        '200': {description: a}", security="[{mtls: []}]", more=SCHEMES)
    assert kit.engine.contract.notes == (
        "read past, since it changes no answer (--strict-contract refuses it): "
        "'flows' is not supported in a security scheme; "
        "mutualTLS is not supported: no client is asked for a certificate",
    )
    plain = SCHEMES.replace(", flows: {}", "")
    with pytest.raises(ContractError, match="mutualTLS is not supported"):
        following("\n        '200': {description: a}", security="[{mtls: []}]", more=plain, strict=True)


def test_a_401_says_how_to_authenticate_with_each_scheme_that_has_a_name_for_it(following: Callable[..., Kit]) -> None:
    ways = "[{basic: []}, {digest: []}, {oauth: []}, {one: []}]"
    kit = following("\n        '200': {description: a}", security=ways, more=SCHEMES)
    reply = kit.engine.handle(Request("GET", "/a/1", "", []))
    challenges = [value.split()[0] for name, value in reply.headers if name == b"www-authenticate"]
    assert (reply.status, challenges) == (401, [b"Basic", b"Digest", b"Bearer"])


def test_without_the_tracking_operation_there_are_no_shipments_and_no_faults(following: Callable[..., Kit]) -> None:
    kit = following("\n        '200': {description: a}")
    objection = kit.engine.objection(Catalogue()["delivered"])
    assert objection is not None
    assert objection.endswith("has no operation getTracking, which shipments answer")
    assert kit.engine.cure(Catalogue()["delivered"]) == "a contract that has it"
    with pytest.raises(FaultError, match="has no operation getTracking"):
        kit.engine.check_fault(Fault(kind="reset"))
    assert (kit.engine.tracking, kit.engine.bodies, kit.engine.statuses) == (None, None, ())
    assert kit.ask("/nowhere", OTHER).status == 404
    with pytest.raises(ContractError):
        following("\n        '200': {description: a}", strict=True)


def test_a_large_document_is_looked_at_when_it_is_asked(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    shown = "responses: {'200': {description: a, content: {application/json: {schema: {type: integer}}}}}"
    file.write_text(
        "openapi: 3.1.0\npaths:\n" + "".join(f"  /a{number}: {{get: {{{shown}}}}}\n" for number in range(301))
    )
    kit = Kit(contract=file, with_demos=False)
    assert kit.engine.notes == ("no operation getTracking: all answers are the document's examples",)
    assert kit.ask("/a300").json == 0
    assert kit.ask("/b").json["error"].endswith(", GET /a19 and 281 more")
