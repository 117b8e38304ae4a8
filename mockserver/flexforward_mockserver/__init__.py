"""The mock server: lifecycles, scenarios, sandboxes, the engine, and its command line.

What is exported here is public; the rooms beneath it (``commands`` > ``web`` > ``control`` > ``engine`` > ``state`` >
``scenarios``) may change. Nothing is imported before it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .engine.engine import Engine, EngineOptions
    from .engine.messages import Request, Response
    from .scenarios.catalogue import Catalogue
    from .scenarios.fault_kind import FAULT_KINDS, FaultKind
    from .scenarios.scenario import ErrorStep, Event, Evolution, Scenario, Status, Step, StepFault
    from .scenarios.scenario_reader import ScenarioError, load_scenario, parse_scenario
    from .scenarios.scenario_writer import write_scenario
    from .scenarios.script_id import parse_script_id
    from .state.clock import Clock
    from .state.credentials import Credentials
    from .state.fault import Delay, Fault, FaultError, FaultFilter
    from .state.journal import Exchange, Journal
    from .state.sandbox import Sandbox
    from .state.sandboxes import Sandboxes
    from .web.app import create_app

__all__ = [
    "FAULT_KINDS",
    "Catalogue",
    "Clock",
    "Credentials",
    "Delay",
    "Engine",
    "EngineOptions",
    "ErrorStep",
    "Event",
    "Evolution",
    "Exchange",
    "Fault",
    "FaultError",
    "FaultFilter",
    "FaultKind",
    "Journal",
    "Request",
    "Response",
    "Sandbox",
    "Sandboxes",
    "Scenario",
    "ScenarioError",
    "Status",
    "Step",
    "StepFault",
    "create_app",
    "load_scenario",
    "parse_scenario",
    "parse_script_id",
    "write_scenario",
]

_MODULES = {
    **dict.fromkeys(("Engine", "EngineOptions"), "engine.engine"),
    **dict.fromkeys(("Request", "Response"), "engine.messages"),
    "Catalogue": "scenarios.catalogue",
    **dict.fromkeys(("FAULT_KINDS", "FaultKind"), "scenarios.fault_kind"),
    **dict.fromkeys(
        ("ErrorStep", "Event", "Evolution", "Scenario", "Status", "Step", "StepFault"), "scenarios.scenario"
    ),
    **dict.fromkeys(("ScenarioError", "load_scenario", "parse_scenario"), "scenarios.scenario_reader"),
    "write_scenario": "scenarios.scenario_writer",
    "parse_script_id": "scenarios.script_id",
    "Clock": "state.clock",
    "Credentials": "state.credentials",
    **dict.fromkeys(("Delay", "Fault", "FaultError", "FaultFilter"), "state.fault"),
    **dict.fromkeys(("Exchange", "Journal"), "state.journal"),
    "Sandbox": "state.sandbox",
    "Sandboxes": "state.sandboxes",
    "create_app": "web.app",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
