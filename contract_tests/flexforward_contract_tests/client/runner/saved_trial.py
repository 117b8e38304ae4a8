"""Trials that broke a rule, kept as scenario files, so that the next run tries them first."""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING

from flexforward_mockserver.scenarios.scenario_reader import ScenarioError, load_scenario
from flexforward_mockserver.scenarios.scenario_writer import write_scenario

from .trial import Trial, shipped_trials

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["FOLDER", "forget_trial", "read_trial", "save_trial", "saved_trials", "trial_text"]

FOLDER = ".flexforward"
"""Where they are kept, below the root of the project's tests."""

_ORDER_NUMBER = "# order number: "
_ZONE = "# machine in: "
_BESIDE = "# other labels live: "


def trial_text(trial: Trial) -> str:
    """Write a trial as a scenario file; in comments, its order number, its zone and the scenarios of further labels."""
    others = ", ".join(scenario.name for scenario in trial.companions)
    beside = f"{_BESIDE}{others}\n" if others else ""
    return f"{_ORDER_NUMBER}{trial.order_number}\n{_ZONE}{trial.zone}\n{beside}{write_scenario(trial.scenario)}"


def read_trial(path: Path) -> Trial:
    """Read a scenario file as a trial.

    Raises:
        ScenarioError: it cannot be read, or has mistakes.
    """
    scenario = load_scenario(path)
    lines = path.read_text(encoding="utf-8").split("\n")
    shipped = {trial.name: trial.scenario for trial in shipped_trials()}
    others = [name for name in _said(lines, _BESIDE, "").split(", ") if name in shipped]
    return Trial(
        scenario=scenario,
        order_number=_said(lines, _ORDER_NUMBER, "ORDER-1"),
        own_zone=_said(lines, _ZONE, "") or None,
        companions=tuple(shipped[name] for name in others),
    )


def _said(lines: list[str], beginning: str, otherwise: str) -> str:
    """Return what a comment in front of the file says."""
    front = takewhile(lambda line: line.startswith("#"), lines)
    return next((line[len(beginning) :] for line in front if line.startswith(beginning)), otherwise)


def save_trial(folder: Path, client: str, rule: str, trial: Trial) -> Path:
    """Keep the trial by which a client broke a rule, in place of the one before."""
    folder.mkdir(exist_ok=True)
    (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    path = _path(folder, client, rule)
    path.write_text(trial_text(trial), encoding="utf-8")
    return path


def forget_trial(folder: Path, client: str, rule: str) -> None:
    """Keep no trial of that client and rule any longer."""
    _path(folder, client, rule).unlink(missing_ok=True)


def saved_trials(folder: Path, client: str) -> Iterator[Trial]:
    """Yield what is kept of a client; a file that cannot be read any longer is left out."""
    for path in sorted(folder.glob(f"{client}-client.*.yaml")):
        try:
            yield read_trial(path)
        except ScenarioError:
            continue


def _path(folder: Path, client: str, rule: str) -> Path:
    return folder / f"{client}-{rule}.yaml"
