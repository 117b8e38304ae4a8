"""A document that is split in files, put together: what stands elsewhere becomes an entry of ``components``.

``jsonschema_rs.bundle`` does so for schemas alone; paths, parameters and responses are split as often.
"""

from __future__ import annotations

import os
import re
from collections import deque
from typing import TYPE_CHECKING
from urllib.parse import unquote

import msgspec

from flexforward_openapi.errors import MistakesError
from flexforward_openapi.reference import path_of, value_at
from flexforward_openapi.yaml_text import Json, YamlText, as_mapping, read_text

from .walk import HOMES, changed

if TYPE_CHECKING:
    from pathlib import Path

    from flexforward_openapi.origin import Added
    from flexforward_openapi.reference import DocumentPath

__all__ = ["Bundle", "bundled", "is_split"]

_OUTWARD = re.compile(r"""\$ref["']?\s*:\s*["']?[^#"'\s]""")
_ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:|//|/|\\")
"""Begins what is no file beside the document: an address, or a file named from the root."""


class Bundle(msgspec.Struct, frozen=True):
    """A document without references to other files, but for those that lead to nothing.

    Attributes:
        added: where the entries stand that were added to it.
    """

    document: dict[str, Json]
    added: Added


class _Entry(msgspec.Struct, frozen=True):
    """What some reference to another file leads to."""

    file: Path
    value: Json
    kind: str
    name: str


def is_split(text: YamlText) -> bool:
    """Tell whether a document may refer to other files."""
    return text.matches(_OUTWARD)


def bundled(text: YamlText, file: Path) -> Bundle:
    """Put a document together.

    Args:
        text: of the document's own file, whose value is a mapping.
        file: its path, from which others are found. Only those beside, below or above it by a relative reference are
            read; an address of another host stays as it is.

    Raises:
        MistakesError: another file is not YAML.
    """
    return _Bundling(text, file).bundle()


class _Bundling:
    """One document and the files that it leads to, each read once."""

    def __init__(self, text: YamlText, file: Path) -> None:
        self._file = file.resolve()
        self._folder = file.parent
        self._texts: dict[Path, YamlText | None] = {self._file: text}
        self._document = as_mapping(text.value)
        self._components = {
            home: dict(as_mapping(as_mapping(self._document.get("components")).get(home))) for home in HOMES.values()
        }
        self._references: dict[tuple[Path, str, str], str] = {}
        self._origins: dict[DocumentPath, tuple[YamlText, DocumentPath]] = {}
        self._waiting: deque[_Entry] = deque()

    def bundle(self) -> Bundle:
        document = self._local(self._document, "document", self._file)
        added: dict[str, dict[str, Json]] = {}
        while self._waiting:
            entry = self._waiting.popleft()
            value = as_mapping(entry.value)
            local = self._local(value, entry.kind, entry.file) if value else entry.value
            added.setdefault(HOMES[entry.kind], {})[entry.name] = local
        own = as_mapping(document.get("components"))
        components = {**own, **{home: {**as_mapping(own.get(home)), **entries} for home, entries in added.items()}}
        return Bundle({**document, "components": components} if added else document, self._origins)

    def _local(self, value: dict[str, Json], kind: str, file: Path) -> dict[str, Json]:
        """Return a copy of what stands in a file, with its references as they are to be in the whole document."""

        def change(inner: dict[str, Json], inner_kind: str) -> dict[str, Json]:
            reference = inner.get("$ref")
            if inner_kind not in HOMES or not isinstance(reference, str):
                return inner.copy()
            return {**inner, "$ref": self._reference(reference, inner_kind, file)}

        return changed(value, kind, change)

    def _reference(self, reference: str, kind: str, file: Path) -> str:
        """Return what a reference of some file is in the whole document; itself where it leads to nothing."""
        name, _, fragment = reference.partition("#")
        if _ADDRESS.match(name):
            return reference
        target = (file.parent / unquote(name)).resolve() if name else file
        if target == self._file:
            return f"#{fragment}"
        key = (target, fragment, kind)
        if key not in self._references:
            found = self._added(target, fragment, kind)
            # What leads to nothing is told by the name of the file, also where it stands in that file itself.
            self._references[key] = found or (reference if name else f"{file.name}{reference}")
        return self._references[key]

    def _added(self, file: Path, fragment: str, kind: str) -> str | None:
        """Add what stands at a fragment of a file, and return what refers to it; None if nothing stands there."""
        text = self._text(file)
        if text is None or fragment[:1] not in ("", "/"):
            return None
        pointer = unquote(f"#{fragment}")
        try:
            value = value_at(text.value, pointer)
        except LookupError:
            return None
        home = self._components[HOMES[kind]]
        wish = re.sub(r"[^A-Za-z0-9._-]", "_", pointer.rpartition("/")[2] if fragment else file.stem)
        name, number = wish, 1
        while name in home:
            number += 1
            name = f"{wish}{number}"
        home[name] = value
        self._origins["components", HOMES[kind], name] = text, path_of(pointer, text.value)
        self._waiting.append(_Entry(file, value, kind, name))
        return f"#/components/{HOMES[kind]}/{name}"

    def _text(self, file: Path) -> YamlText | None:
        """Return the text of a file; None if it cannot be read."""
        if file not in self._texts:
            try:
                content = read_text(file)
            except MistakesError:
                self._texts[file] = None
            else:
                self._texts[file] = YamlText(content, source=self._shown(file))
        return self._texts[file]

    def _shown(self, file: Path) -> str:
        """Return a file's name as seen from where the user named the document."""
        return str(self._folder / os.path.relpath(file, self._folder.resolve()))
