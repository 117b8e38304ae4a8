"""Documents as people have them: what cannot change an answer is read past, and told in one note."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flexforward_openapi import ContractError, Sampler, Validation, YamlText
from flexforward_openapi.reading.contract_reader import parse_contract
from flexforward_openapi.reading.normal_form import as_version_31

if TYPE_CHECKING:
    from flexforward_openapi import Contract, Json

GET = "get: {responses: {'200': {description: a}}}"


def parsed(text: str, *, strict: bool = False) -> Contract:
    return parse_contract(YamlText(text, source="c.yaml"), strict=strict)


def schema(text: str, *, version: str = "3.1.0", more: str = "", path: str = "/a") -> Contract:
    """Read a document whose one body has the schema ``text``."""
    return parsed(
        f"openapi: {version}\npaths: {{'{path}': {{get: {{responses: {{'200': {{description: a, content: "
        f"{{application/json: {{schema: {text}}}}}}}}}}}}}}}\n{more}"
    )


def sampled(contract: Contract) -> Json:
    validation = Validation(contract)
    pointer = contract.operations[0].responses["200"].pointer
    return Sampler(contract.document, validation.takes).sample(pointer).value


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param(f"webhooks: {{}}\npaths: {{/a: {{{GET}}}}}", "'webhooks' is not supported in a document", id="a"),
        pytest.param(
            "paths: {/a: {get: {callbacks: {}, responses: {'200': {description: a, links: {}}}}}}",
            "'callbacks' is not supported in an operation; 'links' is not supported in a response",
            id="callbacks and links",
        ),
        pytest.param(
            f"paths: {{/a: {{{GET}}}}}\ncomponents: {{schemas: {{S: {{xml: {{}}, format: own}}, T: {{xml: {{}}}}}}}}",
            "'xml' is not supported in a schema (2 times); the format 'own' is not known",
            id="counted",
        ),
        pytest.param(
            f"paths: {{'/a/{{id}}': {{{GET}}}}}",
            "the path has {id} but no parameter says what it is",
            id="parameter that nobody describes",
        ),
        pytest.param(
            "paths: {/a: {get: {operationId: b}, put: {operationId: b}}}",
            "the operationId 'b' stands twice",
            id="same operationId",
        ),
    ],
)
def test_what_changes_no_answer_is_read_past_with_one_note(text: str, told: str) -> None:
    text = f"openapi: 3.1.0\n{text}"
    assert parsed(text).notes == (f"read past, since it changes no answer (--strict-contract refuses it): {told}",)
    with pytest.raises(ContractError):
        parsed(text, strict=True)


def test_a_document_with_nothing_of_that_kind_has_no_note() -> None:
    assert parsed(f"openapi: 3.1.0\npaths: {{/a: {{{GET}}}}}").notes == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("{$dynamicRef: '#nowhere'}", "'$dynamicRef' is not supported in a schema", id="dynamic"),
        pytest.param("{$ref: other.yaml}", "leads out of this file", id="another file"),
        pytest.param("{$schema: 'http://json-schema.org/draft-04/schema#'}", "stands here", id="another dialect"),
    ],
)
def test_what_could_change_an_answer_stays_an_error(text: str, told: str) -> None:
    with pytest.raises(ContractError, match=told.replace("$", r"\$")):
        schema(text)


def test_one_cause_is_told_once_and_no_refusal_is_longer_than_a_screen() -> None:
    many = ", ".join(f"S{number}: {{$ref: '#/nowhere'}}" for number in range(50))
    with pytest.raises(ContractError) as caught:
        parsed(f"openapi: 3.1.0\npaths: {{/a: {{{GET}}}}}\ncomponents: {{schemas: {{{many}}}}}")
    assert "leads nowhere (here first, in 50 places)" in str(caught.value)
    assert len(caught.value.mistakes) == 1
    many = ", ".join(f"S{number}: {{$ref: '#/no{number}'}}" for number in range(50))
    with pytest.raises(ContractError) as caught:
        parsed(f"openapi: 3.1.0\npaths: {{/a: {{{GET}}}}}\ncomponents: {{schemas: {{{many}}}}}")
    assert len(str(caught.value).splitlines()) == 20
    assert str(caught.value).splitlines()[-1] == "c.yaml: 31 more causes like these; allowed: none of them"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param({"type": "string", "nullable": True}, {"type": ["string", "null"]}, id="nullable"),
        pytest.param({"type": "string", "nullable": False}, {"type": "string"}, id="not nullable"),
        pytest.param({"nullable": True, "enum": ["a"]}, {"enum": ["a"]}, id="nullable without a type"),
        pytest.param({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}, id="open below"),
        pytest.param({"maximum": 1, "exclusiveMaximum": True}, {"exclusiveMaximum": 1}, id="open above"),
        pytest.param({"maximum": 1, "exclusiveMaximum": False}, {"maximum": 1}, id="closed above"),
        pytest.param({"exclusiveMaximum": True}, {}, id="open without a bound"),
        pytest.param({"$ref": "#/a", "description": "b"}, {"$ref": "#/a"}, id="beside a reference"),
        pytest.param(
            {"properties": {"nullable": {"type": "string", "nullable": True}}},
            {"properties": {"nullable": {"type": ["string", "null"]}}},
            id="property of that name",
        ),
        pytest.param({"example": {"nullable": True}}, {"example": {"nullable": True}}, id="example"),
        pytest.param(
            {"allOf": [{"type": "string", "nullable": True}, {}]},
            {"allOf": [{"type": ["string", "null"]}, {}]},
            id="in a list",
        ),
        pytest.param({"additionalProperties": True}, {"additionalProperties": True}, id="no mapping"),
    ],
)
def test_version_3_0_is_said_in_the_words_of_3_1(old: Json, new: Json) -> None:
    before = {"openapi": "3.0.3", "components": {"schemas": {"S": old}}}
    text = str(before)
    assert as_version_31(before) == {"openapi": "3.0.3", "components": {"schemas": {"S": new}}}
    assert str(before) == text, "the old one stays as it is"


def test_a_document_of_version_3_0_is_followed() -> None:
    contract = schema("{type: string, nullable: true, enum: [null, b]}", version="3.0.3")
    assert sampled(contract) is None
    with pytest.raises(ContractError, match=r"allowed: an OpenAPI document of version 3\.1$"):
        parsed("openapi: 3.0.3\npaths: {}", strict=True)


def test_an_address_of_a_schema_leaves_references_to_the_document_as_they_are() -> None:
    more = "components: {schemas: {S: {const: 5}}}"
    contract = schema("{$id: 'https://example.com/a', $ref: '#/components/schemas/S'}", more=more)
    assert sampled(contract) == 5
    assert "'$id' is not supported in a schema" in contract.notes[0]


GENERIC = """
components:
  schemas:
    Page:
      $id: https://example.com/page
      $defs: {item: {$dynamicAnchor: item, not: {}}}
      type: object
      required: [data]
      properties: {data: {$ref: '#/components/schemas/List'}}
    List: {type: array, items: {$dynamicRef: '#item'}}
    Plain: {const: plain}
"""


def test_a_generic_schema_is_written_out_for_each_that_binds_it() -> None:
    bound = "{$ref: '#/components/schemas/Page', $defs: {item: {$dynamicAnchor: item, %s}}}"
    assert sampled(schema(bound % "const: a", more=GENERIC)) == {"data": ["a"]}
    assert sampled(schema(bound % "$ref: '#/components/schemas/Plain'", more=GENERIC)) == {"data": ["plain"]}
    assert sampled(schema("{$ref: '#/components/schemas/Page'}", more=GENERIC)) == {"data": []}, "nothing binds it"


def test_generic_schemas_may_stand_within_themselves_and_in_each_other() -> None:
    more = """
components:
  schemas:
    Tree:
      $defs: {leaf: {$dynamicAnchor: leaf}}
      type: object
      properties:
        value: {$dynamicRef: '#leaf'}
        more: {type: array, items: {$ref: '#/components/schemas/Tree'}}
        other: {$ref: '#/components/schemas/Pair'}
    Pair:
      allOf: [{maxProperties: 3}]
      properties:
        left: {$dynamicRef: '#leaf'}
        right: {$ref: '#/components/schemas/Tree', description: the same tree}
    Circle:
      properties: {next: {$ref: '#/components/schemas/Circle'}, value: {const: 3}}
"""
    bound = "{$ref: '#/components/schemas/%s', $defs: {leaf: {$dynamicAnchor: leaf, const: a}}}"
    for name in ("Tree", "Pair"):
        contract = schema(bound % name, more=more)
        pointer = contract.operations[0].responses["200"].pointer
        takes = Validation(contract).takes
        assert "a" in str(sampled(contract))
        for good in ({"value": "a", "left": "a"}, {"more": [{"value": "a", "more": [{"value": "a"}]}]}):
            assert takes((pointer,), good)
        bad = {"more": [{"value": "b"}]}, {"more": [{"other": {"left": "b"}}]}, {"other": {"right": {"value": "b"}}}
        for body in bad:
            assert not takes((pointer,), body if name == "Tree" else {"right": body})
    assert sampled(schema(bound % "Circle", more=more))["value"] == 3, "nothing in it is bound"


def test_a_generic_schema_is_bound_below_a_path_with_a_parameter() -> None:
    text = "{$ref: '#/components/schemas/Page', $defs: {item: {$dynamicAnchor: item, const: a}}}"
    contract = schema(text, more=GENERIC, path="/a%20b/{id}")
    assert sampled(contract) == {"data": ["a"]}


def test_a_generic_schema_that_leads_nowhere_is_told_as_any_other() -> None:
    bound = "{$ref: '#/components/schemas/None', $defs: {item: {$dynamicAnchor: item, const: a}}}"
    with pytest.raises(ContractError, match="the reference '#/components/schemas/None' leads nowhere"):
        schema(bound, more=GENERIC)


def test_a_generic_schema_may_stand_where_no_schema_does_since_its_copy_is_one() -> None:
    more = "components: {schemas: {S: {x-generic: {properties: {data: {$dynamicRef: '#item'}}}}}}"
    bound = "{$ref: '#/components/schemas/S/x-generic', $defs: {item: {$dynamicAnchor: item, const: a}}}"
    assert sampled(schema(bound, more=more)) == {"data": "a"}


def test_every_documented_host_counts() -> None:
    contract = parsed(
        """
openapi: 3.1.0
servers:
  - url: https://{region}.example.com:{port}/v1
    variables: {region: {default: EU, enum: [EU, us]}, port: {default: '8443'}}
  - url: /relative
paths:
  /a:
    servers: [{url: 'https://path.example.com'}]
    get: {servers: [{url: 'https://operation.example.com'}], responses: {'200': {description: a}}}
"""
    )
    assert contract.hosts == (
        "eu.example.com",
        "us.example.com",
        "path.example.com",
        "operation.example.com",
    )


def test_a_path_may_stand_elsewhere() -> None:
    contract = parsed(
        """
openapi: 3.1.0
paths: {'/a/{id}': {$ref: '#/components/pathItems/A'}}
components:
  pathItems:
    A:
      parameters: [{name: id, in: path, schema: {type: integer}}]
      get: {responses: {'200': {description: a, content: {application/json: {schema: {const: 5}}}}}}
"""
    )
    (operation,) = contract.operations
    assert operation.pointer == "#/components/pathItems/A/get"
    assert operation.parameters[0].pointer == "#/components/pathItems/A/parameters/0/schema"
    assert sampled(contract) == 5


@pytest.mark.parametrize(
    ("scheme", "kind", "parameter"),
    [
        pytest.param("{type: http, scheme: Basic}", "basic", "authorization", id="basic"),
        pytest.param("{type: http, scheme: Digest}", "http", "digest", id="digest"),
        pytest.param("{type: oauth2, flows: {}}", "bearer", "authorization", id="OAuth 2"),
        pytest.param("{type: openIdConnect, openIdConnectUrl: a}", "bearer", "authorization", id="OpenID Connect"),
    ],
)
def test_schemes_of_all_kinds_are_read(scheme: str, kind: str, parameter: str) -> None:
    contract = parsed(
        f"openapi: 3.1.0\nsecurity: [{{s: []}}]\npaths: {{/a: {{{GET}}}}}\n"
        f"components: {{securitySchemes: {{s: {scheme}, unused: {{type: mutualTLS}}}}}}"
    )
    assert [(entry.kind, entry.parameter) for way in contract.operations[0].security for entry in way] == [
        (kind, parameter)
    ]


def test_statuses_are_read_in_letters_of_either_case() -> None:
    text = "openapi: 3.1.0\npaths: {/a: {get: {responses: {4xx: {description: a}, Default: {description: b}}}}}"
    assert list(parsed(text).operations[0].responses) == ["4XX", "default"]


def test_a_response_has_every_form_that_the_document_lists_and_the_first_json_counts() -> None:
    contract = parsed(
        """
openapi: 3.1.0
paths:
  /a:
    get:
      responses:
        '200':
          description: a
          content:
            text/plain: {example: hello}
            Application/HAL+JSON; v=1:
              schema: {type: integer}
              examples: {one: {value: 1}, far: {externalValue: 'https://example.com/2'}, two: {value: 2}}
            application/json: {example: 3}
"""
    )
    response = contract.operations[0].responses["200"]
    assert [content.media_type for content in response.contents] == [
        "text/plain",
        "Application/HAL+JSON; v=1",
        "application/json",
    ]
    assert response.json is response.contents[1]
    assert (response.media_type, response.schema) == ("Application/HAL+JSON; v=1", {"type": "integer"})
    assert (dict(response.contents[1].examples), response.examples) == ({"one": 1, "two": 2}, (1, 2))
    assert response.pointer == "#/paths/~1a/get/responses/200/content/Application~1HAL+JSON; v=1/schema"
