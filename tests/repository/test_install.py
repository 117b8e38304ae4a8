"""The ways to install that docs/install.md and the files of examples/ci show, each run by pip as it is written."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from shutil import copy, copytree
from typing import TYPE_CHECKING

import pytest

from example_kit import OFFLINE, ROOT, shell

if TYPE_CHECKING:
    from pathlib import Path

CI = ROOT / "examples" / "ci"
PAGE = (ROOT / "docs" / "install.md").read_text()
LINES = sorted(
    {
        line
        for file in CI.iterdir()
        for line in re.findall(r'python -m pip install "flexforward-mock.*"', file.read_text())
    }
)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone as a user has one: the package's files, committed, in a place of its own."""
    folder = tmp_path_factory.mktemp("clone") / "flexforward-mock"
    folder.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        copy(ROOT / name, folder)
    for name in ("openapi", "mockserver", "fixtures", "contract_tests"):
        copytree(ROOT / name, folder / name)
    git = ["git", "-C", str(folder), "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "All"]):
        subprocess.run([*git, *command], check=True)
    return folder


@pytest.fixture(scope="module")
def wheel(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that the page's own command makes."""
    made = tmp_path_factory.mktemp("wheel")
    (command,) = re.findall(r"`(python -m pip wheel [^`]*)`", PAGE)
    with shell(project, OFFLINE) as bash:
        ran = bash.run(command.replace("--wheel-dir dist", f"--wheel-dir {made}"))
    assert ran.returncode == 0, ran.stdout
    (file,) = made.iterdir()
    return file


@pytest.mark.parametrize("source", ["git", "wheel", "folder"])
@pytest.mark.parametrize("line", LINES)
def test_the_install_lines_of_the_ci_examples_work(
    line: str, source: str, project: Path, wheel: Path, tmp_path: Path
) -> None:
    where = {"git": f"git+{project.as_uri()}@main", "wheel": wheel.as_uri(), "folder": project.as_uri()}[source]
    target = tmp_path / "installed"
    with shell(tmp_path, {**OFFLINE, "PIP_TARGET": str(target), "FLEXFORWARD_MOCK": where}) as bash:
        ran = bash.run(line)
    assert ran.returncode == 0, ran.stdout
    command = [sys.executable, "-c", "import flexforward_mockserver as found; print(found.__file__)"]
    found = subprocess.run(command, env={"PYTHONPATH": str(target)}, check=True, capture_output=True, text=True).stdout
    assert found.startswith(str(target))
    assert (target / "flexforward_openapi" / "flex-forward.yaml").exists()


def test_every_ci_example_that_installs_uses_the_pages_form() -> None:
    assert len(LINES) == 2
    for file in CI.iterdir():
        text = file.read_text()
        if "FLEXFORWARD_MOCK:" in text:
            assert any(line in text for line in LINES), file.name
            assert re.search(r"FLEXFORWARD_MOCK: git\+https://\S+@main$", text, re.MULTILINE), file.name


def test_the_pages_lines_name_the_extras_that_there_are() -> None:
    shown = set(re.findall(r"flexforward-mock\[(\w+)\]", PAGE))
    assert shown == set(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"])
    for page in (ROOT / "README.md", *(ROOT / "docs").glob("*.md")):
        for line in re.findall(r"^pip install .*$", page.read_text(), re.MULTILINE):
            assert re.match(r"pip install '\.\[\w+\]'", line), f"{page.name}: {line}"
