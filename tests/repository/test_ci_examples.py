"""The files of examples/ci are what their services take, and their steps do what they promise, run here by bash."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from example_kit import OFFLINE, ROOT, SHOWN_URL, Shell, example, free_port, shell

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

CI = ROOT / "examples" / "ci"
SCHEMAS = {
    "github-actions.yml": "vendor.github-workflows",
    "gitlab-ci.yml": "vendor.gitlab-ci",
    "nightly-github-actions.yml": "vendor.github-workflows",
    "nightly-gitlab-ci.yml": "vendor.gitlab-ci",
    "poller-github-actions.yml": "vendor.github-workflows",
    "poller-gitlab-ci.yml": "vendor.gitlab-ci",
}
PAGES = {
    "nightly-github-actions.yml": "verify-api.md",
    "nightly-gitlab-ci.yml": "verify-api.md",
    "poller-github-actions.yml": "verify-client.md",
    "poller-gitlab-ci.yml": "verify-client.md",
}
"""The pages of those that are not in ci.md."""
GITHUB: Mapping[str, Any] = yaml.safe_load((CI / "github-actions.yml").read_text())
GITHUB_JOB: Mapping[str, Any] = GITHUB["jobs"]["tests"]
GITLAB_JOB: Mapping[str, Any] = yaml.safe_load((CI / "gitlab-ci.yml").read_text())["tests"]

PASSING = """\
import os
from urllib.request import Request, urlopen

def test_a_new_parcel_is_pending():
    url = os.environ["FLEXFORWARD_BASE_URL"] + "/tracking/PITD-6h-ci"
    with urlopen(Request(url, headers={"Authorization": "Bearer " + os.environ["FLEXFORWARD_TOKEN"]})) as answer:
        assert b'"tag":"Pending"' in answer.read()
"""
FAILING = PASSING.replace("Pending", "Delivered")


@pytest.fixture
def port() -> int:
    return free_port()


def project(folder: Path, test: str) -> None:
    """Make a project that uses the mock: it needs nothing, and has one test."""
    (folder / "requirements.txt").write_text("")
    (folder / "test_parcel.py").write_text(test)


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_file_fits_the_schema_of_its_service(name: str) -> None:
    program = str(Path(sys.executable).parent / "check-jsonschema")
    command = [program, "--builtin-schema", SCHEMAS[name], str(CI / name)]
    ran = subprocess.run(command, check=False, capture_output=True, encoding="utf-8")
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_file_is_checked_and_in_the_page() -> None:
    names = {path.name for path in CI.iterdir()}
    assert names == set(SCHEMAS)
    for name in names:
        page = (ROOT / "docs" / PAGES.get(name, "ci.md")).read_text()
        assert f"<!-- file: examples/ci/{name} -->" in page


# --- GitHub -------------------------------------------------------------------


def test_github_gets_no_more_rights_than_to_read_and_pinned_actions() -> None:
    assert GITHUB["permissions"] == {"contents": "read"}
    assert "permissions" not in GITHUB_JOB
    used = [step["uses"] for step in GITHUB_JOB["steps"] if "uses" in step]
    assert used
    assert all(re.fullmatch(r"actions/[\w-]+@(v[0-9]+|[0-9a-f]{40})", action) for action in used)


def run_github(bash: Shell, port: int) -> dict[str, subprocess.CompletedProcess[str]]:
    """Run the steps of the job by its rules: after a failure, those for failures only."""
    ran: dict[str, subprocess.CompletedProcess[str]] = {}
    for step in GITHUB_JOB["steps"]:
        has_failed = any(done.returncode for done in ran.values())
        if "run" in step and has_failed == (step.get("if") == "failure()"):
            script = step["run"].replace("flexforward-mock serve", f"flexforward-mock serve --port {port}")
            ran[step["name"]] = bash.run(script)
    return ran


@contextmanager
def github(folder: Path, port: int) -> Generator[Shell]:
    assert GITHUB_JOB["env"]["FLEXFORWARD_BASE_URL"] == SHOWN_URL
    environment = {
        **GITHUB_JOB["env"],
        **OFFLINE,
        "PIP_TARGET": str(folder.with_name(f"{folder.name}-installed")),
        "FLEXFORWARD_MOCK": ROOT.as_uri(),
        "FLEXFORWARD_BASE_URL": f"http://127.0.0.1:{port}",
    }
    with shell(folder, environment) as bash:
        yield bash


def test_githubs_steps_install_start_wait_and_test(tmp_path: Path, port: int) -> None:
    project(tmp_path, PASSING)
    with github(tmp_path, port) as bash:
        ran = run_github(bash, port)
    assert {name: done.returncode for name, done in ran.items()} == {
        "Install the mock": 0,
        "Start the mock": 0,
        "Run the tests": 0,
    }, ran
    assert '"status":"ok"' in ran["Start the mock"].stdout
    assert "1 passed" in ran["Run the tests"].stdout


def test_githubs_last_step_shows_the_journal_of_a_failure(tmp_path: Path, port: int) -> None:
    project(tmp_path, FAILING)
    with github(tmp_path, port) as bash:
        ran = run_github(bash, port)
    assert ran["Run the tests"].returncode == 1
    shown = ran["Show what the mock was asked"]
    assert shown.returncode == 0, shown.stdout
    assert '"path": "/tracking/PITD-6h-ci"' in shown.stdout
    assert "GET /tracking/PITD-6h-ci 200" in shown.stdout  # the access log
    assert shown.stdout.count('"dropped": 0') == 2  # the default sandbox's journal, and the server's


def test_githubs_last_step_says_why_the_mock_did_not_start(tmp_path: Path, port: int) -> None:
    steps = {step["name"]: step["run"] for step in GITHUB_JOB["steps"] if "run" in step}
    start = steps["Start the mock"].replace("--time-scale 3600", "--time-scale never")
    with github(tmp_path, port) as bash:
        assert bash.run(start.replace("--retry 20", "--retry 1")).returncode != 0
        shown = bash.run(steps["Show what the mock was asked"]).stdout
    assert "Invalid value for '--time-scale'" in shown


# --- GitLab -------------------------------------------------------------------


def gitlab_service() -> Mapping[str, Any]:
    services: list[Mapping[str, Any]] = GITLAB_JOB["services"]
    assert len(services) == 1
    return services[0]


@contextmanager
def gitlab(folder: Path, port: int, status: str) -> Generator[Shell]:
    """Start the service as its container would, and give the job's shell."""
    service = gitlab_service()
    assert GITLAB_JOB["variables"]["FLEXFORWARD_BASE_URL"] == f"http://{service['alias']}:8080"
    environment = {
        **GITLAB_JOB["variables"],
        "FLEXFORWARD_BASE_URL": f"http://127.0.0.1:{port}",
        "CI_JOB_STATUS": status,
    }
    with shell(folder, environment) as bash:
        command = ["flexforward-mock", *service["command"], "--port", str(port)]
        bash.run(f"{' '.join(command)} >service.log 2>&1 &")
        yield bash


def test_gitlabs_service_and_job_share_one_control_token() -> None:
    command: list[str] = gitlab_service()["command"]
    assert all(isinstance(word, str) for word in command)
    token = command[command.index("--control-token") + 1]
    assert GITLAB_JOB["variables"]["FLEXFORWARD_MOCK_CONTROL_TOKEN"] == token


@pytest.mark.parametrize(("test", "status"), [(PASSING, "success"), (FAILING, "failed")], ids=["passing", "failing"])
def test_gitlabs_scripts_wait_test_and_show_the_journals_of_a_failure(
    test: str, status: str, tmp_path: Path, port: int
) -> None:
    project(tmp_path, test)
    with gitlab(tmp_path, port, status) as bash:
        ran = bash.run("\n".join(GITLAB_JOB["script"]))
        after = bash.run("\n".join(GITLAB_JOB["after_script"]))
    assert ran.returncode == (status == "failed"), ran.stdout
    assert '"status":"ok"' in ran.stdout
    assert f"1 {'passed' if status == 'success' else 'failed'}" in ran.stdout
    assert after.returncode == 0, after.stdout
    assert after.stdout.count('"dropped": 0') == (0 if status == "success" else 2)
    assert ('"path": "/tracking/PITD-6h-ci"' in after.stdout) == (status == "failed")


# --- The page -----------------------------------------------------------------


def test_the_page_starts_the_mock_as_a_process(tmp_path: Path, port: int) -> None:
    script = example("ci.md", "process").replace("serve", f"serve --port {port}").replace(":8080", f":{port}")
    with shell(tmp_path) as bash:
        ran = bash.run(script)
    assert ran.returncode == 0, ran.stdout
    assert '"status":"ok"' in ran.stdout
