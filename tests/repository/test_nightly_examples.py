"""The nightly contract tests of examples/ci do what they promise, run here by bash against our mock and another API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from api_kit import MOCK, TARGET, conforming, serving
from example_kit import ROOT, Shell, example, shell
from flexforward_contract_tests.api.probing.target import OPTIONS, variable
from flexforward_contract_tests.api.rules.registry import API_CHECKS
from flexforward_fixtures.transports.live_server import run_in_thread
from flexforward_mockserver.web.app import create_app
from kit import Kit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

CI = ROOT / "examples" / "ci"
GITHUB: Mapping[str, Any] = yaml.safe_load((CI / "nightly-github-actions.yml").read_text())
STEPS: Mapping[str, Any] = {step.get("name"): step for step in GITHUB["jobs"]["staging"]["steps"]}
GITLAB: Mapping[str, Any] = yaml.safe_load((CI / "nightly-gitlab-ci.yml").read_text())["staging-keeps-the-contract"]

INSTALL, *JUDGE = GITLAB["script"]
SCRIPTS = {"GitHub": STEPS["Judge staging"]["run"], "GitLab": "\n".join(JUDGE)}


def test_github_gets_no_more_rights_than_to_read_and_secrets_only_where_they_are_needed() -> None:
    assert GITHUB["permissions"] == {"contents": "read"}
    assert set(STEPS["Judge staging"]["env"]) == {variable(name) for name in OPTIONS}
    assert [name for name, step in STEPS.items() if "secrets." in str(step)] == ["Judge staging"]
    used = [step["uses"] for step in STEPS.values() if "uses" in step]
    assert all(re.fullmatch(r"actions/[\w-]+@(v[0-9]+|[0-9a-f]{40})", action) for action in used)


def test_both_install_the_extra_and_keep_the_reports_of_a_failure() -> None:
    assert (
        STEPS["Install the suite"]["run"]
        == INSTALL
        == 'python -m pip install "flexforward-mock[contract] @ $FLEXFORWARD_MOCK"'
    )
    assert STEPS["Keep the reports"]["if"] == "${{ !cancelled() }}"
    assert GITLAB["artifacts"]["when"] == "always"
    assert STEPS["Keep the reports"]["with"]["path"].split() == GITLAB["artifacts"]["paths"]


def given(url: str, known: Mapping[str, str | None]) -> dict[str, str]:
    values = {variable(name): value for name, value in known.items() if value and name in OPTIONS}
    return {**values, "FLEXFORWARD_BASE_URL": url, "FLEXFORWARD_MAX_EXAMPLES": "0", "FLEXFORWARD_PENDING_LABEL_ID": ""}


def judged(bash: Shell, script: str) -> tuple[int, str]:
    ran = bash.run(script)
    return ran.returncode, ran.stdout


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_a_night_is_green_while_the_api_keeps_the_contract(script: str, tmp_path: Path) -> None:
    with run_in_thread(create_app(Kit().engine)) as url, shell(tmp_path, given(url, MOCK)) as bash:
        assert judged(bash, script) == (0, f"{url}: {len(API_CHECKS)} passed (exit 0)\n")
    assert {path.name for path in tmp_path.iterdir()} == {"contract.json", "contract.xml"}


def test_a_night_is_red_until_what_it_found_is_the_baseline(tmp_path: Path) -> None:
    known = {name: getattr(TARGET, name) for name in OPTIONS}
    script = SCRIPTS["GitHub"]
    with (
        serving(
            lambda asked: conforming(
                asked, lambda _, status, body: (status, {"message": "No"} if status == 403 else body)
            )
        ) as url,
        shell(tmp_path, given(url, known)) as bash,
    ):
        code, said = judged(bash, script)
        assert code == 1
        assert "FAILED  api.schema.error" in said
        bash.run("mv contract.json contract-baseline.json")
        code, said = judged(bash, script)
    assert code == 0
    assert "accepted  api.schema.error" in said


def test_the_page_shows_commands_that_there_are() -> None:
    assert example("verify-api.md", "try").splitlines()[-1] == "flexforward-mock verify-api"
    assert "flexforward_contract_tests.api" in example("verify-api.md", "pytest")


def test_every_option_and_every_rule_is_in_its_page() -> None:
    page = (ROOT / "docs" / "verify-api.md").read_text()
    assert all(f"| `{option}` | `{variable(name)}` |" in page for name, option in OPTIONS.items())
    assert "`api.robust.no-5xx`" in (ROOT / "docs" / "rules.md").read_text()
    assert "`client.timeout`" in (ROOT / "docs" / "rules.md").read_text()
