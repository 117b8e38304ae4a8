"""A pytest class that judges a Python client: subclass it, say how to run the client, and each rule is a test."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, ClassVar, cast

import pytest

from flexforward_contract_tests.report import failure_lines
from flexforward_contract_tests.sources import source_lines
from flexforward_fixtures.plugin import SUMMARY
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
    from .runner.trial_runner import TransportName

__all__ = ["ClientContract"]


class ClientContract:
    """The contract of a polling client, as tests.

    Override ``run_client``. It is called once for each trial, in virtual time: nine days of polling take a moment.

    Attributes:
        door: how the client reaches Flex Forward: ``in-process`` through httpx, httpx2 or requests, or ``live`` over a
            socket.
        drawn: how many lifecycles hypothesis draws, beside the trials that ship.
        is_strict: a broken *should* fails its test; else it is an expected failure, with its text.
        allow_not_run: rules that need not be judged; every other one has to be.
        fail_under: percentage of the contract that the client has to meet in its trials.
    """

    door: ClassVar[TransportName] = "in-process"
    drawn: ClassVar[int] = 30
    is_strict: ClassVar[bool] = False
    allow_not_run: ClassVar[Collection[str]] = ("client.rate",)
    fail_under: ClassVar[float] = 0.0

    def run_client(self, env: ClientEnv) -> Awaitable[None] | None:
        """Run the client until it ends; may be ``async``.

        Args:
            env: where Flex Forward is, credentials, the shipment to follow, and ``notify(tag)``, which is to be called
                whenever the customer is told.
        """
        raise NotImplementedError

    @pytest.fixture(scope="class")
    @classmethod
    def flexforward_campaign(cls, request: pytest.FixtureRequest) -> Iterator[Session]:
        """The trials of this class's client, made once."""
        kind = cast("type[ClientContract]", request.cls)  # pyright: ignore[reportUnknownMemberType]  # pytest leaves it open
        name = kind.__name__
        if kind.run_client is ClientContract.run_client:
            pytest.fail(f"{name} has no run_client(self, env), which says how to run the client", pytrace=False)
        folder: Path = request.config.rootpath / FOLDER

        def run(env: ClientEnv) -> Any:
            return kind().run_client(env)

        first = tuple(saved_trials(folder, name))
        with Session(run, door=kind.door, first=first, drawn=kind.drawn) as campaign:
            yield campaign

    @pytest.mark.parametrize("rule", [pytest.param(rule, id=rule.id) for rule in CLIENT_RULES])
    def test_rule(self, rule: Rule, flexforward_campaign: Session, pytestconfig: pytest.Config) -> None:
        """A rule that the client has to keep."""
        outcome = flexforward_campaign.outcome(rule.id)
        folder, name = pytestconfig.rootpath / FOLDER, type(self).__name__
        if outcome.verdict == "not-run":
            pytest.skip(f"not run: {outcome.reason}")
        if outcome.verdict == "passed":
            forget_trial(folder, name, rule.id)
            return
        text = self._failure(flexforward_campaign, outcome, folder)
        if rule.level == "should" and not self.is_strict:
            pytest.xfail(text)
        pytest.fail(text, pytrace=False)

    def _failure(self, campaign: Session, outcome: Outcome, folder: Path) -> str:
        where = ""
        try:
            trial, outcome = campaign.shortest(outcome.rule.id)
        except LookupError:  # it takes several lifecycles together
            pass
        else:
            path = save_trial(folder, type(self).__name__, outcome.rule.id, trial)
            where = f"  replay    flexforward-mock serve --scenario {path.relative_to(folder.parent)}"
        head = f"{outcome.rule.id} ({outcome.rule.level}, {outcome.rule.source})"
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

    def test_coverage(self, flexforward_campaign: Session, pytestconfig: pytest.Config) -> None:
        """The share of the contract that the client has met in its trials."""
        coverage = coverage_of(flexforward_campaign.runs, load_contract())
        lines = [
            f"{type(self).__name__}: {line}" if not index else line
            for index, line in enumerate(coverage_lines(coverage))
        ]
        pytestconfig.stash.setdefault(SUMMARY, []).extend(lines)
        if coverage.percent < self.fail_under:
            told = f"it met {coverage.percent:.0f} % of the contract, less than {self.fail_under:g} %"
            pytest.fail("\n".join((told, *lines)), pytrace=False)


def _endings(campaign: Session) -> Iterator[str]:
    """Yield what the client ended with, commonest first, and what was wrong with its time."""
    endings = Counter(f"the client ended: it {run.last_words}" for run in campaign.runs if run.last_words)
    cuts = Counter(f"the run was cut {run.cut}" for run in campaign.runs if run.cut)
    problems = Counter(f"its timing was not trusted: {run.distrust}" for run in campaign.runs if run.distrust)
    for text, count in (*endings.most_common(3), *problems.most_common(3), *cuts.most_common(3)):
        yield f"  in {count} of {len(campaign.runs)} trials {text}"
