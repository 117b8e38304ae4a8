"""A mutant of a client: one that conforms, with one breach, named, and the rule meant for it."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from mutants.client.tracking_client import run_client

if TYPE_CHECKING:
    from collections.abc import Callable

    from flexforward_contract_tests.client.runner.trial_runner import Client
    from mutants.client.tracking_client import Poller

__all__ = ["ClientMutant", "breach", "breach_of", "breach_of_many"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientMutant:
    """One breach.

    Attributes:
        rule: the id of the rule meant for it.
        sentence: what it does wrong.
        client: is run once for each trial.
        also: rules of level must that the same breach breaks as well.
        labels: how many it follows at once.
    """

    name: str
    rule: str
    sentence: str
    client: Client
    also: tuple[str, ...] = ()
    labels: int = 1


def breach(rule: str, poller: type[Poller], *also: str) -> ClientMutant:
    """Return the mutant of a class: its name says its name, its docstring what is wrong."""
    return _mutant(rule, poller.__name__, poller.__doc__, run_client(poller), also)


def breach_of(rule: str, client: Callable[..., object], *also: str) -> ClientMutant:
    """Return the mutant of a function that is a client of its own style."""
    name = "".join(map(str.title, client.__name__.split("_")))
    return _mutant(rule, name, client.__doc__, client, also)  # type: ignore[arg-type]  # sync or async


def breach_of_many(rule: str, client: Callable[..., object], labels: int, *also: str) -> ClientMutant:
    """Return the mutant of a function that follows many shipments at once."""
    return replace(breach_of(rule, client, *also), labels=labels)


def _mutant(rule: str, name: str, doc: str | None, client: Client, also: tuple[str, ...]) -> ClientMutant:
    hyphened = re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
    return ClientMutant(name=hyphened, rule=rule, sentence=(doc or "").strip(), client=client, also=also)
