"""The page's own files: they hold no data, load nothing from elsewhere, and run no script but themselves."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from starlette.responses import Response

from flexforward_mockserver.control.control_document import ControlError
from flexforward_mockserver.scenarios.drawing.timeline_svg import STYLE_FILE
from flexforward_openapi.package_file import read_package_file

from .app import PAGE_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PAGE_FOLDER", "PageFiles"]

PAGE_FOLDER = Path(__file__).with_name("page")
_FILES_PATH = f"{PAGE_PATH}page/"
_MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
)
_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "content-security-policy": (
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        ),
        "cache-control": "no-cache",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
    }
)


class PageFiles:
    """The page's files by path, read when they are made."""

    def __init__(self) -> None:
        files = {f"{_FILES_PATH}{file.name}": file for file in (*sorted(PAGE_FOLDER.iterdir()), STYLE_FILE)}
        files[PAGE_PATH] = files.pop(f"{_FILES_PATH}index.html")
        self._files = {path: (read_package_file(file), _MEDIA_TYPES[file.suffix]) for path, file in files.items()}

    def __contains__(self, path: str) -> bool:
        """Tell whether one of the files stands at a raw path."""
        return path in self._files

    def respond(self, path: str, method: str) -> Response:
        """Return the file at ``path``.

        Raises:
            ControlError: it can only be read.
        """
        if method not in ("GET", "HEAD"):
            raise ControlError(405, f"{path} has no {method}", field="method", allowed="GET, HEAD")
        content, media_type = self._files[path]
        return Response(content, headers=_HEADERS, media_type=media_type)
