"""Where a mistake in a document stands for its author: in which file, and in which line."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .errors import Mistake
    from .reference import DocumentPath
    from .yaml_text import YamlText

__all__ = ["Added", "Origin"]

Added: TypeAlias = "Mapping[DocumentPath, tuple[YamlText, DocumentPath]]"
"""Entries of ``components``, each by its path, that stand in another file: in which, and where there."""


class Origin:
    """Where the parts of one document come from, which may have been put together from several files.

    Args:
        text: of the document's own file.
        added: what came from others.
    """

    def __init__(self, text: YamlText, added: Added = MappingProxyType({})) -> None:
        self._text = text
        self._added = added

    def placed(self, mistake: Mistake) -> Mistake:
        """Return a mistake in the whole document with the file, line and path that its author knows."""
        text, start = self._added.get(mistake.path[:3], (self._text, None))
        path = mistake.path if start is None else (*start, *mistake.path[3:])
        return msgspec.structs.replace(mistake, source=text.source, line=text.line(path), path=path)
