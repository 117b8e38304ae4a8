"""A pytest class that judges a Python client: subclass it, say how to run the client, and each rule is a test."""

from __future__ import annotations

import logging
import re
import sys
import warnings
from collections import Counter
from copy import copy
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, cast
from unittest import TestCase

import pytest

from flexforward_contract_tests.report import failure_lines
from flexforward_contract_tests.sources import source_lines
from flexforward_fixtures.plugin import CAMPAIGN, OUTPUT_FROM, SUMMARY
from flexforward_openapi import load_contract

from .rules.registry import CLIENT_RULES
from .runner.saved_trial import FOLDER, forget_trial, save_trial, saved_trials
from .runner.session import Session
from .transcript.coverage import coverage_lines, coverage_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Collection, Iterator
    from pathlib import Path

    from flexforward_contract_tests.result import Outcome
    from flexforward_contract_tests.rule import Rule

    from .runner.env import ClientEnv
    from .runner.trial_runner import Client, TransportName

__all__ = ["ClientContract"]

Variant: TypeAlias = tuple[tuple[str, int], ...]
"""Parameters of a class's fixtures by name, each by its number."""

_MARK = "-- flexforward-mock: the shortest run --"
"""From here on output is worth reading: before it, everything was tried."""
_PLAIN = re.compile(r"\w[\w.-]{0,40}")
"""A parameter that can stand in a file's name."""


class ClientContract:
    """The contract of a polling client, as tests.

    Override ``run_client``. It is called once for each trial, in virtual time: nine days of polling take a moment.

    Attributes:
        door: how the client reaches Flex Forward: ``in-process`` through httpx, httpx2 or requests, or ``live`` over a
            socket.
        labels: how many shipments the client follows at once; from ten on, ``client.rate`` is judged.
        drawn: how many lifecycles hypothesis draws, beside the trials that ship.
        is_strict: a broken *should* fails its test; else it is an expected failure, with its text.
        allow_not_run: rules that need not be judged; every other one has to be.
        fail_under: percentage of the contract that the client has to meet in its trials.
    """

    door: ClassVar[TransportName] = "in-process"
    labels: ClassVar[int] = 1
    drawn: ClassVar[int] = 30
    is_strict: ClassVar[bool] = False
    allow_not_run: ClassVar[Collection[str]] = ("client.rate",)
    fail_under: ClassVar[float] = 0.0

    def __init_subclass__(cls) -> None:
        """Refuse what unittest does in another way than pytest.

        Raises:
            TypeError: the class is a ``unittest.TestCase`` as well, or has its ``setUp``.
        """
        super().__init_subclass__()
        if issubclass(cls, TestCase) or hasattr(cls, "setUp"):
            raise TypeError(
                f"{cls.__name__}: ClientContract is for pytest, which calls no setUp; leave unittest.TestCase out, and "
                "let setup_method or a fixture set up what run_client needs"
            )

    def run_client(self, env: ClientEnv) -> Awaitable[None] | None:
        """Run the client until it ends; may be ``async``.

        Args:
            env: where Flex Forward is, credentials, the shipment to follow, and ``notify(tag)``, which is to be called
                whenever the customer is told; with ``labels``, all of them, and ``notify(tag, label)``.
        """
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def flexforward_campaigns(cls) -> dict[Variant, Session | BaseException]:
        """What was made of this class so far: one campaign for each set of its parameters."""
        return {}

    @pytest.fixture
    def flexforward_campaign(
        self, request: pytest.FixtureRequest, flexforward_campaigns: dict[Variant, Session | BaseException]
    ) -> Session:
        """The trials of this class's client, made once for each set of parameters, by the first test that asks."""
        if type(self).run_client is ClientContract.run_client:
            name = type(self).__name__
            pytest.fail(f"{name} has no run_client(self, env), which says how to run the client", pytrace=False)
        variant = _variant(request)
        request.node.stash[OUTPUT_FROM] = _MARK
        if variant not in flexforward_campaigns:
            first = tuple(saved_trials(request.config.rootpath / FOLDER, _name(request)))
            try:
                campaign = Session(_client(self), door=self.door, first=first, drawn=self.drawn, labels=self.labels)
            except BaseException as error:
                flexforward_campaigns[variant] = error  # the tests to come need not find out by themselves
                raise
            flexforward_campaigns[variant] = campaign
            request.node.user_properties.append((CAMPAIGN, _name(request)))
            cut = [run for run in campaign.runs if run.cut is not None]
            request.config.stash.setdefault(SUMMARY, []).extend(
                f"{_name(request)}: {len(cut)} of {len(campaign.runs)} trials were cut, {first.name} as the first one "
                f"{first.cut}: what would have come later is not judged"
                for first in cut[:1]
            )
            for problem, count in Counter(problem for run in campaign.runs for problem in run.thread_errors).items():
                told = f"{_name(request)}: a thread of the client raised {problem}; in all trials {count} times"
                warnings.warn(pytest.PytestUnhandledThreadExceptionWarning(told), stacklevel=1)
        found = flexforward_campaigns[variant]
        if isinstance(found, BaseException):
            raise found
        return found

    @pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in CLIENT_RULES])
    def test_rule(self, rule: Rule, flexforward_campaign: Session, request: pytest.FixtureRequest) -> None:
        """A rule that the client has to keep."""
        outcome = flexforward_campaign.outcome(rule.id)
        folder, name = request.config.rootpath / FOLDER, _name(request)
        if outcome.verdict == "not-run":
            pytest.skip(f"not run: {outcome.reason}")
        if outcome.verdict == "passed":
            forget_trial(folder, name, rule.id)
            return
        text = self._failure(flexforward_campaign, outcome, folder, name)
        if rule.level == "should" and not self.is_strict:
            pytest.xfail(text)
        pytest.fail(text, pytrace=False)

    def _failure(self, campaign: Session, outcome: Outcome, folder: Path, name: str) -> str:
        where = ""
        try:
            trial, outcome = campaign.shortest(outcome.rule.id, _client(self), before_last=_mark_output)
        except LookupError:  # it takes several lifecycles together
            pass
        else:
            path = save_trial(folder, name, outcome.rule.id, trial)
            place = f"{trial.order_number!r} in the trial, on a machine in {trial.zone}"
            where = (
                f"  replay    flexforward-mock serve --scenario {path.relative_to(folder.parent)}\n"
                f"  label     DEMO-{trial.name}; {place}"
            )
        # pytest's last lines show the first one, beside a name that has the rule's id.
        actual = "it is broken" if outcome.failure is None else outcome.failure.actual
        head = f"{actual} ({outcome.rule.level}, {outcome.rule.source})"
        return "\n".join(filter(None, (head, *failure_lines(outcome), where, *source_lines(outcome.rule.sources))))

    def test_every_rule_was_judged(self, flexforward_campaign: Session) -> None:
        """A client that asks nothing, tells nothing or ends at once keeps no rule: nobody has seen it keep one."""
        missing = [
            f"  {outcome.rule.id}: {outcome.reason}"
            for outcome in flexforward_campaign.outcomes
            if outcome.verdict == "not-run" and outcome.rule.id not in self.allow_not_run
        ]
        if missing:
            head = "rules that could not be judged (allow_not_run lists those that need not be):"
            pytest.fail("\n".join((head, *missing, *_endings(flexforward_campaign))), pytrace=False)

    def test_coverage(self, flexforward_campaign: Session, request: pytest.FixtureRequest) -> None:
        """The share of the contract that the client has met in its trials."""
        coverage = coverage_of(flexforward_campaign.runs, load_contract())
        lines = [
            f"{_name(request)}: {line}" if not index else line for index, line in enumerate(coverage_lines(coverage))
        ]
        request.config.stash.setdefault(SUMMARY, []).extend(lines)
        if coverage.percent < self.fail_under:
            told = f"it met {coverage.percent:.0f} % of the contract, less than {self.fail_under:g} %"
            pytest.fail("\n".join((told, *lines)), pytrace=False)


def _mark_output() -> None:
    """Write ``_MARK`` to both streams and to the log, to every handler whatever its level."""
    for stream in (sys.stdout, sys.stderr):
        print(_MARK, file=stream, flush=True)
    record = {"name": "flexforward", "levelno": logging.CRITICAL, "levelname": "CRITICAL", "msg": _MARK}
    logging.getLogger().handle(logging.makeLogRecord(record))


def _client(instance: ClientContract) -> Client:
    """Return the client as this instance runs it, which pytest has set up; each trial gets a copy of it."""

    def run(env: ClientEnv) -> Any:
        return copy(instance).run_client(env)

    return run


def _variant(request: pytest.FixtureRequest) -> Variant:
    """Return which of its parameters a test runs with, without the rule's, which is none of the client's."""
    callspec = getattr(cast("pytest.Function", request.node), "callspec", None)
    indices: dict[str, int] = {} if callspec is None else callspec.indices
    return tuple(sorted((name, index) for name, index in indices.items() if name != "rule"))


def _name(request: pytest.FixtureRequest) -> str:
    """Return what a test's client is called: its class's name, and what of its parameters can be written."""
    item = cast("pytest.Function", request.node)
    name = cast("type", item.cls).__name__
    return "-".join((name, *(_word(item.callspec.params[key], index) for key, index in _variant(request))))


def _word(value: object, index: int) -> str:
    word = getattr(value, "__name__", value)
    return word if isinstance(word, str) and _PLAIN.fullmatch(word) else str(index)


def _endings(campaign: Session) -> Iterator[str]:
    """Yield what the client ended with, commonest first, and what was wrong with its time."""
    endings = Counter(f"the client ended: it {run.last_words}" for run in campaign.runs if run.last_words)
    cuts = Counter(f"the run was cut {run.cut}" for run in campaign.runs if run.cut)
    threads = Counter(f"a thread of the client raised {error}" for run in campaign.runs for error in run.thread_errors)
    problems = Counter(f"its timing was not trusted: {run.distrust}" for run in campaign.runs if run.distrust)
    for text, count in (
        *endings.most_common(3),
        *threads.most_common(3),
        *problems.most_common(3),
        *cuts.most_common(3),
    ):
        yield f"  in {count} of {len(campaign.runs)} trials {text}"
