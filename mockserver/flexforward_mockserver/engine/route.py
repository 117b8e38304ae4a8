"""Where a request leads: which operation of the contract stands at its path and method, or what comes nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from flexforward_openapi import Contract, Operation

__all__ = ["Route", "Routes"]


class Route(msgspec.Struct, frozen=True):
    """The operation that a request asks for, or else those at its path with other methods.

    Attributes:
        raw_key: the tracking operation's parameter, still percent-encoded.
    """

    operation: Operation | None
    raw_key: str = ""
    at_path: tuple[Operation, ...] = ()


class Routes:
    """The contract's operations, found by raw path and method.

    Args:
        contract: has the operations.
        tracking: the one that most requests are for; it is tried first.
    """

    def __init__(self, contract: Contract, tracking: Operation) -> None:
        self._operations = contract.operations
        self._tracking = tracking
        self._concrete = tuple(entry for entry in contract.operations if not entry.parameters)

    def find(self, path: str, method: str) -> Route:
        """Return where a raw path leads."""
        tracking = self._tracking
        match = tracking.pattern.fullmatch(path)
        if match and tracking.method == method and not self._is_concrete(path):
            return Route(tracking, match[1])
        at_path = tuple(entry for entry in self._operations if entry.pattern.fullmatch(path))
        operation = next((entry for entry in at_path if entry.method == method), None)
        return Route(operation, at_path=at_path)

    def _is_concrete(self, path: str) -> bool:
        """Tell whether an operation without parameters stands at ``path``; OpenAPI lets it go first."""
        return bool(self._concrete) and any(entry.pattern.fullmatch(path) for entry in self._concrete)

    def explain(self, path: str) -> str:
        """Say why no operation stands at ``path``, and what comes nearest."""
        for operation in self._operations:
            prefix, _, suffix = operation.path.partition("{")
            is_last = suffix.endswith("}") and suffix.count("{") == 0
            if path in (prefix, prefix.rstrip("/")):
                return f"No operation matches {path}: {operation.path} needs an id after {prefix}"
            if is_last and path.startswith(prefix):
                return (
                    f"No operation matches {path}: {operation.path} takes one segment after {prefix}, "
                    "so a slash in an id has to be written as %2F"
                )
        listed = ", ".join(f"{operation.method} {operation.path}" for operation in self._operations)
        return f"No operation matches {path}; there is {listed}"
