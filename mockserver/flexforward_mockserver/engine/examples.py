"""Bodies that are ready before the first request: what the document shows, and what is answered without credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_openapi import ContractError

from .response_body import phrase

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flexforward_mockserver.state.credentials import SecurityRequirement
    from flexforward_openapi import Contract, Operation

    from .response_body import ResponseBodies, ResponseBody

__all__ = ["Examples"]


class Examples:
    """What each operation answers by itself.

    Args:
        contract: the document.
        bodies: makes them.
        tracking: the operation that shipments answer; its errors are made, not shown.
        requirements: of each operation, by its id.

    Raises:
        ContractError: an operation shows nothing to answer with.
    """

    def __init__(
        self,
        contract: Contract,
        bodies: ResponseBodies,
        tracking: Operation,
        requirements: Mapping[str, tuple[SecurityRequirement, ...]],
    ) -> None:
        self._contract = contract
        self._bodies = bodies
        self._tracking = tracking
        self._refusals = dict(self._all_refusals(requirements[tracking.id]))
        self._successes: dict[str, int] = {}
        self._shown = dict(self._all_shown())

    def refusal(self, operation: Operation) -> ResponseBody:
        """Return the 401 of an operation."""
        return self._refusals[operation.id]

    def find(self, operation: Operation, status: int | None) -> ResponseBody | None:
        """Return what an operation shows of a status, None for its success; None if it shows nothing of it."""
        return self._shown.get((operation.id, status or self._successes[operation.id]))

    def statuses(self, operation: Operation) -> tuple[int, ...]:
        """Return the statuses that an operation shows, in the document's order."""
        return tuple(status for operation_id, status in self._shown if operation_id == operation.id)

    def _all_shown(self) -> Iterator[tuple[tuple[str, int], ResponseBody]]:
        """Yield a body for each status of each operation; only an error may go without one."""
        for operation in self._contract.operations:
            is_tracking = operation is self._tracking
            successes = [status for status in operation.statuses if 200 <= status < 300]
            if not successes and not is_tracking:
                raise self._contract.mistake(
                    f"{operation.pointer}/responses", found="no success stands here", allowed="a 2XX status"
                )
            self._successes[operation.id] = min(successes, default=0)
            for status in operation.statuses:
                if is_tracking and status >= 300:
                    yield (operation.id, status), self._bodies.failure(status)
                    continue
                try:
                    yield (operation.id, status), self._bodies.example(operation, status)
                except ContractError:
                    if 200 <= status < 300 and not is_tracking:
                        raise

    def _all_refusals(self, requirements: tuple[SecurityRequirement, ...]) -> Iterator[tuple[str, ResponseBody]]:
        """Yield what each operation answers without credentials."""
        needed = {404: "an id that nobody knows"}
        if all(requirement.schemes for requirement in requirements):
            needed[401] = "a request without credentials"
        for status, situation in needed.items():
            if self._tracking.response(status) is None:
                raise self._contract.mistake(
                    f"{self._tracking.pointer}/responses",
                    found=f"no {status} stands here, so {situation} could not be answered",
                    allowed=f"a response {status}, {status // 100}XX or default",
                )
        for operation in self._contract.operations:
            if operation.response(401) is not None:
                yield operation.id, self._bodies.failure(401, operation=operation)
            else:  # HTTP needs one even where the document forgot it
                yield operation.id, self._bodies.undocumented(401, phrase(401), "undocumented-status")
