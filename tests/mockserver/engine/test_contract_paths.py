from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from changing_kit import TRACKING, Changing, answers_with
from flexforward_mockserver.engine.engine import EngineOptions
from flexforward_mockserver.scenarios.scenario import Scenario, Status, Step
from kit import Kit

if TYPE_CHECKING:
    from flexforward_openapi import Json


def test_another_path_is_followed(changing: Changing) -> None:
    changing.operation["parameters"][0]["name"] = "number"
    changing.document["paths"] = {"/v2/shipments/{number}/track": {"get": changing.operation}}
    kit = changing.kit()
    assert kit.ask("/v2/shipments/DEMO-delivered/track").json["tag"] == "Pending"
    assert kit.ask("/v2/shipments/TD-1h-a%2Fb/track").json["tag"] == "InTransit"
    assert kit.ask("/v2/shipments/DEMO-delivered/track", method="POST").headers["allow"] == "GET"
    assert kit.track("DEMO-delivered").status == 404
    assert kit.ask("/v2/shipments/DEMO-delivered").status == 404
    assert kit.ask("/v2/shipments/DEMO-delivered/track/").status == 404


def test_a_path_with_letters_that_arrive_percent_encoded_is_followed(changing: Changing) -> None:
    changing.document["paths"] = {"/my versandstücke/{id}": {"get": changing.operation}}
    kit = changing.kit()
    assert kit.ask("/my%20versandst%C3%BCcke/DEMO-delivered").json["tag"] == "Pending"
    assert kit.ask("/my%20versandst%c3%bccke/TD-1h-a").json["tag"] == "InTransit"
    assert kit.ask("/my%20versandstucke/DEMO-delivered").status == 404


def test_a_document_in_json_with_escapes_of_two_halves_is_followed(changing: Changing) -> None:
    changing.responses["404"] = answers_with({"error": "no 📦"})
    changing.file.write_text(json.dumps(changing.document))
    assert Kit(contract=changing.file).track("nobody").json == {"error": "no 📦"}


def test_another_method_is_followed(changing: Changing) -> None:
    changing.document["paths"][TRACKING] = {"post": changing.operation}
    kit = changing.kit()
    assert kit.ask("/tracking/DEMO-delivered", method="POST").json["tag"] == "Pending"
    got = kit.track("DEMO-delivered")
    assert (got.status, got.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize(
    ("schema", "taken", "refused"),
    [
        pytest.param({"type": "string", "maxLength": 7}, "TD-1h-a", "TD-1h-ab", id="maxLength"),
        pytest.param({"type": "string", "pattern": "^TD-"}, "TD-1h-a", "ID-1h-a", id="pattern"),
        pytest.param(
            {"type": "string", "format": "uuid"}, "f47ac10b-58cc-4372-a567-0e02b2c3d479", "TD-1h-a", id="format"
        ),
        pytest.param({"$ref": "#/components/schemas/Id"}, "TD-1h-a", "TD-1h-ab", id="reference"),
    ],
)
def test_an_id_that_the_contract_does_not_allow_is_unknown(
    changing: Changing, schema: Json, taken: str, refused: str
) -> None:
    changing.document["components"]["schemas"]["Id"] = {"allOf": [{"maxLength": 7}]}
    changing.operation["parameters"][0]["schema"] = schema
    kit = changing.kit()
    assert kit.track(taken).status == 200
    assert kit.track(refused).status == 404
    assert kit.last.note == "the contract does not allow this id, or it is not UTF-8"
    assert kit.sandbox.find(refused) is None


def test_a_number_as_id_is_taken_where_the_contract_says_integer(changing: Changing) -> None:
    changing.operation["parameters"][0]["schema"] = {"type": "integer"}
    scenario = Scenario(
        name="any", summary="", steps=(Step(status=Status.plain("Pending", "yunexpress")),), numbered_from=None
    )
    kit = changing.kit(EngineOptions(unknown_ids=scenario))
    assert kit.track("1001").json["tag"] == "Pending"
    assert kit.track("DEMO-delivered").status == 404
