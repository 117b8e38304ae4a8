"""The judge: asks an API what the chosen rules need, and says what became of each rule."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from flexforward_contract_tests.result import Outcome, Result
from flexforward_contract_tests.rule import chosen_checks

from .checking import findings_of
from .complaints import add_complaints
from .evidence.evidence import Evidence
from .evidence.finding import NotRun
from .evidence.mask import masked
from .generation.generated import Generated, generate
from .generation.run_plan import plan_runs
from .outcomes import outcome_of
from .probing.probe_plan import plan_probes
from .probing.rate import DEFAULT_RATE, Limiter, Rate
from .probing.sender import Sender
from .rules.registry import API_CHECKS
from .unjudged import nothing_to_judge, wrong_input

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    from .baseline import Baseline
    from .generation.run_plan import Run
    from .probing.probe import Purpose
    from .probing.probe_plan import ProbePlan
    from .probing.target import Target
    from .rules.declaration import ApiCheck

__all__ = ["DEFAULT_EXAMPLES", "default_rate", "judge_api", "planned"]

DEFAULT_EXAMPLES = 50


def default_rate(target: Target) -> Rate | None:
    """Return the rate that is kept unless another is asked for: none on this machine."""
    return None if target.is_loopback else DEFAULT_RATE


def planned(
    target: Target,
    *,
    rules: Collection[str] | None = None,
    max_examples: int = DEFAULT_EXAMPLES,
    is_unsafe_allowed: bool = False,
) -> tuple[ProbePlan, tuple[Run, ...]]:
    """Return the requests that ``judge_api`` would make: its own, and the runs of schemathesis.

    Raises:
        RuleError: no rule has one of the ids.
    """
    purposes: set[Purpose] = set()
    for check in chosen_checks(API_CHECKS, rules):
        purposes |= check.inputs
    plan = plan_probes(target, purposes, is_unsafe_allowed=is_unsafe_allowed)
    return plan, plan_runs(target, purposes, max_examples)


def judge_api(
    target: Target,
    *,
    rules: Collection[str] | None = None,
    max_examples: int = DEFAULT_EXAMPLES,
    rate: Rate | None = None,
    is_unsafe_allowed: bool = False,
    timeout_s: float = 10,
    baseline: Baseline | None = None,
    on_progress: Callable[[str, int, int], None] = lambda _name, _done, _all: None,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Result:
    """Judge an API by the rules.

    Args:
        target: the API.
        rules: ids of those that count; all by default.
        max_examples: how many requests schemathesis makes up for each way of authenticating; 0 leaves it out.
        rate: what is kept; by default 5/s, and on this machine none.
        is_unsafe_allowed: POST, PUT, PATCH and DELETE may be tried though the API is not on this machine.
        timeout_s: for connecting and for each part of an answer.
        baseline: findings that are accepted.
        on_progress: called with what is being done, how many requests are behind it and how many there are at the most.
        clock: seconds, never going back.
        sleep: waits so many seconds.

    Raises:
        RuleError: no rule has one of the ids.
        TrustError: the environment names certificates that cannot be read.
    """
    checks = chosen_checks(API_CHECKS, rules)
    plan, runs = planned(target, rules=rules, max_examples=max_examples, is_unsafe_allowed=is_unsafe_allowed)
    progress = _Progress(on_progress, len(plan.probes) + sum(run.bound for run in runs))
    limiter = Limiter(rate or default_rate(target), clock=clock, sleep=sleep)
    generated = Generated()
    with Sender(
        target,
        limiter=limiter,
        clock=clock,
        sleep=sleep,
        timeout_s=timeout_s,
        on_sent=lambda probe: progress.step(probe.name),
    ) as sender:
        observations = list(sender.send_all(plan.first))
        reason = nothing_to_judge(target, observations) or sender.stopped
        if reason is not None:
            return _unjudged(target, checks, reason)
        observations += sender.send_all(plan.others)
        if sender.stopped is None and runs:
            progress.step("schemathesis starts", 0)
            generated = generate(target, runs, sender)
    evidence = Evidence(target=target, observations=(*observations, *generated.observations))
    result = _judged(evidence, checks, generated, baseline)
    troubles = (sender.stopped, generated.trouble, wrong_input(evidence), result.unjudged)
    trouble = next((trouble for trouble in troubles if trouble is not None), None)
    return msgspec.structs.replace(
        result,
        unjudged=None if trouble is None else masked(trouble, target),
        remarks=(*result.remarks, *_limited(limiter)),
    )


def _unjudged(target: Target, checks: Sequence[ApiCheck], reason: str) -> Result:
    outcomes = [Outcome(rule=check.rule, verdict="not-run", reason="nothing could be judged") for check in checks]
    return Result(target=target.base_url, outcomes=tuple(outcomes), unjudged=masked(reason, target))


def _judged(evidence: Evidence, checks: Sequence[ApiCheck], generated: Generated, baseline: Baseline | None) -> Result:
    """Hold what was seen against the rules; no I/O from here on."""
    target = evidence.target
    found = {check.rule.id: findings_of(check, evidence) for check in checks}
    add_complaints(evidence, found, generated)
    outcomes = tuple(outcome_of(check.rule, found[check.rule.id], target, baseline) for check in checks)
    gone = baseline.gone(outcomes) if baseline is not None else ()
    unjudged = next((it.reason for it in found.values() if isinstance(it, NotRun) and it.is_ours), None)
    return Result(target=target.base_url, outcomes=outcomes, unjudged=unjudged, remarks=gone)


def _limited(limiter: Limiter) -> Iterator[str]:
    if limiter.slowed:
        times = "once" if limiter.slowed == 1 else f"{limiter.slowed} times"
        yield (
            f"The API limited requests (429, {times}), so the pace went down to {limiter.pace}; "
            f"with --rate {limiter.pace} it stays below from the start."
        )


class _Progress:
    def __init__(self, show: Callable[[str, int, int], None], most: int) -> None:
        self._show, self._most = show, most
        self._done = 0

    def step(self, name: str, count: int = 1) -> None:
        self._done += count
        self._show(name, min(self._done, self._most), self._most)
