from __future__ import annotations

import pytest

from flexforward_openapi import ContractError, YamlText, as_mapping, load_contract
from flexforward_openapi.reading.contract_reader import parse_contract
from flexforward_openapi.reading.document_check import FORMATS, check_document
from flexforward_openapi.reading.walk import HOMES, subset

HEAD = "openapi: 3.1.0\npaths:\n  /a:\n    get:\n      responses:\n        '200':\n"
PLACE = "paths./a.get.responses.200"
MEDIA = f"{PLACE}.content.application/json"


def words(kind: str) -> str:
    return ", ".join(sorted(as_mapping(subset()["$defs"][kind.replace(" ", "-")]["properties"])))


def told(text: str) -> list[str]:
    with pytest.raises(ContractError) as caught:
        parse_contract(YamlText(text, source="c.yaml"), strict=True)
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("text", "place", "kind"),
    [
        pytest.param("webhooks: {}", "webhooks", "document", id="document"),
        pytest.param("components: {callbacks: {}}", "components.callbacks", "components", id="components"),
        pytest.param("paths: {/b: {search: {}}}", "paths./b.search", "path item", id="path item"),
        pytest.param("paths: {/b: {get: {callbacks: {}}}}", "paths./b.get.callbacks", "operation", id="operation"),
        pytest.param(
            "paths: {/b: {parameters: [{name: a, in: path, style: simple}]}}",
            "paths./b.parameters[0].style",
            "parameter",
            id="parameter",
        ),
        pytest.param(
            "components: {responses: {R: {links: {}}}}", "components.responses.R.links", "response", id="response"
        ),
        pytest.param(
            "components: {responses: {R: {content: {text/xml: {itemSchema: {}}}}}}",
            "components.responses.R.content.text/xml.itemSchema",
            "media type",
            id="media type",
        ),
        pytest.param(
            "components: {examples: {E: {value: 1, externalValue: a}}}",
            "components.examples.E.externalValue",
            "example",
            id="example",
        ),
        pytest.param("servers: [{url: a, name: b}]", "servers[0].name", "server", id="server"),
        pytest.param(
            "components: {securitySchemes: {S: {type: oauth2, flows: {}}}}",
            "components.securitySchemes.S.flows",
            "security scheme",
            id="security scheme",
        ),
        pytest.param(
            "components: {schemas: {S: {nullable: true}}}", "components.schemas.S.nullable", "schema", id="schema"
        ),
        pytest.param(
            "components: {schemas: {S: {properties: {a: {items: {discriminator: {}}}}}}}",
            "components.schemas.S.properties.a.items.discriminator",
            "schema",
            id="schema in a schema",
        ),
        pytest.param(
            "components: {schemas: {S: {allOf: [{type: string}, {$id: a}]}}}",
            "components.schemas.S.allOf[1].$id",
            "schema",
            id="schema in a list",
        ),
        pytest.param(
            "components: {schemas: {S: {properties: {x-a: {xml: {}}}}}}",
            "components.schemas.S.properties.x-a.xml",
            "schema",
            id="property that begins with x-",
        ),
    ],
)
def test_an_unsupported_keyword_is_refused_with_its_line_and_what_may_stand_there(
    text: str, place: str, kind: str
) -> None:
    article = "an" if kind[0] in "aeiou" else "a"
    name = place.rpartition(".")[2]
    assert told(f"openapi: 3.1.0\n{text}") == [
        f"c.yaml:2: {place}: {name!r} is not supported in {article} {kind}; allowed: {words(kind)}"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("paths: []", "paths: [] stands here; allowed: a mapping", id="list for a mapping"),
        pytest.param("security: {}", "security: {} stands here; allowed: a list", id="mapping for a list"),
        pytest.param(
            "security: [none]",
            "security[0]: 'none' stands here; allowed: a security requirement (a mapping)",
            id="security by name",
        ),
        pytest.param("security: [{a: b}]", "security[0].a: 'b' stands here; allowed: a list", id="scopes by name"),
        pytest.param("paths: {/b: null}", "paths./b: None stands here; allowed: a path item (a mapping)", id="null"),
        pytest.param("paths: {/b: {get: 5}}", "paths./b.get: 5 stands here; allowed: an operation (a mapping)", id="5"),
        pytest.param(
            "paths: {/b: {get: {operationId: 5}}}",
            "paths./b.get.operationId: 5 stands here; allowed: text",
            id="number for text",
        ),
        pytest.param("servers: [{url: 5}]", "servers[0].url: 5 stands here; allowed: text", id="number for an address"),
        pytest.param(
            "servers: [{}]", "servers[0]: a server without 'url'; allowed: 'url' there", id="server without url"
        ),
        pytest.param(
            "components: {parameters: {P: {in: path}}}",
            "components.parameters.P: a parameter without 'name'; allowed: 'name' there",
            id="parameter without a name",
        ),
        pytest.param(
            "components: {parameters: {P: {name: a}}}",
            "components.parameters.P: a parameter without 'in'; allowed: 'in' there",
            id="parameter without a place",
        ),
        pytest.param(
            "components: {schemas: {S: string}}",
            "components.schemas.S: 'string' stands here; allowed: a schema (a mapping)",
            id="type for a schema",
        ),
        pytest.param(
            f"components: {{schemas: {{S: {'a' * 70}}}}}",
            f"components.schemas.S: '{'a' * 56}... stands here; allowed: a schema (a mapping)",
            id="long value cut",
        ),
        pytest.param(
            "components: {schemas: {S: {format: uuid4}}}",
            f"components.schemas.S.format: the format 'uuid4' is not known; allowed: {', '.join(sorted(FORMATS))}",
            id="unknown format",
        ),
        pytest.param(
            "components: {schemas: {S: {format: [uuid]}}}",
            "components.schemas.S.format: ['uuid'] stands here; allowed: text",
            id="format that is a list",
        ),
    ],
)
def test_a_value_of_the_wrong_shape_is_refused_with_its_line(text: str, message: str) -> None:
    assert told(f"openapi: 3.1.0\n{text}") == [f"c.yaml:2: {message}"]


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        pytest.param("'#/components/schemas/Missing'", "leads nowhere", id="missing"),
        pytest.param(
            "'other.yaml#/components/schemas/S'",
            "leads out of this file to nothing that can be read",
            id="another file",
        ),
        pytest.param("'https://example.com/s.json'", "leads to another host, which is never asked", id="another host"),
        pytest.param("'#'", "leads nowhere", id="whole document"),
        pytest.param("S", "leads out of this file to nothing that can be read", id="bare name"),
        pytest.param("5", "leads nowhere", id="number"),
        pytest.param("'#/components/schemas/S/allOf/1'", "leads nowhere", id="past a list's end"),
        pytest.param("'#/openapi'", "does not lead to a schema", id="plain value"),
        pytest.param("'#/components/responses/R'", "does not lead to a schema", id="another kind"),
        pytest.param("'#/components/schemas/S/allOf'", "does not lead to a schema", id="list of schemas"),
        pytest.param("'#/components/schemas/Round'", "leads in a circle", id="circle"),
    ],
)
def test_a_reference_that_leads_to_no_schema_is_refused_with_its_line(reference: str, problem: str) -> None:
    text = f"""\
openapi: 3.1.0
components:
  responses:
    R: {{description: a}}
  schemas:
    S: {{allOf: [{{type: string}}]}}
    T: {{$ref: {reference}}}
    Round: {{$ref: '#/components/schemas/About'}}
    About: {{$ref: '#/components/schemas/Round'}}
"""
    shown = repr(YamlText(reference, source="").value)
    more = " (here first, in 2 places)" if problem.endswith("circle") else ""
    assert told(text)[0] == (
        f"c.yaml:7: components.schemas.T.$ref: the reference {shown} {problem}{more};"
        " allowed: a schema of this document, as in '#/components/schemas/Name'"
    )


@pytest.mark.parametrize("kind", sorted(HOMES))
def test_each_kind_of_reference_must_lead_to_its_own_kind(kind: str) -> None:
    home, other = HOMES[kind], "schemas" if kind != "schema" else "responses"
    filling = "name: a, in: a" if kind == "parameter" else ""
    text = f"openapi: 3.1.0\ncomponents: {{{other}: {{O: {{}}}}, {home}: {{N: {{{filling}}}, R: {{$ref: %s}}}}}}"
    assert told(text % f"'#/components/{home}/N'") == [
        "c.yaml:1: paths: no operation stands here; allowed: at least one path with a method"
    ]
    reference = f"#/components/{other}/O"
    article = "an" if kind == "example" else "a"
    kind = kind.replace("-", " ")
    assert told(text % f"'{reference}'") == [
        f"c.yaml:2: components.{home}.R.$ref: the reference '{reference}' does not lead to {article} {kind};"
        f" allowed: {article} {kind} of this document, as in '#/components/{home}/Name'"
    ]


def test_every_mistake_is_told_sorted_by_line() -> None:
    text = f"""{HEAD}\
          description: a
          content:
            application/json:
              schema: {{$ref: '#/nowhere', nullable: true}}
components:
  schemas:
    S:
      format: own
"""
    assert [message.partition(";")[0] for message in told(text)] == [
        f"c.yaml:10: {MEDIA}.schema.$ref: the reference '#/nowhere' leads nowhere",
        f"c.yaml:10: {MEDIA}.schema.nullable: 'nullable' is not supported in a schema",
        "c.yaml:14: components.schemas.S.format: the format 'own' is not known",
    ]


def test_what_begins_with_x_is_left_alone_where_openapi_has_it() -> None:
    text = f"""{HEAD}\
          description: a
          x-rate: 5
        x-others: none
      x-codes: []
    x-owner: a
  x-more: 1
x-top: a
components:
  x-kinds: []
  schemas:
    S: {{x-order: 1, type: string}}
"""
    assert [operation.id for operation in parse_contract(YamlText(text, source="c.yaml"), strict=True).operations] == [
        "GET /a"
    ]


def test_the_shipped_contract_has_nothing_unsupported() -> None:
    check = check_document(load_contract(strict=True).document, source="c.yaml")
    assert (check.mistakes, check.read_past) == ((), ())
