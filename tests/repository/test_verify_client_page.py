"""What the page on testing a poller says is true: of the vendor's sample, of the examples for CI, of the options."""

from __future__ import annotations

import json
import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from example_kit import ROOT, shell
from flexforward_contract_tests.client.rules.registry import CLIENT_RULES
from flexforward_contract_tests.client.runner.program_options import PLACEHOLDERS

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PAGE = (ROOT / "docs" / "verify-client.md").read_text()
CI = ROOT / "examples" / "ci"
GITHUB: Mapping[str, Any] = yaml.safe_load((CI / "poller-github-actions.yml").read_text())
STEPS: Mapping[str, Any] = {step.get("name"): step for step in GITHUB["jobs"]["poller"]["steps"]}
GITLAB: Mapping[str, Any] = yaml.safe_load((CI / "poller-gitlab-ci.yml").read_text())["poller-keeps-the-guide"]
SCRIPTS = {"GitHub": STEPS["Judge the poller"]["run"], "GitLab": GITLAB["script"][1]}

FOUND = {
    "client.body.evolution",
    "client.goes-on",
    "client.interval.stage",
    "client.refused.stops",
    "client.tell.once",
    "client.tell.quiet",
    "client.tell.true",
    "client.timeout",
}
"""In the sample of the vendor's guide."""

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="Node.js is not installed")


def outcomes(report: Path) -> dict[str, str]:
    return {rule["id"]: rule["outcome"] for rule in json.loads(report.read_text())["rules"]}


@needs_node
def test_in_the_vendors_sample_is_found_what_the_page_says(tmp_path: Path) -> None:
    shutil.copy(ROOT / "examples" / "guide_sample" / "poll.mjs", tmp_path / "poller.mjs")
    with shell(tmp_path, {}) as bash:
        ran = bash.run(SCRIPTS["GitHub"])
    assert ran.returncode == 1
    found = outcomes(tmp_path / "poller.json")
    assert {rule for rule, outcome in found.items() if outcome == "failed"} == FOUND
    assert sum(outcome == "passed" for outcome in found.values()) == 11
    said = re.search(r"\*\*What is found in the guide's sample\*\*.*?\n\n", PAGE, re.DOTALL)
    assert said is not None
    assert set(re.findall(r"`(client\.[\w.-]+)`", said[0])) == FOUND
    for line in (
        "actual    it told 'undefined' 1h after the start; the last that was served was Pending",
        "→ told undefined",
    ):
        assert line in PAGE


@needs_node
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
def test_in_ci_the_poller_of_the_examples_is_green(script: str, tmp_path: Path) -> None:
    shutil.copy(ROOT / "examples" / "poller_node" / "poller.mjs", tmp_path)
    quick = script.replace("verify-client", "verify-client --scenario delivery --scenario nulls")
    assert quick != script
    with shell(tmp_path, {}) as bash:
        ran = bash.run(quick)
    assert ran.returncode == 0, ran.stdout
    assert {path.name for path in tmp_path.iterdir()} == {"poller.mjs", "poller.json", "poller.xml"}


def test_both_install_the_extra_and_keep_the_reports_of_a_failure() -> None:
    install = 'python -m pip install "flexforward-mock[contract] @ $FLEXFORWARD_MOCK"'
    assert STEPS["Install"]["run"] == GITLAB["script"][0] == install
    assert STEPS["Keep the reports"]["if"] == "${{ !cancelled() }}"
    assert GITLAB["artifacts"]["when"] == "always"
    assert STEPS["Keep the reports"]["with"]["path"].split() == GITLAB["artifacts"]["paths"]


def test_every_placeholder_is_in_the_page_with_its_variable() -> None:
    for name in (*PLACEHOLDERS, "time_scale"):
        assert f"`{{{name}}}`" in PAGE
        assert name == "supervisor" or f"`FLEXFORWARD_{name.upper()}`" in PAGE


def test_every_rule_that_the_page_names_is_one() -> None:
    named = set(re.findall(r"`(client\.[\w.-]+)`", PAGE))
    assert named <= {rule.id for rule in CLIENT_RULES}
