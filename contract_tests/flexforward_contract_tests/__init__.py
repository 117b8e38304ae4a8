"""Does an API keep the contract? Does a client keep the vendor's guide? Suites and commands that answer both."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .client.client_contract import ClientContract
    from .client.runner.env import ClientEnv

__all__ = ["ClientContract", "ClientEnv"]

_MODULES = {"ClientContract": "client.client_contract", "ClientEnv": "client.runner.env"}


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
