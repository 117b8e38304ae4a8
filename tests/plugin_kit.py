"""Runs of pytest inside a test, with the plugin in them: what each inner test came to, and what was said of it."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING

import httpcore2

import flexforward_fixtures.contexts
import flexforward_fixtures.transports.live_server
import flexforward_fixtures.transports.requests_transport
import flexforward_fixtures.transports.respx_transport
import flexforward_mockserver.web.app
import flexforward_mockserver.web.uvicorn_server

if TYPE_CHECKING:
    import pytest

# pytester forgets what an inner run imports; what is here already is not imported anew by each.
KEPT = (
    flexforward_fixtures.contexts,
    flexforward_fixtures.transports.live_server,
    flexforward_fixtures.transports.requests_transport,
    flexforward_fixtures.transports.respx_transport,
    flexforward_mockserver.web.app,
    flexforward_mockserver.web.uvicorn_server,
    httpcore2,
)

INI = """\
[pytest]
addopts = -p no:cacheprovider -p no:randomly -p no:asyncio --strict-markers --strict-config
filterwarnings = error
"""
HEAD = """\
from __future__ import annotations

import httpx
import pytest
import requests


def get(mock, path, headers=None, *, method="GET"):
    headers = mock.headers if headers is None else headers
    return httpx.request(method, f"{mock.base_url}/{path}", headers=headers)


def see(mock, label):
    return get(mock, f"tracking/{label.id}").json()["tag"]
"""


@dataclass(frozen=True)
class Ran:
    """What became of the inner tests.

    Attributes:
        reports: one for each phase of each test.
    """

    reports: list[pytest.TestReport]

    @property
    def outcomes(self) -> dict[str, str]:
        """Each test's name with ``passed``, or with its phases that did not pass and how they ended."""
        found: dict[str, list[str]] = {}
        for report in self.reports:
            phases = found.setdefault(_name(report), [])
            if not report.passed:
                phases.append(f"{report.when} {report.outcome}")
        return {name: ", ".join(phases) or "passed" for name, phases in found.items()}

    def complaint(self, name: str) -> str:
        """Return what is said of a test that has one complaint."""
        (report,) = (report for report in self.reports if _name(report) == name and report.failed)
        return report.longreprtext

    def sections(self, name: str) -> dict[str, str]:
        """Return what is shown of a test below its failure, by its headings; capture aside."""
        shown = [dict(report.sections) for report in self.reports if _name(report) == name]
        return {heading: text for part in shown for heading, text in part.items() if "Flex Forward" in heading}


def run(pytester: pytest.Pytester, tests: str, *args: str, ini: str = "", conftest: str = "") -> Ran:
    """Run tests (source text below ``HEAD``) in this process."""
    write(pytester, tests, ini=ini, conftest=conftest)
    recorder = pytester.inline_run("-q", *args)  # pyright: ignore[reportUnknownMemberType]  # pytest's gap
    return Ran(list(recorder.getreports("pytest_runtest_logreport")))


def run_apart(
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    *args: str,
    plugins: tuple[str, ...] = (),
    is_measured: bool = False,
) -> pytest.RunResult:
    """Run what was written in a process of its own, with ours and ``plugins`` only: loading all of them takes long.

    So does measuring its coverage, which is left to the runs that are the only ones to reach a place.
    """
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    if not is_measured:
        monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)
    named = (part for name in ("flexforward_fixtures.plugin", *plugins) for part in ("-p", name))
    return pytester.runpytest_subprocess(*named, *args)


def write(pytester: pytest.Pytester, tests: str, *, ini: str = "", conftest: str = "") -> None:
    """Write what an inner run needs: tests below ``HEAD``, and settings below ``INI``."""
    pytester.makefile(".ini", pytest=INI + dedent(ini))
    pytester.makepyfile(test_inner=HEAD + dedent(tests))
    if conftest:
        pytester.makeconftest(dedent(conftest))


def _name(report: pytest.TestReport) -> str:
    return report.nodeid.partition("::")[2]
