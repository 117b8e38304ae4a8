"""``flexforward-mock verify-api``: judge an API, and tell it to people and machines."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from flexforward_contract_tests.interruption import Interruption, interruptible
from flexforward_contract_tests.report import report_lines
from flexforward_contract_tests.report_files import REPORT_FILE, ReportFiles, RunWatch, read_report, rule_reader

from .baseline import BaselineError, read_baseline
from .judge import DEFAULT_EXAMPLES, default_rate, judge_api, planned
from .probing.rate import RateError, read_rate
from .probing.sender import REPEATS, STRIKES
from .probing.target import OPTIONS, Target, TargetError, variable
from .probing.trust import TrustError
from .rules.registry import API_CHECKS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .probing.rate import Rate

__all__ = ["verify_api"]

_SHOWN_TARGET = 72
_HELP = {
    "base_url": "Address of the API; /tracking/… is appended to it.",
    "token": "Bearer token. Better in the environment: other users of the machine can read options.",
    "api_key": "API key, together with --api-token.",
    "api_token": "API token, together with --api-key.",
    "label_id": "UUID of a label of the account, preferably one in transit.",
    "order_number": "Order number of the same label, not percent-encoded.",
    "foreign_label_id": "UUID of a label of another account.",
    "failed_label_id": "UUID of a label that the courier refused.",
    "delivered_label_id": "UUID of a label that was delivered.",
    "pending_label_id": "UUID of a label that the courier does not have yet.",
}
_FILE = click.Path(dir_okay=False, path_type=Path)


def _target_options(command: Callable[..., None]) -> Callable[..., None]:
    for name, option in reversed(OPTIONS.items()):
        metavar = "URL" if name == "base_url" else "UUID" if name.endswith("label_id") else "TEXT"
        add = click.option(option, name, envvar=variable(name), show_envvar=True, metavar=metavar, help=_HELP[name])
        command = add(command)
    return command


@click.command(
    "verify-api",
    epilog="""\b
Examples:
  flexforward-mock verify-api --base-url http://127.0.0.1:8080 --token test-token --label "$LABEL"
With FLEXFORWARD_BASE_URL, FLEXFORWARD_TOKEN and FLEXFORWARD_LABEL_ID in the environment:
  flexforward-mock verify-api --dry-run                          shows what would be requested
  flexforward-mock verify-api --rule api.schema.success --strict
  flexforward-mock verify-api --report now.json --baseline accepted.json

Exit codes: 0 all rules that were run were kept; 1 a 'must' was broken, or with --strict a 'should'; 2 nothing could be
judged, or with --require-all a rule was not run, or wrong use; 130 Ctrl-C; 143 SIGTERM; 129 SIGHUP.
""",
)
@_target_options
@click.option(
    "--rule",
    "rules",
    multiple=True,
    callback=rule_reader(API_CHECKS),
    metavar="ID",
    envvar="FLEXFORWARD_RULES",
    show_envvar=True,
    help="Check this rule only; repeatable.",
)
@click.option(
    "--max-examples",
    type=click.IntRange(0, 10_000),
    default=DEFAULT_EXAMPLES,
    show_default=True,
    envvar="FLEXFORWARD_MAX_EXAMPLES",
    show_envvar=True,
    help="Requests that schemathesis generates for each security scheme; 0 skips it.",
)
@click.option(
    "--rate",
    metavar="N/s",
    envvar="FLEXFORWARD_RATE",
    show_envvar=True,
    help="Maximum request rate, such as 5/s or 100/m. Default: 5/s, or none for an API on this machine.",
)
@click.option(
    "--strict",
    is_flag=True,
    envvar="FLEXFORWARD_STRICT",
    show_envvar=True,
    help="Fail on broken 'should' rules as well.",
)
@click.option(
    "--require-all",
    is_flag=True,
    envvar="FLEXFORWARD_REQUIRE_ALL",
    show_envvar=True,
    help="Exit with 2 if a rule could not be run.",
)
@click.option(
    "--allow-not-run",
    "allowed",
    multiple=True,
    callback=rule_reader(API_CHECKS),
    metavar="ID",
    envvar="FLEXFORWARD_ALLOW_NOT_RUN",
    show_envvar=True,
    help="With --require-all: this rule need not be run; repeatable.",
)
@click.option(
    "--baseline",
    type=_FILE,
    envvar="FLEXFORWARD_BASELINE",
    show_envvar=True,
    help="JSON report of an earlier run; its findings are accepted.",
)
@click.option("--dry-run", is_flag=True, help="Send nothing; list the requests and their maximum number.")
@click.option(
    "--allow-unsafe-methods",
    is_flag=True,
    envvar="FLEXFORWARD_ALLOW_UNSAFE_METHODS",
    show_envvar=True,
    help="Try POST, PUT, PATCH and DELETE on --label even if the API is not on this machine.",
)
@click.option(
    "--report",
    type=REPORT_FILE,
    callback=read_report,
    envvar="FLEXFORWARD_REPORT",
    show_envvar=True,
    help="Write a JSON report to this file.",
)
@click.option(
    "--junit",
    type=REPORT_FILE,
    callback=read_report,
    envvar="FLEXFORWARD_JUNIT",
    show_envvar=True,
    help="Write a JUnit report to this file.",
)
@click.pass_context
def verify_api(  # one argument for each option
    ctx: click.Context,
    /,
    *,
    rules: tuple[str, ...],
    max_examples: int,
    rate: str | None,
    strict: bool,
    require_all: bool,
    allowed: tuple[str, ...],
    baseline: Path | None,
    dry_run: bool,
    allow_unsafe_methods: bool,
    report: Path | None,
    junit: Path | None,
    **known: str | None,
) -> None:
    """Check whether an API keeps the contract, rule by rule."""
    watch = RunWatch()
    try:
        target = _target(known)
        kept_rate = read_rate(rate) if rate is not None else default_rate(target)
        accepted = read_baseline(baseline) if baseline is not None else None
        if dry_run:
            for line in _dry_run(target, rules, max_examples, kept_rate, is_unsafe_allowed=allow_unsafe_methods):
                click.echo(line)
            return
        if max_examples and find_spec("schemathesis") is None:
            raise ModuleNotFoundError("No module named 'schemathesis'", name="schemathesis")
        progress = _ProgressLine()
        with interruptible():
            result = judge_api(
                target,
                rules=rules,
                max_examples=max_examples,
                rate=kept_rate,
                is_unsafe_allowed=allow_unsafe_methods,
                baseline=accepted,
                on_progress=progress.show,
            )
        progress.clear()
    except (TargetError, TrustError, RateError, BaselineError) as error:
        raise click.UsageError(str(error)) from error
    except Interruption as interruption:
        click.echo("Stopped; nothing was judged.", err=True)
        ctx.exit(interruption.exit_code)
    exit_code = result.exit_code(is_strict=strict, is_all_required=require_all, allowed=allowed)
    for line in report_lines(result, exit_code, is_strict=strict):
        click.echo(line)
    files = ReportFiles(report=report, junit=junit, suite="verify-api")
    files.write(result, exit_code, watch.span, is_strict=strict)
    ctx.exit(exit_code)


def _target(known: dict[str, str | None]) -> Target:
    values = {name: value for name, value in known.items() if value is not None}
    if "base_url" not in values:
        raise TargetError("base_url", f"it is missing; give it, or set {variable('base_url')}")
    return Target(**values)


def _dry_run(
    target: Target, rules: tuple[str, ...], max_examples: int, rate: Rate | None, *, is_unsafe_allowed: bool
) -> Iterator[str]:
    plan, runs = planned(target, rules=rules, max_examples=max_examples, is_unsafe_allowed=is_unsafe_allowed)
    probes = plan.probes
    for probe in probes:
        raw = target.path + probe.target
        shown = raw if len(raw) <= _SHOWN_TARGET else f"{raw[:_SHOWN_TARGET]}…"
        yield f"{probe.method:6} {shown}  ({probe.name})"
    for run in runs:
        yield f"at most {run.bound} that schemathesis makes up {run.name}"
    most = len(probes) + REPEATS + STRIKES + sum(run.bound for run in runs)
    pace = "" if rate is None else f", at {rate} in at most {most * rate.interval_s / 60:.0f} min"
    yield (
        f"{target.base_url}: {len(probes)} requests as listed, at most {REPEATS} of them again after a 502, a 429 or "
        f"no answer, at most {STRIKES} after trouble with odd input; in all at most {most}{pace}."
    )


class _ProgressLine:
    """One line on a terminal that is written over and over; nothing elsewhere."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()

    def show(self, name: str, done: int, most: int) -> None:
        if self._is_shown:
            click.echo(f"\r\x1b[K{done} of at most {most}: {name}"[:100], err=True, nl=False)

    def clear(self) -> None:
        if self._is_shown:
            click.echo("\r\x1b[K", err=True, nl=False)
