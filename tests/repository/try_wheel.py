"""Install a built wheel into an empty environment outside the checkout, and use it there: the command, then the plugin.

The plugin is tried with the oldest pytest that it allows, which the other tests never see.

Run as a program with the wheel's path; exits non-zero when something of it is missing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import urllib.request
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = {"flexforward_openapi", "flexforward_mockserver", "flexforward_fixtures", "flexforward_contract_tests"}
DATA = {
    "flexforward_openapi/flex-forward.yaml",
    "flexforward_openapi/strict.yaml",
    "flexforward_mockserver/scenarios/scenario.schema.json",
    "flexforward_mockserver/scenarios/shipped/delivered.yaml",
    "flexforward_mockserver/scenarios/drawing/timeline.css",
    "flexforward_mockserver/web/page/app.js",
    "flexforward_mockserver/web/page/index.html",
    *(f"{package}/py.typed" for package in PACKAGES),
}


def main(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    top = {name.partition("/")[0] for name in names if ".dist-info/" not in name}
    if top != PACKAGES:
        sys.exit(f"the wheel's top level is {sorted(top)}, not our four packages")
    if missing := DATA - names:
        sys.exit(f"the wheel lacks {sorted(missing)}")
    with tempfile.TemporaryDirectory() as folder:
        run(sys.executable, "-m", "venv", folder)
        python = str(Path(folder, "bin", "python"))
        install(python, str(wheel), constraints=ROOT / "constraints.txt")
        command = str(Path(folder, "bin", "flexforward-mock"))
        run(command, "scenarios", "validate", *shipped(python, folder), cwd=folder)
        serve(command, folder)
        tried = try_plugin(python, folder, wheel)
    print(f"{wheel.name}: installs, checks its scenarios, serves, and is a plugin of {tried}, without the source")


def run(*command: str, cwd: str | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(command, cwd=cwd, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def install(python: str, *wanted: str, constraints: Path) -> None:
    run(python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "-c", str(constraints), *wanted)
    run(python, "-m", "pip", "check")


def try_plugin(python: str, folder: str, wheel: Path) -> str:
    """Run a small test of the plugin under the oldest pytest that the project allows, and return which one it was."""
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (oldest,) = (found[1] for entry in extras["pytest"] if (found := re.match(r"pytest>=([\d.]+),", entry)))
    others = Path(folder, "constraints.txt")
    lines = (ROOT / "constraints.txt").read_text().splitlines(keepends=True)
    others.write_text("".join(line for line in lines if not line.startswith("pytest==")))
    install(python, f"{wheel}[pytest]", f"pytest=={oldest}.*", constraints=others)
    tests = Path(folder, "tests")
    tests.mkdir()
    shutil.copy(Path(__file__).with_name("plugin_smoke.py"), tests / "test_smoke.py")
    told = run(python, "-m", "pytest", "-W", "error", "--strict-markers", "--strict-config", cwd=str(tests))
    (version,) = re.findall(rf"pytest-({re.escape(oldest)}\.\d+)", told)
    return f"pytest {version}"


def shipped(python: str, folder: str) -> list[str]:
    code = "from flexforward_mockserver.scenarios.catalogue import SHIPPED; print(SHIPPED)"
    return [run(python, "-c", code, cwd=folder).strip()]


def serve(command: str, folder: str) -> None:
    with subprocess.Popen([command, "serve", "--port", "0"], cwd=folder, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            address = next(filter(None, (re.search(r"http://[\d.:]+", line) for line in server.stdout)))[0]
            request = urllib.request.Request(
                f"{address}/tracking/DEMO-delivered", headers={"Authorization": "Bearer test-token"}
            )
            with urllib.request.urlopen(request, timeout=10) as answer:
                assert b'"Pending"' in answer.read()
        finally:
            server.terminate()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
