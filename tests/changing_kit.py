"""A contract of somebody else: the shipped one, changed by a test, and an engine that follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from flexforward_mockserver.engine.engine import EngineOptions
from flexforward_openapi import CONTRACT_FILE, ContractError, Json, YamlText, as_mapping, read_text
from kit import Kit

if TYPE_CHECKING:
    from pathlib import Path


TRACKING = "/tracking/{id}"
ALL: list[str] = []
RESPONSES = "paths./tracking/{id}.get.responses"
SUCCESS = f"{RESPONSES}.200.content.application/json.schema"
ERROR_404 = f"{RESPONSES}.404.content.application/json.schema"


class Changing:
    """The shipped document, to be changed, and then a mock that follows it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.document: Json = YamlText(read_text(CONTRACT_FILE), source=CONTRACT_FILE.name).value

    @property
    def operation(self) -> Json:
        return self.document["paths"][TRACKING]["get"]

    @property
    def responses(self) -> dict[str, Json]:
        return as_mapping(self.operation["responses"])

    @property
    def shipment(self) -> Json:
        return self.document["components"]["schemas"]["TrackingResponse"]

    @property
    def checkpoint(self) -> Json:
        return self.shipment["properties"]["checkpoints"]["items"]

    @property
    def error(self) -> Json:
        return self.document["components"]["schemas"]["ErrorResponse"]

    @property
    def schemes(self) -> Json:
        return self.document["components"]["securitySchemes"]

    def add(self, path: str, method: str = "get", **operation: Json) -> None:
        self.document["paths"].setdefault(path, {})[method] = operation

    def kit(self, options: EngineOptions | None = None, *, with_demos: bool = True, strict: bool = False) -> Kit:
        self.file.write_text(yaml.safe_dump(self.document, sort_keys=False))
        return Kit(contract=self.file, options=options or EngineOptions(), with_demos=with_demos, strict=strict)

    def refusal(self) -> str:
        """Return what is told at start where nothing is read past, with the line's text in place of file and line."""
        with pytest.raises(ContractError) as caught:
            self.kit(strict=True)
        lines = self.file.read_text().splitlines()
        assert len(caught.value.mistakes) == 1
        line = caught.value.mistakes[0].line
        assert line is not None
        prefix, message = f"{self.file}:{line}: ", str(caught.value)
        assert message.startswith(prefix)
        return f"<{lines[line - 1].strip()}> {message.removeprefix(prefix)}"


def require(schema: Json, name: str, value: Json) -> None:
    schema["properties"][name] = value
    schema["required"].append(name)


def remove_optional(schema: Json, name: str) -> None:
    del schema["properties"][name]


def remove(schema: Json, name: str) -> None:
    remove_optional(schema, name)
    schema["required"].remove(name)


def answers_with(example: Json) -> Json:
    return {"description": "a", "content": {"application/json": {"example": example}}}
