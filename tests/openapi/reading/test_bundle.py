"""Documents that are split in files: they are put together, and mistakes are told where their author finds them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from flexforward_openapi import ContractError, MistakesError, Sampler, Validation, load_contract

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flexforward_openapi import Contract, Json

MAIN = """\
openapi: 3.0.3
paths:
  /pets: {$ref: paths/pets.yaml}
  /pets/{id}: {$ref: 'paths/pets.yaml#/one'}
components:
  schemas:
    Pet: {$ref: schemas/Pet.yaml}
    Count: {type: integer, example: 3}
  securitySchemes:
    key: {$ref: 'common.json#/key'}
security: [{key: []}]
"""
PATHS = """\
get:
  responses:
    '200': {description: a, content: {application/json: {schema: {type: array, items: {$ref: ../schemas/Pet.yaml}}}}}
    default: {$ref: '../common.json#/responses/Trouble'}
one:
  parameters: [{$ref: '#/shared/Id'}]
  get:
    responses:
      '200': {description: a, content: {application/json: {schema: {$ref: '../main.yaml#/components/schemas/Pet'}}}}
shared:
  Id: {name: id, in: path, required: true, schema: {$ref: '../main.yaml#/components/schemas/Count'}}
"""
PET = """\
type: object
properties:
  name: {type: string, nullable: true, example: Tom}
  friend: {$ref: Pet.yaml}
  kind: {$ref: '#/kinds/cat%20or%20dog'}
kinds:
  cat or dog: {type: string, enum: [cat, dog]}
"""
COMMON = """\
{"key": {"type": "apiKey", "in": "header", "name": "X-Key"},
 "responses": {"Trouble": {"description": "a", "content": {"application/json": {"schema": {"$ref": "#/trouble"}}}}},
 "trouble": {"type": "object", "properties": {"error": {"type": "string", "example": "No"}}}}
"""


@pytest.fixture
def split(tmp_path: Path) -> Callable[..., Path]:
    """Write a document in four files, some of them otherwise, and return the first."""

    def write(**other: str) -> Path:
        for folder in ("paths", "schemas"):
            (tmp_path / folder).mkdir(exist_ok=True)
        files = {"main": "main.yaml", "paths": "paths/pets.yaml", "pet": "schemas/Pet.yaml", "common": "common.json"}
        for name, text in {"main": MAIN, "paths": PATHS, "pet": PET, "common": COMMON, **other}.items():
            (tmp_path / files[name]).write_text(text)
        return tmp_path / "main.yaml"

    return write


def shown(contract: Contract, operation: int, status: str) -> Json:
    response = contract.operations[operation].responses[status]
    return Sampler(contract.document, Validation(contract).takes).sample(response.pointer).value


def told(file: Path) -> str:
    with pytest.raises(ContractError) as caught:
        load_contract(file)
    return str(caught.value).replace(f"{file.parent}/", "")


def test_a_document_in_several_files_is_followed_as_one(split: Callable[..., Path]) -> None:
    contract = load_contract(split())
    assert [(entry.method, entry.path) for entry in contract.operations] == [("GET", "/pets"), ("GET", "/pets/{id}")]
    (pet,) = shown(contract, 0, "200")
    assert (pet["name"], pet["kind"], pet["friend"]["name"]) == ("Tom", "cat", "Tom")
    assert shown(contract, 1, "200") == pet
    assert shown(contract, 0, "default") == {"error": "No"}
    one = contract.operations[1]
    validation = Validation(contract)
    assert [validation.accepts(one, one.parameters[0], text) for text in ("7", "x")] == [True, False]
    assert [scheme.parameter for scheme in one.security[0]] == ["x-key"]
    assert validation.problems(contract.operations[0].responses["200"], [{"name": None}], strict=False) == (), "3.0"
    assert validation.problems(contract.operations[0].responses["200"], [{"friend": {"kind": "x"}}], strict=False)
    assert contract.notes == (
        "read past, since it changes no answer (--strict-contract refuses it): 'kinds' is not "
        "supported in a schema; 'one' is not supported in a path item; 'shared' is not supported in a path item",
    )


def test_a_mistake_in_another_file_is_told_with_that_file_and_its_line(split: Callable[..., Path]) -> None:
    assert told(split(pet="type: object\nproperties:\n  name: {properties: 5}\n")) == (
        "schemas/Pet.yaml:3: properties.name.properties: 5 stands here; allowed: a mapping"
    )
    assert told(split(paths=PATHS.replace("#/shared/Id", "#/shared/No"))).startswith(
        "paths/pets.yaml:6: one.parameters[0].$ref: the reference 'pets.yaml#/shared/No' leads out of this file"
        " to nothing that can be read; allowed: "
    )


@pytest.mark.parametrize(
    ("reference", "problem"),
    [
        pytest.param("schemas/None.yaml", "leads out of this file to nothing that can be read", id="no file"),
        pytest.param("'common.json#/none'", "leads out of this file to nothing that can be read", id="no place"),
        pytest.param("'common.json#anchor'", "leads out of this file to nothing that can be read", id="anchor"),
        pytest.param("/etc/hostname", "leads out of this file to nothing that can be read", id="from the root"),
        pytest.param("'https://example.com/Pet.yaml'", "leads to another host, which is never asked", id="host"),
        pytest.param("'common.json#/circle'", "leads in a circle", id="circle"),
    ],
)
def test_what_leads_to_nothing_is_one_sentence(split: Callable[..., Path], reference: str, problem: str) -> None:
    main = MAIN.replace("{$ref: schemas/Pet.yaml}", f"{{$ref: {reference}}}")
    common = COMMON.replace('{"key"', '{"circle": {"$ref": "main.yaml#/components/schemas/Pet"}, "key"')
    message = told(split(main=main, common=common))
    assert problem in message
    assert message.startswith("main.yaml:7: components.schemas.Pet.$ref: the reference ") or "circle" in problem


def test_another_file_that_is_no_yaml_is_told(split: Callable[..., Path]) -> None:
    assert told(split(pet="a: [")).startswith("schemas/Pet.yaml:1: not YAML: ")


def test_what_stands_elsewhere_gets_a_name_of_its_own(split: Callable[..., Path]) -> None:
    schemas = load_contract(split()).document["components"]["schemas"]
    assert list(schemas) == ["Pet", "Count", "Pet2", "cat_or_dog", "trouble"]
    assert schemas["Pet"] == {"$ref": "#/components/schemas/Pet2"}


def test_a_schema_of_another_file_may_be_a_boolean(split: Callable[..., Path]) -> None:
    contract = load_contract(split(pet="true"))
    assert shown(contract, 0, "200") == [{}]


def test_where_nothing_is_read_past_a_document_is_one_file(split: Callable[..., Path]) -> None:
    with pytest.raises(MistakesError, match=r"openapi is .3\.0\.3."):
        load_contract(split(), strict=True)
    with pytest.raises(MistakesError, match="leads out of this file"):
        load_contract(split(main=MAIN.replace("3.0.3", "3.1.0")), strict=True)
