"""Where a request leads: which operation of the contract stands at its path and method, or what comes nearest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from flexforward_openapi import Contract, Operation

__all__ = ["Route", "Routes"]


_MOST_LISTED = 20
"""Operations that an answer to an unknown path names."""


class Route(msgspec.Struct, frozen=True):
    """The operation that a request asks for, or else those at its path with other methods.

    Attributes:
        raw_key: the tracking operation's parameter, still percent-encoded.
        raw_values: parameters of another operation, in the order of its path.
    """

    operation: Operation | None
    raw_key: str = ""
    at_path: tuple[Operation, ...] = ()
    raw_values: tuple[str, ...] = ()


class Routes:
    """The contract's operations, found by raw path and method.

    Args:
        contract: has the operations.
        tracking: the one that most requests are for; it is tried first. None where there is none.
    """

    def __init__(self, contract: Contract, tracking: Operation | None) -> None:
        self._operations = contract.operations
        self._tracking = tracking
        self._concrete = tuple(entry for entry in contract.operations if not entry.parameters)

    def find(self, path: str, method: str) -> Route:
        """Return where a raw path leads."""
        tracking = self._tracking
        if tracking is not None:
            match = tracking.pattern.fullmatch(path)
            if match and tracking.method == method and not self._is_concrete(path):
                return Route(tracking, match[1])
        found = [(entry, match) for entry in self._operations if (match := entry.pattern.fullmatch(path))]
        operation, values = next(
            ((entry, match.groups()) for entry, match in found if entry.method == method), (None, ())
        )
        return Route(operation, at_path=tuple(entry for entry, _ in found), raw_values=values)

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
        names = [f"{operation.method} {operation.path}" for operation in self._operations]
        rest = len(names) - _MOST_LISTED
        listed = ", ".join(names[:_MOST_LISTED]) + (f" and {rest} more" if rest > 0 else "")
        return f"No operation matches {path}; there is {listed}"
