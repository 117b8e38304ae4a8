"""What became of one client, conforming or not: which rules reported it, by each door."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import msgspec

from mutants.client.mutants import CLIENT_MUTANTS
from mutants.client.styles import STYLES
from mutants.client.trial import broken_musts, broken_rules, try_client, unjudged_rules

if TYPE_CHECKING:
    from mutants.client.mutant import ClientMutant
    from mutants.client.styles import Style

__all__ = ["ClientRow", "row_of_client_mutant", "row_of_style"]


class ClientRow(msgspec.Struct, frozen=True, kw_only=True):
    """One client.

    Attributes:
        rule: the rule meant for it; empty for a conforming one.
        broken: the rules that reported it, in process.
        live: the same over a socket.
        unjudged: rules that were not run and should have been.
        unmeant: rules of level must that reported a mutant and are not meant for it.
    """

    name: str
    rule: str = ""
    sentence: str
    broken: tuple[str, ...]
    live: tuple[str, ...]
    unjudged: tuple[str, ...] = ()
    unmeant: tuple[str, ...] = ()

    @property
    def is_caught(self) -> bool:
        return self.rule in self.broken and self.rule in self.live and not self.unmeant


@lru_cache(maxsize=1)
def _mutants() -> dict[str, ClientMutant]:
    return {mutant.name: mutant for mutant in CLIENT_MUTANTS}


@lru_cache(maxsize=1)
def _styles() -> dict[str, Style]:
    return {style.name: style for style in STYLES}


def row_of_client_mutant(name: str, drawn: int) -> ClientRow:
    """Try a mutant by both doors."""
    mutant = _mutants()[name]
    outcomes = try_client(mutant.client, drawn=drawn, labels=mutant.labels)
    live = try_client(mutant.client, door="live", labels=mutant.labels)
    musts = {*broken_musts(outcomes), *broken_musts(live)}
    return ClientRow(
        name=name,
        rule=mutant.rule,
        sentence=mutant.sentence,
        broken=broken_rules(outcomes),
        live=broken_rules(live),
        unmeant=tuple(sorted(musts - {mutant.rule, *mutant.also})),
    )


def row_of_style(name: str, drawn: int) -> ClientRow:
    """Try a conforming client by both doors."""
    style = _styles()[name]
    outcomes = try_client(style.client, drawn=drawn, labels=style.labels)
    live = try_client(style.client, door="live", labels=style.labels)
    return ClientRow(
        name=name,
        sentence=style.sentence,
        broken=broken_rules(outcomes),
        live=broken_rules(live),
        unjudged=tuple(sorted({*unjudged_rules(outcomes), *unjudged_rules(live)} - style.without)),
    )
