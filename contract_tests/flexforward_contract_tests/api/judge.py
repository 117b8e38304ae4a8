"""The judge: asks an API what the chosen rules need, and says what became of each rule."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import msgspec

from flexforward_contract_tests.result import Failure, Outcome, Result

from .evidence.evidence import Evidence
from .evidence.finding import Breach, NotRun
from .evidence.mask import told
from .generation.generated import generate, plan_runs
from .probing.curl import curl_line
from .probing.probe_plan import plan_probes
from .probing.rate import DEFAULT_RATE, Limiter, Rate
from .probing.sender import Sender
from .rules.registry import CHECKS, GENERATED, chosen_rules
from .unjudged import nothing_to_judge

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from flexforward_contract_tests.rule import Rule

    from .baseline import Baseline
    from .evidence.finding import Verdict
    from .generation.generated import Generated, Run
    from .probing.probe import Purpose
    from .probing.probe_plan import Plan
    from .probing.target import Target

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
) -> tuple[Plan, tuple[Run, ...]]:
    """Return the requests that ``judge_api`` would make: its own, and the runs of schemathesis.

    Raises:
        RuleError: no rule has one of the ids.
    """
    purposes: set[Purpose] = set()
    for rule in chosen_rules(rules):
        purposes |= CHECKS[rule.id].purposes
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
        on_progress: is told what is being done, how many requests are behind it and how many there are at the most.
        clock: seconds, never going back.
        sleep: waits so many seconds.

    Raises:
        RuleError: no rule has one of the ids.
    """
    chosen = chosen_rules(rules)
    plan, runs = planned(target, rules=rules, max_examples=max_examples, is_unsafe_allowed=is_unsafe_allowed)
    kept_rate = rate or default_rate(target)
    most = len(plan.probes) + sum(run.bound for run in runs)
    progress = _Progress(on_progress, most)
    limiter = Limiter(kept_rate, clock=clock, sleep=sleep)
    with Sender(
        target,
        limiter=limiter,
        clock=clock,
        sleep=sleep,
        timeout_s=timeout_s,
        on_sent=lambda probe: progress.step(probe.name),
    ) as sender:
        exchanges = list(sender.send_all(plan.first))
        reason = nothing_to_judge(target, exchanges) or sender.stopped
        if reason is not None:
            outcomes = tuple(Outcome(rule=rule, verdict="not-run", reason="nothing could be judged") for rule in chosen)
            return Result(target=target.base_url, outcomes=outcomes, unjudged=told(reason, target))
        exchanges += sender.send_all(plan.others)
    generated: list[Generated] = []
    for run in runs if sender.stopped is None else ():
        progress.step(f"schemathesis, {run.name}", 0)
        generated.append(generate(target, run, rate=kept_rate, timeout_s=timeout_s))
        progress.step(f"schemathesis, {run.name}", len(generated[-1].exchanges))
    exchanges += [exchange for made in generated for exchange in made.exchanges]
    evidence = Evidence(target=target, exchanges=tuple(exchanges))
    verdicts = {rule.id: CHECKS[rule.id].judge(evidence) for rule in chosen}
    _add_complaints(evidence, verdicts, generated)
    outcomes = tuple(_outcome(rule, verdicts[rule.id], target, baseline) for rule in chosen)
    troubles = [sender.stopped, *(made.trouble for made in generated)]
    unjudged = next((trouble for trouble in troubles if trouble is not None), None)
    return Result(
        target=target.base_url,
        outcomes=outcomes,
        unjudged=None if unjudged is None else told(unjudged, target),
        remarks=(*_wants(verdicts.values()), *(baseline.gone(outcomes) if baseline is not None else ())),
    )


class _Progress:
    def __init__(self, tell: Callable[[str, int, int], None], most: int) -> None:
        self._tell, self._most = tell, most
        self._done = 0

    def step(self, name: str, count: int = 1) -> None:
        self._done += count
        self._tell(name, min(self._done, self._most), self._most)


def _add_complaints(evidence: Evidence, verdicts: dict[str, Verdict], generated: Sequence[Generated]) -> None:
    """Report what schemathesis found and no rule did, under the rule that comes nearest.

    Every rule may be the one that found it, not only those that were chosen.
    """
    complaints = [entry for made in generated for entry in made.complaints]
    if not complaints:
        return
    everything = {rule_id: verdicts.get(rule_id) or check.judge(evidence) for rule_id, check in CHECKS.items()}
    told = {id(breach.exchange) for verdict in everything.values() for breach in _breaches(verdict)}
    for complaint, exchange in complaints:
        rule_id = GENERATED.get(complaint.check, "api.schema.success")
        if id(exchange) in told or rule_id not in verdicts:
            continue
        actual = next((line for line in complaint.message.splitlines() if line.strip()), exchange.said)
        breach = evidence.breach(exchange, expected=f"schemathesis: no {complaint.title.lower()!r}", actual=actual)
        verdicts[rule_id] = (*_breaches(verdicts[rule_id]), breach)


def _breaches(verdict: Verdict) -> tuple[Breach, ...]:
    return () if isinstance(verdict, NotRun) else verdict


def _outcome(rule: Rule, verdict: Verdict, target: Target, baseline: Baseline | None) -> Outcome:
    if isinstance(verdict, NotRun):
        return Outcome(rule=rule, verdict="not-run", reason=verdict.reason)
    if not verdict:
        return Outcome(rule=rule, verdict="passed")
    accepted = baseline.accepted(rule.id) if baseline is not None else frozenset[str]()
    ranked = sorted(verdict, key=lambda breach: _rank(rule, breach, target, accepted))
    worst = ranked[0]
    others = dict.fromkeys(told(breach.expected, target) for breach in ranked)
    expected = told(worst.expected, target)
    del others[expected]
    level = worst.level or rule.level
    return Outcome(
        rule=msgspec.structs.replace(rule, level=level, is_drift=rule.is_drift or worst.is_drift),
        verdict="failed",
        failure=Failure(
            expected=expected,
            actual=told(worst.actual, target),
            curl=told(curl_line(worst.exchange.probe, target), target),
            others=tuple(others),
        ),
        is_accepted=expected in accepted,
    )


def _rank(rule: Rule, breach: Breach, target: Target, accepted: Collection[str]) -> tuple[bool, bool, bool, int]:
    """Put what is new before what is accepted, a must before a should, and the shortest first."""
    return (
        told(breach.expected, target) in accepted,
        (breach.level or rule.level) != "must",
        breach.exchange.probe.purpose == "generated",
        len(curl_line(breach.exchange.probe, target)),
    )


def _wants(verdicts: Iterable[Verdict]) -> tuple[str, ...]:
    """Say in one line which options would feed how many rules."""
    feeds: dict[tuple[str, ...], int] = {}
    for verdict in verdicts:
        if isinstance(verdict, NotRun) and verdict.options:
            feeds[verdict.options] = feeds.get(verdict.options, 0) + 1
    if not feeds:
        return ()
    ranked = sorted(feeds.items(), key=lambda entry: -entry[1])
    parts = [f"{' with '.join(options)} feeds {count}" for options, count in ranked]
    total = sum(feeds.values())
    return (f"{total} {'rule was' if total == 1 else 'rules were'} not run for want of input: {', '.join(parts)}.",)
