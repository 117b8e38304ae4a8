from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

import pytest

from flexforward_openapi import ContractError, Json, Operation, Validation, YamlText, load_contract
from flexforward_openapi.reading.contract_reader import parse_contract
from flexforward_openapi.validation import is_alpha2

if TYPE_CHECKING:
    from flexforward_openapi import Contract

CONTRACT = load_contract()
VALIDATION = Validation(CONTRACT)
TRACKING = CONTRACT.operations[0]
BODY: Json = {
    "id": "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "trackingNumber": "YT2503010001CN",
    "tag": "InTransit",
    "subtag": "InTransit_001",
    "subtagMessage": "In transit",
    "slug": "yunexpress",
    "checkpoints": [
        {
            "checkpointTime": "2025-03-02T10:30:00.000Z",
            "city": "Shenzhen",
            "state": "Guangdong",
            "countryRegion": "CN",
            "location": None,
            "message": "Shipment departed from sorting center",
            "tag": "InTransit",
            "subtag": "InTransit_001",
            "subtagMessage": "In transit",
            "slug": "yunexpress",
        }
    ],
}
LOOSE, STRICT, NEITHER = "loose only", "loose and strict", "neither"


def changed(place: str, value: Json) -> Json:
    body = deepcopy(BODY)
    name, _, inner = place.partition(".")
    if inner:
        body["checkpoints"][0][inner] = value
    else:
        body[name] = value
    return body


def verdict(body: Json, status: str = "200") -> str:
    response = TRACKING.responses[status]
    is_loose, is_strict = (not VALIDATION.problems(response, body, strict=strict) for strict in (False, True))
    assert is_loose or not is_strict, "what the strict schema takes the contract takes"
    return STRICT if is_strict else LOOSE if is_loose else NEITHER


def test_the_vendors_example_keeps_both() -> None:
    assert verdict(BODY) == STRICT


@pytest.mark.parametrize(
    ("place", "value", "expected"),
    [
        pytest.param("id", "F47AC10B-58CC-4372-A567-0E02B2C3D479", STRICT, id="UUID in capitals"),
        pytest.param("id", "f47ac10b-58cc-4372-a567-0e02b2c3d47", NEITHER, id="UUID too short"),
        pytest.param("id", "ORDER-1", NEITHER, id="order number as id"),
        pytest.param("id", None, NEITHER, id="id null"),
        pytest.param("trackingNumber", None, STRICT, id="no tracking number yet"),
        pytest.param("trackingNumber", "1", STRICT, id="shortest tracking number"),
        pytest.param("trackingNumber", "", LOOSE, id="empty tracking number"),
        pytest.param("trackingNumber", 5, NEITHER, id="tracking number as number"),
        pytest.param("slug", "x", STRICT, id="shortest slug"),
        pytest.param("slug", "", LOOSE, id="empty slug"),
        pytest.param("slug", None, NEITHER, id="slug null"),
        pytest.param("subtagMessage", "", STRICT, id="empty subtag message"),
        pytest.param("checkpoints", [], STRICT, id="no checkpoints"),
        pytest.param("checkpoints", None, NEITHER, id="checkpoints null"),
        pytest.param("other", 1, NEITHER, id="another property"),
        pytest.param("checkpoints.other", 1, NEITHER, id="another property of a checkpoint"),
        pytest.param("checkpoints.slug", "", LOOSE, id="empty slug of a checkpoint"),
        pytest.param("checkpoints.message", "", STRICT, id="empty message"),
        pytest.param("checkpoints.message", None, NEITHER, id="message null"),
        *(pytest.param(f"checkpoints.{name}", None, STRICT, id=f"{name} null") for name in ("city", "state")),
        pytest.param("checkpoints.location", "", STRICT, id="empty location"),
        *(
            pytest.param("checkpoints.countryRegion", value, expected, id=f"country {value!r}")
            for value, expected in (
                ("US", STRICT),
                ("GB", STRICT),
                ("XK", STRICT),
                (None, STRICT),
                ("cn", LOOSE),
                ("UK", LOOSE),
                ("CHN", LOOSE),
                ("China", LOOSE),
                ("ZZ", LOOSE),
                ("", LOOSE),
                (5, NEITHER),
            )
        ),
        *(
            pytest.param("checkpoints.checkpointTime", value, expected, id=f"time {value!r}")
            for value, expected in (
                ("2025-03-02T10:30:00Z", STRICT),
                ("2025-03-02T10:30:00.123456789Z", STRICT),
                ("2025-03-02T18:30:00+08:00", STRICT),
                ("2025-03-02T18:30:00-00:00", STRICT),
                ("2024-02-29T00:00:00Z", STRICT),
                ("2025-02-29T00:00:00Z", LOOSE),
                ("2025-03-02T24:00:00Z", LOOSE),
                ("2025-03-02T10:30:00", LOOSE),
                ("2025-03-02T10:30:00+0800", LOOSE),
                ("2025-03-02T10:30Z", LOOSE),
                ("2025-03-02", LOOSE),
                ("1740911400", LOOSE),
                ("", LOOSE),
                (1740911400, NEITHER),
                (None, NEITHER),
            )
        ),
        *(
            pytest.param(f"{where}tag", value, expected, id=f"{where}tag {value!r}")
            for where in ("", "checkpoints.")
            for value, expected in (
                ("Pending", STRICT),
                ("InfoReceived", STRICT),
                ("InTransit", STRICT),
                ("Delivered", STRICT),
                ("Exception", STRICT),
                ("Cancelled", STRICT),
                ("Unknown", STRICT),
                ("OutForDelivery", LOOSE),
                ("Canceled", LOOSE),
                ("delivered", LOOSE),
                ("", LOOSE),
                (None, NEITHER),
            )
        ),
        *(
            pytest.param(f"{where}subtag", value, expected, id=f"{where}subtag {value!r}")
            for where in ("", "checkpoints.")
            for value, expected in (
                ("InTransit_000", STRICT),
                ("Exception_999", STRICT),
                ("InTransit_01", LOOSE),
                ("InTransit_0001", LOOSE),
                ("InTransit-001", LOOSE),
                ("InTransit", LOOSE),
                ("intransit_001", LOOSE),
                ("OutForDelivery_001", LOOSE),
                (" InTransit_001", LOOSE),
                ("InTransit_001\n", LOOSE),
                ("InTransit_\u0660\u0660\u0661", LOOSE),
                (None, NEITHER),
            )
        ),
    ],
)
def test_each_limit_holds_on_both_sides(place: str, value: Json, expected: str) -> None:
    assert verdict(changed(place, value)) == expected


@pytest.mark.parametrize("name", sorted(BODY))
def test_no_property_of_a_shipment_may_be_missing(name: str) -> None:
    assert verdict({key: value for key, value in BODY.items() if key != name}) == NEITHER


@pytest.mark.parametrize("name", sorted(BODY["checkpoints"][0]))
def test_no_property_of_a_checkpoint_may_be_missing(name: str) -> None:
    body = deepcopy(BODY)
    del body["checkpoints"][0][name]
    assert verdict(body) == NEITHER


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        pytest.param("404", {"error": "Label not found"}, STRICT, id="error"),
        pytest.param("404", {"error": "", "code": ""}, STRICT, id="empty texts"),
        pytest.param("404", {"code": "X"}, NEITHER, id="code alone"),
        pytest.param("404", {"error": "a", "detail": "b"}, NEITHER, id="another property"),
        pytest.param("404", {"error": None}, NEITHER, id="error null"),
        pytest.param("404", "Label not found", NEITHER, id="text"),
        pytest.param("422", {"error": "Label creation failed"}, STRICT, id="failed label"),
        pytest.param("422", {"error": "Label creation failed", "errorCode": "A"}, STRICT, id="courier's code"),
        pytest.param("422", {"error": "label creation failed"}, NEITHER, id="failed label in other letters"),
        pytest.param("422", {"error": "Label creation failed", "code": "A"}, NEITHER, id="code of another schema"),
    ],
)
def test_bodies_of_failures_are_held_to_their_schema(status: str, body: Json, expected: str) -> None:
    assert verdict(body, status) == expected


@pytest.mark.parametrize(
    ("place", "value", "problems"),
    [
        pytest.param("tag", 5, ('tag: 5 is not of type "string"', "5 is not one of"), id="top"),
        pytest.param("checkpoints.countryRegion", "cn", ('checkpoints[0].countryRegion: "cn" is not a',), id="inside"),
        pytest.param("other", 1, ("Additional properties are not allowed ('other' was unexpected)",), id="whole body"),
    ],
)
def test_each_problem_says_its_place(place: str, value: Json, problems: tuple[str, ...]) -> None:
    found = VALIDATION.problems(TRACKING.responses["200"], changed(place, value), strict=True)
    assert all(any(problem in entry for entry in found) for problem in problems)
    assert len({entry.partition(":")[0] for entry in found}) == 1


@pytest.mark.parametrize(
    ("code", "is_one"),
    [("CN", True), ("XK", True), ("cn", False), ("Cn", False), ("XX", False), ("CHN", False), ("", False)],
)
def test_a_country_is_an_alpha_2_code_in_capitals(code: str, is_one: bool) -> None:
    assert is_alpha2(code) is is_one


HEAD = "openapi: 3.1.0\npaths:\n  /a/{id}:\n    get:\n"


def read(inside: str) -> tuple[Contract, Operation, Validation]:
    contract = parse_contract(YamlText(HEAD + inside, source="c.yaml"))
    return contract, contract.operations[0], Validation(contract)


def with_parameter(schema: str) -> tuple[Operation, Validation]:
    _, operation, validation = read(
        f"      parameters: [{{name: id, in: path{schema}}}]\n      responses: {{}}\n"
        "components:\n  schemas:\n    Id: {type: string, maxLength: 3}\n"
    )
    return operation, validation


@pytest.mark.parametrize(
    ("schema", "value", "is_taken"),
    [
        pytest.param("", "", True, id="no schema"),
        pytest.param(", schema: {}", "a", True, id="empty schema"),
        pytest.param(", schema: true", "a", True, id="anything"),
        pytest.param(", schema: false", "a", False, id="nothing"),
        pytest.param(", schema: {minLength: 1}", "", False, id="too short"),
        pytest.param(", schema: {maxLength: 3}", "abc", True, id="as long as may be"),
        pytest.param(", schema: {maxLength: 3}", "abcd", False, id="too long"),
        pytest.param(", schema: {maxLength: 1}", "\U0001f4e6", True, id="length in characters"),
        pytest.param(", schema: {pattern: '^[A-Z]+$'}", "AB", True, id="pattern met"),
        pytest.param(", schema: {pattern: '^[A-Z]+$'}", "12", False, id="pattern not met"),
        pytest.param(", schema: {format: uuid}", "ORDER-1", False, id="format not met"),
        pytest.param(", schema: {$ref: '#/components/schemas/Id'}", "abcd", False, id="by reference"),
        pytest.param(", schema: {allOf: [{$ref: '#/components/schemas/Id'}]}", "abc", True, id="reference inside met"),
        pytest.param(", schema: {allOf: [{$ref: '#/components/schemas/Id'}]}", "abcd", False, id="reference inside"),
        pytest.param(", schema: {type: integer, minimum: 7}", "7", True, id="integer"),
        pytest.param(", schema: {type: integer, minimum: 7}", "6", False, id="integer too small"),
        pytest.param(", schema: {type: integer}", "1.5", False, id="fraction for an integer"),
        pytest.param(", schema: {type: integer}", "007", False, id="leading zeros"),
        pytest.param(", schema: {type: integer}", "abc", False, id="text for an integer"),
        pytest.param(", schema: {type: integer}", "true", False, id="boolean for an integer"),
        pytest.param(", schema: {type: number}", "-1.5", True, id="number"),
        pytest.param(", schema: {type: boolean}", "false", True, id="boolean"),
        pytest.param(", schema: {type: boolean}", "no", False, id="text for a boolean"),
        pytest.param(", schema: {type: string}", "7", True, id="digits for text"),
        pytest.param(", schema: {type: [integer, 'null']}", "7", True, id="integer that may be null"),
        pytest.param(", schema: {type: [integer, 'null']}", "a", False, id="text for an integer that may be null"),
        pytest.param(", schema: {type: [integer, string], maxLength: 1}", "77", True, id="integer or text, integer"),
        pytest.param(", schema: {type: [integer, string], maxLength: 1}", "a", True, id="integer or text, text"),
        pytest.param(", schema: {type: [integer, string], maxLength: 1}", "ab", False, id="integer or text, neither"),
        pytest.param(
            ", schema: {oneOf: [{type: integer}, {type: string, format: uuid}]}", "7", True, id="integer by a choice"
        ),
        pytest.param(
            ", schema: {oneOf: [{type: integer}, {type: string, format: uuid}]}", "a", False, id="none of a choice"
        ),
        pytest.param(", schema: {allOf: [{type: integer}], minimum: 7}", "7", True, id="integer put together"),
        pytest.param(", schema: {allOf: [{type: integer}], minimum: 7}", "6", False, id="too small, put together"),
    ],
)
def test_a_path_parameter_is_held_to_its_schema(schema: str, value: str, is_taken: bool) -> None:
    operation, validation = with_parameter(schema)
    assert validation.accepts(operation, operation.parameters[0], value) is is_taken


PARAMETER = "      parameters: [{name: id, in: path}]\n"


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        pytest.param(
            f"{PARAMETER}      responses:\n        '200':\n          description: a\n          content:\n"
            "            application/json:\n              schema: {pattern: '('}\n",
            "11: paths./a/{id}.get.responses.200.content.application/json.schema: not a JSON Schema:"
            ' "(" is not a "regex"',
            id="bad pattern",
        ),
        pytest.param(
            f"{PARAMETER}      responses: {{'200': {{description: a, content: {{application/json:"
            " {schema: {$ref: '#/components/schemas/S'}}}}}\n"
            "components: {schemas: {S: {minLength: long}}}\n",
            "6: paths./a/{id}.get.responses.200.content.application/json.schema: not a JSON Schema:"
            ' "long" is not of type "integer"',
            id="wrong value behind a reference",
        ),
        pytest.param(
            "      parameters:\n      - name: id\n        in: path\n        schema: {type: word}\n",
            "8: paths./a/{id}.get.parameters[0].schema: not a JSON Schema: Unexpected type",
            id="unknown type of a parameter",
        ),
    ],
)
def test_what_is_no_json_schema_is_refused_at_start_with_its_line(inside: str, message: str) -> None:
    with pytest.raises(ContractError) as caught:
        read(inside)
    assert str(caught.value) == f"c.yaml:{message}; allowed: JSON Schema 2020-12"


def test_a_response_without_a_schema_takes_any_body() -> None:
    _, operation, validation = read(
        f"{PARAMETER}      responses: {{'200': {{description: a, content: {{application/json: {{}}}}}},"
        " '204': {description: a}}\n"
    )
    for response in operation.responses.values():
        assert validation.problems(response, [1, {"a": None}], strict=True) == ()


def test_a_schema_that_takes_nothing_refuses_every_body() -> None:
    _, operation, validation = read(
        f"{PARAMETER}      responses: {{'200': {{description: a, content: {{application/json: {{schema: false}}}}}}}}\n"
    )
    assert validation.problems(operation.responses["200"], {}, strict=False) != ()


def test_a_schema_under_a_path_of_strange_letters_is_found() -> None:
    response = "responses: {'200': {description: a, content: {application/json: {schema: {type: string}}}}}"
    text = f"openapi: 3.1.0\npaths:\n  '/a 100%/ü^|\"#?~': {{get: {{{response}}}}}\n"
    contract = parse_contract(YamlText(text, source="c.yaml"))
    found = Validation(contract).problems(contract.operations[0].responses["200"], 5, strict=False)
    assert found == ('5 is not of type "string"',)


@pytest.mark.parametrize("order", [("getTracking", "other"), ("other", "getTracking")])
def test_a_response_that_two_operations_share_stays_strict(order: tuple[str, str]) -> None:
    response = "responses: {'200': {$ref: '#/components/responses/R'}}"
    paths = "".join(f"  /{name}: {{get: {{operationId: {name}, {response}}}}}\n" for name in order)
    contract = parse_contract(
        YamlText(
            f"openapi: 3.1.0\npaths:\n{paths}components: {{responses: {{R: {{description: a, content: "
            "{application/json: {schema: {type: object}}}}}}\n",
            source="c.yaml",
        )
    )
    validation = Validation(contract)
    for operation in contract.operations:
        assert validation.problems(operation.responses["200"], {"tag": "Lost"}, strict=True) != ()
        assert validation.problems(operation.responses["200"], {"tag": "Lost"}, strict=False) == ()
