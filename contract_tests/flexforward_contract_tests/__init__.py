"""Does an API keep the contract? Does a client keep the vendor's guide? Suites and commands that answer both.

Each name is imported when it is first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .api.judge import judge_api
    from .api.probing.target import Target, TargetError
    from .client.client_contract import ClientContract
    from .client.judge import judge_client
    from .client.runner.env import ClientEnv
    from .client.transcript.run import ClientRun, Notification, run_of
    from .result import FailureReport, Outcome, Result
    from .rule import Rule, RuleError

__all__ = [
    "ClientContract",
    "ClientEnv",
    "ClientRun",
    "FailureReport",
    "Notification",
    "Outcome",
    "Result",
    "Rule",
    "RuleError",
    "Target",
    "TargetError",
    "judge_api",
    "judge_client",
    "run_of",
]

_MODULES = {
    "ClientContract": "client.client_contract",
    "ClientEnv": "client.runner.env",
    **dict.fromkeys(("ClientRun", "Notification", "run_of"), "client.transcript.run"),
    **dict.fromkeys(("FailureReport", "Outcome", "Result"), "result"),
    **dict.fromkeys(("Rule", "RuleError"), "rule"),
    **dict.fromkeys(("Target", "TargetError"), "api.probing.target"),
    "judge_api": "api.judge",
    "judge_client": "client.judge",
}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
