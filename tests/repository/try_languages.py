"""Takes pollers in many languages and under many loops through trials, and writes docs/languages.md."""

from __future__ import annotations

import platform
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS))

from language_kit import HABITS, LANGUAGES, outcomes_of  # noqa: E402  # found beside this file

if TYPE_CHECKING:
    from language_kit import Language

PAGE = TESTS.parent / "docs" / "languages.md"
MODULES_OF_LOOPS = {
    "uvloop_loop": "uvloop",
    "trio_loop": "trio",
    "gevent_loop": "gevent",
    "eventlet_loop": "eventlet",
    "twisted_loop": "twisted",
    "apscheduler": "apscheduler",
}
_VERSIONS = {
    "go": ("go", "version"),
    "java": ("java", "-version"),
    "php": ("php", "-v"),
    "ruby": ("ruby", "-v"),
    "perl": ("perl", "-e", "print $^V"),
    "bash": ("curl", "--version"),
    "node": ("node", "-v"),
}
_HEAD = """# Languages, loops and schedulers in virtual time

Each of these is a poller that keeps the guide, unmodified, and the same poller broken in three ways: it asks every five
minutes, asks on after Delivered, or waits the same after each failure. The conforming one is taken through {trials}
trials and none of its rules may be reported, its waits and its time-out judged; each broken one has to be caught by the
rule meant for it. All by the supervisor (`--time supervisor`). Made by `make programs`, on {date}.

| poller | version | conforming | every five minutes | after Delivered | flat retries |
|---|---|---|---|---|---|
"""


def version_of(language: Language) -> str:
    """Return the version of what the poller stands on."""
    name, _, way = language.name.partition("-")
    if name == "python":
        module = MODULES_OF_LOOPS.get(way)
        return f"Python {platform.python_version()}" if module is None else f"{module} {version(module)}"
    told = subprocess.run(_VERSIONS[name], capture_output=True, text=True, check=True)
    return (told.stdout or told.stderr).splitlines()[0].split(" (")[0][:40]


def cells_of(language: Language) -> list[str]:
    """Try the conforming poller and the broken ones; a cell says how each went."""
    outcomes = outcomes_of(language, "", way="supervisor")
    failed = [rule for rule, outcome in outcomes.items() if outcome == "failed"]
    is_judged = outcomes["client.interval.stage"] == outcomes["client.timeout"] == "passed"
    cells = [f"**wrong**: {', '.join(failed)}" if failed else "kept" if is_judged else "**waits not judged**"]
    for habit, (rule, _) in HABITS.items():
        outcome = outcomes_of(language, habit, way="supervisor")[rule]
        cells.append("caught" if outcome == "failed" else f"**{outcome}**")
    return cells


def rows_of_page() -> dict[str, str]:
    """Return the rows that the page has already, by their poller."""
    lines = PAGE.read_text().splitlines() if PAGE.exists() else []
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in lines if line.startswith("| ")}
    return {name: row for name, row in rows.items() if name in LANGUAGES}


def main(names: list[str]) -> int:
    """Try those that are named, or all; rows of others stay in the page as they are."""
    rows = rows_of_page() if names else {}
    for name in names or LANGUAGES:
        language = LANGUAGES[name]
        missing = language.missing
        cells = (
            [f"**{missing} is not installed**", *[""] * 4] if missing else [version_of(language), *cells_of(language)]
        )
        rows[name] = f"| {name} | {' | '.join(cells)} |"
        print(rows[name], flush=True)
        lines = [rows[known] for known in LANGUAGES if known in rows]
        PAGE.write_text(_HEAD.format(trials="five", date=datetime.now(UTC).date()) + "\n".join(lines) + "\n")
    return int(any("**" in row for row in rows.values()))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
