"""The pollers of examples/ keep the guide by the very line that their page gives for CI, and broken they do not."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from example_kit import ROOT, shell
from supervisor_kit import needs_linux

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES = ROOT / "examples"
LINES = dict(
    re.findall(
        r"^\| \[(poller_\w+)\].*\| `([^`]*verify-client[^`]*)` \|", (EXAMPLES / "README.md").read_text(), re.MULTILINE
    )
)
PROGRAMS = {"poller_go": "go", "poller_node": "node", "poller_php": "php"}
TERMINAL = {
    "poller_go": 'tag == "Delivered" || ',
    "poller_node": "'Delivered', ",
    "poller_php": "'Delivered', ",
}
"""What makes them end at Delivered, in the last of its places."""
QUICK = "verify-client --scenario delivery --scenario gateway-blips"


def has_ended(line: str, folder: Path) -> tuple[int, str]:
    with shell(folder, {"GO111MODULE": "off"}) as bash:
        ran = bash.run(line.replace("verify-client", QUICK))
    return ran.returncode, ran.stdout


def test_each_poller_without_a_suite_of_its_own_is_tried() -> None:
    assert set(LINES) == set(PROGRAMS) == set(TERMINAL)


@needs_linux
@pytest.mark.parametrize("name", PROGRAMS)
def test_its_line_is_green_and_red_when_it_asks_on_after_delivered(name: str, tmp_path: Path) -> None:
    if shutil.which(PROGRAMS[name]) is None:
        pytest.skip(f"{PROGRAMS[name]} is not installed")
    folder = tmp_path / name
    shutil.copytree(EXAMPLES / name, folder)
    code, output = has_ended(LINES[name], folder)
    assert code == 0, output
    assert re.search(r"\d\d passed", output), output
    (source,) = folder.glob("poller.[gmp]*")
    before, ends, after = source.read_text().rpartition(TERMINAL[name])
    assert ends
    source.write_text(before + after)
    code, output = has_ended(LINES[name], folder)
    assert code == 1, output
    assert "FAILED  client.stop.terminal" in output
