"""A sandbox's journal, over the control API: as JSON and as HAR."""

from __future__ import annotations

from importlib.metadata import version
from types import MappingProxyType
from typing import TYPE_CHECKING

from flexforward_mockserver.state.har import write_har

from .control_json import journal_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flexforward_openapi import Json

    from .context import ControlContext, ControlOperation, ControlOutcome
    from .control_document import Call

__all__ = ["OPERATIONS"]


def get_journal(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    with sandbox.lock:
        return 200, journal_json(sandbox.journal, call.query)


def clear_journal(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    with sandbox.lock:
        sandbox.journal = type(sandbox.journal)()
    return 204, None


def get_journal_har(context: ControlContext, call: Call, _body: Json) -> ControlOutcome:
    sandbox = context.sandbox(call)
    with sandbox.lock:
        exchanges = sandbox.journal.exchanges
        order_numbers = {tracked.label.id: tracked.label.order_number for tracked in sandbox.tracked}
    return 200, write_har(
        exchanges, base_url=call.base_url, version=version("flexforward-mock"), order_numbers=order_numbers
    )


OPERATIONS: Mapping[str, ControlOperation] = MappingProxyType(
    {
        "getJournal": get_journal,
        "clearJournal": clear_journal,
        "getJournalHar": get_journal_har,
    }
)
"""By operation id."""
