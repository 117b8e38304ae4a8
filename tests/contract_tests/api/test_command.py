"""``flexforward-mock verify-api`` and the suite for pytest, as people and CI call them."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from api_kit import API_KEY, API_TOKEN, MOCK, TARGET, TOKEN, conforming, serving
from flexforward_contract_tests.api import command
from flexforward_contract_tests.api.command import verify_api
from flexforward_contract_tests.api.probing.target import OPTIONS, variable
from flexforward_contract_tests.api.rules.registry import API_RULES
from flexforward_fixtures.transports.live_server import run_in_thread
from flexforward_mockserver.commands.cli import group
from flexforward_mockserver.web.app import create_app
from kit import Kit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

    from api_kit import Asked

FEW = {"FLEXFORWARD_MAX_EXAMPLES": "0"}


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:  # pyright: ignore[reportUnusedFunction]
    for name in [name for name in os.environ if name.startswith("FLEXFORWARD_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(conforming) as url:
        yield url


@pytest.fixture(scope="module")
def environment(url: str) -> dict[str, str]:
    values = {name: getattr(TARGET, name) for name in OPTIONS} | {"base_url": url}
    return {variable(name): value for name, value in values.items() if value} | FEW


def run(*args: str, **environment: str) -> Result:
    return CliRunner().invoke(group, ["verify-api", *args], env=environment)


def error(result: Result) -> str:
    assert result.exit_code == 2
    return result.output.splitlines()[-1]


def test_an_api_that_conforms_exits_0_and_every_report_is_written(environment: dict[str, str], tmp_path: Path) -> None:
    files = [tmp_path / "report.json", tmp_path / "junit.xml"]
    result = run("--report", str(files[0]), "--junit", str(files[1]), "--strict", "--require-all", **environment)
    assert (result.exit_code, result.output) == (0, f"{environment['FLEXFORWARD_BASE_URL']}: 35 passed (exit 0)\n")
    report = json.loads(files[0].read_text())
    assert {name: report[name] for name in ("schema", "tool", "target", "exit_code")} == {
        "schema": 1,
        "tool": "flexforward-mock",
        "target": environment["FLEXFORWARD_BASE_URL"],
        "exit_code": 0,
    }
    assert [rule["id"] for rule in report["rules"]] == [rule.id for rule in API_RULES]
    assert 'tests="35" failures="0" errors="0" skipped="0"' in files[1].read_text()
    for secret in (TOKEN, API_KEY, API_TOKEN):
        assert secret not in result.output + files[0].read_text() + files[1].read_text()


def test_an_api_that_breaks_a_rule_exits_1_until_it_is_accepted(environment: dict[str, str], tmp_path: Path) -> None:
    report = str(tmp_path / "report.json")
    with serving(
        lambda asked: conforming(asked, lambda _, status, body: (403 if status == 401 else status, body))
    ) as bad:
        given = environment | {"FLEXFORWARD_BASE_URL": bad, "FLEXFORWARD_RULES": "api.auth.missing api.encoding"}
        first = run("--report", report, **given)
        second = run("--baseline", report, **given)
    assert first.exit_code == 1
    assert "FAILED  api.auth.missing  (must, op)" in first.output
    assert "1 passed, 1 failed (exit 1)" in first.output
    assert second.exit_code == 0
    assert "accepted  api.auth.missing" in second.output
    good = run("--baseline", report, "--rule", "api.auth.missing", **environment)
    assert good.exit_code == 0
    assert good.output.startswith("No longer found, so it can leave the baseline: api.auth.missing (expected 401, ")


def test_what_cannot_be_judged_exits_2(environment: dict[str, str], tmp_path: Path) -> None:
    junit = tmp_path / "junit.xml"
    result = run("--junit", str(junit), **environment | {"FLEXFORWARD_BASE_URL": "http://127.0.0.1:9"})
    assert result.exit_code == 2
    assert "Could not be judged: the API does not answer ([Errno 111] Connection refused)" in result.output
    assert 'errors="1"' in junit.read_text()
    missing = run("--require-all", "--base-url", environment["FLEXFORWARD_BASE_URL"], "--token", TOKEN, **FEW)
    assert missing.exit_code == 2
    assert "not run: api.schema.failed-label, api.failed-label: needs --failed-label" in missing.output
    some = ("--rule", "api.failed-label", "--rule", "api.encoding", "--require-all")
    known = ("--base-url", environment["FLEXFORWARD_BASE_URL"], "--token", TOKEN)
    assert run(*some, *known, **FEW).exit_code == 2
    assert run(*some, *known, "--allow-not-run", "api.failed-label", **FEW).exit_code == 0
    assert run(*some, *known, FLEXFORWARD_ALLOW_NOT_RUN="api.failed-label api.ownership.foreign", **FEW).exit_code == 0


@pytest.mark.parametrize(
    ("args", "told"),
    [
        pytest.param([], "--base-url: it is missing; give it, or set FLEXFORWARD_BASE_URL", id="no URL"),
        pytest.param(["--base-url", "x"], "--base-url: it is not an address; allowed: ", id="no address"),
        pytest.param(["--api-key", "x"], "--api-token: --api-key and --api-token work only together", id="half a pair"),
        pytest.param(["--rule", "api.encodng"], "no rule 'api.encodng'; did you mean 'api.encoding'?", id="a rule"),
        pytest.param(["--rate", "fast"], "--rate: 'fast' is no rate; allowed: ", id="a rate"),
        pytest.param(["--baseline", "no-such"], "no-such cannot be read (No such file or directory)", id="a baseline"),
        pytest.param(["--baseline", os.devnull], f"{os.devnull} is not a regular file", id="a device as baseline"),
        pytest.param(
            ["--report", "no-such/a"],
            "'--report' (env var: 'FLEXFORWARD_REPORT'): there is no folder 'no-such'; make it first",
            id="r",
        ),
        pytest.param(
            ["--label", "ORDER-1"], "--label: it is no UUID; give the label's, and an order number by", id="a label"
        ),
        pytest.param(["--allow-not-run", "api.x"], "there is no rule 'api.x'", id="a rule that need not be run"),
        pytest.param(["--max-examples", "-1"], "-1 is not in the range 0<=x<=10000", id="examples"),
    ],
)
def test_wrong_use_is_one_sentence(args: list[str], told: str) -> None:
    url = [] if not args or args[0] == "--base-url" else ["--base-url", "http://127.0.0.1:9"]
    result = run(*url, *args)
    assert told in error(result)
    assert "--label UUID" not in result.output, "the help"


def test_a_dry_run_sends_nothing_and_tells_all(environment: dict[str, str]) -> None:
    given = environment | {"FLEXFORWARD_BASE_URL": "https://api.example.com/v1", "FLEXFORWARD_MAX_EXAMPLES": "50"}
    result = run("--dry-run", **given)
    lines = result.output.splitlines()
    assert result.exit_code == 0
    assert "GET    /v1/tracking/ORDER%201%2F%C3%A4  (the order number, bearer)" in lines
    assert not [line for line in lines if line.startswith(("POST", "PUT", "PATCH", "DELETE"))]
    assert "at most 152 that schemathesis makes up with the bearer token" in lines
    assert lines[-1].startswith("https://api.example.com/v1: ")
    assert lines[-1].endswith(", at 5/s in at most 2 min.")
    assert TOKEN not in result.output
    unsafe = run("--dry-run", "--allow-unsafe-methods", **given)
    assert "DELETE /v1/tracking/" in unsafe.output
    assert run("--dry-run", **given | {"FLEXFORWARD_BASE_URL": "http://127.0.0.1:9"}).output.endswith(
        "in all at most 539.\n"
    )


def test_without_schemathesis_the_command_says_what_to_install(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(name: str) -> object:
        return None if name == "schemathesis" else importlib.util.find_spec(name)

    monkeypatch.setattr(command, "find_spec", found)
    result = run(**environment | {"FLEXFORWARD_MAX_EXAMPLES": "1"})
    assert "pip install 'flexforward-mock[contract]'" in result.output
    assert result.exit_code != 0
    assert run(**environment).exit_code == 0


@pytest.mark.skipif(sys.platform == "win32", reason="a terminal is made as POSIX has it")
def test_progress_is_for_a_terminal_only(environment: dict[str, str]) -> None:
    ours, theirs = os.openpty()
    program = [sys.executable, "-m", "flexforward_mockserver", "verify-api"]
    with os.fdopen(ours, "rb", buffering=0) as screen:
        ran = subprocess.run(
            program, env={**os.environ, **environment}, stdout=subprocess.PIPE, stderr=theirs, timeout=60, check=False
        )
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # which is how Linux tells that nobody has the other side any more
            while some := screen.read(4096):
                shown += some
    assert re.fullmatch(rb"(\r\x1b\[K[0-9]+ of at most [0-9]+: [^\r\n]+)+\r\x1b\[K", shown)
    assert (ran.returncode, run(**environment).stderr) == (0, "")


def test_every_option_has_its_variable() -> None:
    for option in verify_api.params:
        assert isinstance(option, click.Option)
        if option.name != "dry_run":
            assert str(option.envvar).startswith("FLEXFORWARD_")
            assert option.show_envvar


def test_the_program_judges_our_mock() -> None:
    with run_in_thread(create_app(Kit().engine)) as url:
        known = {variable(name): value for name, value in MOCK.items()} | {"FLEXFORWARD_BASE_URL": url} | FEW
        program = [sys.executable, "-m", "flexforward_mockserver", "verify-api", "--require-all", "--strict"]
        ran = subprocess.run(
            program, env={**os.environ, **known}, capture_output=True, text=True, timeout=60, check=False
        )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"{url}: 35 passed (exit 0)\n", "")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGINT, 130)])
def test_a_signal_ends_the_run_and_what_it_started(number: signal.Signals, code: int, tmp_path: Path) -> None:
    """The API sends the signal itself, at a request that schemathesis made up, so nobody has to wait for the moment."""
    running: list[subprocess.Popen[str]] = []

    def answer(asked: Asked) -> None:
        if asked.path.endswith("/00"):
            running[0].send_signal(number)
        conforming(asked)

    with serving(answer) as url:
        known = {variable(name): getattr(TARGET, name) for name in OPTIONS if getattr(TARGET, name)}
        known |= {"FLEXFORWARD_BASE_URL": url, "FLEXFORWARD_REPORT": str(tmp_path / "report.json")}
        program = [sys.executable, "-m", "flexforward_mockserver", "verify-api"]
        with subprocess.Popen(
            program, env={**os.environ, **known}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            running.append(process)
            out, err = process.communicate(timeout=100)
    assert (process.returncode, out, err) == (code, "", "Stopped; nothing was judged.\n")
    assert not (tmp_path / "report.json").exists()


SUITE_RULES = ("api.schema.success", "api.schema.closed", "api.failed-label")


@pytest.fixture
def suite(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Run the suite for pytest as one does from the outside; gives what it printed."""
    pytester.makeini("[pytest]\naddopts = -p no:cacheprovider -p no:schemathesis -p no:randomly -p no:asyncio")

    def run_suite(select: str = "api", **environment: str) -> str:
        with monkeypatch.context() as patch:
            for name, value in (environment | FEW).items():
                patch.setenv(name, value)
            args = ["--pyargs", "flexforward_contract_tests.api", "-v", "-rsxf", "--tb=short", "-k", select]
            return str(pytester.runpytest_inprocess(*args).stdout)

    return run_suite


def test_the_suite_for_pytest_judges_our_mock(suite: Callable[..., str]) -> None:
    with run_in_thread(create_app(Kit().engine)) as url:
        said = suite(**{variable(name): value for name, value in MOCK.items()}, FLEXFORWARD_BASE_URL=url)
    assert "test_rule[api.auth.pair-works] PASSED" in said
    assert "35 passed" in said


def test_the_suite_for_pytest_says_what_the_command_says(suite: Callable[..., str]) -> None:
    def change(_: object, status: int, body: dict[str, object]) -> tuple[int, object]:
        return status, body | {"tag": None, "extra": 1} if status == 200 else body

    few = " or ".join(SUITE_RULES)
    with serving(lambda asked: conforming(asked, change)) as bad:
        known = {"FLEXFORWARD_BASE_URL": bad, "FLEXFORWARD_TOKEN": TOKEN, "FLEXFORWARD_LABEL_ID": TARGET.label_id or ""}
        broken = suite(few, **known, FLEXFORWARD_RATE="500/s")
        strict = suite(few, **known, FLEXFORWARD_STRICT="1")
        lenient = suite(few, **known, FLEXFORWARD_STRICT="0", FLEXFORWARD_ALLOW_UNSAFE_METHODS="0")
        wrong = suite(few, **known, FLEXFORWARD_ALLOW_UNSAFE_METHODS="perhaps")
    assert "1 failed, 1 skipped" in broken
    assert "1 xfailed" in broken
    assert "api.schema.success is broken (must)" in broken
    assert "needs --failed-label" in broken
    assert "2 failed, 1 skipped" in strict
    assert TOKEN not in broken
    assert "1 failed, 1 skipped, " in lenient
    assert "FLEXFORWARD_ALLOW_UNSAFE_METHODS: 'perhaps' is not a valid boolean" in wrong
    assert "'fast' is no rate" in suite(few, **known, FLEXFORWARD_RATE="fast")
    nowhere = suite(few, FLEXFORWARD_BASE_URL="http://127.0.0.1:9", FLEXFORWARD_TOKEN=TOKEN)
    assert "http://127.0.0.1:9 could not be judged: the API does not answer" in nowhere
    assert "3 failed" in nowhere
    assert "--base-url: it is missing; give it, or set FLEXFORWARD_BASE_URL" in suite(few)
