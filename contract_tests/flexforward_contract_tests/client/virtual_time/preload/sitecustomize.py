"""Puts a Python program under virtual time, from the environment alone: Python imports this by its name at its start.

Only where ``FLEXFORWARD_TIME_ADDRESS`` says who keeps the time. Whatever ``sitecustomize`` the program has of its own
is run as well.
"""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  # pathlib would be loaded into every program


def _run_own() -> None:
    """Run the ``sitecustomize`` that stands behind this one."""
    path = [entry for entry in sys.path if os.path.abspath(entry) != _HERE]  # noqa: PTH100
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", path)
    if spec is not None and spec.loader is not None:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


def _begin() -> None:
    address = os.environ.get("FLEXFORWARD_TIME_ADDRESS")
    if address:
        from flexforward_remote_time import live_by  # type: ignore[import-not-found]  # beside this file, on its path

        live_by(address)


_begin()
_run_own()
