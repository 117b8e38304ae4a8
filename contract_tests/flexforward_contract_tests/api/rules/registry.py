"""The rules for an API: the modules that declare them, in the order in which reports and pages list them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flexforward_contract_tests.rule import collect_checks

from . import auth, body, identity, method, ownership, repeat, robust, shipment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flexforward_contract_tests.rule import Rule

    from .declaration import ApiCheck

__all__ = ["API_CHECKS", "API_RULES"]

API_CHECKS: Mapping[str, ApiCheck] = collect_checks(body, auth, ownership, identity, shipment, repeat, method, robust)
"""Every check, by the id of its rule."""

API_RULES: tuple[Rule, ...] = tuple(check.rule for check in API_CHECKS.values())
