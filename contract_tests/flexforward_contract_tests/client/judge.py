"""The judge: runs in, an outcome for each rule out."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from flexforward_contract_tests.result import FailureReport, Outcome
from flexforward_mockserver.scenarios.scenario_reader import ScenarioError
from flexforward_mockserver.scenarios.scenario_writer import write_scenario

from .rules.registry import CLIENT_CHECKS
from .transcript.case import Case
from .transcript.client_profile import profile_of
from .transcript.finding import KEPT, Breach, Finding, NotExercised
from .transcript.story import draw_story
from .transcript.track import tracks_of

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from flexforward_mockserver.scenarios.scenario import Scenario

    from .rules.declaration import ClientCheck
    from .transcript.client_profile import ClientProfile
    from .transcript.run import ClientRun

__all__ = ["judge_client"]


def judge_client(
    runs: Sequence[ClientRun], rules: Collection[str] | None = None, *, profile: ClientProfile | None = None
) -> tuple[Outcome, ...]:
    """Judge a client by its runs.

    All runs of one client belong into one call: what it bears and tells in one of them decides which rule a fault in
    another one is armed to.

    Args:
        runs: with ``notifications`` of None in each if the client has never told anything in any of them, for that
            it cannot tell, or was not heard, is no fault of it.
        rules: ids of those to judge; None for all.
        profile: what the client bears and tells, if that is known from further runs of it.

    Returns:
        One outcome for each rule, in the registry's order. A rule that is broken in several ways fails by the one
        that takes the fewest requests.
    """
    tracks = [tracks_of(run) for run in runs]
    profile = profile or profile_of([track for group in tracks for track in group])
    cases = [Case(run=run, tracks=group, profile=profile) for run, group in zip(runs, tracks, strict=True)]
    return tuple(
        _outcome(check, cases) for rule_id, check in CLIENT_CHECKS.items() if rules is None or rule_id in rules
    )


def _outcome(check: ClientCheck, cases: Sequence[Case]) -> Outcome:
    findings = [(_find(check, case), case.run) for case in cases]
    breaches = [(finding, run) for finding, run in findings if isinstance(finding, Breach)]
    if breaches:
        breach, run = min(breaches, key=lambda pair: _length(*pair))
        return Outcome(rule=check.rule, verdict="failed", failure=_failure(breach, run))
    if any(finding == KEPT for finding, _ in findings):
        return Outcome(rule=check.rule, verdict="passed")
    reasons = Counter(finding.reason for finding, _ in findings if isinstance(finding, NotExercised))
    usual = reasons.most_common(1)
    return Outcome(rule=check.rule, verdict="not-run", reason=usual[0][0] if usual else "the client was not run")


def _find(check: ClientCheck, case: Case) -> Finding:
    run = case.run
    if not run.exchanges and ("polls" in check.inputs or not run.all_exchanges):
        return NotExercised("no poll arrived, only requests about labels" if run.on_labels else "no request arrived")
    if "timing" in check.inputs and not run.is_timing_trusted:
        return NotExercised(f"its timing cannot be judged: {run.distrust or 'it did not live in virtual time'}")
    is_silence_judged = run.unmatched and "silence" in check.inputs
    if "notifications" in check.inputs and run.notifications is None and not is_silence_judged:
        return NotExercised(run.unheard or "it has to be heard telling its customer (notifications)")
    finding = check.judge(case)
    if not isinstance(finding, NotExercised):
        return finding
    cut = "" if run.cut is None else f", and the run was cut {run.cut}"
    return NotExercised(f"it takes {finding.reason}{cut}")


def _length(breach: Breach, run: ClientRun) -> int:
    """Count the requests up to a breach."""
    return sum(exchange.at <= breach.at for exchange in run.all_exchanges)


def _failure(breach: Breach, run: ClientRun) -> FailureReport:
    label = breach.label or run.labels[0]
    return FailureReport(
        expected=breach.expected,
        actual=breach.actual
        if len(run.labels) == 1 or breach.label is None
        else f"{label.order_number!r}: {breach.actual}",
        scenario=_scenario_text(label.scenario),
        timeline=draw_story(run, breach),
    )


def _scenario_text(scenario: Scenario) -> str:
    """Write a scenario as a file says it; of one that no file can hold, such as a script id's, the name."""
    try:
        return write_scenario(scenario)
    except ScenarioError:
        return scenario.name
