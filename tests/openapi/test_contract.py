from __future__ import annotations

import json
import pickle
from typing import TYPE_CHECKING

import pytest

from flexforward_openapi import CONTRACT_FILE, ContractError, Operation, Scheme, YamlText, load_contract
from flexforward_openapi.reading.contract_reader import parse_contract

if TYPE_CHECKING:
    from pathlib import Path

    from flexforward_openapi.contract import Contract

RESPONSES = "responses: {'200': {description: a}}"


def parsed(text: str, *, strict: bool = True) -> Contract:
    return parse_contract(YamlText(text, source="c.yaml"), strict=strict)


def operation(text: str, path: str = "/a", *, strict: bool = True) -> Operation:
    """Read a document with one operation, of which ``text`` says the inside."""
    text = f"openapi: 3.1.0\npaths:\n  {path}:\n    get: {{{text}}}\n{COMPONENTS}"
    return parsed(text, strict=strict).operations[0]


COMPONENTS = """\
components:
  parameters:
    Id: {name: id, in: path, required: true, schema: {$ref: '#/components/schemas/Id'}}
    Again: {$ref: '#/components/parameters/Id'}
  schemas:
    Id: {type: string, maxLength: 9}
    A b: {type: object}
  examples:
    Shown: {value: {a: 3}}
  responses:
    Plain: {description: a}
    Full: {description: a, content: {application/json: {schema: {$ref: '#/components/schemas/A%20b'}}}}
    Again%: {$ref: '#/components/responses/Full'}
  securitySchemes:
    bearer: {type: http, scheme: Bearer, bearerFormat: JWT}
    header: {type: apiKey, in: header, name: X-Key}
    query: {type: apiKey, in: query, name: Key}
    cookie: {type: apiKey, in: cookie, name: Key}
    again: {$ref: '#/components/securitySchemes/header'}
    basic: {type: http, scheme: basic}
    open: {type: openIdConnect}
    mutual: {type: mutualTLS}
    oauth: {type: oauth2}
    body: {type: apiKey, in: body, name: key}
    nameless: {type: apiKey, in: header}
"""


def test_the_shipped_contract_is_read_by_default() -> None:
    contract = load_contract()
    assert (contract.source, contract.title, contract.version) == (
        "flex-forward.yaml",
        "Flex Forward Shipping API",
        "1.0.0",
    )
    assert contract.hosts == ("api.flexforwardship.com", "api-staging.flexforwardship.com")
    assert [entry.id for entry in contract.operations] == ["getTracking"]
    tracking = contract.operations[0]
    assert contract.operation("getTracking") is tracking
    assert contract.operation("getLabel") is None
    assert (tracking.method, tracking.path, tracking.pointer) == (
        "GET",
        "/tracking/{id}",
        "#/paths/~1tracking~1{id}/get",
    )
    assert tracking.statuses == (200, 401, 403, 404, 422, 502)
    assert [parameter.name for parameter in tracking.parameters] == ["id"]
    assert tracking.unchecked == ()
    assert tracking.security == (
        (Scheme(name="bearerAuth", kind="bearer", parameter="authorization"),),
        (
            Scheme(name="apiKey", kind="header", parameter="x-rr-apikey"),
            Scheme(name="apiToken", kind="header", parameter="x-rr-apitoken"),
        ),
    )


def test_a_document_given_by_path_is_called_by_that_path(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(CONTRACT_FILE.read_text())
    assert load_contract(file).source == str(file)
    json_like = tmp_path / "c.json"
    json_like.write_text('{"openapi": "3.1.1", "paths": {"/a": {"get": {}}}}')
    assert load_contract(json_like).operations[0].id == "GET /a"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(None, ": cannot be read (No such file or directory); allowed: a readable file", id="missing"),
        pytest.param(b"openapi: \xff", ":1: bytes that are not UTF-8; allowed: UTF-8 text", id="not UTF-8"),
        pytest.param(
            b"openapi: 3.1.0\npaths: {\n",
            ":3: not YAML: did not find expected node content; allowed: YAML 1.2 or JSON",
            id="not YAML",
        ),
        pytest.param(
            b"#" * (32 * 1024 * 1024 + 1), ": 33,554,433 bytes long; allowed: at most 33,554,432 bytes", id="large"
        ),
        pytest.param(b"[" * 100_000, ":1: values nested too deeply; allowed: at most 64 levels", id="nested"),
        pytest.param(
            b"openapi: 3.1.0\npaths: 5\n", ":2: paths: 5 stands here; allowed: a mapping", id="not a contract"
        ),
    ],
)
def test_whatever_is_wrong_with_a_file_is_a_contract_error_with_its_place(
    tmp_path: Path, data: bytes | None, message: str
) -> None:
    file = tmp_path / "c.yaml"
    if data is not None:
        file.write_bytes(data)
    with pytest.raises(ContractError) as caught:
        load_contract(file)
    assert str(caught.value) == f"{file}{message}"
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.mistakes, str(again)) == (caught.value.mistakes, str(caught.value))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("", "no 'openapi' at the top", id="empty"),
        pytest.param("[]", "no 'openapi' at the top", id="list"),
        pytest.param("swagger: '2.0'", "no 'openapi' at the top", id="Swagger"),
        pytest.param("openapi: 3.0.3", "openapi is '3.0.3'", id="OpenAPI 3.0"),
        pytest.param("openapi: 3.2.0", "openapi is '3.2.0'", id="OpenAPI 3.2"),
        pytest.param("openapi: 3.1", "openapi is 3.1", id="number"),
        pytest.param("openapi: 3.1.x", "openapi is '3.1.x'", id="no number"),
    ],
)
def test_only_openapi_3_1_is_read(text: str, found: str) -> None:
    with pytest.raises(ContractError) as caught:
        parsed(text)
    assert str(caught.value) == f"c.yaml:1: {found}; allowed: an OpenAPI document of version 3.1"


NO_CERTIFICATE = "mutualTLS is not supported: no client is asked for a certificate"
NO_SCHEME = "type http, oauth2 or openIdConnect, or type apiKey in header, query or cookie"
SCHEMES = "bearer, header, query, cookie, again, basic, open, mutual, oauth, body, nameless"


@pytest.mark.parametrize(
    ("path", "inside", "message"),
    [
        pytest.param(
            "/a/{id}",
            RESPONSES,
            "4: paths./a/{id}.get: the path has {id} but no parameter says what it is; allowed: a parameter 'id' in"
            " path",
            id="missing path parameter",
        ),
        pytest.param(
            "/a/{id}",
            f"parameters: [{{name: id, in: query}}], {RESPONSES}",
            "4: paths./a/{id}.get: the path has {id} but no parameter says what it is; allowed: a parameter 'id' in"
            " path",
            id="parameter in the query instead",
        ),
        pytest.param(
            "/a",
            f"parameters: [{{name: id, in: path}}], {RESPONSES}",
            "4: paths./a.get: the parameter 'id' is not in the path; allowed: {id} in /a",
            id="path parameter that the path lacks",
        ),
        pytest.param(
            "a", RESPONSES, "3: paths.a: the path 'a'; allowed: one that begins with a slash", id="path without slash"
        ),
        *(
            pytest.param(
                path,
                RESPONSES,
                f"3: paths.{path}: the path {path!r}; allowed: one outside /_mock, which is the mock's own",
                id=f"path {path}",
            )
            for path in ("/_mock", "/_mock/", "/_mock/health", "/%5fmock/a")
        ),
        *(
            pytest.param(
                "/a",
                f"responses: {{{status!r}: {{description: a}}}}",
                f"4: paths./a.get.responses.{status}: {status!r} is not a status; allowed: 100 to 599, 1XX to 5XX, or"
                " default",
                id=f"status {status}",
            )
            for status in ("20", "600", "099", "4xx", "6XX", "Default", "200 ")
        ),
        pytest.param(
            "/a",
            "responses: {'200': {description: a, content: {application/xml: {}, text/plain: {}}}}",
            "4: paths./a.get.responses.200.content: application/xml, text/plain; allowed: application/json",
            id="no JSON",
        ),
        pytest.param(
            "/a",
            f"security: [{{bearer: []}}, {{other: []}}], {RESPONSES}",
            f"4: paths./a.get.security[1].other: no security scheme 'other'; allowed: {SCHEMES}",
            id="unknown security scheme",
        ),
        *(
            pytest.param(
                "/a",
                f"security: [{{{name}: []}}], {RESPONSES}",
                f"{line}: components.securitySchemes.{name}: a kind of authentication that is not supported;"
                f" allowed: {NO_SCHEME}",
                id=f"{name} scheme",
            )
            for line, name in ((28, "body"), (29, "nameless"))
        ),
        pytest.param(
            "/a",
            f"security: [{{mutual: []}}], {RESPONSES}",
            f"26: components.securitySchemes.mutual: {NO_CERTIFICATE}; allowed: {NO_SCHEME}",
            id="mutual scheme",
        ),
    ],
)
def test_what_cannot_be_honoured_is_refused_with_its_line(path: str, inside: str, message: str) -> None:
    with pytest.raises(ContractError) as caught:
        operation(inside, path)
    assert str(caught.value) == f"c.yaml:{message}"


@pytest.mark.parametrize("name", ["x-ключ", "x key", "", "key:", "a,b", "x\nkey"])
@pytest.mark.parametrize("where", ["header", "cookie", "query"])
def test_an_api_key_has_a_name_that_can_stand_in_its_place(where: str, name: str) -> None:
    text = f"""\
openapi: 3.1.0
security: [{{key: []}}]
paths: {{/a: {{get: {{}}}}}}
components:
  securitySchemes:
    key: {{type: apiKey, in: {where}, name: {json.dumps(name)}}}
"""
    if where == "query" and name:
        assert parsed(text).operations[0].security[0][0].parameter == name
        return
    with pytest.raises(ContractError) as caught:
        parsed(text)
    allowed = "at least one character" if where == "query" else "letters, digits and !#$%&'*+-.^_`|~"
    assert str(caught.value) == (
        f"c.yaml:6: components.securitySchemes.key: an API key named {name!r} in {where}; allowed: {allowed}"
    )


def test_every_sign_of_a_token_may_stand_in_a_name() -> None:
    name = "Az09!#$%&'*+-.^_`|~"
    for where, parameter in (("header", name.lower()), ("cookie", name)):
        contract = parsed(
            "openapi: 3.1.0\nsecurity: [{key: []}]\npaths: {/a: {get: {}}}\n"
            f"components: {{securitySchemes: {{key: {{type: apiKey, in: {where}, name: {json.dumps(name)}}}}}}}"
        )
        assert contract.operations[0].security[0][0].parameter == parameter


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param("/a/{x}", "/a/{y}", id="other names"),
        pytest.param("/{x}/{y}/b", "/{y}/{x}/b", id="names exchanged"),
        pytest.param("/ü/{x}", "/%C3%BC/{x}", id="percent-encoded"),
    ],
)
def test_two_paths_of_one_shape_may_not_have_the_same_method(first: str, second: str) -> None:
    def item(path: str, methods: str) -> str:
        names = [f"{{name: {name}, in: path}}" for name in "xy" if f"{{{name}}}" in path]
        return f"  {path}:\n    parameters: [{', '.join(names)}]\n    {methods}\n"

    head = "openapi: 3.1.0\npaths:\n"
    assert len(parsed(head + item(first, "get: {}") + item(second, "post: {}")).operations) == 2
    with pytest.raises(ContractError) as caught:
        parsed(head + item(first, "get: {}") + item(second, "get: {}"))
    assert str(caught.value) == (
        f"c.yaml:8: paths.{second}.get: it takes the same requests as {first};"
        " allowed: a path that differs in more than its parameters' names"
    )


def test_every_mistake_is_told_once_sorted_by_line() -> None:
    text = f"""\
openapi: 3.1.0
security: [{{oauth: []}}, {{none: []}}]
paths:
  /b/{{id}}:
    get: {{operationId: b, {RESPONSES}}}
    put: {{operationId: b, parameters: [{{name: id, in: path}}], {RESPONSES}}}
  /a:
    get:
      responses:
        '200': {{description: a, content: {{text/html: {{}}}}}}
        '20': {{description: a}}
components:
  securitySchemes:
    oauth: {{type: mutualTLS}}
"""
    with pytest.raises(ContractError) as caught:
        parsed(text)
    assert str(caught.value).splitlines() == [
        "c.yaml:2: security[1].none: no security scheme 'none'; allowed: oauth",
        "c.yaml:5: paths./b/{id}.get: the path has {id} but no parameter says what it is;"
        " allowed: a parameter 'id' in path",
        "c.yaml:6: paths./b/{id}.put: the operationId 'b' stands twice; allowed: one of its own",
        "c.yaml:10: paths./a.get.responses.200.content: text/html; allowed: application/json",
        "c.yaml:11: paths./a.get.responses.20: '20' is not a status; allowed: 100 to 599, 1XX to 5XX, or default",
        f"c.yaml:14: components.securitySchemes.oauth: {NO_CERTIFICATE}; allowed: {NO_SCHEME}",
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="no paths"),
        pytest.param("paths: {}", id="empty paths"),
        pytest.param("paths: {/a: {summary: b}}", id="path without a method"),
        pytest.param("paths: {x-a: {get: {}}}", id="extension"),
    ],
)
def test_a_document_without_an_operation_is_refused(text: str) -> None:
    with pytest.raises(ContractError) as caught:
        parsed(f"openapi: 3.1.0\n{text}")
    line = 2 if text else 1
    assert str(caught.value) == (
        f"c.yaml:{line}: paths: no operation stands here; allowed: at least one path with a method"
    )


def test_a_scheme_that_stands_nowhere_is_refused_where_there_are_no_components_at_all() -> None:
    with pytest.raises(ContractError) as caught:
        parsed(f"openapi: 3.1.0\nsecurity: [{{a: []}}]\npaths: {{/a: {{get: {{{RESPONSES}}}}}}}")
    assert str(caught.value) == ("c.yaml:2: security[0].a: no security scheme 'a'; allowed: a scheme of components")


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        pytest.param("", [()], id="nothing said"),
        pytest.param("security: [], ", [()], id="empty list"),
        pytest.param("security: [{}], ", [()], id="empty alternative"),
        pytest.param(
            "security: [{bearer: []}, {}], ", [(("bearer", "bearer", "authorization"),), ()], id="optional bearer"
        ),
        pytest.param(
            "security: [{header: [], query: []}, {cookie: [read]}], ",
            [(("header", "header", "x-key"), ("query", "query", "Key")), (("cookie", "cookie", "Key"),)],
            id="two together or a third",
        ),
        pytest.param("security: [{again: []}], ", [(("again", "header", "x-key"),)], id="scheme by reference"),
    ],
)
def test_security_is_read_as_alternatives_of_schemes(
    security: str, expected: list[tuple[tuple[str, str, str], ...]]
) -> None:
    found = operation(security + RESPONSES).security
    assert [tuple((scheme.name, scheme.kind, scheme.parameter) for scheme in way) for way in found] == expected


def test_an_operation_without_security_of_its_own_has_the_documents() -> None:
    contract = parsed(
        f"openapi: 3.1.0\nsecurity: [{{bearer: []}}]\n{COMPONENTS}"
        f"paths:\n  /a:\n    get: {{{RESPONSES}}}\n    post: {{security: [], {RESPONSES}}}\n"
    )
    assert [[len(way) for way in entry.security] for entry in contract.operations] == [[1], [0]]


@pytest.mark.parametrize(
    ("response", "media_type", "pointer", "examples"),
    [
        pytest.param("{description: a}", None, "#/paths/~1a/get/responses/200", [], id="no content"),
        pytest.param("{description: a, content: {}}", None, "#/paths/~1a/get/responses/200", [], id="empty content"),
        pytest.param(
            "{$ref: '#/components/responses/Plain'}", None, "#/components/responses/Plain", [], id="elsewhere"
        ),
        pytest.param(
            "{$ref: '#/components/responses/Again%25'}",
            "application/json",
            "#/components/responses/Full/content/application~1json/schema",
            [],
            id="reference to a reference",
        ),
        pytest.param(
            "{description: a, content: {application/json: {}}}",
            "application/json",
            "#/paths/~1a/get/responses/200/content/application~1json",
            [],
            id="no schema",
        ),
        pytest.param(
            "{description: a, content: {text/xml: {}, application/json: {example: {a: 1}, examples: "
            "{b: {value: {a: 2}}, c: {$ref: '#/components/examples/Shown'}}, schema: {type: object}}}}",
            "application/json",
            "#/paths/~1a/get/responses/200/content/application~1json/schema",
            [{"a": 1}, {"a": 2}, {"a": 3}],
            id="examples of each form",
        ),
        pytest.param(
            "{description: a, content: {application/json: {example: null, schema: {type: 'null'}}}}",
            "application/json",
            "#/paths/~1a/get/responses/200/content/application~1json/schema",
            [None],
            id="example of null",
        ),
    ],
)
def test_a_response_says_its_media_type_its_place_and_its_examples(
    response: str, media_type: str | None, pointer: str, examples: list[object]
) -> None:
    found = operation(f"responses: {{200: {response}}}").responses["200"]
    assert (found.status, found.media_type, found.pointer, list(found.examples)) == (
        "200",
        media_type,
        pointer,
        examples,
    )


def test_a_schema_is_none_without_a_body_and_empty_where_nothing_is_said() -> None:
    found = operation(
        "responses: {'200': {$ref: '#/components/responses/Full'}, '204': {description: a},"
        " '400': {description: a, content: {application/json: {}}}}"
    ).responses
    assert [found[status].schema for status in ("200", "204", "400")] == [{"type": "object"}, None, {}]


@pytest.mark.parametrize(
    ("listed", "status", "expected"),
    [
        pytest.param(["404", "4XX", "default"], 404, "404", id="exactly"),
        pytest.param(["404", "4XX", "default"], 400, "4XX", id="by its range"),
        pytest.param(["404", "4XX", "default"], 499, "4XX", id="at the end of its range"),
        pytest.param(["404", "4XX", "default"], 500, "default", id="by default"),
        pytest.param(["404", "4XX"], 500, None, id="not at all"),
        pytest.param(["5XX"], 599, "5XX", id="last of a range"),
        pytest.param(["default"], 200, "default", id="success by default"),
    ],
)
def test_a_status_is_looked_up_exactly_then_by_range_then_by_default(
    listed: list[str], status: int, expected: str | None
) -> None:
    inside = ", ".join(f"{entry!r}: {{description: a}}" for entry in listed)
    response = operation(f"responses: {{{inside}}}").response(status)
    assert (response.status if response else None) == expected


def test_statuses_are_the_numbers_ascending() -> None:
    inside = ", ".join(f"{status}: {{description: a}}" for status in ("502", "default", "4XX", "200", "404", "x-a"))
    assert operation(f"responses: {{{inside}}}").statuses == (200, 404, 502)


@pytest.mark.parametrize(
    ("path", "raw", "groups"),
    [
        pytest.param("/a/{id}", "/a/b", ("b",), id="one segment"),
        pytest.param("/a/{id}", "/a/b%2Fc", ("b%2Fc",), id="escaped slash"),
        pytest.param("/a/{id}", "/a/b/c", None, id="two segments"),
        pytest.param("/a/{id}", "/a/", None, id="empty segment"),
        pytest.param("/a/{id}", "/a/b/", None, id="trailing slash"),
        pytest.param("/a.b/{id}", "/axb/c", None, id="point is a point"),
        pytest.param("/a/{id}/x", "/a/b/x", ("b",), id="segment after it"),
        pytest.param("/a/{id}.json", "/a/b.json", ("b",), id="ending after it"),
        pytest.param("/ü b/{id}", "/%C3%BC%20b/c", ("c",), id="percent-encoded"),
        pytest.param("/ü b/{id}", "/%c3%Bc%20b/c", ("c",), id="percent-encoded in small digits"),
        pytest.param("/ü b/{id}", "/%C3%BC%20B/c", None, id="a letter keeps its case"),
        pytest.param("/ü b/{id}", "/ü b/c", None, id="bare"),
        pytest.param("/a%2fb/{id}", "/a%2Fb/c", ("c",), id="percent-encoded in the document"),
        pytest.param("/5%/{id}", "/5%25/c", ("c",), id="percent sign"),
        pytest.param("/-._~:@!$&'()*+,;=/{id}", "/-._~:@!$&'()*+,;=/c", ("c",), id="what may stand bare"),
        pytest.param("/_mocked/{id}", "/_mocked/c", ("c",), id="beside the mock's own"),
    ],
)
def test_a_path_matches_raw_paths_whose_parameters_hold_no_slash(
    path: str, raw: str, groups: tuple[str, ...] | None
) -> None:
    found = operation(f"parameters: [{{$ref: '#/components/parameters/Again'}}], {RESPONSES}", path)
    match = found.pattern.fullmatch(raw)
    assert (match.groups() if match else None) == groups


def test_parameters_stand_in_the_order_of_the_braces_and_the_operations_own_wins() -> None:
    contract = parsed(
        "openapi: 3.1.0\npaths:\n  /a/{x}/{y}:\n"
        "    parameters: [{name: y, in: path, schema: {type: integer}}, {name: x, in: path}]\n"
        "    get: {parameters: [{name: y, in: path, schema: {type: string}}]}\n"
    )
    assert [(entry.name, entry.schema, entry.pointer) for entry in contract.operations[0].parameters] == [
        ("x", {}, "#/paths/~1a~1{x}~1{y}/parameters/1"),
        ("y", {"type": "string"}, "#/paths/~1a~1{x}~1{y}/get/parameters/0/schema"),
    ]


def test_a_parameter_by_reference_has_the_schema_and_the_place_that_it_leads_to() -> None:
    found = operation(f"parameters: [{{$ref: '#/components/parameters/Again'}}], {RESPONSES}", "/a/{id}")
    assert [(entry.name, entry.schema, entry.pointer) for entry in found.parameters] == [
        ("id", {"type": "string", "maxLength": 9}, "#/components/parameters/Id/schema")
    ]


def test_what_is_not_checked_of_a_request_is_named() -> None:
    found = operation(
        "requestBody: {content: {}}, parameters: [{name: page, in: query}, {name: X-Id, in: header}, "
        f"{{name: id, in: path}}], {RESPONSES}",
        "/a/{id}",
    )
    assert found.unchecked == ("request body", "query parameter 'page'", "header parameter 'X-Id'")


def test_each_method_of_a_path_is_an_operation_in_the_documents_order_of_paths() -> None:
    contract = parsed(
        "openapi: 3.1.0\npaths:\n  /b: {trace: {}, post: {}, get: {}}\n  /a: {delete: {operationId: drop}, head: {}}\n"
    )
    assert [entry.id for entry in contract.operations] == ["GET /b", "POST /b", "TRACE /b", "drop", "HEAD /a"]
    assert [entry.method for entry in contract.operations] == ["GET", "POST", "TRACE", "DELETE", "HEAD"]


def test_operations_with_fewer_path_parameters_come_first_else_the_documents_order_holds() -> None:
    contract = parsed(
        "openapi: 3.1.0\npaths:\n"
        "  /{a}/{b}: {parameters: [{name: a, in: path}, {name: b, in: path}], get: {}}\n"
        "  /a/{b}: {parameters: [{name: b, in: path}], post: {}, get: {}}\n"
        "  /{a}/b: {parameters: [{name: a, in: path}], get: {}}\n"
        "  /b: {get: {}}\n  /a/b: {get: {}}\n"
    )
    assert [entry.id for entry in contract.operations] == [
        *("GET /b", "GET /a/b", "GET /a/{b}", "POST /a/{b}", "GET /{a}/b", "GET /{a}/{b}"),
    ]


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        pytest.param("https://api.example.com", ("api.example.com",), id="plain"),
        pytest.param("HTTP://API.Example.com:8080/v1?a#b", ("api.example.com",), id="capitals, port, path"),
        pytest.param("https://localhost?a", ("localhost",), id="query"),
        pytest.param("/v1", (), id="relative"),
    ],
)
def test_hosts_are_those_of_the_servers(url: str, hosts: tuple[str, ...]) -> None:
    assert parsed(f"openapi: 3.1.0\nservers: [{{url: {url!r}}}]\npaths: {{/a: {{get: {{}}}}}}").hosts == hosts


@pytest.mark.parametrize(
    ("pointer", "place"),
    [
        pytest.param("#/paths", "3: paths", id="key"),
        pytest.param("#/paths/~1a~1{x}/parameters/1/schema", "7: paths./a/{x}.parameters[1].schema", id="index"),
        pytest.param("#/paths/~1a~1{x}/get/responses/404", "8: paths./a/{x}.get.responses.404", id="key of digits"),
        pytest.param("#/components/schemas/~0", "1: components.schemas.~", id="missing"),
    ],
)
def test_a_mistake_at_a_pointer_has_its_line_and_path(pointer: str, place: str) -> None:
    contract = parsed(
        "openapi: 3.1.0\n\npaths:\n  /a/{x}:\n    parameters:\n    - {name: b, in: query}\n"
        "    - {name: x, in: path, schema: {}}\n    get: {}\n"
    )
    assert str(contract.mistake(pointer, found="a", allowed="b")) == f"c.yaml:{place}: a; allowed: b"
