"""What the runs of a program come to: an outcome for each rule, and what a person has to know beside them."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from flexforward_contract_tests.result import Result
from flexforward_mockserver.engine.labels.names import CREATE_OPERATION, LABEL_OPERATIONS

from .judge import judge_client
from .rules.registry import CLIENT_CHECKS
from .transcript.guide import TERMINAL, span_text
from .transcript.redaction import shown_command
from .virtual_time.watchdog import ADVICE, NO_PRELOAD, THREADS_ADVICE

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from flexforward_contract_tests.result import Outcome
    from flexforward_mockserver.state.journal import Exchange

    from .program_runs import ProgramRuns
    from .transcript.run import ClientRun

__all__ = ["program_result"]

_WHERE = "The address of the mock is in FLEXFORWARD_BASE_URL; --env NAME={base_url} gives it by another name."


def program_result(
    command: Sequence[str],
    seen: ProgramRuns,
    rules: tuple[str, ...],
    allowed: tuple[str, ...] = (),
) -> Result:
    """Judge a program by its runs.

    Args:
        command: as it was given; shown without credentials.
        seen: its runs, at least one.
        rules: ids of those to judge; all if there are none.
        allowed: ids of those that need not be judged.
    """
    runs = seen.runs
    outcomes = judge_client(runs, set(rules) or None)
    unjudged: str | None = None
    last = next((run.all_exchanges[-1] for run in reversed(runs) if run.all_exchanges), None)
    if last is None:
        cause = seen.hopeless or runs[-1].distrust
        why = "" if cause is None else f"{cause}; "
        who = f"{cause}. {THREADS_ADVICE} The program" if _is_about_threads(cause) else f"{why}the program"
        advice = f"\n{_WHERE}" if cause is None else ""
        unjudged = f"no request arrived; {who} {seen.last_words}{advice}"
    elif not any(_is_for_a_label(exchange) for run in runs for exchange in run.all_exchanges):
        why = f" ({last.note})" if last.operation == CREATE_OPERATION and last.note else ""
        unjudged = (
            f"no request was for the shipment; the last one was {last.method} {last.path}, answered {last.status}{why}"
        )
    elif seen.hopeless is not None:
        unjudged = f"stopped in trial {len(runs)}, {runs[-1].name}: {seen.hopeless}"
    else:
        unjudged = _untimed(outcomes, runs, allowed)
    if seen.hopeless == NO_PRELOAD:
        unjudged = f"{unjudged}. {ADVICE}"
    return Result(
        target=shown_command(command),
        outcomes=outcomes,
        unjudged=unjudged,
        remarks=tuple(_remarks(runs)) if unjudged is None or seen.hopeless is None else (),
    )


def _untimed(outcomes: Sequence[Outcome], runs: Sequence[ClientRun], allowed: tuple[str, ...]) -> str | None:
    """Return why no rule about waits could be judged, where some were to be, and there were waits to judge."""
    wanted = [
        outcome.rule.id
        for outcome in outcomes
        if "timing" in CLIENT_CHECKS[outcome.rule.id].inputs
        and outcome.verdict == "not-run"
        and not {outcome.rule.id, *outcome.rule.needs} & {*allowed, "--labels"}
    ]
    waiting = [run for run in runs if any(map(_holds_wait, run.exchanges))]
    if not wanted or not waiting or any(run.is_timing_trusted for run in waiting):
        return None
    return f"the timing of no trial can be trusted, and {', '.join(wanted)} need it; --allow-not-run lets them be"


def _holds_wait(exchange: Exchange) -> bool:
    """Tell whether a client has to wait after an answer."""
    return exchange.tag is not None and exchange.tag not in TERMINAL


def _cuts(runs: Sequence[ClientRun]) -> Generator[str]:
    for run in runs:
        if run.cut is not None:
            after = span_text(run.ended_at - run.began_at)
            yield f"{run.name} was cut {run.cut}, {after} after the start: what would have come later is not judged"


def _is_for_a_label(exchange: Exchange) -> bool:
    """Tell whether a request reached a shipment, or may have been for one: who shows wrong credentials gets none.

    Making a label is not following it.
    """
    return exchange.status == HTTPStatus.UNAUTHORIZED or (
        exchange.label is not None and exchange.operation not in LABEL_OPERATIONS
    )


def _remarks(runs: Sequence[ClientRun]) -> Generator[str]:
    yield from _cuts(runs)
    problems: dict[str, list[str]] = {}
    for run in runs:
        if run.distrust is not None:
            problems.setdefault(run.distrust, []).append(run.name)
    for problem, names in problems.items():
        where = "any trial" if len(names) == len(runs) else ", ".join(names)
        yield f"timing not judged in {where}: {problem}"
    if NO_PRELOAD in problems:
        yield ADVICE
    if any(map(_is_about_threads, problems)):
        yield THREADS_ADVICE


def _is_about_threads(problem: str | None) -> bool:
    """Tell whether a preload noted that the program waits in threads, or for them; its notes are for people."""
    return problem is not None and "threads" in problem
