"""What can be held of the Dockerfile without a Docker: its words, and the commands in it, run here."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from example_kit import ROOT, SHOWN_URL, example, free_port
from server_process import running

if TYPE_CHECKING:
    from collections.abc import Iterator

TEXT = (ROOT / "Dockerfile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LINES = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", TEXT, flags=re.MULTILINE))
INSTRUCTIONS = [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in LINES.splitlines()) if word]
"""Each instruction with what stands behind it, on one line."""

STAGES = [index for index, (word, _) in enumerate(INSTRUCTIONS) if word == "FROM"]
BUILD, IMAGE = INSTRUCTIONS[: STAGES[1]], INSTRUCTIONS[STAGES[1] :]


def the(word: str) -> str:
    """Return what stands behind the only instruction of its kind in the image's stage."""
    (rest,) = (rest for found, rest in IMAGE if found == word)
    return rest


def health_check(port: int) -> list[str]:
    command: list[str] = json.loads(the("HEALTHCHECK").partition(" CMD ")[2])
    assert command[:2] == ["python", "-c"]
    assert f"{SHOWN_URL}/_mock/health" in command[2]
    return [sys.executable, "-c", command[2].replace(SHOWN_URL, f"http://127.0.0.1:{port}")]


def exit_code(command: list[str], **environment: str) -> int:
    return subprocess.run(command, check=False, capture_output=True, env=environment, timeout=30).returncode


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with running() as process:
        yield process.address[1]


def test_the_health_check_is_content_with_a_server_even_behind_a_proxy(port: int) -> None:
    assert exit_code(health_check(port)) == 0
    assert exit_code(health_check(port), http_proxy="http://127.0.0.1:9") == 0


def test_the_health_check_complains_without_a_server() -> None:
    assert exit_code(health_check(free_port())) == 1


def test_the_health_check_asks_the_port_that_is_exposed_and_served() -> None:
    assert SHOWN_URL.endswith(f":{the('EXPOSE')}")
    assert "--port" not in the("CMD")


def test_the_image_starts_as_it_is_told_but_only_with_a_control_token() -> None:
    assert json.loads(the("ENTRYPOINT")) == list(PROJECT["project"]["scripts"])
    command: list[str] = json.loads(the("CMD"))
    assert command == ["serve", "--host", "0.0.0.0"]
    with running(*command[1:], "--control-token", "secret") as process:
        assert exit_code(health_check(int(process.url.rpartition(":")[2]))) == 0
        elapsed, _, _ = process.stop(signal.SIGTERM)
    assert process.process.returncode == 0
    assert elapsed < 5
    refused = subprocess.run(
        [sys.executable, "-m", "flexforward_mockserver", *command, "--port", "0"],
        check=False,
        capture_output=True,
        encoding="utf-8",
    )
    assert refused.returncode == 2
    assert "--control-token" in refused.stderr


def test_the_page_runs_the_image_as_the_image_can_be_run(monkeypatch: pytest.MonkeyPatch) -> None:
    build, run = example("ci.md", "container").splitlines()
    name = build.split()[3]
    assert build == f"docker build -t {name} ."
    options = shlex.split(run.removesuffix(f" {name}"))
    assert options[options.index("-p") + 1].endswith(f":{the('EXPOSE')}")
    monkeypatch.setenv(*options[options.index("-e") + 1].split("="))
    command: list[str] = json.loads(the("CMD"))
    with running(*command[1:]) as process:
        assert exit_code(health_check(int(process.url.rpartition(":")[2]))) == 0


def test_what_is_copied_exists_and_is_not_ignored() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    copied = [name for word, rest in BUILD if word == "COPY" for name in rest.split()[:-1]]
    assert copied
    assert [name for name in copied if not (ROOT / name).exists()] == []
    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == set(copied)
    assert fnmatch("mockserver/__pycache__", rules[-1])


def test_what_the_build_needs_is_copied() -> None:
    copied = {name for word, rest in BUILD if word == "COPY" for name in rest.split()[:-1]}
    packages: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert {Path(package).parts[0] for package in packages} <= copied
    assert {PROJECT["project"]["readme"], *PROJECT["project"]["license-files"], "pyproject.toml"} <= copied
    (install,) = (rest for word, rest in BUILD if word == "RUN" and " install " in rest)
    assert "-c constraints.txt" in install
    assert "constraints.txt" in copied


def test_the_image_runs_as_nobody_special_on_a_python_that_the_project_takes() -> None:
    user, _, group = the("USER").partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert IMAGE.index(("USER", the("USER"))) > max(i for i, (word, _) in enumerate(IMAGE) if word in {"COPY", "RUN"})
    bases = {rest.split()[0] for word, rest in INSTRUCTIONS if word == "FROM"}
    assert len(bases) == 1
    version = re.fullmatch(r"python:(3\.[0-9]+)-slim", bases.pop())
    assert version is not None
    assert f"Programming Language :: Python :: {version[1]}" in PROJECT["project"]["classifiers"]
