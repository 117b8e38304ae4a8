"""A result as JUnit XML, in the form that both schemas in use allow: Ant's and Jenkins's.

A rule is a test. One that was not run is skipped, with the reason as the message; one that was broken in a way that
fails nothing (a ``should`` without ``--strict``, or what a baseline accepts) is skipped as well, with what happened as
the message and at length as the text. A run that could not be judged has one more test, with an error.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import msgspec

from .report import failure_lines

if TYPE_CHECKING:
    from datetime import datetime

    from .result import Outcome, Result

__all__ = ["RunSpan", "junit_report"]


class RunSpan(msgspec.Struct, frozen=True, kw_only=True):
    """When and where a run took place.

    Attributes:
        began_at: aware.
        seconds: how long it took.
        host: name of the machine.
    """

    began_at: datetime
    seconds: float
    host: str


def junit_report(result: Result, span: RunSpan, *, suite: str, is_strict: bool = False) -> bytes:
    """Return a JUnit report.

    Args:
        result: what a run found.
        span: when and where. Its time is the suite's alone: rules are judged together, on what one run saw.
        suite: name of the tests' suite.
        is_strict: a broken ``should`` fails as well.
    """
    failing = [outcome for outcome in result.outcomes if outcome.is_failing(is_strict=is_strict)]
    passed = [outcome for outcome in result.outcomes if outcome.verdict == "passed"]
    is_judged = result.unjudged is None
    root = ET.Element(
        "testsuite",
        name=suite,
        timestamp=span.began_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        hostname=_printable(span.host),
        tests=str(len(result.outcomes) + (not is_judged)),
        failures=str(len(failing)),
        errors=str(int(not is_judged)),
        skipped=str(len(result.outcomes) - len(failing) - len(passed)),
        time=f"{span.seconds:.3f}",
    )
    ET.SubElement(root, "properties")
    for outcome in result.outcomes:
        _add_case(root, outcome, suite, is_failing=outcome in failing)
    if not is_judged:
        case = _case(root, suite, "run")
        ET.SubElement(case, "error", message=_printable(result.unjudged or ""), type="unjudged")
    ET.SubElement(root, "system-out").text = _printable("\n".join(result.remarks))
    ET.SubElement(root, "system-err")
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _add_case(root: ET.Element, outcome: Outcome, suite: str, *, is_failing: bool) -> None:
    case = _case(root, suite, outcome.rule.id)
    if outcome.verdict == "not-run":
        ET.SubElement(case, "skipped", message=_printable(outcome.reason or ""), type="not-run")
    elif outcome.failure is not None:
        kind = "accepted" if outcome.is_accepted else outcome.rule.level
        shown = ET.SubElement(
            case, "failure" if is_failing else "skipped", message=_printable(outcome.failure.actual), type=kind
        )
        shown.text = _printable("\n".join(line.strip("\n") for line in failure_lines(outcome)))


def _case(root: ET.Element, suite: str, name: str) -> ET.Element:
    return ET.SubElement(root, "testcase", classname=suite, name=name, time="0")


def _printable(text: str) -> str:
    """Return text as XML may hold it."""
    return "".join(character if character.isprintable() or character in "\n\t" else "�" for character in text)
