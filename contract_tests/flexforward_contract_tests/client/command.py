"""The command ``verify-client``: does any program, in any language, keep the vendor's guide?"""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING, Any

import click

from flexforward_contract_tests.interruption import Interruption, interruptible
from flexforward_contract_tests.report import report_lines
from flexforward_contract_tests.report_files import REPORT_FILE, ReportFiles, RunWatch, read_report, rule_reader
from flexforward_contract_tests.result import EXIT_BROKEN
from flexforward_openapi import load_contract

from .command_options import (
    jobs_of,
    read_awaited,
    read_bind,
    read_command,
    read_interval,
    read_public_url,
    read_variables,
    trials_of,
)
from .program_result import program_result
from .program_runs import run_trials
from .rules.registry import CLIENT_CHECKS
from .runner.notification_desk import PatternError
from .runner.program import ProgramError
from .runner.program_options import ProgramOptions, ProgramOptionsError
from .transcript.coverage import coverage_lines, coverage_of

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from .runner.trial import Trial
    from .transcript.coverage import Coverage
    from .transcript.run import ClientRun

__all__ = ["verify_client"]

_TOLD_TRIALS = 5
"""So often a line says how far it is, where there is no terminal."""


@click.command(
    epilog="""\b
Examples:
  flexforward-mock verify-client -- python poller.py
  flexforward-mock verify-client --notify-pattern 'status: (?P<tag>\\w+)' -- npm start
  flexforward-mock verify-client --env API_URL={base_url} --every 30m -- php poll-once.php {order_number}

Exit codes: 0 all rules that were run were kept; 1 a 'must' was broken, or with --strict a 'should', or less was met
than --fail-under asks for; 2 nothing could be judged, or no timing where a rule needs it, or with --require-all a rule
was not run, or wrong use; 130 Ctrl-C; 143 SIGTERM; 129 SIGHUP.
"""
)
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="NAME_OR_FILE",
    help="Trial, scenario or file to run; all trials by default.",
)
@click.option(
    "--rule",
    "rules",
    multiple=True,
    callback=rule_reader(CLIENT_CHECKS),
    metavar="ID",
    help="Check this rule only; repeatable.",
)
@click.option(
    "--env",
    "variables",
    multiple=True,
    callback=read_variables,
    metavar="NAME=TEMPLATE",
    help="Set a variable for the program, with placeholders such as {base_url} or {token}.",
)
@click.option("--notify-pattern", metavar="REGEX", help="Find notifications in its output, by a group named tag.")
@click.option(
    "--every", callback=read_interval, metavar="DURATION", help="Restart the program at this virtual interval."
)
@click.option("--labels", type=click.IntRange(1, 100), default=1, help="Shipments to follow at once (default: 1).")
@click.option(
    "--create",
    is_flag=True,
    help="The program makes its labels itself, by POST /labels; it gets no ids.",
)
@click.option(
    "--bind",
    default="127.0.0.1",
    callback=read_bind,
    metavar="HOST[:PORT]",
    help="Address to listen on, for a program in a container (default: 127.0.0.1).",
)
@click.option(
    "--public-url",
    callback=read_public_url,
    metavar="URL",
    help="URL by which the program reaches the mock, if it differs.",
)
@click.option(
    "--time",
    type=click.Choice(["virtual", "supervisor", "preload", "real"]),
    default="virtual",
    help="Virtual time (the default), one of its two implementations, or accelerated real time.",
)
@click.option(
    "--wait-for",
    multiple=True,
    callback=read_awaited,
    metavar="HOST:PORT",
    help="Stop virtual time while a response from this address is pending, such as a database's.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 64),
    metavar="N",
    help="Trials at once (default: the cores; 1 with --time real or a fixed port).",
)
@click.option("--strict", is_flag=True, help="Fail on broken 'should' rules as well.")
@click.option("--require-all", is_flag=True, help="Exit with 2 if a rule could not be run.")
@click.option(
    "--allow-not-run",
    "allowed",
    multiple=True,
    callback=rule_reader(CLIENT_CHECKS),
    metavar="ID",
    help="Allow this rule not to be run; repeatable.",
)
@click.option(
    "--fail-under", type=click.FloatRange(0, 100), metavar="PERCENT", help="Minimum share of the contract to meet."
)
@click.option("--report", type=REPORT_FILE, callback=read_report, metavar="FILE.json", help="Write a JSON report.")
@click.option("--junit", type=REPORT_FILE, callback=read_report, metavar="FILE.xml", help="Write a JUnit report.")
@click.argument("command", nargs=-1, required=True, callback=read_command, type=click.UNPROCESSED)
def verify_client(
    *,
    scenarios: tuple[str, ...],
    rules: tuple[str, ...],
    notify_pattern: str | None,
    labels: int,
    jobs: int | None,
    strict: bool,
    require_all: bool,
    allowed: tuple[str, ...],
    fail_under: float | None,
    report: Path | None,
    junit: Path | None,
    command: tuple[str, ...],
    **others: Any,
) -> int:
    """Run a program through whole lifecycles and failures, and check how it polls.

    COMMAND runs once for each trial. It gets FLEXFORWARD_BASE_URL, FLEXFORWARD_TOKEN, FLEXFORWARD_API_KEY,
    FLEXFORWARD_API_TOKEN, FLEXFORWARD_LABEL_ID, FLEXFORWARD_ORDER_NUMBER and FLEXFORWARD_NOTIFY_URL, to
    which it may POST each customer notification, as JSON with a tag; with --create, neither id nor order number. It
    runs in virtual time, in whatever language it is written.
    """
    options = ProgramOptions(command=command, labels=labels, **others)
    if options.unfilled is not None:
        raise click.UsageError(
            f"with --create there is no placeholder {{{options.unfilled}}}: the program makes its label itself"
        )
    trials = trials_of(scenarios)
    watch = RunWatch()
    try:
        with interruptible():
            show = _progress(len(trials))
            seen = run_trials(options, notify_pattern, trials, jobs=jobs_of(jobs, options), on_trial=show)
    except PatternError as error:
        raise click.BadParameter(str(error), param_hint="--notify-pattern") from error
    except (ProgramError, ProgramOptionsError) as error:
        raise click.ClickException(str(error)) from error
    except Interruption as interruption:
        click.echo("Stopped; the program has been ended.", err=True)
        return interruption.exit_code
    if sys.stderr.isatty():
        click.echo("\r\x1b[K", nl=False, err=True)
    result = program_result(command, seen, rules, allowed)
    code = result.exit_code(is_strict=strict, is_all_required=require_all, allowed=allowed)
    coverage = coverage_of(seen.runs, load_contract())
    if fail_under is not None and coverage.percent < fail_under and result.unjudged is None:
        code = EXIT_BROKEN
    told = [f"time: {'; '.join(seen.time)}"] if any(run.exchanges for run in seen.runs) else []
    report_text = report_lines(result, code, is_strict=strict)
    for line in (*told, *_coverage_lines(seen.runs, coverage, fail_under), *report_text):
        click.echo(line)
    files = ReportFiles(report=report, junit=junit, suite="verify-client")
    files.write(result, code, watch.span, is_strict=strict)
    return code


def _progress(count: int) -> Callable[[Trial], None]:
    """Return what shows how far it is: on a terminal each trial, else a line now and then."""
    is_shown = sys.stderr.isatty()
    numbers = itertools.count(1)

    def show(trial: Trial) -> None:
        number = min(next(numbers), count)
        if is_shown:
            click.echo(f"\r\x1b[K{number} of {count}  {trial.name}", nl=False, err=True)
        elif number % _TOLD_TRIALS == 0:
            click.echo(f"{number} of {count} trials", err=True)

    return show


def _coverage_lines(runs: Sequence[ClientRun], coverage: Coverage, fail_under: float | None) -> Generator[str]:
    if any(run.exchanges for run in runs):
        yield from coverage_lines(coverage)
    if fail_under is not None and coverage.percent < fail_under:
        yield click.style(f"less than the {fail_under:g} % that --fail-under asks for", fg="red", bold=True)
