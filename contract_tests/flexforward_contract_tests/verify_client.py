"""The command ``verify-client``: does any program, in any language, keep the vendor's guide?"""

from __future__ import annotations

import shlex
import signal
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from flexforward_mockserver.catalogue import Catalogue
from flexforward_mockserver.duration import DURATION_ALLOWED, parse_duration
from flexforward_openapi import load_contract

from .client.coverage import coverage_lines, coverage_of
from .client.judgement import judge
from .client.notification_desk import NotificationDesk, PatternError
from .client.program import ProgramError
from .client.program_ground import Plan, open_program_ground
from .client.saved_trial import read_trial
from .client.trial import Trial, shipped_trials
from .client_rules import CLIENT_RULES
from .report import report_lines, write_json, write_junit
from .result import EXIT_BROKEN, Result

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence
    from datetime import timedelta

    from .client.coverage import Coverage
    from .client.program_ground import ProgramGround, TimeKind
    from .client.run import ClientRun

__all__ = ["verify_client"]

_INTERRUPTED = 130
_SILENT_TRIALS = 3
"""Trials without any request after which nothing more is to be expected."""


def _duration(_context: click.Context, _parameter: click.Parameter, value: str | None) -> timedelta | None:
    span = None if value is None else parse_duration(value)
    if value is not None and not span:
        raise click.BadParameter(f"{value!r} is none; allowed: {DURATION_ALLOWED}")
    return span


def _variables(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> dict[str, str]:
    for value in values:
        if not value.partition("=")[0] or "=" not in value:
            raise click.BadParameter(f"{value!r} is none; allowed: NAME=TEMPLATE, such as API_URL={{base_url}}")
    return dict(value.split("=", 1) for value in values)


def _rules(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    known = [rule.id for rule in CLIENT_RULES]
    for value in values:
        if value not in known:
            import difflib

            near = difflib.get_close_matches(value, known, n=1, cutoff=0.4)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise click.BadParameter(f"there is no rule {value!r}{hint}; allowed: {', '.join(known)}")
    return values


@click.command(
    epilog="""\b
Examples:
  flexforward-mock verify-client -- python poller.py
  flexforward-mock verify-client --notify-pattern 'status: (?P<tag>\\w+)' -- npm start
  flexforward-mock verify-client --env API_URL={base_url} --every 30m -- php poll-once.php {order_number}"""
)
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="NAME_OR_FILE",
    help="Trial, scenario or file to take it through; all trials by default.",
)
@click.option("--rule", "rules", multiple=True, callback=_rules, metavar="ID", help="Judge this rule only.")
@click.option(
    "--env",
    "variables",
    multiple=True,
    callback=_variables,
    metavar="NAME=TEMPLATE",
    help="Set a variable of its own, with placeholders such as {base_url} or {token}.",
)
@click.option("--notify-pattern", metavar="REGEX", help="Find notifications in its output, by a group named tag.")
@click.option("--every", callback=_duration, metavar="DURATION", help="Start it anew at such virtual intervals.")
@click.option("--labels", type=click.IntRange(1, 100), default=1, help="Shipments to follow at once.")
@click.option("--bind", default="127.0.0.1", metavar="HOST", help="Host to listen on, for a program in a container.")
@click.option("--public-url", metavar="URL", help="How the program reaches the mock, where that differs.")
@click.option(
    "--time",
    "time_kind",
    type=click.Choice(["virtual", "real"]),
    default="virtual",
    help="Virtual time (Python, Node), or real time, accelerated.",
)
@click.option("--strict", is_flag=True, help="A broken should fails as well.")
@click.option("--require-all", is_flag=True, help="A rule that is not run fails as well.")
@click.option(
    "--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT", help="Least share of the contract to meet."
)
@click.option("--report", type=click.Path(path_type=Path), metavar="FILE.json", help="Write a JSON report.")
@click.option("--junit", type=click.Path(path_type=Path), metavar="FILE.xml", help="Write a JUnit report.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def verify_client(
    *,
    scenarios: tuple[str, ...],
    rules: tuple[str, ...],
    variables: dict[str, str],
    notify_pattern: str | None,
    every: timedelta | None,
    labels: int,
    bind: str,
    public_url: str | None,
    time_kind: TimeKind,
    strict: bool,
    require_all: bool,
    fail_under: float | None,
    report: Path | None,
    junit: Path | None,
    command: tuple[str, ...],
) -> int:
    """Take a program through whole lifecycles and failures, and judge how it polls.

    COMMAND runs once for each trial. It gets FLEXFORWARD_BASE_URL, FLEXFORWARD_TOKEN, FLEXFORWARD_API_KEY,
    FLEXFORWARD_API_TOKEN, FLEXFORWARD_LABEL_ID, FLEXFORWARD_ORDER_NUMBER and FLEXFORWARD_NOTIFY_URL, where it may post
    what it tells its customers as JSON with a tag. Python and Node programs live in virtual time.
    """
    plan = Plan(
        command=command,
        variables=variables,
        every=every,
        labels=labels,
        bind=bind,
        public_url=None if public_url is None else public_url.rstrip("/"),
        time=time_kind,
    )
    try:
        desk = NotificationDesk(notify_pattern)
    except PatternError as error:
        raise click.BadParameter(str(error), param_hint="--notify-pattern") from error
    trials = _trials(scenarios)
    try:
        with _endable(), open_program_ground(plan, desk) as ground:
            runs = _taken(ground, trials)
            result = _result(plan, ground, runs, rules)
    except ProgramError as error:
        raise click.UsageError(str(error)) from error
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
        return _INTERRUPTED
    code = result.exit_code(is_strict=strict, is_all_required=require_all)
    coverage = coverage_of(runs, load_contract())
    if fail_under is not None and coverage.percent < fail_under:
        code = EXIT_BROKEN
    if report is not None:
        write_json(result, code, report)
    if junit is not None:
        write_junit(result, junit, suite="verify-client")
    for line in (*_coverage_lines(coverage, fail_under), *report_lines(result, code)):
        click.echo(line)
    return code


@contextmanager
def _endable() -> Generator[None]:
    """Let SIGTERM end the program under test as Ctrl-C does."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _trials(wanted: tuple[str, ...]) -> tuple[Trial, ...]:
    shipped = {trial.name: trial for trial in shipped_trials()}
    return tuple(_trial(name, shipped) for name in wanted) if wanted else tuple(shipped.values())


def _trial(name: str, shipped: dict[str, Trial]) -> Trial:
    """Find a trial by its name, a scenario by its name or script id, or read a file."""
    if name in shipped:
        return shipped[name]
    scenario = Catalogue().find(name)
    if scenario is not None:
        return Trial(scenario=scenario, order_number="ORDER-1")
    path = Path(name)
    if path.suffix in (".yaml", ".yml") or path.exists():
        return read_trial(path)
    import difflib

    known = (*shipped, *Catalogue().names)
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"; did you mean {near[0]!r}?" if near else ""
    allowed = f"{', '.join(shipped)}, a scenario's name, a script id such as PITD-6h-1, or a .yaml file"
    raise click.BadParameter(f"there is no scenario {name!r}{hint}; allowed: {allowed}", param_hint="--scenario")


def _taken(ground: ProgramGround, trials: Sequence[Trial]) -> tuple[ClientRun, ...]:
    """Take the program through the trials, and show how far that is where somebody looks on."""
    is_shown = sys.stderr.isatty()
    runs: list[ClientRun] = []
    for number, trial in enumerate(trials, start=1):
        if is_shown:
            click.echo(f"\r\x1b[K{number} of {len(trials)}  {trial.name}", nl=False, err=True)
        runs.append(ground.take(trial))
        if number == _SILENT_TRIALS and not any(run.exchanges for run in runs):
            break
    if is_shown:
        click.echo("\r\x1b[K", nl=False, err=True)
    is_heard = any(run.notifications for run in runs)
    return tuple(runs) if is_heard else tuple(_unheard(run) for run in runs)


def _unheard(run: ClientRun) -> ClientRun:
    return msgspec.structs.replace(run, notifications=None)


def _result(plan: Plan, ground: ProgramGround, runs: Sequence[ClientRun], rules: tuple[str, ...]) -> Result:
    outcomes = judge(runs, set(rules) or None)
    unjudged: str | None = None
    if not any(run.exchanges for run in runs):
        how = "was ended" if ground.last_exit is None else f"ended with exit code {ground.last_exit}"
        printed = "".join(f"\n  | {line}" for line in ground.last_lines) or " and printed nothing"
        unjudged = f"no request arrived; the program {how}{':' if ground.last_lines else ''}{printed}"
    remarks = tuple(
        f"not run: {outcome.rule.id}: {outcome.reason}" for outcome in outcomes if outcome.verdict == "not-run"
    )
    problems = dict.fromkeys(run.distrust for run in runs if run.distrust is not None)
    remarks += tuple(f"timing not judged in some trials: {problem}" for problem in problems)
    return Result(
        target=shlex.join(plan.command),
        outcomes=outcomes,
        unjudged=unjudged,
        remarks=() if unjudged else remarks,
    )


def _coverage_lines(coverage: Coverage, fail_under: float | None) -> Generator[str]:
    yield from coverage_lines(coverage)
    if fail_under is not None and coverage.percent < fail_under:
        yield click.style(f"less than the {fail_under:g} % that --fail-under asks for", fg="red", bold=True)
