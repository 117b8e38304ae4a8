"""A rule: one sentence of the contract or of the vendor's guide that can be checked, and the function that checks it.

Each suite has a decorator (``api.rules.declaration``, ``client.rules.declaration``) that makes a ``Check`` of a
function, and a registry that collects the checks of its modules in the order in which they stand there. Nothing else
lists rules: options, reports and pages ask the registry.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeAlias, TypeGuard, TypeVar

import msgspec

from flexforward_openapi.suggestion import did_you_mean

from .sources import Source  # noqa: TC001  # msgspec reads the annotations of Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping
    from types import ModuleType

__all__ = ["Check", "Level", "Rule", "RuleError", "chosen_checks", "collect_checks"]

SubjectT = TypeVar("SubjectT")
FindingT = TypeVar("FindingT")
InputT = TypeVar("InputT")
CheckT = TypeVar("CheckT")

Level: TypeAlias = Literal["must", "should"]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """A rule: one sentence that is checked.

    Attributes:
        id: fixed for good; reports, baselines and ``--rule`` name it.
        level: a broken ``must`` fails a run; a broken ``should`` only with ``--strict``.
        sentence: what has to hold.
        sources: who says so.
        is_drift: the vendor's versioning policy may change it without notice.
        needs: options that feed it, each as the command line writes it; without them it is not run.
    """

    id: str
    level: Level
    sentence: str
    sources: tuple[Source, ...]
    is_drift: bool = False
    needs: tuple[str, ...] = ()

    @property
    def source(self) -> str:
        """Its sources as a report writes them, such as ``op, page``."""
        return ", ".join(self.sources)


class Check(msgspec.Struct, Generic[SubjectT, FindingT, InputT], frozen=True, kw_only=True):
    """A rule, and how it is checked.

    Attributes:
        judge: says what the subject (evidence of an API, a client's run) shows of the rule. A pure function.
        inputs: the parts of a subject without which it has nothing to look at, as its suite calls them.
    """

    rule: Rule
    judge: Callable[[SubjectT], FindingT]
    inputs: frozenset[InputT]


class RuleError(ValueError):
    """There is no rule of that id.

    Attributes:
        rule_id: what was given.
    """

    def __init__(self, rule_id: str, known: Collection[str]) -> None:
        super().__init__(rule_id)
        self.rule_id = rule_id
        self._known = known

    def __str__(self) -> str:
        hint = did_you_mean(self.rule_id, self._known, likeness=0.4)
        return f"there is no rule {self.rule_id!r}" + (hint or f"; allowed: {', '.join(self._known)}")


def _is_check(value: object) -> TypeGuard[Check[Any, Any, Any]]:
    return isinstance(value, Check)


def collect_checks(*modules: ModuleType) -> Mapping[str, Check[Any, Any, Any]]:
    """Return the checks that modules declare, by the ids of their rules, in the order in which they are declared.

    Raises:
        ValueError: two rules have one id.
    """
    checks: dict[str, Check[Any, Any, Any]] = {}
    for module in modules:
        for check in filter(_is_check, vars(module).values()):
            if check.judge.__module__ != module.__name__:
                continue  # it is only imported there
            if check.rule.id in checks:
                raise ValueError(f"two rules are called {check.rule.id!r}")
            checks[check.rule.id] = check
    return MappingProxyType(checks)


def chosen_checks(checks: Mapping[str, CheckT], ids: Collection[str] | None = None) -> tuple[CheckT, ...]:
    """Return the checks whose rules have these ids, in the registry's order; all of them without ids.

    Raises:
        RuleError: no rule has one of the ids.
    """
    for rule_id in ids or ():
        if rule_id not in checks:
            raise RuleError(rule_id, checks)
    return tuple(check for rule_id, check in checks.items() if not ids or rule_id in ids)
