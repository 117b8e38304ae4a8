from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
import yaml
from click.testing import CliRunner, Result

from flexforward_contract_tests.api.rules.registry import API_CHECKS
from flexforward_contract_tests.client.rules.registry import CLIENT_CHECKS
from flexforward_mockserver.commands import contract_command, contract_diff
from flexforward_mockserver.commands.cli import group
from flexforward_openapi import CONTRACT_FILE, LABELS_FILE, Json, YamlText, read_text

if TYPE_CHECKING:
    from collections.abc import Callable


def run(*args: str) -> Result:
    assert group.get_command(click.Context(group), "contract") is contract_command.contract
    return CliRunner().invoke(group, ["contract", *args], catch_exceptions=False)


def test_the_document_is_printed_or_written_as_it_is(tmp_path: Path) -> None:
    assert run().stdout == CONTRACT_FILE.read_text()
    file = tmp_path / "c.yaml"
    assert run("--output", str(file)).stdout == f"Wrote {file}\n"
    assert file.read_text() == CONTRACT_FILE.read_text()


def test_each_document_has_its_name(tmp_path: Path) -> None:
    assert run("tracking").stdout == CONTRACT_FILE.read_text()
    file = tmp_path / "labels.yaml"
    assert run("labels", "--output", str(file)).stdout == f"Wrote {file}\n"
    assert file.read_text() == LABELS_FILE.read_text()


def test_what_cannot_be_written_is_told(tmp_path: Path) -> None:
    ran = run("--output", str(tmp_path / "no" / "c.yaml"))
    assert ran.exit_code == 2
    assert "cannot be written (No such file or directory)" in ran.stderr
    both = run("--output", "x", "diff", str(CONTRACT_FILE), str(CONTRACT_FILE))
    assert "--output belongs to the document alone" in both.stderr


def test_without_the_library_it_is_said_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "deepdiff", None)
    monkeypatch.delitem(sys.modules, "flexforward_mockserver.commands.contract_diff", raising=False)
    ran = run("diff", str(CONTRACT_FILE), str(CONTRACT_FILE))
    assert ran.exit_code == 2
    assert "pip install 'flexforward-mock[diff]'" in ran.stderr


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., list[str]]:
    """Change the shipped document, and return what the difference is said to be."""

    def tell(change: Callable[[Json, Json], object], *, code: int = 3) -> list[str]:
        document: Json = YamlText(read_text(CONTRACT_FILE), source="").value
        change(document, document["paths"]["/tracking/{id}"]["get"])
        file = tmp_path / "new.yaml"
        file.write_text(yaml.safe_dump(document, sort_keys=False))
        ran = run("diff", str(CONTRACT_FILE), str(file))
        assert ran.exit_code == code
        return ran.stdout.replace(str(file), "new.yaml").splitlines()

    return tell


def shipment(document: Json) -> Json:
    return document["components"]["schemas"]["TrackingResponse"]


GET = "GET /tracking/{id}"


def test_the_same_document_has_no_difference(told: Callable[..., list[str]]) -> None:
    def rename(document: Json, _operation: Json) -> None:
        document["info"]["title"] = "Another"

    assert told(rename, code=0) == ["Nothing changed that the server, a rule or a client could notice."]


def test_a_status_that_comes_and_one_that_goes(told: Callable[..., list[str]]) -> None:
    def change(_: Json, operation: Json) -> None:
        operation["responses"]["429"] = operation["responses"].pop("502")

    lines = told(change)
    assert lines[:6] == [
        f"{GET} 429: is new",
        "    clients have to bear 429",
        "    rules client.goes-on and api.status.documented judge this",
        f"{GET} 502: is gone",
        "    clients get 502 no longer; what they do then is untried",
        "    rule api.status.documented judges this",
    ]
    assert "scenario gateway-trouble: can be answered no longer" in lines
    assert "    step 1 fails with 502, which new.yaml does not list" in lines


def test_fields_that_come_go_and_change(told: Callable[..., list[str]]) -> None:
    def change(document: Json, _: Json) -> None:
        properties = shipment(document)["properties"]
        properties["eta"] = {"type": "string", "example": "soon"}
        del properties["subtagMessage"]
        shipment(document)["required"] = ["id", "tag", "slug", "checkpoints"]
        properties["subtag"]["type"] = ["string", "null"]
        properties["slug"]["minLength"] = 2

    lines = told(change)
    for line in (
        f"{GET} 200 eta: is new",
        f"{GET} 200 subtagMessage: is gone",
        f"{GET} 200 subtag: types was string, is null or string",
        f"{GET} 200 subtag: required was true, is false",
        f"{GET} 200 slug: minLength is new",
        "    clients have to do without it",
        "    clients that refuse unknown fields fail",
    ):
        assert line in lines


def test_a_composed_body_is_the_same_body(told: Callable[..., list[str]]) -> None:
    def change(document: Json, _: Json) -> None:
        schemas = document["components"]["schemas"]
        schemas["Whole"] = schemas.pop("TrackingResponse")
        whole = {"$ref": "#/components/schemas/Whole"}
        schemas["TrackingResponse"] = {"allOf": [whole, {"properties": {"tag": {"type": "string"}}}]}

    assert len(told(change, code=0)) == 1


def test_operations_paths_credentials_and_media_types(told: Callable[..., list[str]]) -> None:
    def change(document: Json, operation: Json) -> None:
        operation["security"] = [{"bearerAuth": []}]
        operation["parameters"][0]["schema"] = {"type": "string", "format": "uuid"}
        content = operation["responses"]["404"]["content"]
        content["application/problem+json"] = content.pop("application/json")
        document["paths"]["/labels"] = {"get": {"responses": {"204": {"description": "a"}}}}

    lines = told(change)
    for line in (
        "GET /labels: is new",
        f"{GET} security: is gone",
        f"{GET}: path parameter id is new",
        f"{GET} 404: media type was application/json, is application/problem+json",
    ):
        assert line in lines


def test_a_contract_without_the_tracking_operation_loses_every_scenario(told: Callable[..., list[str]]) -> None:
    def rename(_document: Json, operation: Json) -> None:
        operation["operationId"] = "track"

    lines = told(rename)
    assert f"{GET}: operationId was getTracking, is track" in lines
    assert lines.count("    new.yaml has no operation getTracking") > 10


def test_the_rules_that_are_named_are_there() -> None:
    text = read_text(Path(contract_diff.__file__))
    named = set(re.findall(r"\b((?:api|client)\.[a-z.-]+[a-z])\b", text))
    known = {*API_CHECKS, *CLIENT_CHECKS}
    assert named - known == {"api.auth", "client.auth"}
    assert {entry.rpartition(".")[0] for entry in known} >= {"api.auth", "client.auth"}


def test_a_schema_that_holds_itself_is_compared_to_a_depth(told: Callable[..., list[str]]) -> None:
    def nest(document: Json, _operation: Json) -> None:
        schema = document["components"]["schemas"]["ErrorResponse"]
        schema["properties"]["cause"] = {"$ref": "#/components/schemas/ErrorResponse"}

    assert any("cause" in line for line in told(nest))


def test_a_scenario_that_can_be_answered_again_is_told(tmp_path: Path) -> None:
    document: Json = YamlText(read_text(CONTRACT_FILE), source="").value
    del document["paths"]["/tracking/{id}"]["get"]["responses"]["502"]
    old = tmp_path / "old.yaml"
    old.write_text(yaml.safe_dump(document, sort_keys=False))
    lines = run("diff", str(old), str(CONTRACT_FILE)).stdout.splitlines()
    assert "scenario gateway-trouble: can be answered now" in lines
