from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml

from flexforward_mockserver.scenarios.catalogue import SHIPPED, scenario_files
from flexforward_mockserver.scenarios.scenario_reader import ScenarioError, load_scenario
from flexforward_openapi import YamlText

if TYPE_CHECKING:
    from pathlib import Path

PLAIN = (SHIPPED / "delivered.yaml").read_text(encoding="utf-8")


def test_a_folder_is_read_in_the_order_of_names_and_other_files_are_left(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "README.md"):
        (tmp_path / name).write_text(PLAIN, encoding="utf-8")
    (tmp_path / "c.yaml").mkdir()
    assert [path.name for path in scenario_files(tmp_path)] == ["a.yml", "b.yaml"]


def test_a_link_that_leads_out_of_a_folder_is_refused_and_one_within_is_not(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "scenarios", tmp_path / "secret.txt"
    folder.mkdir()
    (folder / "data").mkdir()
    (folder / "data" / "x").write_text(PLAIN, encoding="utf-8")
    (folder / "within.yaml").symlink_to(folder / "data" / "x")
    assert scenario_files(folder) == [folder / "within.yaml"]
    elsewhere.write_text("password: hunter2", encoding="utf-8")
    (folder / "stray.yaml").symlink_to(elsewhere)
    with pytest.raises(ScenarioError) as caught:
        scenario_files(folder)
    assert str(caught.value) == (
        f"{folder / 'stray.yaml'}: a link that leads out of its folder; "
        "allowed: files of the folder itself (a file elsewhere can be named by itself)"
    )


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.system ['true']", "!include /etc/passwd", "!!binary aGk="])
def test_a_scenario_file_runs_and_includes_nothing(tmp_path: Path, tag: str) -> None:
    path = tmp_path / "x.yaml"
    path.write_text(PLAIN.replace("name: delivered\n", f"name: {tag}\n"), encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"tag|not allowed|a plain value"):
        load_scenario(path)


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_shipped_file_means_the_same_to_readers_of_yaml_1_1(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert yaml.safe_load(text) == YamlText(text, source=path.name).value
