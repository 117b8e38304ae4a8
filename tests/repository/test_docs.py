"""Promises about the documentation."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from flexforward_mockserver.commands import cli
from flexforward_mockserver.commands.serve import serve
from flexforward_mockserver.scenarios.catalogue import Catalogue
from flexforward_mockserver.scenarios.scenario_reader import parse_scenario
from flexforward_openapi import YamlText
from generate_docs import filled
from kit import Kit

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
README = PAGES[0].read_text()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_generated_parts_of_a_page_are_up_to_date(page: Path) -> None:
    assert page.read_text() == filled(page.read_text()), "run 'make docs'"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page: Path) -> None:
    prose = re.sub(r"`[^`\n]+`", "", page.read_text())
    for target in re.findall(r"\]\(([^)]+)\)", prose):
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        linked = page.parent / name if name else page
        assert linked.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)$", linked.read_text(), re.MULTILINE)
            slugs = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
            assert anchor in slugs, target


def test_the_readme_is_short_and_says_first_what_it_is() -> None:
    assert len(README.splitlines()) <= 150
    assert README.splitlines()[2].startswith("A mock of the Flex Forward shipping API's `GET /tracking/{id}`")
    assert "## Limitations" in README
    assert "make serve" in README
    assert "make test" in README


def test_every_option_of_serve_is_in_its_page() -> None:
    page = (ROOT / "docs" / "serve.md").read_text()
    for option in serve.params:
        assert isinstance(option, click.Option)
        assert f"`{option.opts[0]}`" in page


def test_the_readmes_timeline_is_what_the_command_draws() -> None:
    shown = re.search(r"\$ flexforward-mock (scenarios show \S+)\n(.*?)```", README, re.DOTALL)
    assert shown is not None
    output = CliRunner().invoke(cli.group, shown[1].split()).output
    assert shown[2].rstrip() == output.rstrip()


def test_the_readmes_table_is_true() -> None:
    kit = Kit()
    tags: list[str] = []
    for _ in range(4):
        tags.append(kit.track("PITD-10s-hello").json["tag"])
        kit.wait(seconds=10)
    assert tags == ["Pending", "InfoReceived", "InTransit", "Delivered"]
    assert kit.track("PITE004TD-6h-a").status == 200
    assert kit.track("P-7d.GG-1x.D-1h-a").json["tag"] == "Pending"
    kit.wait(days=7)
    assert [kit.track("P-7d.GG-1x.D-1h-a").status for _ in range(3)] == [502, 502, 200]
    assert kit.track("P-7d.GG-1x.D-1h-a").json["tag"] == "Delivered"
    assert f"one of {len(Catalogue().names)} shipped scenarios" in README


def test_the_example_of_the_scenario_page_is_a_scenario() -> None:
    example = re.search(
        r"<!-- example: scenario -->\n```yaml\n(.*?)```", (ROOT / "docs" / "scenarios.md").read_text(), re.DOTALL
    )
    assert example is not None
    scenario = parse_scenario(YamlText(example[1], source="docs/scenarios.md"))
    assert scenario.name == "held-then-lost"


def test_the_script_ids_of_the_docs_are_script_ids() -> None:
    page = (ROOT / "docs" / "script-ids.md").read_text()
    ids = re.findall(r"`((?:[PITEDCUGFNXA0-9]+-[0-9]+[smhdx]\.?)+-\w+)`", page)
    assert len(ids) >= 5
    assert [order_number for order_number in ids if Catalogue().find(order_number) is None] == []
