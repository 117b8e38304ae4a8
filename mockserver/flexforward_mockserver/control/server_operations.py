"""What the control API tells of the server itself: health, documents, scenarios, its journal."""

from __future__ import annotations

from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from flexforward_mockserver.scenarios.scenario_reader import SCHEMA_FILE
from flexforward_openapi.package_file import read_package_file

from .control_json import journal_json, scenario_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flexforward_openapi import Json

    from .context import ControlContext, ControlOperation, ControlOutcome
    from .control_document import Call

__all__ = ["OPERATIONS"]


def get_health(_context: ControlContext, _call: Call, _body: Json) -> ControlOutcome:
    return 200, {"status": "ok", "version": version("flexforward-mock")}


def get_document(context: ControlContext, _call: Call, _body: Json) -> ControlOutcome:
    return 200, context.document.json


def get_scenario_schema(_context: ControlContext, _call: Call, _body: Json) -> ControlOutcome:
    return 200, msgspec.json.decode(read_package_file(SCHEMA_FILE))


def list_scenarios(context: ControlContext, _call: Call, _body: Json) -> ControlOutcome:
    named = ((name, context.catalogue[name].summary) for name in context.catalogue.names)
    return 200, {"scenarios": [{"name": name, "summary": summary} for name, summary in named]}


def get_scenario(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    scenario = context.catalogue.find(call.path["name"])
    if scenario is None:
        raise context.no_scenario(404, call.path["name"], "name")
    return 200, scenario_json(scenario)


def get_server_journal(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    return 200, journal_json(context.engine.sandboxes.unattributed, call.query)


OPERATIONS: Mapping[str, ControlOperation] = MappingProxyType(
    {
        "getHealth": get_health,
        "getDocument": get_document,
        "getScenarioSchema": get_scenario_schema,
        "listScenarios": list_scenarios,
        "getScenario": get_scenario,
        "getServerJournal": get_server_journal,
    }
)
"""By operation id."""
