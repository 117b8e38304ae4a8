"""What schemathesis finds and no rule does, reported under the rule that comes nearest."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from .checking import findings_of
from .evidence.finding import violations_in
from .rules.registry import API_CHECKS

if TYPE_CHECKING:
    from .evidence.evidence import Evidence
    from .evidence.finding import Findings
    from .generation.generated import Generated

__all__ = ["NEAREST_RULES", "add_complaints"]

NEAREST_RULES = MappingProxyType(
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


def add_complaints(evidence: Evidence, found: dict[str, Findings], generated: Generated) -> None:
    """Add to what was found, by id of the rule, what schemathesis complains of.

    Every rule may be the one that found it, not only those that were chosen.
    """
    complaints = generated.complaints
    if not complaints:
        return
    everything = {rule_id: found.get(rule_id) or findings_of(check, evidence) for rule_id, check in API_CHECKS.items()}
    reported = {id(entry.observation) for findings in everything.values() for entry in violations_in(findings)}
    for complaint, observation in complaints:
        rule_id = NEAREST_RULES.get(complaint.check, "api.schema.success")
        if id(observation) in reported or rule_id not in found:
            continue
        actual = next((line for line in complaint.message.splitlines() if line.strip()), observation.said)
        expected = f"schemathesis: no {complaint.title.lower()!r}"
        violation = evidence.violation(observation, expected=expected, actual=actual)
        found[rule_id] = (*violations_in(found[rule_id]), violation)
