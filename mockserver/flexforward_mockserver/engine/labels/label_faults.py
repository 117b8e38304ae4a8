"""Operations on labels as a request prefers, and under armed faults.

A fault of the answer's delivery acts after what was asked for is done, as on a real network: the client may not hear of
a label that was made. A fault that answers by itself stands before the API, which hears nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_mockserver.engine.bodies.response_body import supplied
from flexforward_mockserver.engine.decision import Decision, extra_headers, preferred, quota_headers, under_fault
from flexforward_mockserver.scenarios.fault_kind import FAULT_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from flexforward_mockserver.engine.decision import ResponseHeaders
    from flexforward_mockserver.engine.prefer import Preference
    from flexforward_mockserver.scenarios.scenario import AccountName
    from flexforward_mockserver.state.armed_fault import ArmedFault
    from flexforward_mockserver.state.sandboxes import Account
    from flexforward_openapi import Operation

    from .label_bodies import LabelBodies

__all__ = ["LabelFaults"]


class LabelFaults:
    """Answers as is due, unless a preference or a fault takes precedence.

    Args:
        bodies: gives those of failures.
        challenges: headers of a 401, by the operation's id.
    """

    def __init__(self, bodies: LabelBodies, challenges: Mapping[str, ResponseHeaders]) -> None:
        self._bodies = bodies
        self._challenges = challenges

    def answer(
        self,
        account: Account,
        operation: Operation,
        keys: tuple[str, ...],
        preference: Preference | None,
        now: datetime,
        due: Callable[[], Decision],
    ) -> Decision:
        """Answer one request.

        Args:
            account: whose credentials were shown.
            operation: that is asked for.
            keys: ids and order numbers that are asked for.
            preference: of the request.
            now: virtual time.
            due: answers as things stand, and does what is to be done.
        """
        if preference is not None:
            return self._preferred(operation, preference, due)
        sandbox = account.sandbox
        armed = sandbox.apply_fault(account.name, _names(account, keys), now) if sandbox.faults else None
        tracked = sandbox.find(keys[0], account.name) if len(keys) == 1 else None
        return self.under(account.name, operation, armed, now, tracked.label.id if tracked else None, due)

    def under(
        self,
        account: AccountName,
        operation: Operation | None,
        armed: ArmedFault | None,
        now: datetime,
        label: str | None,
        due: Callable[[], Decision],
    ) -> Decision:
        """Answer under an armed fault; one that supplies the response leaves all as it is.

        One that does not fit what is asked for waits for a better moment.

        Args:
            account: whose request it is.
            operation: that is asked for; None for a document.
            armed: the fault; None if there is none.
            now: virtual time.
            label: UUID of the label that is asked for; None if it is none, or several.
            due: as for ``answer``.
        """
        if armed is None:
            return due()
        if not FAULT_KINDS[armed.fault.kind].supplies_response:
            decision = due()
            under = under_fault(decision, armed.fault.kind, armed.delay_s())
            armed.applied -= under is decision
            return under
        if not _fits(operation, armed):
            armed.applied -= 1
            return due()
        return self._supplied(account, operation, armed, now, label)

    def _supplied(
        self, account: AccountName, operation: Operation | None, armed: ArmedFault, now: datetime, label: str | None
    ) -> Decision:
        fault, kind = armed.fault, FAULT_KINDS[armed.fault.kind]
        if kind.listing == "listed" and operation is not None:
            body = self._bodies.failure(operation, fault.status or 502)
        else:
            body = supplied(fault.kind, fault.status)
        challenge = self._challenges[operation.id] if operation else ()
        headers = extra_headers(body, challenge)
        if kind.is_metered:
            headers = quota_headers(fault, armed.span_left_s(account, now))
        return Decision(body, label, headers=headers, fault=fault.kind, delay_s=armed.delay_s())

    def _preferred(self, operation: Operation, preference: Preference, due: Callable[[], Decision]) -> Decision:
        """Answer as ``Prefer`` asks; a status, or a fault that supplies the response, leaves all as it is."""
        fault = preference.fault
        if preference.code is not None:
            body = self._bodies.failure(operation, preference.code)
            decision = Decision(body, headers=extra_headers(body, self._challenges[operation.id]))
        elif fault is None or not FAULT_KINDS[fault].supplies_response:
            decision = due()
            decision = decision if fault is None else under_fault(decision, fault, 0.0)
        else:
            body = supplied(fault, None)
            decision = Decision(body, headers=extra_headers(body, ()), fault=fault)
        return preferred(decision, preference)


def _names(account: Account, keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names by which a fault may know the labels that are asked for."""
    found = [(key, account.sandbox.find(key, account.name)) for key in keys]
    named = ((key,) if label is None else (label.label.id, label.label.order_number) for key, label in found)
    return tuple(name for names in named for name in names)


def _fits(operation: Operation | None, armed: ArmedFault) -> bool:
    """Tell whether the contract lets an operation answer with the status that a fault supplies; documents have none."""
    kind, status = FAULT_KINDS[armed.fault.kind], armed.fault.status
    if operation is None:
        return kind.listing != "listed"
    if kind.listing == "listed":
        return operation.response(status or 502) is not None and armed.fault.body is None
    return kind.listing != "unlisted" or (status or kind.default_status) not in operation.statuses
