"""The rules for a client: the modules that declare them, in the order in which reports and pages list them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_contract_tests.rule import collect_checks

from . import auth, body, identity, interval, load, refused, retry, stop, tell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flexforward_contract_tests.rule import Rule

    from .declaration import ClientCheck

__all__ = ["CLIENT_CHECKS", "CLIENT_RULES"]

CLIENT_CHECKS: Mapping[str, ClientCheck] = collect_checks(
    auth, identity, body, tell, stop, interval, retry, refused, load
)
"""Every check, by the id of its rule."""

CLIENT_RULES: tuple[Rule, ...] = tuple(check.rule for check in CLIENT_CHECKS.values())
