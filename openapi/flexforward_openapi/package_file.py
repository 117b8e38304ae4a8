"""Files that came with the package, read past whatever a test has put in place of the file system."""

from __future__ import annotations

from importlib.machinery import SourceFileLoader
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["read_package_file"]


def read_package_file(path: Path) -> bytes:
    """Read a file as the modules beside it are read, which pyfakefs and its like leave alone.

    Raises:
        OSError: it cannot be read.
    """
    return SourceFileLoader(__name__, __file__).get_data(str(path))
