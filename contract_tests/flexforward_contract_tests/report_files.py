"""The reports that a command writes beside what it prints: its options for them, and their place on disk."""

from __future__ import annotations

import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import click
import msgspec

from .junit_report import RunSpan, junit_report
from .report import report_json
from .rule import RuleError, chosen_checks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .result import Result
    from .rule import Check

__all__ = ["REPORT_FILE", "ReportFiles", "RunWatch", "read_report", "rule_reader"]

REPORT_FILE = click.Path(path_type=Path, dir_okay=False)

_IdsReader: TypeAlias = "Callable[[click.Context, click.Parameter, tuple[str, ...]], tuple[str, ...]]"


def read_report(_context: click.Context, _parameter: click.Parameter, value: Path | None) -> Path | None:
    """Read the place of a report; one that cannot be written would be a pity after so long a run."""
    if value is not None and not value.absolute().parent.is_dir():
        raise click.BadParameter(f"there is no folder {str(value.parent)!r}; make it first")
    return value


def rule_reader(checks: Mapping[str, Check[Any, Any, Any]]) -> _IdsReader:
    """Return a click callback that reads ids of rules, and refuses one that no rule has."""

    def read(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
        try:
            chosen_checks(checks, values)
        except RuleError as error:
            raise click.BadParameter(str(error)) from error
        return values

    return read


class RunWatch:
    """Takes the time of a run, from when it is made."""

    def __init__(self) -> None:
        self._began_at = datetime.now(UTC)
        self._began = time.monotonic()

    @property
    def span(self) -> RunSpan:
        """When and where the run took place, up to now."""
        return RunSpan(began_at=self._began_at, seconds=time.monotonic() - self._began, host=socket.gethostname())


class ReportFiles(msgspec.Struct, frozen=True, kw_only=True):
    """Where reports go.

    Attributes:
        report: of the JSON report; None for none.
        junit: of the JUnit report; None for none.
        suite: what the JUnit report calls itself.
    """

    report: Path | None
    junit: Path | None
    suite: str

    def write(self, result: Result, exit_code: int, span: RunSpan, *, is_strict: bool) -> None:
        """Write them. A place that cannot be written is told on standard error: it does not cost the verdict."""
        if self.report is not None:
            data = msgspec.json.encode(report_json(result, exit_code))
            _write(self.report, msgspec.json.format(data, indent=2) + b"\n")
        if self.junit is not None:
            _write(self.junit, junit_report(result, span, suite=self.suite, is_strict=is_strict))


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        click.echo(f"The report {path} could not be written ({error.strerror}); the verdict above stands.", err=True)
