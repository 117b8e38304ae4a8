"""One table from a rule's id to the function that judges it, and to the requests that it looks at."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, get_args

import msgspec

from flexforward_contract_tests.api.probing.probe import Purpose
from flexforward_contract_tests.api_rules import API_RULES

from . import auth, body, identity, method, ownership, repeat, robust, shipment

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from flexforward_contract_tests.api.evidence.evidence import Evidence
    from flexforward_contract_tests.api.evidence.finding import Verdict
    from flexforward_contract_tests.rule import Rule

__all__ = ["CHECKS", "GENERATED", "Check", "RuleError", "chosen_rules"]


class Check(msgspec.Struct, frozen=True):
    """How a rule is judged.

    Attributes:
        judge: tells what the evidence says of it.
        purposes: the requests without which it has nothing to look at.
    """

    judge: Callable[[Evidence], Verdict]
    purposes: frozenset[Purpose]


_PASSIVE: frozenset[Purpose] = frozenset(get_args(Purpose)) - {"method"}
_READS: frozenset[Purpose] = frozenset({"read", "order"})
_SHOWN: frozenset[Purpose] = frozenset({"read", "order", "odd", "generated"})
_LET_IN: frozenset[Purpose] = frozenset({"read", "order", "unknown"})
_TRIED: frozenset[Purpose] = frozenset({"read", "order", "method"})
_REFUSALS: frozenset[Purpose] = _PASSIVE - {"failed", "elsewhere"}

CHECKS: Mapping[str, Check] = MappingProxyType(
    {
        "api.status.documented": Check(body.status_documented, _PASSIVE),
        "api.schema.success": Check(body.success, _SHOWN),
        "api.schema.closed": Check(body.closed, _PASSIVE),
        "api.schema.error": Check(body.error_schema, _REFUSALS),
        "api.schema.failed-label": Check(body.failed_label_schema, frozenset({"failed"})),
        "api.media-type": Check(body.media_type, _PASSIVE),
        "api.encoding": Check(body.encoding, _PASSIVE),
        "api.auth.missing": Check(auth.missing, frozenset({"missing"})),
        "api.auth.wrong-bearer": Check(auth.wrong_bearer, frozenset({"wrong-bearer", "odd"})),
        "api.auth.other-scheme": Check(auth.other_scheme, frozenset({"other-scheme"})),
        "api.auth.key-alone": Check(auth.key_alone, frozenset({"key-alone"})),
        "api.auth.token-alone": Check(auth.token_alone, frozenset({"token-alone"})),
        "api.auth.wrong-pair": Check(auth.wrong_pair, frozenset({"wrong-pair"})),
        "api.auth.bearer-works": Check(auth.bearer_works, _LET_IN),
        "api.auth.pair-works": Check(auth.pair_works, _LET_IN),
        "api.ownership.unknown": Check(ownership.unknown, frozenset({"unknown"})),
        "api.ownership.foreign": Check(ownership.foreign, frozenset({"foreign"})),
        "api.ownership.no-leak": Check(ownership.no_leak, _REFUSALS),
        "api.failed-label": Check(ownership.failed_label, frozenset({"failed"})),
        "api.identity.id-is-label": Check(identity.id_is_label, _READS),
        "api.identity.order-number": Check(identity.order_number, _READS),
        "api.identity.stable": Check(identity.stable, _READS),
        "api.order.newest-first": Check(shipment.newest_first, _READS),
        "api.tag.known": Check(shipment.tag_known, _READS),
        "api.tag.top-is-newest": Check(shipment.top_is_newest, _READS),
        "api.subtag.belongs": Check(shipment.subtag_belongs, _READS),
        "api.time.rfc3339": Check(shipment.time_rfc3339, _READS),
        "api.time.not-future": Check(shipment.time_not_future, _READS),
        "api.country.alpha2": Check(shipment.country_alpha2, _READS),
        "api.tracking-number": Check(shipment.tracking_number, _READS),
        "api.repeat.history-grows": Check(repeat.history_grows, _READS),
        "api.repeat.terminal-stays": Check(repeat.terminal_stays, _READS),
        "api.method.unsupported": Check(method.unsupported, _TRIED),
        "api.robust.no-5xx": Check(robust.no_5xx, frozenset({"odd", "elsewhere", "generated"})),
    }
)

GENERATED = MappingProxyType(
    {
        "status_code_conformance": "api.status.documented",
        "positive_data_acceptance": "api.status.documented",
        "not_a_server_error": "api.robust.no-5xx",
        "response_schema_conformance": "api.schema.success",
        "response_headers_conformance": "api.schema.success",
        "content_type_conformance": "api.media-type",
        "negative_data_rejection": "api.auth.wrong-bearer",
        "missing_required_header": "api.auth.missing",
        "ignored_auth": "api.auth.missing",
        "object_level_authorization": "api.ownership.foreign",
        "unsupported_method": "api.method.unsupported",
        "allow_header_conformance": "api.method.unsupported",
        "use_after_free": "api.identity.stable",
        "ensure_resource_availability": "api.identity.stable",
    }
)
"""Schemathesis's checks, and the rule that comes nearest to each."""


class RuleError(ValueError):
    """An id that no rule has."""

    def __init__(self, rule_id: str) -> None:
        super().__init__(rule_id)
        self.rule_id = rule_id

    def __str__(self) -> str:
        import difflib

        near = difflib.get_close_matches(self.rule_id, CHECKS, n=1, cutoff=0.4)
        return f"no rule {self.rule_id!r}" + (f"; nearest: {near[0]!r}" if near else f"; one is {next(iter(CHECKS))!r}")


def chosen_rules(ids: Collection[str] | None = None) -> tuple[Rule, ...]:
    """Return the rules with these ids in the registry's order; all of them without ids.

    Raises:
        RuleError: no rule has one of the ids.
    """
    for rule_id in ids or ():
        if rule_id not in CHECKS:
            raise RuleError(rule_id)
    return tuple(rule for rule in API_RULES if not ids or rule.id in ids)
