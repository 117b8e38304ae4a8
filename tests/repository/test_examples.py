"""The programs of examples/drive and the commands of the docs do what their pages say."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import time
from typing import TYPE_CHECKING

import pytest

from example_kit import ROOT, SHOWN_URL, blocks, example, shell
from server_process import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROGRAMS = {
    "drive.sh": ["sh"],
    "drive.mjs": ["node"],
    "drive.go": ["go", "run"],
    "Drive.java": ["java"],
}
ALWAYS = {"drive.sh", "drive.mjs"}
"""Run everywhere: CI installs curl and Node.js. A Go or a Java toolchain is large, so they count where they are."""

TALE = [block for block in blocks("speed-up.md", "console") if "$ " in block]
HELPERS = blocks("speed-up.md", "sh")[0]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running() as process:
        yield process.url


def drive(program: str, url: str) -> subprocess.CompletedProcess[str]:
    command = PROGRAMS[program]
    if program not in ALWAYS and shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed; CI does not install it, because it is large")
    environment = {**os.environ, "MOCK": url, "NO_PROXY": "*"}
    return subprocess.run(
        [*command, ROOT / "examples" / "drive" / program],
        check=False,
        capture_output=True,
        encoding="utf-8",
        env=environment,
        timeout=100,
    )


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_prints_what_its_page_shows_and_leaves_nothing(program: str, url: str, tmp_path: Path) -> None:
    ran = drive(program, url)
    assert (ran.returncode, ran.stdout) == (0, example("other-languages.md", "output")), ran.stderr
    with shell(tmp_path) as bash:
        left = json.loads(bash.run(f"curl -sS {url}/_mock/sandboxes").stdout)
    assert [sandbox["id"] for sandbox in left["sandboxes"]] == ["default"]


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_program_fails_without_a_server(program: str) -> None:
    ran = drive(program, "http://127.0.0.1:9")
    assert (ran.returncode == 0, ran.stdout) == (False, "")


def test_every_program_is_in_its_page() -> None:
    page = (ROOT / "docs" / "other-languages.md").read_text()
    files = sorted(path.name for path in (ROOT / "examples" / "drive").iterdir())
    assert files == sorted(PROGRAMS)
    assert all(f"<!-- file: examples/drive/{name} -->" in page for name in files)


@pytest.mark.parametrize("block", TALE, ids=range(len(TALE)))
def test_the_page_on_speed_shows_what_happens(block: str, tmp_path: Path) -> None:
    commands: list[str] = []
    expected: list[str] = []
    options: list[str] = []
    for line in block.splitlines():
        if line.startswith("$ flexforward-mock serve "):
            options = shlex.split(line.removesuffix("&"))[3:]
        elif line.startswith("$ "):
            commands.append(line[2:])
        else:
            expected.append(".*".join(map(re.escape, line.split("…"))))
    with running(*options) as server, shell(tmp_path) as bash:
        ran = bash.run("\n".join((HELPERS.replace(SHOWN_URL, server.url), *commands)))
    assert ran.returncode == 0, ran.stdout
    printed = [line for line in ran.stdout.splitlines() if line]
    assert re.fullmatch("\n".join(expected), "\n".join(printed)), ran.stdout


def test_the_page_on_ci_starts_the_mock_on_a_free_port_and_reads_its_journals(tmp_path: Path) -> None:
    ask = 'curl -sS -H "Authorization: Bearer {}" "$FLEXFORWARD_BASE_URL/tracking/DEMO-delivered"'
    asked = [ask.format("test-token"), ask.format("nobodys"), *example("ci.md", "journals").splitlines()]
    script = "\n".join((example("ci.md", "port"), *(f"{line}; echo" for line in asked)))
    with shell(tmp_path) as bash:
        ran = bash.run(script)
    assert ran.returncode == 0, ran.stdout
    answer, refusal, own, nobodys = map(json.loads, ran.stdout.splitlines())
    assert answer["tag"] == "Pending"
    assert "tag" not in refusal
    assert [exchange["status"] for exchange in own["exchanges"]] == [200]
    assert [exchange["status"] for exchange in nobodys["exchanges"]] == [401]


def test_the_page_on_ci_ends_and_says_why_when_the_mock_does_not_start(tmp_path: Path) -> None:
    began = time.monotonic()
    with shell(tmp_path) as bash:
        ran = bash.run(example("ci.md", "port").replace("--port 0", "--port 0 --scenario missing.yaml"))
    assert ran.returncode == 1
    assert "missing.yaml" in ran.stdout
    assert time.monotonic() - began < 30
